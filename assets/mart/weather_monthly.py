"""mart.weather_monthly: the months of the weather as used."""

from __future__ import annotations

import polars as pl

from assets.counties import RESULT_INPUTS, county_results
from assets.kept_tables import hours_key
from assets.night import Night
from assets.plant import plant_parameters
from assets.table_asset import table_asset
from pipelines.plant.solar import solar_parameters
from pipelines.weather.assemble import monthly_summary


@table_asset(
    "mart.weather_monthly",
    deps=["core.weather_choice", "core.weather_hourly", "sim.solar_hourly", *RESULT_INPUTS],
)
def weather_monthly(night: Night) -> pl.DataFrame:
    """Sum up the hours."""
    if night.scope.is_counties:
        return county_results(night).months
    key = hours_key(night, solar_parameters(plant_parameters(night), night.settings))
    if key is None:
        return _months(night)
    return night.cache.frame("months", key, lambda: _months(night))[0]


def _months(night: Night) -> pl.DataFrame:
    return monthly_summary(
        night.read("core.regions"),
        night.read("core.weather_choice"),
        night.read("core.weather_hourly"),
        night.read("sim.solar_hourly"),
    )
