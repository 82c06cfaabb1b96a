"""mart.input_changes: what is new in queues, prices and indicators since the live night before."""

from __future__ import annotations

import polars as pl

from assets.night import Night, night_before
from assets.table_asset import table_asset
from pipelines.sources.changes import input_changes as changes_between


@table_asset("mart.input_changes", deps=["raw.ledger"])
def input_changes(night: Night) -> pl.DataFrame:
    """Compare the snapshots of two nights."""
    return changes_between(night_before(night), night.live)
