"""mart.weather_monthly: the months of the weather as used."""

from __future__ import annotations

import polars as pl

from assets.counties import county_results
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.weather.assemble import monthly_summary


@table_asset(
    "mart.weather_monthly",
    deps=["core.regions", "core.weather_choice", "core.weather_hourly", "sim.solar_hourly", "sim.grid_annual"],
)
def weather_monthly(night: Night) -> pl.DataFrame:
    """Sum up the hours."""
    if night.scope.is_counties:
        return county_results(night).months
    return monthly_summary(
        night.read("core.regions"),
        night.read("core.weather_choice"),
        night.read("core.weather_hourly"),
        night.read("sim.solar_hourly"),
    )
