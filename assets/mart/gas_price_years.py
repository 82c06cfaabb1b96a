"""mart.gas_price_years: the delivered price of gas by region and year of operation."""

from __future__ import annotations

import polars as pl

from assets.money import GAS_INPUTS, night_gas_facts
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.economics.gas import gas_price_years as years_by_region


@table_asset("mart.gas_price_years", deps=["core.gas_prices_by_region", *GAS_INPUTS])
def gas_price_years(night: Night) -> pl.DataFrame:
    """Price each year."""
    return years_by_region(
        night.read("core.regions"),
        night.read("core.gas_prices_by_region"),
        night_gas_facts(night),
        night.as_of,
        night.settings,
    )
