"""National Risk Index: the real table whole, hazards one by one, both editions of Connecticut, damage refused."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from functools import cache

import place_damage as damage
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.contracts.geography import HAZARDS
from pipelines.errors import InputError
from pipelines.settings import Settings
from pipelines.sources import nri
from pipelines.sources.asking import Asking
from pipelines.sources.base import SourceBroken
from pipelines.sources.fips import STATES

HEADER = [
    "OID_", "NRI_ID", "STATE", "STATEABBRV", "STATEFIPS", "COUNTY", "COUNTYTYPE", "COUNTYFIPS", "STCOFIPS",
    "POPULATION", "BUILDVALUE", "AREA", "RISK_VALUE", "RISK_SCORE", "RISK_RATNG", "EAL_SCORE", "EAL_RATNG", "EAL_VALT",
    "SOVI_SCORE", "SOVI_RATNG", "RESL_SCORE", "RESL_RATNG",
    "HRCN_EVNTS", "HRCN_AFREQ", "HRCN_EXPT", "HRCN_EALT", "HRCN_EALS", "HRCN_RISKS", "HRCN_RISKR",
    "IFLD_EVNTS", "IFLD_AFREQ", "IFLD_EXPT", "IFLD_EALT", "IFLD_EALS", "IFLD_RISKS", "IFLD_RISKR", "NRI_VER",
]  # fmt: skip


def invented_rows():
    """Return a whole table of a later release: counties that do not exist, codes without their leading zeros."""
    rows = []
    for place, state in enumerate(state for state in STATES if state not in {"AS", "GU", "MP", "VI"}):
        for number in range(62):
            code = f"{STATES[state][0]}{2 * number + 1:03d}"
            score = f"{(place * 62 + number) / 33:.4f}"
            inland = ["", "", "", "", "", "", "Not Applicable"]
            coastal = ["61", "0.41", "8100000.5", "51000.25", score, score, "Relatively High"]
            rows.append(
                [
                    str(len(rows) + 1), f"C{code}", STATES[state][1], state, code[:2].lstrip("0"), f"Place {number}",
                    "County", code[2:].lstrip("0"), code.lstrip("0"), str(1_000 + number), "2500000000.5", "261.9",
                    "44.1", score, "Relatively Low", score, "Relatively Low", "3523410.287", score, "Very Low", score,
                    "Very High",
                    *(coastal if place % 2 else inland), "12", "1.2", "7000", "0", "0", "0", "Insufficient Data",
                    "December 2025",
                ]
            )  # fmt: skip
    return rows


ROWS = invented_rows()
CONTENT = damage.text_of([HEADER, *ROWS], ",").encode("utf-8-sig")


def parsed(content):
    return nri.parse(damage.payload("nri", "counties", content))


@pytest.fixture(scope="module")
def path(shared):
    return shared / "real/hazards/NRI_Table_Counties_2021_first36cols.csv"


@pytest.fixture(scope="module")
def real(path):
    (found,) = parsed(path.read_bytes())
    return found


def test_the_real_table_parses_whole(real, path, capsys):
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    with capsys.disabled():
        print(f"\nnri 2021: {real.rows_in} in = {real.rows.height} kept + {real.rejects.height} rejected")
    assert real.rows_in == real.rows.height == len(lines) == 3142
    assert real.rejects.is_empty()
    # The index counts people by the 2010 census, whose total is known.
    assert real.rows["population"].sum() == 308_745_538
    assert real.rows["expected_loss_usd_per_year"].sum() == pytest.approx(
        sum(float(line["EAL_VALT"]) for line in lines)
    )
    assert sum(len(line["STCOFIPS"]) == 4 for line in lines) == 316
    assert real.rows["county_fips"].to_list() == [line["NRI_ID"][1:] for line in lines]
    assert set(real.rows["score_basis"]) == {"composite"}
    # A composite is no percentile: the file has both, and they differ.
    assert max(abs(float(line["RISK_SCORE"]) - float(line["RISK_NPCTL"])) for line in lines) > 50
    assert real.rows.null_count().sum_horizontal().item() == 0


def test_every_column_read_is_in_the_publishers_dictionary(shared):
    with (shared / "real/hazards/NRIDataDictionary.csv").open(encoding="utf-8-sig", newline="") as file:
        known = {row["Field Name"] for row in csv.DictReader(file)}
    of_hazards = {f"{prefix}_{name}" for prefix in nri.PREFIXES if prefix != "IFLD" for name in nri._OF_HAZARD.values()}
    assert {*nri._COLUMNS.values(), *nri._OPTIONAL.values()} <= known
    assert of_hazards <= known
    with (shared / "real/hazards/NRI_HazardInfo.csv").open(encoding="utf-8-sig", newline="") as file:
        published = {row["Prefix"] for row in csv.DictReader(file)}
    assert published == set(nri.PREFIXES) - {"IFLD"}
    assert sorted(set(nri.PREFIXES.values())) == HAZARDS


def test_hazards_reach_both_editions_of_connecticut(real, shared):
    with (shared / "real/geography/reeds_county2zone.csv").open() as file:
        zoning = [row["FIPS"] for row in csv.DictReader(file)]
    wanted = pl.DataFrame({"county_fips": zoning})
    found = nri.hazards_of_counties(wanted, real.rows)
    assert found["county_fips"].to_list() == sorted(zoning)
    mapped = found.filter("is_mapped")
    assert [code[:3] for code in mapped["county_fips"]] == ["091"] * 9
    # The planning regions had these people at the 2010 census; shares of 2020 bring them within 3 %.
    census = dict(zip(mapped["county_fips"], mapped["population"], strict=True))
    assert census["09110"] == pytest.approx(973_959, rel=0.03)
    assert census["09170"] == pytest.approx(570_001, rel=0.03)
    old = real.rows.filter(pl.col("state") == "CT")
    for name in ("population", "building_value_usd", "expected_loss_usd_per_year"):
        assert mapped[name].sum() == pytest.approx(old[name].sum())
    assert mapped["risk_score"].is_between(old["risk_score"].min(), old["risk_score"].max()).all()
    assert found.height == 3109
    again = nri.hazards_of_counties(pl.DataFrame({"county_fips": real.rows["county_fips"]}), real.rows)
    assert again["population"].sum() == 308_745_538
    assert not again["is_mapped"].any()


def test_a_later_release_gives_every_hazard_and_keeps_unknown_apart_from_zero():
    counties, hazards = parsed(CONTENT)
    assert counties.rows_in == counties.rows.height == len(ROWS) == 3224
    assert hazards.rows.height == hazards.rows_in == 2 * 3224
    assert set(counties.rows["release"]) == {"December 2025"}
    assert set(counties.rows["score_basis"]) == {"national_percentile"}
    assert counties.rows["area_km2"][0] == pytest.approx(261.9 * 2.58998811)
    validate(hazards.rows, hazards.table)
    storms = hazards.rows.filter(pl.col("hazard") == "hurricane")
    absent = storms.filter(pl.col("risk_rating") == "Not Applicable")
    assert absent.height == 26 * 62
    figures = ["events", "events_per_year", "exposed_usd", "expected_loss_usd_per_year", "risk_score"]
    assert absent.select(figures).null_count().row(0) == (absent.height,) * 5
    assert storms["expected_loss_usd_per_year"].drop_nulls().unique().to_list() == [51000.25]
    floods = hazards.rows.filter(pl.col("hazard") == "inland_flooding")
    # Too little data for a score is no score of zero; a loss of zero is one.
    assert floods["risk_score"].null_count() == floods.height
    assert floods["expected_loss_usd_per_year"].unique().to_list() == [0.0]


def test_the_archive_says_the_same_as_its_table():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("NRIDataDictionary.csv", "Sort,Field Name\n")
        archive.writestr("NRI_Table_Counties.csv", CONTENT)
    for part, alone in zip(parsed(out.getvalue()), parsed(CONTENT), strict=True):
        assert part.rows.equals(alone.rows)


def test_codes_without_leading_zeros_are_enough():
    place = HEADER.index("NRI_ID")
    without = [[*row[:place], *row[place + 1 :]] for row in [HEADER, *ROWS]]
    found = parsed(damage.text_of(without, ",").encode())
    assert found[0].rows.equals(parsed(CONTENT)[0].rows)


def test_a_bad_row_is_rejected_from_both_tables():
    rows = [list(row) for row in ROWS]
    rows[3][8] = "99"
    rows[6][14] = "Rather High"
    rows[9][HEADER.index("IFLD_EALT")] = "much"
    rows[12][3] = "TX"
    rows[15][8] = rows[16][8]
    counties, hazards = parsed(damage.text_of([HEADER, *rows], ",").encode())
    assert counties.rejects["source_row"].to_list() == [8, 11, 14, 17]
    reasons = counties.rejects["reason"].to_list()
    assert "no rating" in reasons[0]
    assert "much is no number" in reasons[1]
    assert "another state" in reasons[2]
    assert "two counties" in reasons[3]
    assert counties.rows_in == counties.rows.height + 4
    assert hazards.rows.height == 2 * counties.rows.height


def test_releases_are_not_mixed(real):
    rows = [[*row[:-1], "March 2023" if number % 2 else row[-1]] for number, row in enumerate(ROWS)]
    with pytest.raises(SourceBroken, match="mixes the releases"):
        parsed(damage.text_of([HEADER, *rows], ",").encode())
    both = pl.concat([real.rows, parsed(CONTENT)[0].rows])
    with pytest.raises(InputError, match="do not compare"):
        nri.hazards_of_counties(pl.DataFrame({"county_fips": ["01001"]}), both)


@pytest.mark.parametrize(
    "name", ["AREA", "SOVI_SCORE", "SOVI_RATNG", "RESL_SCORE", "RISK_VALUE", "NRI_VER", "IFLD_EALT"]
)
def test_a_column_that_is_gone_never_passes_for_an_unknown_figure(name):
    place = HEADER.index(name)
    without = [[*row[:place], *row[place + 1 :]] for row in [HEADER, *ROWS]]
    content = damage.text_of(without, ",").encode()
    if name == "IFLD_EALT":
        # A hazard goes as a whole: it has no rows, where a figure of it would have been unknown.
        assert parsed(content)[1].rows["hazard"].unique().to_list() == ["hurricane"]
        return
    with pytest.raises(SourceBroken, match=name):
        parsed(content)


def test_tracts_and_a_part_of_the_country_are_refused():
    tracts = [[*row[:1], row[1].replace("C", "T") + "020100", *row[2:8], row[8] + "020100", *row[9:]] for row in ROWS]
    for rows in (tracts, ROWS[:2000], []):
        with pytest.raises(SourceBroken):
            parsed(damage.text_of([HEADER, *rows], ",").encode())


@cache
def whole():
    return [part.rows for part in parsed(CONTENT)]


@settings(max_examples=15, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damage_never_lands(data):
    truth = whole()
    checked = [
        HEADER.index(name) for name in ("NRI_ID", "POPULATION", "BUILDVALUE", "RISK_SCORE", "EAL_VALT", "HRCN_EALT")
    ]
    content = data.draw(damage.damaged([HEADER, *ROWS], ",", checked))
    damage.holds_up(nri.parse, damage.payload("nri", "counties", content), truth)


def test_nothing_is_asked_for_and_the_users_file_is_read(tmp_path):
    path = tmp_path / "NRI_Table_Counties.csv"
    path.write_bytes(CONTENT)
    asking = Asking(date(2026, 8, 20), pl.DataFrame(), Settings(nri_file=path))
    assert nri.requests(asking) == []
    (file,) = nri.user_files(asking)
    assert nri.parse(file.payload(damage.READ_AT))[0].rows.height == 3224
    assert nri.user_files(Asking(date(2026, 8, 20), pl.DataFrame(), Settings())) == []
