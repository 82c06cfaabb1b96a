"""mart.rank_changes: what moved since the release before."""

from __future__ import annotations

import polars as pl

from assets.history import previous_history, scope_of
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.ranking.history import night_before
from pipelines.ranking.history import rank_changes as changes


@table_asset("mart.rank_changes", deps=["mart.ranking_history", "mart.run_changes"])
def rank_changes(night: Night) -> pl.DataFrame:
    """Compare tonight with the night before of the same scope, else with the same regions of the release before."""
    history = night.read("mart.ranking_history")
    tonight = history.filter(pl.col("run_id") == night.run_id)
    before = night_before(
        previous_history(night), scope_of(night), night.previous, night.as_of_utc, tonight["region_id"]
    )
    return changes(tonight, before, night.read("mart.run_changes"))
