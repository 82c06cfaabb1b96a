"""mart.backtest, mart.backtest_scores: observed projects against what the networks would have said of them."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.timeline.backtest import backtest as predicted
from pipelines.timeline.backtest import backtest_scores as scored
from pipelines.timeline.draws import TIMELINE_SEED


@table_asset(
    "mart.backtest", deps=["mart.observed_projects", "core.candidate_markets", "core.durations", "core.policy"]
)
def backtest(night: Night) -> pl.DataFrame:
    """Predict the projects."""
    return predicted(
        night.read("mart.observed_projects"),
        night.read("core.candidate_markets"),
        night.read("core.durations"),
        night.read("core.policy"),
        night.settings,
        TIMELINE_SEED,
    )


@table_asset("mart.backtest_scores", deps=["mart.backtest"])
def backtest_scores(night: Night) -> pl.DataFrame:
    """Score the predictions."""
    return scored(night.read("mart.backtest"))
