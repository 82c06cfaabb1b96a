"""core.<reference table>: each table of `pipelines/reference`, one asset each, made alike."""

from __future__ import annotations

import dagster as dg
import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.reference.load import load_reference, reference_tables


def reference_asset(name: str) -> dg.AssetsDefinition:
    """Return the asset that loads one reference table."""

    def load(night: Night) -> pl.DataFrame:
        return load_reference(name, night.settings.reference_dir)

    return table_asset(f"core.{name}", deps=["raw.ledger"], kinds={"csv", "duckdb"})(load)


reference_assets = [reference_asset(name) for name in reference_tables()]
