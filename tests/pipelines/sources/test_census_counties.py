"""The Gazetteer's counties: every edition's layout, the real table whole, damage refused."""

from __future__ import annotations

import io
import math
import zipfile
from datetime import date
from functools import cache

import place_damage as damage
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.settings import Settings
from pipelines.sources import census_counties
from pipelines.sources.asking import Asking
from pipelines.sources.base import SourceBroken
from pipelines.sources.fips import STATES

HEADER = ["USPS", "GEOID", "ANSICODE", "NAME", "ALAND", "AWATER", "ALAND_SQMI", "AWATER_SQMI", "INTPTLAT", "INTPTLONG"]
LISTED = [state for state in STATES if state not in {"AS", "GU", "MP", "VI"}]


def invented_rows():
    """Return a whole table in the Gazetteer's columns: as many counties as there are, none of them real."""
    rows = []
    for place, state in enumerate(LISTED):
        for number in range(62):
            land, water = 1_000_000_000 + 7_919 * number + place, 10_000_000 * (number % 5)
            rows.append(
                [
                    state, f"{STATES[state][0]}{2 * number + 1:03d}", f"{number:08d}", f"Place {place}-{number} County",
                    str(land), str(water), f"{land / 2_589_988.11:.3f}", f"{water / 2_589_988.11:.3f}",
                    f"{25 + place / 3:.6f}", f"{-70 - number / 2:.6f}",
                ]
            )  # fmt: skip
    return rows


ROWS = invented_rows()


def packed(text, name):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return out.getvalue()


def parsed(content, key="counties/2024"):
    return census_counties.parse(damage.payload("census_counties", key, content))


@cache
def whole():
    return parsed(damage.text_of([HEADER, *ROWS], "|").encode())


def asking(**chosen):
    return Asking(date(2026, 8, 20), pl.DataFrame(), Settings(**chosen))


@pytest.fixture(scope="module")
def real(shared):
    return (shared / "real/geography/gazetteer_counties_2017_pipe.txt").read_bytes()


def test_the_real_table_parses_whole(real, capsys):
    found = parsed(real, "counties/2017")
    lines = [line.split("|") for line in real.decode().splitlines()]
    with capsys.disabled():
        print(
            f"\ncensus_counties 2017: {found.rows_in} in = {found.rows.height} kept + {found.rejects.height} rejected"
        )
    assert found.rows_in == found.rows.height == len(lines) == 3220
    assert found.rejects.is_empty()
    assert found.rows["land_km2"].sum() == pytest.approx(sum(int(line[4]) for line in lines) / 1e6, rel=1e-12)
    states = found.rows.filter(pl.col("state") != "PR")
    assert states.height == 3142
    # Land of the 50 states and the District: 3,531,905 square miles, as the Census Bureau states it for 2010.
    assert states["land_km2"].sum() == pytest.approx(3_531_905 * 2.58998811, rel=2e-4)
    assert set(found.rows["edition"]) == {2017}
    assert found.rows.filter(pl.col("county_fips") == "02016")["longitude"].item() == 179.621188


def test_internal_points_lie_where_other_centres_do(real, shared):
    found = parsed(real, "counties/2017").rows
    centres = pl.read_csv(shared / "real/geography/county_centers_2000_2010.csv", infer_schema=False, null_values="NA")
    both = found.join(centres, left_on="county_fips", right_on="fips").with_columns(
        pl.col("clat10", "clon10").cast(pl.Float64)
    )
    apart = both.filter(
        ((pl.col("latitude") - pl.col("clat10")).abs() > 0.6) | ((pl.col("longitude") - pl.col("clon10")).abs() > 1.5)
    )
    assert both.height >= 3139
    # The Aleutians lie on both sides of the date line; the points of Yakutat and the Florida Keys were moved onto land.
    assert set(apart["county_fips"]) <= {"02016", "02282", "12087"}


@pytest.mark.parametrize(
    ("separator", "header", "blanks"),
    [
        ("\t", HEADER, " " * 40),
        ("|", HEADER, ""),
        ("|", [*HEADER[:2], "GEOIDFQ", *HEADER[2:]], ""),
        ("|", None, ""),
        (",", list(reversed(HEADER)), ""),
    ],
)
def test_every_layout_says_the_same(separator, header, blanks):
    truth = whole()
    order = header or HEADER
    cells = [[dict(zip(HEADER, row, strict=True)).get(name, "0500000US") for name in order] for row in ROWS]
    text = damage.text_of(cells, separator)
    if header is not None:
        text = separator.join(header) + blanks + "\n" + text.replace("\n", blanks + "\n")
    for content in (text.encode(), text.encode("utf-8-sig"), packed(text, "2024_Gaz_counties_national.txt")):
        found = parsed(content)
        assert found.rows.equals(truth.rows)
        assert found.rejects.is_empty()
    assert truth.rows_in == len(ROWS) == 3224


def test_latin_1_names_are_read():
    rows = [[*row[:3], row[3].replace("Place 0-0", "Do\u00f1a Ana"), *row[4:]] for row in ROWS]
    for encoding in ("utf-8", "latin-1"):
        assert (
            parsed(damage.text_of([HEADER, *rows], "\t").encode(encoding)).rows["county_name"][0]
            == "Do\u00f1a Ana County"
        )


def test_a_bad_row_is_rejected_with_its_line_and_reason():
    rows = [list(row) for row in ROWS]
    rows[4][8] = "-86.5"
    rows[9][1] = "01999x"
    rows[14][1] = rows[13][1]
    rows[19][6] = rows[19][7]
    found = parsed(damage.text_of([HEADER, *rows], "|").encode())
    assert found.rejects["source_row"].to_list() == [6, 11, 15, 16, 21]
    assert "latitude -86.5 is not between" in found.rejects["reason"][0]
    assert "no county code" in found.rejects["reason"][1]
    assert "square miles" in found.rejects["reason"][4]
    assert found.rows_in == found.rows.height + 5


def test_another_edition_than_asked_for_is_refused():
    content = packed(damage.text_of([HEADER, *ROWS], "\t"), "2023_Gaz_counties_national.txt")
    with pytest.raises(SourceBroken, match="edition of 2023, not of 2024"):
        parsed(content)


def test_a_table_that_lost_a_state_or_its_end_is_refused():
    rows = [row for row in ROWS if row[0] != "WY"]
    with pytest.raises(SourceBroken, match="lists 3162 counties"):
        parsed(damage.text_of([HEADER, *rows], "|").encode())
    moved = [[*row] for row in ROWS]
    for row in moved:
        if row[0] == "WY":
            row[0], row[1] = "AL", f"01{500 + int(row[1][2:])}"
    with pytest.raises(SourceBroken, match="no county of WY"):
        parsed(damage.text_of([HEADER, *moved], "|").encode())


@settings(max_examples=25, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damage_never_lands(data):
    table, truth = [HEADER, *ROWS], [whole().rows]
    content = data.draw(damage.damaged(table, "|", [1, 4, 5, 6, 7, 8, 9]))
    if data.draw(st.booleans()):
        content = packed(content, "2024_Gaz_counties_national.txt")
        content = content[: data.draw(st.sampled_from([len(content), len(content) - 30, len(content) // 2]))]
    damage.holds_up(census_counties.parse, damage.payload("census_counties", "counties/2024", content), truth)


def test_an_archive_without_the_table_is_refused():
    for content in (
        packed("x", "readme.txt"),
        b"PK\x05\x06" + b"\x00" * 18,
        packed("", "2024_Gaz_counties_national.txt"),
    ):
        with pytest.raises(SourceBroken):
            parsed(content)


def test_an_edition_is_asked_for_once_and_a_users_table_instead(tmp_path):
    (request,) = census_counties.requests(asking(county_edition=2025))
    assert request.path == "/geo/docs/maps-data/data/gazetteer/2025_Gazetteer/2025_Gaz_counties_national.zip"
    assert request.key == "counties/2025"
    held = Asking(date(2026, 8, 20), pl.DataFrame(), Settings(county_edition=2025), frozenset({"counties/2025"}))
    assert census_counties.requests(held) == []
    path = tmp_path / "counties.txt"
    path.write_text(damage.text_of([HEADER, *ROWS], "|"))
    brought = asking(counties_file=path, county_edition=2022)
    assert census_counties.requests(brought) == []
    (file,) = census_counties.user_files(brought)
    found = census_counties.parse(file.payload(damage.READ_AT))
    assert set(found.rows["edition"]) == {2022}
    assert validate(found.rows, found.table).height == 3224


@settings(max_examples=5, deadline=None)
@given(st.sampled_from(ROWS))
def test_areas_are_the_sources_in_square_kilometres(row):
    one = whole().rows.filter(pl.col("county_fips") == row[1])
    assert math.isclose(one["land_km2"].item(), int(row[4]) / 1e6)
    assert math.isclose(one["latitude"].item(), float(row[8]))
