"""mart.uncertainties: the assumptions that are varied, with their ranges."""

from __future__ import annotations

import polars as pl

from assets.cases import UNCERTAIN_INPUTS, uncertain_night
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.ranking.uncertainty import published_uncertainties


@table_asset("mart.uncertainties", deps=UNCERTAIN_INPUTS)
def uncertainties(night: Night) -> pl.DataFrame:
    """List ranges and sources."""
    return published_uncertainties(uncertain_night(night).uncertain)
