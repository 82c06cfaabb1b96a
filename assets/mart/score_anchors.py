"""mart.score_anchors: what 0 and 100 mean in every part of the score."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.ranking.score import score_anchors as anchors


@table_asset("mart.score_anchors", deps=[])
def score_anchors(night: Night) -> pl.DataFrame:
    """Publish the anchors and the default weights."""
    return anchors()
