"""mart.regions: the regions with the weather they run on."""

from __future__ import annotations

import polars as pl

from assets.counties import RESULT_INPUTS, county_results
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.national.months import solar_by_day
from pipelines.reference.regions import published_regions


@table_asset(
    "mart.regions",
    deps=["core.gas_prices_by_region", "core.weather_choice", "sim.solar_hourly", *RESULT_INPUTS],
)
def regions(night: Night) -> pl.DataFrame:
    """Join place, weather and sun."""
    solar = night.read("sim.solar_hourly")
    if night.scope.is_counties:
        solar = solar_by_day(county_results(night).months)
    hubs = night.read("core.gas_prices_by_region", ["region_id", "gas_hub"])
    return published_regions(night.read("core.regions"), hubs, night.read("core.weather_choice"), solar)
