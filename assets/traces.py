"""The traces of the chosen designs, which several assets show in their own way."""

from __future__ import annotations

from assets.county_hours import BEST_INPUTS
from assets.night import Night
from assets.plant import PLANT_INPUTS, chosen_designs, grid_plant, night_sites, site_keys
from pipelines.dispatch.chosen import ChosenTraces, chosen_sets, traced_sites

TRACE_INPUTS = ["sim.design_grid", "sim.chosen", *PLANT_INPUTS, *BEST_INPUTS]


def night_traces(night: Night) -> ChosenTraces:
    """Return the traces of the night's chosen designs; nothing is simulated before it is asked for."""
    return night.once("traces", lambda: _traces(night))


def _traces(night: Night) -> ChosenTraces:
    plant, keys = grid_plant(night), site_keys(night)
    sites = {site.region_id: site for site in traced_sites(night_sites(night))}
    return ChosenTraces(
        sites=sites,
        designs=chosen_sets(chosen_designs(night)),
        technologies=plant.technologies,
        battery=plant.battery,
        keys={region: keys[region, site.weather_year] for region, site in sites.items()},
        cache=night.cache,
    )
