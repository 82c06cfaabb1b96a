"""mart.adequacy: the chosen designs by convolution and by sequential Monte Carlo."""

from __future__ import annotations

from assets.night import Night
from assets.plant import PLANT_INPUTS, causes_of, night_plant, night_sites
from assets.table_asset import Made, table_asset
from pipelines.reliability.chosen import adequacy_table, sample_chosen


@table_asset(
    "mart.adequacy", deps=["sim.chosen", "mart.reliability", "sim.designs", *PLANT_INPUTS], kinds={"numba", "duckdb"}
)
def adequacy(night: Night) -> Made:
    """Sample years of the chosen designs; each is kept by its design and its site."""
    chosen = night.read("sim.chosen")
    sampled, hits = sample_chosen(
        night_sites(night), chosen, night_plant(night), causes_of(night.read("core.outage_causes")), night.cache
    )
    frame = adequacy_table(chosen, night.read("mart.reliability"), sampled)
    return Made(frame, is_cache_hit=hits == len(sampled), metadata={"designs_from_cache": hits})
