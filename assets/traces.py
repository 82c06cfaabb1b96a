"""The traces of the chosen designs, which several assets show in their own way."""

from __future__ import annotations

from assets.counties import county_sites
from assets.night import Night
from assets.plant import PLANT_INPUTS, causes_of, grid_plant, night_plant, night_sites
from pipelines.dispatch.chosen import ChosenTraces, chosen_sets, traced_sites
from pipelines.dispatch.inputs import SiteYear
from pipelines.identity import content_hash
from pipelines.reliability.campaign import site_key

TRACE_INPUTS = ["mart.ranked_sites", "sim.chosen", "sim.designs", "sim.design_grid", *PLANT_INPUTS]


def traced_or_all(night: Night) -> list[SiteYear]:
    """Return the site years that are shown by the hour: of every market, or of the best counties."""
    return county_sites(night) if night.scope.is_counties else night_sites(night)


def night_traces(night: Night) -> ChosenTraces:
    """Return the traces of the night's chosen designs; nothing is simulated before it is asked for."""
    plant, grid = night_plant(night), grid_plant(night)
    causes = causes_of(night.read("core.outage_causes"))
    sites = {site.region_id: site for site in traced_sites(traced_or_all(night))}
    return ChosenTraces(
        sites=sites,
        designs=chosen_sets(night.read("sim.chosen", ["region_id", "stack_id", "design_id"]), plant.designs),
        technologies=plant.technologies,
        battery=plant.battery,
        # The grid does not move with prices as the designs worked out do.
        keys={region: content_hash(site_key(site, grid, causes[region])) for region, site in sites.items()},
        cache=night.cache,
    )
