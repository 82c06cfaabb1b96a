"""core.<reference table>: each table of `pipelines/reference`, one asset each, with the live rows over it."""

from __future__ import annotations

import dagster as dg
import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.reference.load import reference_tables
from pipelines.sources.merge import merged

MERGED = ("core.gas_prices", "core.power_prices", "core.grid_reliability")


def reference_asset(name: str) -> dg.AssetsDefinition:
    """Return the asset that loads one reference table."""

    def load(night: Night) -> pl.DataFrame:
        reference = night.reference(name)
        table = f"core.{name}"
        return merged(reference, night.live.rows(table), table) if night.live and table in MERGED else reference

    return table_asset(f"core.{name}", deps=["raw.ledger"], kinds={"csv", "duckdb"})(load)


reference_assets = [reference_asset(name) for name in reference_tables()]
