"""sim.solar_hourly: what a megawatt of solar gives in every hour."""

from __future__ import annotations

from assets.kept_tables import HOURS_INPUTS, hours_key, kept_table
from assets.night import Night
from assets.plant import plant_parameters
from assets.table_asset import Made, table_asset
from pipelines.contracts.base import REGISTRY
from pipelines.contracts.sites import BARE_REGIONS
from pipelines.plant.solar import SolarParameters, solar_parameters
from pipelines.weather.assemble import region_solar


@table_asset("sim.solar_hourly", deps=[*HOURS_INPUTS, "core.weather_hourly", "core.technology"])
def solar_hourly(night: Night) -> Made:
    """Turn irradiance into AC power."""
    if night.scope.is_counties:
        return Made(REGISTRY["sim.solar_hourly"].schema.create_empty())
    parameters = solar_parameters(plant_parameters(night), night.settings)
    return kept_table(night, "sim.solar_hourly", hours_key(night, parameters), lambda: _made(night, parameters))


def _made(night: Night, parameters: SolarParameters) -> Made:
    weather = night.read("core.weather_hourly")
    frame, hits = region_solar(night.read("core.regions", BARE_REGIONS), weather, parameters, night.cache)
    years = weather.select("region_id", "weather_year").n_unique()
    return Made(frame, is_cache_hit=hits == years, metadata={"region_years_from_cache": hits})
