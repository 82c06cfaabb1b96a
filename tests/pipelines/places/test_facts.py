"""Facts of places: what the embedded snapshot says of known counties, in any edition, with bounds and sources."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines.contracts.places import DECIDING_FACTS
from pipelines.counties.places import on_sphere
from pipelines.places.counties import county_facts, facts_of_counties
from pipelines.places.demand import arcs_km, demand_columns
from pipelines.places.facts import place_facts
from pipelines.places.snapshot import TOPICS_OF_THE_NIGHT, snapshot
from pipelines.reference.load import load_reference
from pipelines.reference.regions import reference_regions
from pipelines.settings import REFERENCE_DIR, Settings


@pytest.fixture(scope="module")
def places(shared: Path) -> Path:
    return shared / "facts" / "places"


@pytest.fixture(scope="module")
def definitions() -> pl.DataFrame:
    return load_reference("fact_definitions", REFERENCE_DIR)


@pytest.fixture(scope="module")
def markets() -> pl.DataFrame:
    return place_facts(reference_regions(REFERENCE_DIR), Settings())


def of_county(code: str) -> dict[str, object]:
    return facts_of_counties(pl.Series([code])).row(0, named=True)


def test_the_snapshot_has_every_county_of_2017_and_every_fact_once(definitions: pl.DataFrame) -> None:
    facts = county_facts()
    assert facts.height == 3142
    assert facts["county_fips"].is_unique().all() and facts["county_fips"].str.contains(r"^\d{5}$").all()
    assert facts.columns == [
        "county_fips",
        *definitions.filter(~pl.col("topic").is_in(TOPICS_OF_THE_NIGHT))["fact_id"].sort(),
    ]
    assert set(DECIDING_FACTS) <= set(definitions["fact_id"])


def test_the_snapshot_is_what_its_command_makes_of_the_county_tables(places: Path, definitions: pl.DataFrame) -> None:
    assert snapshot(
        places, places.parents[1] / "real" / "geography" / "county_centers_2000_2010.csv", definitions
    ).equals(county_facts())


def test_the_snapshot_agrees_with_the_cases(places: Path) -> None:
    seen = 0
    with (places / "infrastructure_cases.csv").open(encoding="utf-8", newline="") as file:
        for case in csv.DictReader(file):
            found = of_county(case["county_fips"])
            # A semicolon separates the readings, and the utilities of one reading too.
            for name, value in re.findall(r"(\w+)=((?:(?!;\s*\w+=).)+)", case["table_says"]):
                if name not in found:
                    continue
                seen += 1
                where = (case["case_id"], name)
                if name == "utility_names":
                    assert set(value.split(";")) & set(str(found[name]).split(";")), where
                elif isinstance(found[name], float):
                    assert found[name] == pytest.approx(float(value)), where
                else:
                    assert found[name] == value, where
    assert seen >= 60


@pytest.mark.parametrize(
    ("code", "ozone", "is_partial", "nox_tpy"),
    [
        ("48201", "severe-15", False, 25.0),  # Harris, Texas
        ("04013", "moderate", True, 100.0),  # Maricopa, Arizona
        ("51107", "moderate", False, 100.0),  # Loudoun, Virginia
        ("48441", "attainment", False, 250.0),  # Taylor, Texas
    ],
)
def test_air_status_of_known_counties(code: str, ozone: str, is_partial: bool, nox_tpy: float) -> None:
    found = of_county(code)
    assert (found["ozone_effective_class"], found["ozone_partial_only"], found["nox_major_tpy"]) == (
        ozone,
        is_partial,
        nox_tpy,
    )


def test_markets_in_nonattainment_are_as_many_as_the_agency_lists(markets: pl.DataFrame) -> None:
    assert markets.height == 133
    assert markets["is_nonattainment_any"].sum() == 32
    assert markets["is_nonattainment_ozone"].sum() == 27
    assert (markets["gas_evidence"] == "line_in_county").sum() >= 120


def test_counties_of_other_editions_have_the_facts_of_their_predecessors(places: Path) -> None:
    aliases = pl.read_csv(places / "infrastructure_fips_aliases.csv", infer_schema=False)
    # Wrangell-Petersburg ended in 2008: most of its people live in what is now Petersburg, not in the alias, Wrangell.
    aliases = aliases.filter(pl.col("alias_fips") != "02280")
    new, old = (facts_of_counties(aliases[name]).drop("county_fips") for name in ("alias_fips", "county_fips"))
    assert new.equals(old)
    assert new["population"].null_count() == 0


def test_a_code_of_no_county_is_unknown_in_every_fact() -> None:
    found = of_county("99999")
    assert {value for name, value in found.items() if name != "county_fips"} == {None}


def test_regions_keep_their_order_and_their_number() -> None:
    regions = pl.DataFrame({"region_id": ["b", "a", "c"], "county_fips": ["51107", "48441", "51107"]})
    found = place_facts(regions, Settings())
    assert found["region_id"].to_list() == ["b", "a", "c"]
    assert found["county_fips"].to_list() == ["51107", "48441", "51107"]
    assert found.columns == ["region_id", "county_fips", *DECIDING_FACTS]


def test_more_people_are_within_a_longer_distance_and_all_of_them_in_the_end() -> None:
    found = demand_columns(reference_regions(REFERENCE_DIR), Settings())
    near, middle, far = (found[f"people_within_{reach}km"] for reach in (100, 250, 500))
    assert (near <= middle).all() and (middle <= far).all()
    assert far.max() < county_facts()["population"].sum()
    assert found["demand_score"].is_between(0.0, 100.0).all()
    assert (found["demand_score"].rank() == middle.clip(1e6, 4e7).rank()).all()


def test_people_within_reach_are_those_of_a_plain_loop() -> None:
    regions = reference_regions(REFERENCE_DIR).filter(pl.col("region_id").is_in(["ashburn_va", "abilene_tx"]))
    found = demand_columns(regions, Settings())
    for place, row in zip(regions.iter_rows(named=True), found.iter_rows(named=True), strict=True):
        total = 0.0
        for county in county_facts().iter_rows(named=True):
            north, east = (np.radians(county[f"population_centre_{name}"]) for name in ("latitude", "longitude"))
            here, there = np.radians(place["latitude"]), np.radians(place["longitude"])
            half = np.sin((north - here) / 2) ** 2 + np.cos(north) * np.cos(here) * np.sin((east - there) / 2) ** 2
            total += county["population"] * (2 * 6371.0 * np.arcsin(np.sqrt(half)) <= 250.0)
        assert row["people_within_250km"] == total
    # Washington is a metropolitan area of a million; the counties of Fort Worth's begin about 190 km east of Abilene.
    assert found.filter(pl.col("region_id") == "ashburn_va")["metro_million_km"].item() < 30.0
    assert 150.0 < found.filter(pl.col("region_id") == "abilene_tx")["metro_million_km"].item() < 250.0


def test_arcs_are_those_of_known_angles() -> None:
    points = on_sphere(np.array([0.0, 0.0, 90.0]), np.array([0.0, 90.0, 0.0]))
    quarter = np.pi / 2 * 6371.0
    assert arcs_km(points, points)[0] == pytest.approx([0.0, quarter, quarter], abs=1e-3)
