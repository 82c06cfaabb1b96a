"""mart.ranked_sites: every region and stack, ranked."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.ranking.rank import ranked_sites as rank_all
from pipelines.timeline.online import online_share_matrix


@table_asset(
    "mart.ranked_sites",
    deps=["core.regions", "core.weather_choice", "sim.chosen", "mart.time_to_power", "sim.online_share"],
)
def ranked_sites(night: Night) -> pl.DataFrame:
    """Value, score and rank the chosen designs."""
    times = night.read("mart.time_to_power")
    regions = night.read("core.regions").join(
        night.read("core.weather_choice"), on="region_id", how="left", maintain_order="left"
    )
    return rank_all(
        regions,
        night.read("sim.chosen"),
        times,
        online_share_matrix(night.read("sim.online_share"), times),
        night.settings,
        as_of_utc=night.as_of_utc,
        run_id=night.run_id,
    )
