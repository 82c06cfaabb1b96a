"""core.weather_choice: whose weather a region runs on: a file near enough, a live source, or synthetic years."""

from __future__ import annotations

import polars as pl

from assets.county_hours import county_years
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.contracts.sites import BARE_REGIONS
from pipelines.counties.hours import county_choice
from pipelines.sources.merge import live_choice
from pipelines.weather.files import WeatherFolder, choose_weather, usable_files


@table_asset("core.weather_choice", deps=["core.regions", "raw.ledger"])
def weather_choice(night: Night) -> pl.DataFrame:
    """Match regions with the files of the weather folder and with what was fetched."""
    settings = night.settings
    if night.scope.is_counties:
        return county_choice(night.read("core.regions", BARE_REGIONS), county_years(night))
    choice = choose_weather(
        night.read("core.regions", BARE_REGIONS), weather_folder(night).catalogue, settings.weather_max_distance_km
    )
    return live_choice(choice, night.live, settings.weather_sources)


def weather_folder(night: Night) -> WeatherFolder:
    """Read the weather files of the night once: those that serve, and why others do not."""
    settings = night.settings
    return night.once(
        "weather folder",
        lambda: usable_files(
            settings.weather_dir,
            night.read("core.regions", BARE_REGIONS),
            settings.weather_max_distance_km,
            night.cache,
        ),
    )
