"""core.gas_prices_by_region: what a generator pays for gas in each region."""

from __future__ import annotations

import polars as pl

from assets.money import OUTLOOK_INPUTS, night_outlook
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.economics.prices import gas_prices_by_region as gas_by_region


@table_asset(
    "core.gas_prices_by_region", deps=["core.regions", "core.gas_prices", "core.emission_factors", *OUTLOOK_INPUTS]
)
def gas_prices_by_region(night: Night) -> pl.DataFrame:
    """Price the gas."""
    return gas_by_region(
        night.read("core.regions"),
        night.read("core.gas_prices"),
        night.read("core.emission_factors"),
        night.as_of,
        night.settings,
        level_factor=night_outlook(night).gas,
    )
