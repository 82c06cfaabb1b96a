"""sim.grid_annual: yearly energies of every design of the grid in every region, all units in service."""

from __future__ import annotations

from assets.counties import RESULT_INPUTS, county_results
from assets.night import Night
from assets.plant import PLANT_INPUTS, grid_campaign, of_grid
from assets.table_asset import Made, table_asset


@table_asset("sim.grid_annual", deps=[*PLANT_INPUTS, *RESULT_INPUTS], kinds={"numba", "duckdb"})
def grid_annual(night: Night) -> Made:
    """Dispatch the design grid over every site year; the adequacy is worked out in the same pass."""
    if night.scope.is_counties:
        found = county_results(night)
        return Made(of_grid(night, found.annual), is_cache_hit=found.is_cache_hit, metadata=found.metadata)
    annual, _, hits = grid_campaign(night)
    return Made(
        of_grid(night, annual),
        is_cache_hit=hits == annual.select("region_id", "weather_year").n_unique(),
        metadata={"site_years_from_cache": hits},
    )
