"""sim.phase_annual: yearly energies of the phases before the permanent plant."""

from __future__ import annotations

from assets.counties import county_results
from assets.night import Night
from assets.plant import PLANT_INPUTS, grid_campaign, of_grid
from assets.table_asset import Made, table_asset


@table_asset("sim.phase_annual", deps=[*PLANT_INPUTS, "sim.design_grid"], kinds={"numba", "duckdb"})
def phase_annual(night: Night) -> Made:
    """Take the energies of the phases that came with the dispatch of the same sites."""
    if night.scope.is_counties:
        found = county_results(night)
        return Made(of_grid(night, found.annual, are_phases=True), is_cache_hit=found.is_cache_hit)
    annual, _, hits = grid_campaign(night)
    years = annual.select("region_id", "weather_year").n_unique()
    return Made(of_grid(night, annual, are_phases=True), is_cache_hit=hits == years)
