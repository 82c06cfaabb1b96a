"""mart.rank_flips: what turns the order of two neighbours."""

from __future__ import annotations

import polars as pl

from assets.cases import UNCERTAIN_INPUTS, base_case, uncertain_night
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.ranking.rank import rank_sites
from pipelines.ranking.sensitivity import neighbours
from pipelines.ranking.sensitivity import rank_flips as flips


@table_asset("mart.rank_flips", deps=UNCERTAIN_INPUTS)
def rank_flips(night: Night) -> pl.DataFrame:
    """Look for the figure at which each pair is worth the same."""
    own, base = uncertain_night(night), base_case(night)
    pairs = neighbours(rank_sites(base.chosen.with_row_index("row")))
    return flips(own.model, pairs, base.online_share, own.uncertain, own.ranges)
