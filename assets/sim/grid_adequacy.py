"""sim.grid_adequacy: unserved energy of every design of the grid in every region with outages counted, by cause."""

from __future__ import annotations

from assets.counties import RESULT_INPUTS, county_results
from assets.night import Night
from assets.plant import PLANT_INPUTS, grid_campaign, of_grid
from assets.table_asset import Made, table_asset


@table_asset("sim.grid_adequacy", deps=[*PLANT_INPUTS, *RESULT_INPUTS], kinds={"numba", "duckdb"})
def grid_adequacy(night: Night) -> Made:
    """Take the adequacy that came with the dispatch of the same sites."""
    if night.scope.is_counties:
        found = county_results(night)
        return Made(of_grid(night, found.adequacy), is_cache_hit=found.is_cache_hit)
    _, adequacy, hits = grid_campaign(night)
    return Made(of_grid(night, adequacy), is_cache_hit=hits == adequacy.select("region_id", "weather_year").n_unique())
