"""Zones and grid operators of counties: the real tables whole, joined over both editions of Connecticut."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from functools import cache

import place_damage as damage
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.errors import InputError
from pipelines.settings import Settings
from pipelines.sources import census_counties, county_zones
from pipelines.sources.asking import Asking
from pipelines.sources.base import SourceBroken
from pipelines.sources.fips import STATES

CONTIGUOUS = [state for state in STATES if state not in {"AK", "HI", "AS", "GU", "MP", "PR", "VI"}]
COUNTY_ROWS = [["FIPS", "ba", "county_name", "state"]] + [
    [f"{STATES[state][0]}{2 * number + 1:03d}", f"p{place}", f"place {number}", state]
    for place, state in enumerate(CONTIGUOUS, start=1)
    for number in range(63)
]


def parsed(content, key="county2zone"):
    return county_zones.parse(damage.payload("county_zones", key, content))


@pytest.fixture(scope="module")
def folder(shared):
    return shared / "real/geography"


@pytest.fixture(scope="module")
def real(folder):
    counties = census_counties.parse(
        damage.payload("c", "counties/2017", (folder / "gazetteer_counties_2017_pipe.txt").read_bytes())
    )
    zoning = parsed((folder / "reeds_county2zone.csv").read_bytes())
    zones = parsed((folder / "reeds_hierarchy.csv").read_bytes(), "hierarchy")
    return counties.rows, zoning, zones


def test_the_real_tables_parse_whole(real, folder, capsys):
    for part, file in zip(real[1:], ("reeds_county2zone.csv", "reeds_hierarchy.csv"), strict=True):
        lines = (folder / file).read_text().splitlines()
        with capsys.disabled():
            print(f"\n{file}: {part.rows_in} in = {part.rows.height} kept + {part.rejects.height} rejected")
        assert part.rows_in == part.rows.height == len(lines) - 1
        assert part.rejects.is_empty()
    assert real[1].rows.height == 3109
    assert real[2].rows.height == 205
    with (folder / "reeds_county2zone.csv").open() as file:
        counted = Counter(row["ba"] for row in csv.DictReader(file))
    assert dict(real[1].rows["zone"].value_counts().iter_rows()) == counted


def test_counties_of_both_editions_have_their_zone(real):
    counties, zoning, zones = real
    joined = validate(county_zones.with_zones(counties, zoning.rows, zones.rows), "core.counties")
    assert joined["county_fips"].to_list() == counties["county_fips"].to_list()
    assert dict(joined.filter(pl.col("zone").is_null())["state"].value_counts().iter_rows()) == {
        "AK": 29,
        "HI": 5,
        "PR": 78,
    }
    old = joined.filter(pl.col("state") == "CT")
    assert old["is_zone_mapped"].all()
    assert set(old["iso"]) == {"ISO-NE"}
    assert joined.filter(pl.col("is_zone_mapped"))["state"].unique().to_list() == ["CT"]
    new = pl.concat(
        [
            counties.filter(pl.col("state") != "CT"),
            counties.head(1).with_columns(county_fips=pl.lit("09110"), state=pl.lit("CT")),
        ]
    )
    region = county_zones.with_zones(new, zoning.rows, zones.rows).filter(pl.col("county_fips") == "09110")
    assert region.select("zone", "iso", "is_zone_mapped").row(0) == ("p132", "ISO-NE", False)


def test_grid_operators_are_those_of_the_candidate_markets(real, repository):
    counties, zoning, zones = real
    joined = county_zones.with_zones(counties, zoning.rows, zones.rows)
    markets = pl.read_csv(repository / "pipelines/reference/candidate_markets.csv", infer_schema=False).filter(
        pl.col("iso_basis") == "reeds_zone_hierarchy"
    )
    both = markets.join(joined, on="county_fips", how="left", suffix="_found")
    assert both.height > 100
    for name in ("iso", "balancing_area", "state"):
        assert both[name].to_list() == both[f"{name}_found"].to_list()
    # The zoning is a model's: El Paso lies in Texas and not in ERCOT.
    assert joined.filter(pl.col("county_fips") == "48141")["iso"].item() == "West non-ISO"


def test_lost_leading_zeros_and_shuffled_columns_say_the_same(real, folder):
    rows = damage.rows_of((folder / "reeds_county2zone.csv").read_text(), ",")
    cut = [[row[3], row[0].lstrip("0"), row[2], row[1]] for row in rows]
    assert parsed(damage.text_of(cut, ";").encode("utf-8-sig")).rows.equals(real[1].rows)


def test_a_region_without_known_operator_is_rejected(folder):
    text = (folder / "reeds_hierarchy.csv").read_text().replace(",FRCC,", ",SEEM,")
    found = parsed(text.encode(), "hierarchy")
    assert found.rejects.height == 2
    assert "grid operator is not known" in found.rejects["reason"][0]


def test_tables_of_two_versions_do_not_join(real):
    counties, zoning, zones = real
    with pytest.raises(InputError, match="p132 is not in the hierarchy"):
        county_zones.with_zones(counties, zoning.rows, zones.rows.filter(pl.col("zone") != "p132"))


@cache
def whole():
    return parsed(damage.text_of(COUNTY_ROWS, ",").encode()).rows


@settings(max_examples=20, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damage_never_lands(data):
    truth = [whole()]
    content = data.draw(damage.damaged(COUNTY_ROWS, ",", [0, 1, 3]))
    damage.holds_up(county_zones.parse, damage.payload("county_zones", "county2zone", content), truth)


def test_the_named_version_is_asked_for_once_and_users_tables_instead(tmp_path):
    def asking(held=frozenset(), **chosen):
        return Asking(date(2026, 8, 20), pl.DataFrame(), Settings(**chosen), held)

    asked = county_zones.requests(asking())
    assert [request.key for request in asked] == ["county2zone", "hierarchy"]
    assert [request.key for request in county_zones.requests(asking(frozenset({"hierarchy"})))] == ["county2zone"]
    path = tmp_path / "mine.csv"
    path.write_text(damage.text_of(COUNTY_ROWS, ","))
    brought = asking(county_zones_file=path)
    assert [request.key for request in county_zones.requests(brought)] == ["hierarchy"]
    (file,) = county_zones.user_files(brought)
    assert county_zones.parse(file.payload(damage.READ_AT)).rows.height == len(COUNTY_ROWS) - 1
    path.unlink()
    with pytest.raises(InputError, match="FIRSTMW_COUNTY_ZONES_FILE"):
        file.payload(damage.READ_AT)


def test_other_tables_are_refused():
    for content in (b"a,b\n1,2\n", b"FIPS,ba\n01001,p1\n", damage.text_of(COUNTY_ROWS[:900], ",").encode()):
        with pytest.raises(SourceBroken):
            parsed(content)
