"""mart.weather_years: the chosen designs year by year, and their hardest weeks."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.plant import causes_of, grid_plant, night_plant
from assets.table_asset import table_asset
from assets.traces import TRACE_INPUTS, traced_or_all
from pipelines.dispatch.chosen import chosen_sets
from pipelines.dispatch.weather_years import weather_years as by_year
from pipelines.identity import content_hash
from pipelines.reliability.campaign import site_key


@table_asset(
    "mart.weather_years", deps=["sim.dispatch_annual", "sim.adequacy", *TRACE_INPUTS], kinds={"numba", "duckdb"}
)
def weather_years(night: Night) -> pl.DataFrame:
    """Pick the chosen designs out of every year and name the hardest week."""
    plant, grid, sites = night_plant(night), grid_plant(night), traced_or_all(night)
    causes = causes_of(night.read("core.outage_causes"))
    return by_year(
        sites,
        chosen_sets(night.read("sim.chosen", ["region_id", "stack_id", "design_id"]), plant.designs),
        night.read("sim.dispatch_annual"),
        night.read("sim.adequacy"),
        plant.technologies,
        plant.battery,
        [content_hash(site_key(site, grid, causes[site.region_id])) for site in sites],
        night.cache,
    )
