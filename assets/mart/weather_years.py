"""mart.weather_years: the chosen designs year by year, and their hardest weeks."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.plant import chosen_designs, grid_plant, night_sites, night_storage_years, site_keys
from assets.table_asset import table_asset
from assets.traces import TRACE_INPUTS
from pipelines.dispatch.chosen import chosen_sets
from pipelines.dispatch.weather_years import ADEQUACY, ANNUAL
from pipelines.dispatch.weather_years import weather_years as by_year


@table_asset(
    "mart.weather_years", deps=["sim.dispatch_annual", "sim.adequacy", *TRACE_INPUTS], kinds={"numba", "duckdb"}
)
def weather_years(night: Night) -> pl.DataFrame:
    """Pick the chosen designs out of every year and name the hardest week."""
    plant, sites, keys = grid_plant(night), night_sites(night), site_keys(night)
    return by_year(
        sites,
        chosen_sets(chosen_designs(night)),
        night.read("sim.dispatch_annual", ANNUAL),
        night.read("sim.adequacy", ADEQUACY),
        plant.technologies,
        plant.battery,
        [keys[site.region_id, site.weather_year] for site in sites],
        night.cache,
        further=night_storage_years(night),
    )
