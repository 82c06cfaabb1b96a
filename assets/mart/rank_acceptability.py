"""mart.rank_acceptability: how firm each place is."""

from __future__ import annotations

import polars as pl

from assets.cases import UNCERTAIN_INPUTS, uncertain_night
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.ranking.robustness import rank_acceptability as acceptability


@table_asset("mart.rank_acceptability", deps=[*UNCERTAIN_INPUTS, "mart.adequacy"])
def rank_acceptability(night: Night) -> pl.DataFrame:
    """Rank the night over draws of inputs and weights."""
    own = uncertain_night(night)
    return acceptability(own.model, own.draws, own.uncertain, own.ranges, night.read("mart.adequacy"))
