"""mart.timeline_gantt, mart.energisation: the schedule of every site with ranges, and its modules one by one."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from assets.timeline import TIMELINE_INPUTS, night_timeline


@table_asset("mart.timeline_gantt", deps=TIMELINE_INPUTS)
def timeline_gantt(night: Night) -> pl.DataFrame:
    """Take it from the night's Monte Carlo."""
    return night_timeline(night).gantt


@table_asset("mart.energisation", deps=TIMELINE_INPUTS)
def energisation(night: Night) -> pl.DataFrame:
    """Take it from the night's Monte Carlo."""
    return night_timeline(night).energisation
