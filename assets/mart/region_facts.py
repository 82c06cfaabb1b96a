"""mart.region_facts: what is known of every region, with evidence and source."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.places.observed import observed_facts
from pipelines.places.table import region_facts as facts_of_regions


@table_asset(
    "mart.region_facts", deps=["core.regions", "core.fact_definitions", "mart.queue_projects", "mart.hazard_rates"]
)
def region_facts(night: Night) -> pl.DataFrame:
    """List every fact of every region."""
    regions = night.read("core.regions", ["region_id", "county_fips", "is_eligible"])
    observed = observed_facts(regions, night.read("mart.queue_projects"), night.read("mart.hazard_rates"))
    return facts_of_regions(regions, night.read("core.fact_definitions"), observed, night.settings)
