"""core.gas_prices_by_region: what a generator pays for gas in each region."""

from __future__ import annotations

import polars as pl

from assets.money import GAS_INPUTS, TERMS_INPUTS, night_gas_facts, night_terms
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.economics.gas import gas_prices_by_region as gas_by_region


@table_asset("core.gas_prices_by_region", deps=[*GAS_INPUTS, *TERMS_INPUTS])
def gas_prices_by_region(night: Night) -> pl.DataFrame:
    """Price the gas."""
    return gas_by_region(
        night.read("core.regions"), night_gas_facts(night), night.as_of, night_terms(night), night.settings
    )
