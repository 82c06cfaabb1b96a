"""mart.dispatch_weekly: the traces by week."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.dispatch.trace import weekly


@table_asset("mart.dispatch_weekly", deps=["mart.dispatch_hourly"])
def dispatch_weekly(night: Night) -> pl.DataFrame:
    """Sum the hours by week."""
    return weekly(night.read("mart.dispatch_hourly"))
