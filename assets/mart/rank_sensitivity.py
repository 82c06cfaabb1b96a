"""mart.rank_sensitivity: ranks by margin and gas-price basis, side by side."""

from __future__ import annotations

import polars as pl

from assets.cases import CASE_INPUTS, base_case, other_basis_case
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.ranking.scenarios import rank_sensitivity as ranks_by_case


@table_asset("mart.rank_sensitivity", deps=CASE_INPUTS)
def rank_sensitivity(night: Night) -> pl.DataFrame:
    """Rank the night again for each margin, under both gas prices."""
    return ranks_by_case(base_case(night), other_basis_case(night), night.settings)
