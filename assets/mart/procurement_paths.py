"""mart.procurement_paths: ways to buy each class of equipment, with months, price and limits."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.timeline.paths import procurement_paths as listed_paths


@table_asset("mart.procurement_paths", deps=["core.durations"])
def procurement_paths(night: Night) -> pl.DataFrame:
    """List the paths with their months as used."""
    return listed_paths(night.read("core.durations"))
