"""mart.rank_sensitivity: ranks by margin, side by side."""

from __future__ import annotations

import polars as pl

from assets.cases import BASE_INPUTS, base_case
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.ranking.scenarios import rank_sensitivity as ranks_by_margin


@table_asset("mart.rank_sensitivity", deps=BASE_INPUTS)
def rank_sensitivity(night: Night) -> pl.DataFrame:
    """Rank the night again for each margin."""
    return ranks_by_margin(base_case(night), night.settings)
