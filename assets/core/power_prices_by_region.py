"""core.power_prices_by_region: price and carbon of grid energy in each region."""

from __future__ import annotations

import polars as pl

from assets.money import TERMS_INPUTS, night_terms
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.economics.outlook import power_level_factor
from pipelines.economics.prices import POWER_TABLES, PowerFacts
from pipelines.economics.prices import power_prices_by_region as power_by_region


@table_asset(
    "core.power_prices_by_region",
    deps=["core.regions", *(f"core.{name}" for name in POWER_TABLES), "core.price_projections", *TERMS_INPUTS],
)
def power_prices_by_region(night: Night) -> pl.DataFrame:
    """Price the grid's energy."""
    return power_by_region(
        night.read("core.regions"),
        PowerFacts.read(lambda name: night.read(f"core.{name}")),
        night.as_of,
        night.settings,
        level_factor=power_level_factor(
            night.read("core.price_projections"), night.as_of, night_terms(night), night.settings
        ),
    )
