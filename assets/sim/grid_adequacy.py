"""sim.grid_adequacy: unserved energy of every design of the grid in every region with outages counted, by cause."""

from __future__ import annotations

from assets.counties import county_results
from assets.night import Night
from assets.plant import PLANT_INPUTS, causes_of, grid_plant, night_sites
from assets.table_asset import Made, table_asset
from pipelines.reliability.campaign import campaign


@table_asset("sim.grid_adequacy", deps=[*PLANT_INPUTS, "sim.design_grid", "sim.grid_annual"], kinds={"numba", "duckdb"})
def grid_adequacy(night: Night) -> Made:
    """Take the adequacy that the dispatch of the same sites left in the cache."""
    if night.scope.is_counties:
        found = county_results(night)
        return Made(found.adequacy, is_cache_hit=found.is_cache_hit)
    sites = night_sites(night)
    _, frame, hits = campaign(sites, grid_plant(night), causes_of(night.read("core.outage_causes")), night.cache)
    return Made(frame, is_cache_hit=hits == len(sites))
