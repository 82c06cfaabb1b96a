"""core.weather_hourly: the hours every region runs on."""

from __future__ import annotations

from assets.climate import night_stations
from assets.kept_tables import HOURS_INPUTS, hours_key, kept_table
from assets.night import Night
from assets.table_asset import Made, table_asset
from pipelines.contracts.base import REGISTRY
from pipelines.contracts.sites import BARE_REGIONS
from pipelines.sources.merge import night_weather
from pipelines.weather.climate import nearest_climatology


@table_asset("core.weather_hourly", deps=HOURS_INPUTS)
def weather_hourly(night: Night) -> Made:
    """Take fetched years, read weather files, make reference years."""
    if night.scope.is_counties:
        # Counties make their hours chunk by chunk and keep the months.
        return Made(REGISTRY["core.weather_hourly"].schema.create_empty())
    return kept_table(night, "core.weather_hourly", hours_key(night), lambda: _made(night))


def _made(night: Night) -> Made:
    regions = night.read("core.regions", BARE_REGIONS)
    frame, hits = night_weather(
        regions,
        nearest_climatology(regions, night_stations(night)),
        night.read("core.weather_choice"),
        night.live,
        night.settings.weather_dir,
        night.settings.dispatch_years,
        night.cache,
    )
    return Made(frame, is_cache_hit=hits == regions.height, metadata={"regions_from_cache": hits})
