"""mart.adequacy: the chosen designs by convolution and by sequential Monte Carlo."""

from __future__ import annotations

import polars as pl

from assets.counties import best_counties
from assets.night import Night
from assets.plant import PLANT_INPUTS, causes_of, night_plant
from assets.table_asset import Made, table_asset
from assets.traces import traced_or_all
from pipelines.reliability.chosen import adequacy_table, sample_chosen


@table_asset(
    "mart.adequacy",
    deps=["sim.chosen", "mart.reliability", "sim.designs", "mart.ranked_sites", *PLANT_INPUTS],
    kinds={"numba", "duckdb"},
)
def adequacy(night: Night) -> Made:
    """Sample years of the chosen designs; each is kept by its design and its site."""
    chosen, sites = night.read("sim.chosen"), traced_or_all(night)
    if night.scope.is_counties:
        best = set(best_counties(night, night.settings.sample_sites))
        sites = [site for site in sites if site.region_id in best]
        chosen = chosen.filter(pl.col("region_id").is_in(best))
    sampled, hits = sample_chosen(
        sites, chosen, night_plant(night), causes_of(night.read("core.outage_causes")), night.cache
    )
    frame = adequacy_table(chosen, night.read("mart.reliability"), sampled)
    return Made(frame, is_cache_hit=hits == len(sampled), metadata={"designs_from_cache": hits})
