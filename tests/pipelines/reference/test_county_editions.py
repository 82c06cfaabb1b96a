"""Editions of the county list: nothing is lost and nothing is made between them."""

from __future__ import annotations

import csv
import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.reference.county_editions import carry_to_edition, county_changes, crosswalk

OLD_CT = ["09001", "09003", "09005", "09007", "09009", "09011", "09013", "09015"]
NEW_CT = ["09110", "09120", "09130", "09140", "09150", "09160", "09170", "09180", "09190"]
# 2020 census, P.L. 94-171, as the Census Bureau publishes them for the counties and for the planning regions.
PEOPLE_OLD = [957_419, 899_498, 185_186, 164_245, 864_835, 268_555, 149_788, 116_418]
PEOPLE_NEW = [976_248, 325_778, 174_225, 450_376, 95_348, 112_503, 570_487, 280_430, 620_549]


def column(path, name, encoding="utf-8-sig", fieldnames=None, separator=","):
    with path.open(encoding=encoding, newline="") as file:
        return [row[name] for row in csv.DictReader(file, fieldnames=fieldnames, delimiter=separator)]


@pytest.fixture(scope="module")
def editions(shared):
    folder = shared / "real/geography"
    atlas = json.loads((folder / "us-atlas_counties-10m.json").read_text())
    fields = ["USPS", "GEOID", *"abcdefgh"]
    return {
        "gazetteer": column(folder / "gazetteer_counties_2017_pipe.txt", "GEOID", fieldnames=fields, separator="|"),
        "centres": column(folder / "county_centers_2000_2010.csv", "fips"),
        "zoning": column(folder / "reeds_county2zone.csv", "FIPS"),
        "atlas": [shape["id"] for shape in atlas["objects"]["counties"]["geometries"]],
        "hazards": [
            code.removeprefix("C")
            for code in column(shared / "real/hazards/NRI_Table_Counties_2021_first36cols.csv", "NRI_ID")
        ],
    }


def test_overlaps_in_connecticut_add_up_to_the_census_on_both_sides():
    changes = county_changes().filter(pl.col("state") == "CT")
    for side, codes, people in (("old_fips", OLD_CT, PEOPLE_OLD), ("new_fips", NEW_CT, PEOPLE_NEW)):
        sums = changes.group_by(side).agg(pl.col("people").sum()).sort(side)
        assert sums[side].to_list() == codes
        assert sums["people"].to_list() == people
    assert sum(PEOPLE_OLD) == sum(PEOPLE_NEW) == 3_605_944


@pytest.mark.parametrize("older", ["gazetteer", "atlas", "hazards"])
def test_every_county_is_found_in_the_zoning_and_back(editions, older):
    there = crosswalk(editions[older], editions["zoning"])
    lost = set(editions[older]) - set(there["from_fips"])
    assert {code[:2] for code in lost} <= {"02", "15", "60", "66", "69", "72", "78"}
    assert set(there["to_fips"]) == set(editions["zoning"])
    back = crosswalk(editions["zoning"], editions[older])
    assert set(back["from_fips"]) == set(editions["zoning"])
    assert set(OLD_CT) <= set(back["to_fips"])


def test_counties_of_2000_and_2010_are_found_in_the_gazetteer(editions):
    links = crosswalk(editions["centres"], editions["gazetteer"])
    assert set(links["from_fips"]) == set(editions["centres"])
    moved = {row["from_fips"]: row["to_fips"] for row in links.filter("is_mapped").iter_rows(named=True)}
    assert moved["46113"] == "46102"
    assert moved["51515"] == "51019"
    assert moved["02270"] == "02158"
    # The two Alaskan names of the file's older edition that its newer one split.
    assert set(links.filter(pl.col("from_fips") == "02280")["to_fips"]) == {"02195", "02275"}


def test_the_split_of_valdez_cordova_goes_both_ways():
    split = crosswalk(["02261"], ["02063", "02066"])
    assert split["from_share_frac"].to_list() == pytest.approx([7102 / 9719, 2617 / 9719])
    merged = crosswalk(["02063", "02066"], ["02261"])
    assert merged["from_share_frac"].to_list() == [1.0, 1.0]
    assert merged["to_share_frac"].sum() == pytest.approx(1.0)


def test_a_county_merged_into_another_borrows_from_it_but_claims_no_share():
    links = crosswalk(["51019"], ["51019", "51515"])
    assert links.select("from_fips", "to_fips").rows() == [("51019", "51019"), ("51019", "51515")]
    assert links["from_share_frac"].to_list() == [1.0, None]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.sampled_from([*OLD_CT, *NEW_CT, "46113", "46102", "02261", "02063", "48441"]), unique=True, min_size=1),
    st.lists(st.sampled_from([*OLD_CT, *NEW_CT, "46113", "46102", "02261", "02063", "48441"]), unique=True, min_size=1),
)
def test_shares_of_a_county_that_is_found_sum_to_one(given_codes, wanted):
    links = crosswalk(given_codes, wanted).drop_nulls("from_share_frac")
    sums = links.group_by("from_fips").agg(pl.col("from_share_frac").sum())["from_share_frac"]
    assert all(abs(total - 1) < 1e-12 for total in sums)
    assert set(links["from_fips"]) <= set(given_codes)
    assert set(links["to_fips"]) <= set(wanted)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1e9), min_size=8, max_size=8), st.lists(st.floats(0, 100), min_size=8, max_size=8))
def test_totals_are_kept_and_means_stay_between_the_figures(dollars, scores):
    frame = pl.DataFrame({"county_fips": OLD_CT, "loss": dollars, "score": scores, "people": PEOPLE_OLD})
    newer = carry_to_edition(frame, NEW_CT, totals=["loss", "people"], means=["score"], weight="people")
    assert newer["county_fips"].to_list() == NEW_CT
    assert newer["loss"].sum() == pytest.approx(sum(dollars), rel=1e-9, abs=1e-6)
    assert newer["people"].to_list() == pytest.approx(PEOPLE_NEW)
    assert newer["score"].min() >= min(scores) - 1e-9
    assert newer["score"].max() <= max(scores) + 1e-9
    assert newer["is_mapped"].all()
    again = carry_to_edition(newer.drop("is_mapped"), OLD_CT, totals=["loss", "people"], weight="people")
    assert again["people"].to_list() == pytest.approx(PEOPLE_OLD)


def test_an_unknown_part_makes_a_total_unknown_and_leaves_a_mean():
    frame = pl.DataFrame({"county_fips": ["09003", "09013"], "loss": [5.0, None], "score": [10.0, None]})
    newer = carry_to_edition(frame, ["09110"], totals=["loss"], means=["score"])
    assert newer.row(0) == ("09110", None, pytest.approx(10.0), True)
