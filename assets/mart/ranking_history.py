"""mart.ranking_history: every night's ranking, carried on."""

from __future__ import annotations

import polars as pl

from assets.history import previous_history, scope_of
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.economics.value import margin_usd_per_mw_year
from pipelines.ranking.history import carried_history, history_rows


@table_asset("mart.ranking_history", deps=["mart.ranked_sites", "sim.phased"])
def ranking_history(night: Night) -> pl.DataFrame:
    """Add tonight to the history of the last release."""
    before = previous_history(night)
    tonight = history_rows(
        night.read("mart.ranked_sites"),
        night.read("sim.phased"),
        scope=scope_of(night),
        number=1 if before is None or before.is_empty() else int(before["night_number"].max()) + 1,  # type: ignore[arg-type]
        margin_usd_per_mw_year=margin_usd_per_mw_year(night.settings),
    )
    return carried_history(before, tonight, night.settings.history_max_rows)
