"""County codes and names: every list of counties at hand finds its own codes again by name."""

from __future__ import annotations

import csv
import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources.fips import (
    STATES,
    CountyMatch,
    counties_by_name,
    fips_column,
    fips_text,
    normalise_county,
    state_code,
)


def listed(path, separator=",", encoding="utf-8-sig", names=None):
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=separator, fieldnames=names))


@pytest.fixture(scope="module")
def gazetteer(shared):
    names = ["state", "county_fips", "ansi", "county_name", "a", "b", "c", "d", "latitude", "longitude"]
    rows = listed(shared / "real/geography/gazetteer_counties_2017_pipe.txt", "|", names=names)
    return pl.DataFrame([{name: row[name] for name in names[:4]} for row in rows])


@pytest.fixture(scope="module")
def index(gazetteer):
    return counties_by_name(gazetteer)


def test_compared_names_tell_all_counties_of_the_country_apart(gazetteer):
    keys = {(state, normalise_county(name, state)) for state, name in gazetteer["state", "county_name"].iter_rows()}
    assert len(keys) == gazetteer.height == 3220


def test_the_zoning_finds_its_own_codes_by_lower_case_names(index, shared):
    rows = listed(shared / "real/geography/reeds_county2zone.csv")
    own = [
        (row["FIPS"], index.code(row["county_name"], "DC" if row["FIPS"] == "11001" else row["state"])) for row in rows
    ]
    # The zoning is of the edition after Connecticut's change: those regions keep their own codes.
    assert [pair for pair in own if pair[0] != pair[1]] == []
    assert len(own) == 3109


def test_the_national_risk_index_finds_its_own_codes_by_name_and_kind(index, shared):
    rows = listed(shared / "real/hazards/NRI_Table_Counties_2021_first36cols.csv")
    lost = [
        row["NRI_ID"]
        for row in rows
        if index.code(f"{row['COUNTY']} {row['COUNTYTYPE']}", row["STATE"]) != row["NRI_ID"].removeprefix("C")
    ]
    assert lost == []
    assert len(rows) == 3142


def test_the_latin_1_list_with_lost_zeros_finds_its_own_codes(index, shared):
    rows = listed(shared / "real/geography/county_fips_master.csv", encoding="latin-1")
    successors = {"46113": "46102", "51515": "51019", "02270": "02158"}
    lost = []
    for row in rows:
        code = fips_text(row["fips"])
        if index.code(row["county_name"], row["state_abbr"]) != successors.get(code, code):
            lost.append(row)
    # One line of the file stands without its state: Oglala Lakota, as it is listed twice there.
    assert [row["county_name"] for row in lost if row["state_abbr"] not in {"", "NA"}] == []
    assert len(rows) == 3146


def test_data_centres_find_their_counties(index, shared):
    rows = [row for row in listed(shared / "real/geography/im3_open_source_data_center_atlas.csv") if row["county"]]
    found = [(row["state_id"] + row["county_id"], index.code(row["county"], row["state_abb"])) for row in rows]
    assert [pair for pair in found if pair[0] != pair[1]] == []
    counts = pl.Series([code for code, _ in found]).value_counts(sort=True)
    assert counts.row(0) == ("51107", 199)


def test_the_map_of_counties_has_names_that_lead_to_its_codes(index, shared):
    atlas = json.loads((shared / "real/geography/us-atlas_counties-10m.json").read_text())
    shapes = {shape["id"]: shape["properties"]["name"] for shape in atlas["objects"]["counties"]["geometries"]}
    prefix = {code: state for state, (code, _) in STATES.items()}
    assert len(shapes) == 3231
    apart = [
        (code, name)
        for code, name in shapes.items()
        if prefix[code[:2]] not in {"AS", "GU", "MP", "VI"} and index.code(name, prefix[code[:2]]) != code
    ]
    # The map has no kind of county: a city and a county of the same name cannot be told apart there.
    both = {(code[:2], normalise_county(name)) for code, name in shapes.items() if int(code[2:]) < 500}
    assert all((code[:2], normalise_county(name)) in both and int(code[2:]) >= 500 for code, name in apart)
    assert sorted(name for _, name in apart) == ["Baltimore", "Fairfax", "Franklin", "Richmond", "Roanoke", "St. Louis"]


def test_queue_records_find_their_counties(index, shared):
    records = json.loads((shared / "real/queue_miso/getprojects_2026-07-01.json").read_text())
    named = [record for record in records if record["county"] and state_code(record["state"])]
    matches = [index.find(record["county"], record["state"]) for record in named]
    wrong = [record["county"] for record, match in zip(named, matches, strict=True) if match.unmatched]
    # Four records name a state that the county does not lie in.
    assert wrong == ["Desha", "Peoria", "Logan", "Kenosha"]
    assert sum(len(match.fips) > 1 for match in matches) > 50


@pytest.mark.parametrize(
    ("text", "state", "codes"),
    [
        ("Fairfax", "VA", ["51059"]),
        ("Fairfax city", "Virginia", ["51600"]),
        ("City of Fairfax", "VA", ["51600"]),
        ("Richmond (City)", "VA", ["51760"]),
        ("Bedford city", "VA", ["51019"]),
        ("James City", "VA", ["51095"]),
        ("Chesapeake", "VA", ["51550"]),
        ("King and Queen County", "VA", ["51097"]),
        ("Lewis & Clark; Cascade", "MT", ["30049", "30013"]),
        ("De Kalb", "IL", ["17037"]),
        ("LA SALLE CO.", "IL", ["17099"]),
        ("Saint Louis", "MO", ["29189"]),
        ("St. Louis city", "MO", ["29510"]),
        ("Ste Genevieve", "MO", ["29186"]),
        ("ST. JOHN THE BAPTIST PARISH", "LA", ["22095"]),
        ("Juneau City and Borough", "AK", ["02110"]),
        ("Do\u00f1a Ana", "NM", ["35013"]),
        ("Kenosha County,Racine County", "WI", ["55059", "55101"]),
        ("Benton and White Counties", "IN", ["18007", "18181"]),
        ("Hudspeth County, TX and El Paso County, TX", "TX", ["48229", "48141"]),
        ("Oneida-Albany", "NY", ["36065", "36001"]),
        ("Miami-Dade", "FL", ["12086"]),
        ("Dade", "FL", ["12086"]),
        ("Shannon", "SD", ["46102"]),
        ("Hartford", "CT", ["09003"]),
        ("Capitol Planning Region", "CT", ["09110"]),
        ("Brooklyn", "NY", ["36047"]),
        ("Nassau", "NY-NJ", ["36059"]),
        ("Unknown", "TX", []),
        ("", "TX", []),
        (None, "TX", []),
    ],
)
def test_free_text_names_its_counties(index, text, state, codes):
    assert index.find(text, state) == CountyMatch(tuple(codes))


def test_what_is_not_found_is_said(index):
    assert index.find("Athens", "NY") == CountyMatch(unmatched=("Athens",))
    assert index.find("Kings/Queens/DE", "NY") == CountyMatch(("36047", "36081"), unmatched=("DE",))
    assert index.find("Nassu", "NY") == CountyMatch(("36059",), corrected=("Nassu",))
    # One letter away from both Otsego and Oswego.
    assert index.find("Ostego", "NY").fips == ()
    assert index.find("Kern", None) == CountyMatch(unmatched=("Kern",))
    # A county of both states is of neither for certain.
    assert index.find("Franklin", "NY-PA").fips == ()


def test_new_edition_knows_the_old_counties_and_the_other_way_round(gazetteer):
    regions = pl.DataFrame({"state": ["CT"], "county_name": ["Capitol Planning Region"], "county_fips": ["09110"]})
    newer = pl.concat([gazetteer.filter(pl.col("state") != "CT").select(regions.columns), regions])
    assert counties_by_name(newer).code("Hartford County", "CT") == "09003"
    assert counties_by_name(newer).code("Capitol", "CT") == "09110"


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(code for code, _ in STATES.values())), st.integers(0, 999))
def test_lost_leading_zeros_come_back(prefix, number):
    code = f"{prefix}{number:03d}"
    for written in (code, int(code), f"{int(code)}.0", f"C{code}", f" {code} "):
        assert fips_text(written) == code
    column = pl.DataFrame({"fips": [code, str(int(code)), f"C{code}"]}).select(fips_column("fips")).to_series()
    assert column.to_list() == [code] * 3
    assert pl.DataFrame({"fips": [int(code)]}).select(fips_column("fips")).item() == code


@pytest.mark.parametrize("value", [None, "", "99999", "00001", "123", "123456", "abc", "1.5", "-1001", "T01001020100"])
def test_what_is_no_county_code_gives_none(value):
    assert fips_text(value) is None
    assert pl.DataFrame({"fips": [value]}, schema={"fips": pl.String}).select(fips_column("fips")).item() is None


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.sampled_from([None, "TX", "NY-NJ", "Ohio", "XX"]))
def test_any_text_is_answered(text, state):
    tiny = pl.DataFrame(
        {"state": ["TX", "OH"], "county_name": ["Taylor County", "Ross County"], "county_fips": ["48441", "39141"]}
    )
    match = counties_by_name(tiny).find(text, state)
    assert set(match.fips) <= {"48441", "39141"} | {code for code in match.fips if state in {"NY-NJ"}}
    assert normalise_county(text) == normalise_county(f"  {text.swapcase()}  ") or not text.isascii()
