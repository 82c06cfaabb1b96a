"""mart.dispatch_hourly: the hours of every chosen design."""

from __future__ import annotations

from assets.night import Night
from assets.plant import causes_of, night_plant, night_sites
from assets.sim.dispatch_annual import CAMPAIGN_INPUTS
from assets.table_asset import Made, table_asset
from pipelines.dispatch.chosen import chosen_traces, traced_sites
from pipelines.identity import content_hash
from pipelines.reliability.campaign import site_key


@table_asset("mart.dispatch_hourly", deps=["sim.chosen", *CAMPAIGN_INPUTS], kinds={"numba", "parquet"})
def dispatch_hourly(night: Night) -> Made:
    """Trace the chosen designs; the file is kept by the designs and sites it shows."""
    plant, sites = night_plant(night), traced_sites(night_sites(night))
    chosen = night.read("sim.chosen", ["region_id", "stack_id", "design_id"])
    causes = causes_of(night.read("core.outage_causes"))
    key = {
        "sites": content_hash([site_key(site, plant, causes[site.region_id]) for site in sites]),
        "chosen": content_hash(chosen),
    }
    path, is_hit = night.cache.file(
        "traces", key, lambda: chosen_traces(sites, chosen, plant.designs, plant.technologies, plant.battery)
    )
    return Made(path=path, is_cache_hit=is_hit)
