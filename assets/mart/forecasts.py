"""mart.forecasts: predictions of projects that are not in power yet, carried on and scored."""

from __future__ import annotations

import polars as pl

from assets.history import previous_table
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.timeline.forecasts import forecasts as carried


@table_asset("mart.forecasts", deps=["mart.backtest"])
def forecasts(night: Night) -> pl.DataFrame:
    """Add tonight's predictions to those of the last release."""
    return carried(
        previous_table(night, "forecasts"),
        night.read("mart.backtest"),
        night.as_of_utc.date(),
        night.run_id,
        tail=night.settings.duration_tail_per_sigma,
    )
