"""mart.fuel_prices: the fuel and power prices as used."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.economics.prices import fuel_prices as prices_as_used


@table_asset(
    "mart.fuel_prices", deps=["core.gas_prices_by_region", "core.power_prices_by_region", "core.emission_factors"]
)
def fuel_prices(night: Night) -> pl.DataFrame:
    """List prices with unit and source."""
    return prices_as_used(
        night.read("core.gas_prices_by_region"),
        night.read("core.power_prices_by_region"),
        night.read("core.emission_factors"),
        night.settings,
    )
