"""mart.posture_paths: which way each posture buys, and why."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.timeline.paths import posture_paths as listed_rules


@table_asset("mart.posture_paths")
def posture_paths(night: Night) -> pl.DataFrame:
    """List the rules."""
    return listed_rules()
