"""mart.site_sensitivity: which assumptions each site hangs on."""

from __future__ import annotations

import polars as pl

from assets.cases import UNCERTAIN_INPUTS, uncertain_night
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.ranking.sensitivity import site_sensitivity as swings


@table_asset("mart.site_sensitivity", deps=UNCERTAIN_INPUTS)
def site_sensitivity(night: Night) -> pl.DataFrame:
    """Move one assumption at a time."""
    own = uncertain_night(night)
    return swings(own.model, own.draws, own.uncertain, own.ranges)
