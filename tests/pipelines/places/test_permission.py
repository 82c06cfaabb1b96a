"""Permission: which stops count on which date and for which size, and what is listed but not proven."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.places.permission import permission, stop_verdicts
from pipelines.reference.load import load_reference
from pipelines.reference.regions import reference_regions
from pipelines.settings import REFERENCE_DIR, Settings

STOPS = load_reference("local_stops", REFERENCE_DIR)
RULES = load_reference("state_rules", REFERENCE_DIR)
MARKETS = reference_regions(REFERENCE_DIR)
WINTER, NEW_YEAR = date(2026, 12, 1), date(2027, 1, 1)


def of_markets(as_of: date, **settings: Any) -> dict[str, dict[str, Any]]:
    found = permission(MARKETS, STOPS, RULES, as_of, Settings(**settings))
    return {row["region_id"]: row for row in found.iter_rows(named=True)}


def a_stop(**changed: Any) -> pl.DataFrame:
    """Return a stop that blocks in the winter of 2026, with some cells changed."""
    first = STOPS.filter(pl.col("stop_id").str.contains("imperial_county")).head(1)
    return first.with_columns(pl.lit(value, dtype=first.schema[name]).alias(name) for name, value in changed.items())


def verdict(as_of: date = WINTER, it_mw: float = 20.0, **changed: Any) -> str:
    return str(stop_verdicts(a_stop(**changed), RULES, as_of, Settings(site_it_mw=it_mw))["verdict"].item())


@pytest.mark.parametrize("region_id", ["imperial_ca", "cedar_rapids_ia", "newton_ga"])
def test_counties_with_a_proven_stop_are_blocked_and_say_by_whom(region_id: str) -> None:
    row = of_markets(WINTER)[region_id]
    assert not row["is_eligible"]
    assert "County: moratorium from 2026" in row["blocked_by"]


def test_a_stop_is_over_on_the_day_after_its_end() -> None:
    assert "to 2026-12-31" in of_markets(WINTER)["newton_ga"]["blocked_by"]
    assert not of_markets(date(2026, 12, 31))["newton_ga"]["is_eligible"]
    after = of_markets(NEW_YEAR)
    assert after["newton_ga"]["is_eligible"] and after["newton_ga"]["blocked_by"] == ""
    assert not after["imperial_ca"]["is_eligible"]


@pytest.mark.parametrize("region_id", ["box_elder_ut", "lebanon_in"])
def test_a_single_listing_is_alleged_and_blocks_nothing(region_id: str) -> None:
    row = of_markets(WINTER)[region_id]
    assert row["is_eligible"]
    assert "moratorium" in row["alleged_stop"]


@pytest.mark.parametrize("region_id", ["abilene_tx", "memphis_tn", "southaven_ms", "temple_tx", "ashburn_va"])
def test_places_with_sites_are_free(region_id: str) -> None:
    for as_of in (WINTER, NEW_YEAR):
        row = of_markets(as_of)[region_id]
        assert (row["is_eligible"], row["blocked_by"], row["alleged_stop"]) == (True, "", "")


def test_a_rule_of_a_state_stops_sites_from_its_threshold() -> None:
    small, large = of_markets(WINTER), of_markets(WINTER, site_it_mw=50.0)
    of_state = MARKETS.filter(pl.col("state") == "NY")["region_id"].to_list()
    assert of_state
    for region_id in of_state:
        assert "50 MW" not in small[region_id]["blocked_by"]
        assert "50 MW" in large[region_id]["blocked_by"] and not large[region_id]["is_eligible"]


@pytest.mark.parametrize(
    ("expected", "changed"),
    [
        ("blocks", {}),
        ("blocks", {"kind": "ban"}),
        ("zoning", {"kind": "zoning_restriction"}),
        ("over", {"status": "defeated"}),
        ("over", {"status": "rescinded"}),
        ("over", {"status": "replaced"}),
        ("over", {"status": "nonbinding"}),
        ("pending", {"status": "pending"}),
        ("alleged", {"status": "mixed"}),
        ("not_yet", {"start_date": date(2026, 12, 2)}),
        ("blocks", {"start_date": date(2026, 12, 1)}),
        ("lapsed", {"end_date": date(2026, 11, 30)}),
        ("blocks", {"end_date": date(2026, 12, 1)}),
        ("alleged", {"start_date": None}),
        ("municipal", {"is_county_wide": False}),
        ("below_threshold", {"threshold_mw": 20.5}),
        ("blocks", {"threshold_mw": 20.0}),
        ("alleged", {"evidence_grade": "B", "listings": 1}),
        ("blocks", {"evidence_grade": "B", "listings": 2}),
        ("alleged", {"state": "TX"}),
        ("alleged", {"state": "OH"}),
        ("blocks", {"end_date": None, "start_date": date(2024, 12, 2)}),
        ("unknown", {"end_date": None, "start_date": date(2024, 12, 1)}),
    ],
)
def test_each_condition_of_a_stop_decides(expected: str, changed: dict[str, Any]) -> None:
    assert verdict(**changed) == expected


def test_large_certified_sites_override_local_stops_where_the_state_says_so() -> None:
    assert verdict(state="WV") == "blocks"
    assert verdict(state="WV", it_mw=90.0) == "overridden"


@given(day=st.integers(0, 900))
def test_a_stop_counts_on_exactly_the_days_from_its_start_to_its_end(day: int) -> None:
    start, end = date(2026, 7, 14), date(2027, 6, 28)
    as_of = date(2026, 1, 1) + timedelta(days=day)
    assert (verdict(as_of) == "blocks") == (start <= as_of <= end)


def test_every_listing_has_a_verdict_and_some_of_each_common_kind() -> None:
    judged = validate(stop_verdicts(STOPS, RULES, WINTER, Settings()), "mart.local_stops")
    assert judged.height == STOPS.height
    assert {"blocks", "alleged", "municipal", "pending", "lapsed", "over", "zoning"} <= set(judged["verdict"])
    assert not judged.filter(pl.col("verdict") == "blocks")["state"].is_in(["TX", "OH"]).any()


def test_entitlement_follows_zoning_rows_and_the_power_of_counties() -> None:
    found = of_markets(WINTER)
    assert found["ashburn_va"]["entitlement_class"] == "restricted"
    assert found["southaven_ms"]["entitlement_class"] == "by_right"
    # Its permissive zoning begins on the first of January.
    assert found["memphis_tn"]["entitlement_class"] == "ordinary"
    assert of_markets(NEW_YEAR)["memphis_tn"]["entitlement_class"] == "by_right"
    assert found["temple_tx"]["entitlement_class"] == "no_county_zoning"


def test_stops_on_counties_of_another_edition_reach_the_region() -> None:
    stops = a_stop(county_fips="09003", state="CT")
    regions = pl.DataFrame({"region_id": ["hartford"], "state": ["CT"], "county_fips": ["09110"]})
    assert not permission(regions, stops, RULES, WINTER, Settings())["is_eligible"].item()
