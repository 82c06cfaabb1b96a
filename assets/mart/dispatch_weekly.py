"""mart.dispatch_weekly: the traces by week."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from assets.traces import TRACE_INPUTS, night_traces


@table_asset("mart.dispatch_weekly", deps=TRACE_INPUTS)
def dispatch_weekly(night: Night) -> pl.DataFrame:
    """Sum the hours by week."""
    return night_traces(night).weekly()
