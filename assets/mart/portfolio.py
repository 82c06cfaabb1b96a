"""mart.<portfolio table>: many nodes against one campus, one asset per table, made alike."""

from __future__ import annotations

import dagster as dg

from assets.night import Night
from assets.portfolio import PORTFOLIO_INPUTS, portfolio_table
from assets.table_asset import Made, table_asset

PORTFOLIO_TABLES = (
    "buildout_curve",
    "diversification_curve",
    "portfolio_comparison",
    "portfolio_events",
    "portfolio_resilience",
    "portfolio_sensitivity",
    "portfolio_sites",
    "supply_shadow_prices",
)


def portfolio_asset(table: str) -> dg.AssetsDefinition:
    """Return the asset of one table of the portfolio."""

    def load(night: Night) -> Made:
        return portfolio_table(night, table)

    return table_asset(f"mart.{table}", deps=PORTFOLIO_INPUTS, kinds={"scipy", "duckdb"})(load)


portfolio_assets = [portfolio_asset(table) for table in PORTFOLIO_TABLES]
