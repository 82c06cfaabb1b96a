"""mart.time_to_power: months to the first module and to full."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from assets.timeline import TIMELINE_INPUTS, night_timeline


@table_asset("mart.time_to_power", deps=TIMELINE_INPUTS)
def time_to_power(night: Night) -> pl.DataFrame:
    """Take it from the night's Monte Carlo."""
    return night_timeline(night).time_to_power
