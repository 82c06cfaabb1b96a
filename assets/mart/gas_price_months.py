"""mart.gas_price_months: the twelve months behind tonight's gas price."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.economics.hub_prices import gas_price_months as months


@table_asset("mart.gas_price_months", deps=["core.gas_prices_by_region", "core.gas_prices"])
def gas_price_months(night: Night) -> pl.DataFrame:
    """Price each month."""
    return months(night.read("core.gas_prices_by_region"), night.read("core.gas_prices"), night.as_of, night.settings)
