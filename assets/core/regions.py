"""core.regions: the rankable markets, or the counties, that the night is about."""

from __future__ import annotations

import polars as pl

from assets.county_hours import county_years
from assets.night import Night, in_scope
from assets.table_asset import table_asset
from pipelines.counties.places import county_regions
from pipelines.reference.regions import rankable_regions


@table_asset("core.regions", deps=["core.candidate_markets", "core.climatology_monthly"])
def regions(night: Night) -> pl.DataFrame:
    """Keep the regions in scope."""
    facts = night.read("core.candidate_markets"), night.read("core.climatology_monthly")
    if night.scope.is_counties:
        return in_scope(county_regions(*facts, night.settings, set(county_years(night)["region_id"])), night.scope)
    return in_scope(rankable_regions(*facts), night.scope)
