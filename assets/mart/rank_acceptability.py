"""mart.rank_acceptability: how firm each place is."""

from __future__ import annotations

import polars as pl

from assets.cases import FIRMNESS_INPUTS, night_firmness
from assets.night import Night
from assets.table_asset import table_asset


@table_asset("mart.rank_acceptability", deps=FIRMNESS_INPUTS)
def rank_acceptability(night: Night) -> pl.DataFrame:
    """Rank the night over draws of inputs and weights."""
    return night_firmness(night).rank_acceptability
