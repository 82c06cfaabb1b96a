"""core.regions: the rankable markets, or the counties, that the night is about."""

from __future__ import annotations

import polars as pl

from assets.night import Night, in_scope
from assets.table_asset import table_asset
from pipelines.counties.places import county_regions
from pipelines.places.facts import with_place_facts
from pipelines.places.permission import permission
from pipelines.reference.regions import rankable_regions

PERMISSION_INPUTS = ["core.local_stops", "core.state_rules"]


@table_asset(
    "core.regions",
    deps=["core.candidate_markets", "core.climate_stations", "core.place_heights", *PERMISSION_INPUTS],
)
def regions(night: Night) -> pl.DataFrame:
    """Select the regions in scope, with what is known of their places and whether a site may be built there."""
    facts = (
        night.read("core.candidate_markets"),
        night.read("core.climate_stations"),
        night.read("core.place_heights"),
    )
    found = county_regions(*facts, night.settings) if night.scope.is_counties else rankable_regions(*facts)
    known = with_place_facts(in_scope(found, night.scope), night.settings)
    stops, rules = (night.read(name) for name in PERMISSION_INPUTS)
    may = permission(known, stops, rules, night.as_of, night.settings)
    return pl.concat([known, may.drop("region_id")], how="horizontal")
