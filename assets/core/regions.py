"""core.regions: the rankable markets, or the counties, that the night is about."""

from __future__ import annotations

import polars as pl

from assets.county_hours import county_years
from assets.night import Night, in_scope
from assets.table_asset import table_asset
from pipelines.counties.places import county_regions
from pipelines.errors import UsageError
from pipelines.reference.regions import rankable_regions


@table_asset("core.regions", deps=["core.candidate_markets", "core.climatology_monthly"])
def regions(night: Night) -> pl.DataFrame:
    """Keep the regions in scope."""
    facts = night.read("core.candidate_markets"), night.read("core.climatology_monthly")
    if night.scope.is_counties:
        found = in_scope(county_regions(*facts, night.settings, set(county_years(night)["region_id"])), night.scope)
        if found.is_empty():
            raise UsageError("none of these counties has weather yet; run again when their sources take more requests.")
        return found
    return in_scope(rankable_regions(*facts), night.scope)
