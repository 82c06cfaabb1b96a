"""mart.fuel_services: what firm gas, a second fuel or a stand-by would cost and save."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.economics.fuel_service import described_services


@table_asset("mart.fuel_services", deps=["sim.fuel_services", "sim.chosen", "mart.ranked_sites"])
def fuel_services(night: Night) -> pl.DataFrame:
    """Compare the services of every stack on gas."""
    columns = ["region_id", "stack_id", "online_years_discounted", "value_usd_per_mw"]
    return described_services(
        night.read("sim.fuel_services"),
        night.read("sim.chosen"),
        night.read("mart.ranked_sites", columns),
        night.settings,
    )
