"""Facts that the user brings: what they override, and what is refused with its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.errors import InputError
from pipelines.places.facts import place_facts
from pipelines.places.gas_reach import gas_laterals
from pipelines.places.given import read_given
from pipelines.places.permission import permission
from pipelines.places.table import region_facts
from pipelines.reference.load import load_reference
from pipelines.reference.regions import reference_regions
from pipelines.settings import REFERENCE_DIR, Settings

HEAD = "region_id,fact_id,value,source,as_of\n"
MARKETS = reference_regions(REFERENCE_DIR).filter(
    pl.col("region_id").is_in(["abilene_tx", "ashburn_va", "imperial_ca"])
)
DEFINITIONS = load_reference("fact_definitions", REFERENCE_DIR)
# What the queues and hazards of a night say.
NOTHING = pl.DataFrame(schema={"region_id": pl.String})
Write = Callable[[str], Settings]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def file(rows: str, head: str = HEAD) -> Settings:
        path = tmp_path / "facts.csv"
        path.write_text(head + rows, encoding="utf-8")
        return Settings(region_facts_file=path)

    return file


def row_of(frame: pl.DataFrame, region_id: str) -> dict[str, object]:
    return frame.row(by_predicate=pl.col("region_id") == region_id, named=True)


def test_a_given_fact_goes_before_the_snapshot_and_moves_nothing_else(write: Write) -> None:
    settings = write(
        "abilene_tx,gas_pipeline_distance_km,3.5,survey,2026-11\nabilene_tx,is_nonattainment_any,true,letter,2026\n"
    )
    plain, own = place_facts(MARKETS, Settings()), place_facts(MARKETS, settings)
    here = row_of(own, "abilene_tx")
    assert (here["gas_pipeline_distance_km"], here["is_nonattainment_any"]) == (3.5, True)
    changed = [name for name in plain.columns if not plain[name].equals(own[name])]
    assert changed == ["gas_pipeline_distance_km", "is_nonattainment_any"]


def test_a_row_of_the_market_goes_before_one_of_its_county(write: Write) -> None:
    settings = write("48441,nox_major_tpy,50,rule,2026\nabilene_tx,nox_major_tpy,25,letter,2026\n")
    assert row_of(place_facts(MARKETS, settings), "abilene_tx")["nox_major_tpy"] == 25.0
    county = MARKETS.filter(pl.col("region_id") == "abilene_tx").with_columns(pl.lit("48441").alias("region_id"))
    assert place_facts(county, settings)["nox_major_tpy"].to_list() == [50.0]


def test_a_county_column_names_counties(write: Write) -> None:
    settings = write("51107,utility_names,Dominion,letter,2026-01-31\n", HEAD.replace("region_id", "county_fips"))
    assert row_of(place_facts(MARKETS, settings), "ashburn_va")["utility_names"] == "Dominion"


def test_a_given_distance_to_gas_is_that_of_a_site_of_ones_own(write: Write) -> None:
    settings = write("ashburn_va,gas_pipeline_distance_km,11.5,survey,2026-11\n")
    places = place_facts(MARKETS, settings)
    found = gas_laterals(places, settings).filter(pl.col("region_id") == "ashburn_va").row(0, named=True)
    assert (found["gas_lateral_km"], found["gas_lateral_kind"]) == (11.5, "centre")
    before = gas_laterals(place_facts(MARKETS, Settings()), Settings()).filter(pl.col("region_id") == "ashburn_va")
    assert before["gas_lateral_kind"].item() == "searched"


def test_a_given_stop_blocks_and_a_given_freedom_frees(write: Write) -> None:
    settings = write(
        "abilene_tx,has_moratorium,yes,council minutes,2026-11\nimperial_ca,has_moratorium,0,letter,2026\n"
    )
    stops, rules = (load_reference(name, REFERENCE_DIR) for name in ("local_stops", "state_rules"))
    found = permission(MARKETS, stops, rules, date(2026, 12, 1), settings)
    assert row_of(found, "abilene_tx")["blocked_by"] == "given: council minutes"
    assert not row_of(found, "abilene_tx")["is_eligible"]
    assert row_of(found, "imperial_ca")["is_eligible"]


def test_the_long_table_has_every_fact_of_every_region_with_evidence_and_source(write: Write) -> None:
    settings = write("abilene_tx,gas_pipeline_distance_km,3.5,survey,2026-11\n")
    regions = MARKETS.with_columns(pl.lit(value=True).alias("is_eligible"))
    found = region_facts(regions, DEFINITIONS, NOTHING, settings)
    assert found.height == 3 * DEFINITIONS.height
    given = found.filter(pl.col("evidence") == "given").row(0, named=True)
    assert (given["region_id"], given["value"], given["source_title"]) == ("abilene_tx", 3.5, "survey")
    assert not given["is_snapshot"] and given["url"] is None and given["as_of"] == "2026-11"
    rest = found.filter("is_snapshot")
    assert rest.height == found.height - 1
    assert rest["url"].null_count() == 0
    offset = found.filter(pl.col("fact_id") == "nox_offset_ratio", pl.col("region_id") == "abilene_tx").row(
        0, named=True
    )
    assert (offset["text"], offset["evidence"]) == ("no offsets due", "derived")


def test_evidence_of_gas_follows_what_shows_it() -> None:
    codes = {"48441": "measured", "37129": "derived", "50023": "unknown", "15003": "unknown"}
    regions = pl.DataFrame({"region_id": list(codes), "county_fips": list(codes), "is_eligible": [True] * 4})
    found = region_facts(regions, DEFINITIONS, NOTHING, Settings()).filter(pl.col("fact_id") == "gas_evidence")
    assert dict(found.select("region_id", "evidence").iter_rows()) == codes
    distance = region_facts(regions, DEFINITIONS, NOTHING, Settings()).filter(
        pl.col("fact_id") == "gas_pipeline_distance_km", pl.col("region_id") == "15003"
    )
    assert distance["evidence"].to_list() == ["unknown"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("99999,nox_major_tpy,50,rule,2026\n", r"row 2, column region_id: there is no county '99999'"),
        ("nowhere_tx,nox_major_tpy,50,rule,2026\n", r"row 2, column region_id: there is no market 'nowhere_tx'"),
        (",nox_major_tpy,50,rule,2026\n", r"row 2, column region_id: the row names no place"),
        (
            "48441,nox_major_tpy,50,rule,2026\nabilene_tx,gas_pipeline_distance_km,-1,map,2026\n",
            r"row 3, column value: value '-1' of gas_pipeline_distance_km is not within 0 to 2000 km",
        ),
        ("48441,gas_pipeline_distance_km,near,map,2026\n", r"column value: value 'near' is not a number"),
        (
            "48441,gas_pipeline_distance_km,nan,map,2026\n",
            r"column value: value 'nan' of gas_pipeline_distance_km is not",
        ),
        ("48441,gas_pipeline_distance_km,,map,2026\n", r"column value: the value is empty"),
        ("48441,is_nonattainment_any,maybe,map,2026\n", r"value 'maybe' is neither true nor false"),
        ("48441,ozone_effective_class,bad,map,2026\n", r"value 'bad' is none of attainment, marginal"),
        ("48441,gas_pipe,1,map,2026\n", r"row 2, column fact_id: there is no fact 'gas_pipe'"),
        (
            "48441,nox_major_tpy,50,rule,2026\n48441,nox_major_tpy,25,rule,2026\n",
            r"row 3, column fact_id: the fact 'nox_major_tpy' of '48441' was given in row 2",
        ),
        ("48441,nox_major_tpy,50,,2026\n", r"column source: the row has no source"),
        ("48441,nox_major_tpy,50,rule,soon\n", r"column as_of: value 'soon' is no date"),
    ],
)
def test_a_wrong_row_is_named_with_its_place(write: Write, rows: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_given(write(rows))


def test_a_missing_file_or_column_is_named(write: Write, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="column source: the column is missing"):
        read_given(write("", "region_id,fact_id,value,as_of\n"))
    with pytest.raises(InputError, match="column region_id: the column is missing"):
        read_given(write("", "fact_id,value,source,as_of\n"))
    with pytest.raises(InputError, match="FIRSTMW_REGION_FACTS_FILE"):
        read_given(Settings(region_facts_file=tmp_path / "absent.csv"))
