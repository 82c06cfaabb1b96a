"""mart.acceleration: which class of equipment to buy faster, what it saves, is worth and costs.

Of counties, those whose designs are traced.
"""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from assets.timeline import TIMELINE_INPUTS, night_networks, night_timeline, timeline_inputs
from pipelines.timeline.acceleration import acceleration as faster
from pipelines.timeline.draws import TIMELINE_SEED


@table_asset("mart.acceleration", deps=[*TIMELINE_INPUTS, "mart.ranked_sites"])
def acceleration(night: Night) -> pl.DataFrame:
    """Search the classes to buy faster."""
    inputs = timeline_inputs(night)
    ranked = night.read("mart.ranked_sites", ["region_id", "stack_id", "region_rank", "net_usd_per_mw_year"])
    if night.scope.is_counties:
        ranked = ranked.filter(pl.col("region_rank") <= night.settings.trace_sites)
    chosen = inputs["chosen"].join(
        ranked.drop("region_rank"), on=["region_id", "stack_id"], how="inner", maintain_order="left"
    )
    return faster(
        inputs["regions"],
        chosen,
        night_timeline(night).durations,
        inputs["policy"],
        night.settings,
        TIMELINE_SEED,
        known=night_networks(night),
    )
