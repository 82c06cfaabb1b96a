"""sim.adequacy: unserved energy of every design in every region with outages counted, by cause."""

from __future__ import annotations

from assets.night import Night
from assets.plant import causes_of, night_plant, night_sites
from assets.sim.dispatch_annual import CAMPAIGN_INPUTS
from assets.table_asset import Made, table_asset
from pipelines.reliability.campaign import campaign


@table_asset("sim.adequacy", deps=[*CAMPAIGN_INPUTS, "sim.dispatch_annual"], kinds={"numba", "duckdb"})
def adequacy(night: Night) -> Made:
    """Take the adequacy that the dispatch of the same sites left in the cache."""
    sites = night_sites(night)
    _, frame, hits = campaign(sites, night_plant(night), causes_of(night.read("core.outage_causes")), night.cache)
    return Made(frame, is_cache_hit=hits == len(sites))
