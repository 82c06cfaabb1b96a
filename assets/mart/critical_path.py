"""mart.critical_path: what holds each site up."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from assets.timeline import TIMELINE_INPUTS, night_timeline


@table_asset("mart.critical_path", deps=TIMELINE_INPUTS)
def critical_path(night: Night) -> pl.DataFrame:
    """Take it from the night's Monte Carlo."""
    return night_timeline(night).critical_path
