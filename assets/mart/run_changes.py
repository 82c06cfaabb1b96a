"""mart.run_changes: which inputs, assumptions and code differ from the release before."""

from __future__ import annotations

import polars as pl

from assets.history import previous_manifest, previous_table
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.ranking.history import run_changes as changes


@table_asset("mart.run_changes", deps=["mart.assumptions", "core.durations"])
def run_changes(night: Night) -> pl.DataFrame:
    """Compare what the two nights rest on."""
    return changes(
        night.inputs,
        night.read("mart.assumptions"),
        night.code,
        previous_manifest(night),
        previous_table(night, "assumptions"),
        night.as_of.isoformat(),
        night.read("core.durations"),
        previous_table(night, "lead_times"),
    )
