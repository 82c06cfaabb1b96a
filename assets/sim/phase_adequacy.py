"""sim.phase_adequacy: unserved energy of the phases before the permanent plant, outages counted."""

from __future__ import annotations

from assets.counties import county_results
from assets.night import Night
from assets.plant import PLANT_INPUTS, grid_campaign, of_grid
from assets.table_asset import Made, table_asset


@table_asset("sim.phase_adequacy", deps=[*PLANT_INPUTS, "sim.design_grid"], kinds={"numba", "duckdb"})
def phase_adequacy(night: Night) -> Made:
    """Take the adequacy of the phases that came with the dispatch of the same sites."""
    if night.scope.is_counties:
        found = county_results(night)
        return Made(of_grid(night, found.adequacy, are_phases=True), is_cache_hit=found.is_cache_hit)
    _, adequacy, hits = grid_campaign(night)
    years = adequacy.select("region_id", "weather_year").n_unique()
    return Made(of_grid(night, adequacy, are_phases=True), is_cache_hit=hits == years)
