"""mart.dispatch_regret: what the dispatch rules cost above perfect foresight in the best regions."""

from __future__ import annotations

from assets.night import Night
from assets.table_asset import Made, table_asset
from assets.traces import TRACE_INPUTS, night_traces
from pipelines.dispatch.chosen_regret import best_regions, chosen_regret


@table_asset("mart.dispatch_regret", deps=["mart.ranked_sites", *TRACE_INPUTS], kinds={"numba", "duckdb"})
def dispatch_regret(night: Night) -> Made:
    """Compare the rules with the linear programme."""
    traces = night_traces(night)
    best = best_regions(night.read("mart.ranked_sites", ["rank", "region_id"]), night.settings.regret_regions)
    frame, is_hit = chosen_regret(
        {region: traces.sites[region] for region in best},
        traces.designs,
        traces.technologies,
        traces.battery,
        traces.keys,
        night.settings,
        night.cache,
    )
    return Made(frame, is_cache_hit=is_hit)
