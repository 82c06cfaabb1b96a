"""sim.dispatch_annual: yearly energies of every design in every region, all units in service."""

from __future__ import annotations

from assets.night import Night
from assets.plant import causes_of, night_plant, night_sites
from assets.table_asset import Made, table_asset
from pipelines.reliability.campaign import campaign

CAMPAIGN_INPUTS = [
    "core.regions",
    "core.weather_hourly",
    "sim.solar_hourly",
    "sim.designs",
    "core.technology",
    "core.temperature_outage",
    "core.data_centre_load",
    "core.outage_causes",
]


@table_asset("sim.dispatch_annual", deps=CAMPAIGN_INPUTS, kinds={"numba", "duckdb"})
def dispatch_annual(night: Night) -> Made:
    """Dispatch the design grid over every site year; the adequacy is worked out in the same pass and kept."""
    sites = night_sites(night)
    annual, _, hits = campaign(sites, night_plant(night), causes_of(night.read("core.outage_causes")), night.cache)
    return Made(annual, is_cache_hit=hits == len(sites), metadata={"site_years_from_cache": hits})
