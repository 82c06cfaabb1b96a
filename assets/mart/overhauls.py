"""mart.overhauls: when firm units are overhauled, and what is served in a year in which all of them are."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.plant import plant_parameters, plant_technologies
from assets.table_asset import table_asset
from pipelines.economics.overhauls import overhauls as of_chosen
from pipelines.ordered import group_mean


@table_asset("mart.overhauls", deps=["sim.chosen", "sim.dispatch_annual", "core.technology", "core.temperature_outage"])
def overhauls(night: Night) -> pl.DataFrame:
    """List the overhauls of the chosen plants."""
    chosen = night.read("sim.chosen")
    annual = night.read("sim.dispatch_annual", ["region_id", "design_id", "weather_year", "firm_run_hours"])
    key = ["region_id", "design_id"]
    own = annual.join(chosen, on=key, how="semi", maintain_order="left").sort(*key, "weather_year")
    hours = own.group_by(key, maintain_order=True).agg(group_mean("firm_run_hours").alias("firm_run_hours"))
    return of_chosen(chosen, hours, plant_technologies(night), plant_parameters(night), night.settings)
