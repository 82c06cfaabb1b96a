"""mart.ranked_sites: every region and stack, ranked."""

from __future__ import annotations

import polars as pl

from assets.cases import BASE_INPUTS, placed_regions
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.ranking.rank import ranked_sites as rank_all
from pipelines.timeline.online import online_share_matrix

# Live tables that a rank rests on; a queue that is out of date moves none.
RANKED_ON = ("core.gas_prices", "core.power_prices", "core.grid_reliability", "core.weather_hourly")


@table_asset("mart.ranked_sites", deps=[*BASE_INPUTS, "mart.rank_acceptability", "mart.adequacy"])
def ranked_sites(night: Night) -> pl.DataFrame:
    """Value, score and rank the chosen designs."""
    times = night.read("mart.time_to_power")
    return rank_all(
        placed_regions(night),
        night.read("sim.phased"),
        times,
        online_share_matrix(night.read("sim.online_share"), times),
        night.settings,
        acceptability=night.read("mart.rank_acceptability"),
        adequacy=night.read("mart.adequacy"),
        as_of_utc=night.as_of_utc,
        run_id=night.run_id,
        is_stale=night.live is not None and night.live.is_stale(RANKED_ON),
    )
