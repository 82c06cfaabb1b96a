"""Gas laterals: length from facts of the county, months and cost from the length, ranges where facts are missing."""

from __future__ import annotations

from math import log

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.places.gas_lateral import lateral_durations, lateral_facts, lateral_months, lateral_usd
from pipelines.places.gas_reach import FACTS, NODES_KM, gas_laterals, lateral_lengths
from pipelines.reference.load import load_reference
from pipelines.settings import REFERENCE_DIR, Settings
from pipelines.timeline.durations import durations
from pipelines.timeline.time_to_power import time_to_power

ON = Settings()
AT_CENTRE = Settings(site_search="off")


def place(evidence: str | None, km: float | None, share: float | None, *, plant: float | None = 60.0, metro: int = 1):
    row = ("here", evidence, km, share, plant, metro)
    return pl.DataFrame([row], schema=["region_id", *FACTS], orient="row")


def lateral(*args, settings: Settings = ON, **kwargs) -> dict:
    return gas_laterals(place(*args, **kwargs), settings).row(0, named=True)


@given(st.floats(0.01, 0.99), st.integers(1, 8))
def test_the_share_within_8_km_is_the_chance_of_a_site_within_8_km(share: float, decile: int) -> None:
    """The decile of a county's sites that equals the share lies at 8 km; a lower decile is nearer."""
    one, next_one = (
        lateral("line_in_county", 1e9, share, settings=Settings(site_search=str(d)))["gas_lateral_km"]
        for d in (decile, decile + 1)
    )
    assert one < next_one
    assert (one <= 8.0) == (decile / 10.0 <= share) or abs(decile / 10.0 - share) < 1e-9
    rate = -log(1.0 - share) / 8.0
    assert one == pytest.approx(-log(1.0 - decile / 10.0) / rate)


@given(st.floats(0.01, 1.0), st.floats(0.0, 100.0))
def test_a_searched_site_is_never_farther_than_the_centre_of_population(share: float, km: float) -> None:
    found = lateral("line_in_county", km, share)
    assert found["gas_lateral_km"] <= km
    assert lateral("line_in_county", km, share, settings=AT_CENTRE)["gas_lateral_km"] == km


def test_an_unknown_place_has_a_wider_range_and_no_better_median_than_a_typical_known_one() -> None:
    lengths = lateral_lengths(ON)
    typical = lateral("line_in_county", 4.6, 0.56)
    known = lengths[typical["gas_lateral_class"]]
    for found in (
        lateral("none_mapped", 40.0, 0.0),
        lateral(None, None, None),
        lateral(None, None, None, metro=0),
        lateral("none_mapped", 28.1, 0.0, metro=0),
        lateral("gas_plant_only", 37.0, 0.0, plant=3.6),
    ):
        low, mid, high = lengths[found["gas_lateral_class"]]
        assert mid >= known[1]
        assert high - low > known[2] - known[0]


def test_a_city_without_a_mapped_line_has_a_utility_and_a_gas_plant_shows_gas() -> None:
    assert lateral("none_mapped", 40.0, 0.0)["gas_lateral_kind"] == "city"
    assert lateral("none_mapped", 40.0, 0.0, metro=0)["gas_lateral_km"] == 40.0
    assert lateral("gas_plant_only", 37.0, 0.0, plant=3.6)["gas_lateral_km"] == 3.6
    assert not lateral("none_mapped", 68.3, 0.0, metro=0)["is_gas_reachable"]
    assert lateral("none_mapped", 68.3, 0.0, metro=0, settings=Settings(gas_reach_km=70.0))["is_gas_reachable"]


def test_months_are_those_of_a_main_at_the_fence_and_of_8_km_and_rise_between_and_beyond() -> None:
    assert [lateral_months(0.0, point, ON) for point in range(3)] == [3.0, 6.0, 12.0]
    assert [lateral_months(8.0, point, ON) for point in range(3)] == [9.0, 14.0, 24.0]
    for point in range(3):
        months = [lateral_months(km, point, ON) for km in NODES_KM]
        assert months == sorted(months)
    for row in lateral_durations(ON):
        assert row["low"] <= row["mid"] <= row["high"]


def test_a_certificate_is_needed_where_the_cost_calls_for_one() -> None:
    facts = lateral_facts()
    slope = float(lateral_usd(1.0, ON) - lateral_usd(0.0, ON))
    at_limit = (facts["automatic_limit_usd"]["value"] - ON.gas_meter_station_usd) / slope
    step = lateral_months(at_limit + 1e-3, 1, ON) - lateral_months(at_limit - 1e-3, 1, ON)
    assert step == pytest.approx(2.0, abs=1e-2)


def test_a_mile_costs_what_the_cited_row_says_in_dollars_of_the_night() -> None:
    in_2014 = Settings(dollar_year=2014, gas_meter_station_usd=0.0)
    assert float(lateral_usd(1.609344, in_2014)) == pytest.approx(4 * 200_000)
    # The row's own arithmetic: 0.8 to 1.6 million USD a mile of 4 inches at 1 to 2 times the price of 2014.
    assert 0.8e6 < float(lateral_usd(1.609344, Settings(gas_meter_station_usd=0.0))) < 1.6e6


@pytest.fixture(scope="module")
def first_months():
    """Return a function that draws gas engines at one place."""
    tables = {name: load_reference(name, REFERENCE_DIR) for name in ("equipment_lead_times", "policy")}
    tables["queue_statistics"] = load_reference("queue_statistics", REFERENCE_DIR)
    design = {
        "region_id": "here",
        "stack_id": "gas_recip",
        "firm_technology": "recip_genset",
        "firm_units": 12,
        "firm_unit_mw": 2.5,
        "solar_mw": 0.0,
        "bess_mwh": 0.0,
        "reserve_mwh": 5.0,
    }

    def draw(regions: pl.DataFrame, settings: Settings) -> tuple[float, float, str]:
        regions = regions.with_columns(pl.lit("OH").alias("state"), pl.lit("PJM").alias("iso"))
        found = time_to_power(regions, pl.DataFrame([design]), *tables.values(), settings, 11)
        used = found.critical_path.filter(pl.col("activity") == "gas_lateral")["duration_id"].item()
        row = found.time_to_power.row(0, named=True)
        return row["first_mw_months_p50"], row["first_mw_months_p90"], used

    return draw


def test_months_to_power_follow_the_lateral_and_the_switch_brings_back_the_setting(first_months) -> None:
    few = Settings(timeline_samples=1000)
    near, far = place("line_in_county", 1.0, 0.9), place("line_in_county", 40.0, 0.01)
    close, distant = first_months(near, few), first_months(far, few)
    assert close[0] <= distant[0] and close[1] < distant[1]
    off = Settings(timeline_samples=1000, has_gas_lateral_by_place=False)
    without = first_months(place(None, None, None).select("region_id"), few)
    assert first_months(near, off) == first_months(far, off) == without
    assert without[2] == "gas_lateral"


def test_a_what_if_of_the_lateral_moves_it_at_every_place() -> None:
    tables = [load_reference(name, REFERENCE_DIR) for name in ("equipment_lead_times", "policy", "queue_statistics")]
    used = durations(*tables, Settings(what_if_lead_times=("gas_lateral.mid=5",)))
    assert set(used.filter(pl.col("duration_id").str.starts_with("gas_lateral"))["mid"]) == {5.0}
