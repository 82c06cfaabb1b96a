"""sim.grid_annual: yearly energies of every design of the grid in every region, all units in service."""

from __future__ import annotations

from assets.counties import county_results
from assets.night import Night
from assets.plant import PLANT_INPUTS, causes_of, grid_plant, night_sites
from assets.table_asset import Made, table_asset
from pipelines.reliability.campaign import campaign


@table_asset("sim.grid_annual", deps=[*PLANT_INPUTS, "sim.design_grid"], kinds={"numba", "duckdb"})
def grid_annual(night: Night) -> Made:
    """Dispatch the design grid over every site year; the adequacy is worked out in the same pass and kept."""
    if night.scope.is_counties:
        found = county_results(night)
        return Made(found.annual, is_cache_hit=found.is_cache_hit, metadata=found.metadata)
    sites = night_sites(night)
    annual, _, hits = campaign(sites, grid_plant(night), causes_of(night.read("core.outage_causes")), night.cache)
    return Made(annual, is_cache_hit=hits == len(sites), metadata={"site_years_from_cache": hits})
