"""mart.regions: the regions with the weather they run on."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.reference.regions import published_regions


@table_asset("mart.regions", deps=["core.regions", "core.weather_choice", "sim.solar_hourly"])
def regions(night: Night) -> pl.DataFrame:
    """Join place, weather and sun."""
    return published_regions(
        night.read("core.regions"), night.read("core.weather_choice"), night.read("sim.solar_hourly")
    )
