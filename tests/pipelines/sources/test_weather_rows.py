"""What all weather sources keep to: darkness at night, agreement between sources, and no harm from damaged answers."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import weather_payloads as made
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.contracts.base import validate
from pipelines.settings import Settings
from pipelines.sources import nasa_power, nsrdb, open_meteo, pvgis
from pipelines.sources.base import NotPublishedYet, Parsed, SourceBroken, SourceRefused
from pipelines.sources.weather_common import published_years, region_of, region_year_key
from pipelines.weather.readers import read_weather_file
from pipelines.weather.sun import sun_path

CONNECTORS = {"nasa_power": nasa_power, "nsrdb": nsrdb, "open_meteo": open_meteo, "pvgis": pvgis}
WHOLE = {
    "nasa_power/POWER_Point_Hourly_20250101_20251231_047d61N_0122d20W_UTC.csv": "2025",
    "nsrdb_psm4/35.2018863_-101.945027_2012_goes_aggregated_v4_60min_utc_tz.csv": "2012",
    "nsrdb_psm4/40.53_-108.54_2023_psm4_30min.csv": "2023",
    "pvgis/tmy_37.2435_-115.8115_era5_v5_3.json": "tmy",
    "pvgis/tmy_45.000_8.000_2005_2023.csv": "tmy",
    "pvgis/tmy_45.000_8.000_2005_2023.json": "tmy",
    "pvgis/hourly_45_8_sarah3_2020_2021.json": "2020",
}
MADE_UP = {"open_meteo": (made.open_meteo_year, 2024), "pvgis": (made.pvgis_series, 2020)}
# Names of the quantities that an answer must carry: without one of them nothing may come out.
NEEDED = {
    "nasa_power": ["ALLSKY_SFC_SW_DWN", "ALLSKY_SFC_SW_DNI", "ALLSKY_SFC_SW_DIFF", "T2M", "WS10M"],
    "nsrdb": ["GHI", "DNI", "DHI", "Temperature", "Wind Speed"],
    "open_meteo": list(open_meteo._NAMES.values()),
    "pvgis": ["G(h)", "Gb(n)", "Gd(h)", "T2m", "WS10m"],
}
DAMAGED = {
    "nasa_power": "nasa_power/POWER_Point_Hourly_20250101_20251231_047d61N_0122d20W_UTC.csv",
    "nsrdb": "nsrdb_psm4/40.53_-108.54_2023_psm4_30min.csv",
    "open_meteo": "",
    "pvgis": "pvgis/tmy_45.000_8.000_2005_2023.json",
}
# Some satellite hours of SARAH are missing and given as zero; the notes count them.
_HIGH_SUN = 0.3
JUNK = ("abc", "1e99", "-12345", '"7"', "[]", "true", "NaN", "Infinity", "9" * 400, "١٢")


def parse(source: str, content: bytes, year: str) -> Parsed:
    return CONNECTORS[source].parse(made.payload(source, f"site/{year}", content))


def answers(shared: Path):
    """Yield source, year, answer and place of every whole year at hand."""
    for name, year in WHOLE.items():
        source = "nsrdb" if name.startswith("nsrdb") else name.split("/")[0]
        yield source, year, (shared / "real" / name).read_bytes()
    for source, (make, year) in MADE_UP.items():
        yield source, str(year), make(year)


def test_night_is_dark_and_no_source_exceeds_the_sun(shared: Path):
    for source, year, content in answers(shared):
        rows = parse(source, content, year).rows
        validate(rows, "core.weather_hourly")
        place = CONNECTORS[source].read(made.payload(source, f"site/{year}", content))
        sun = sun_path(rows["hour_utc"].to_numpy(), place.latitude, place.longitude)
        ghi, dni = rows["ghi_w_per_m2"].to_numpy(), rows["dni_w_per_m2"].to_numpy()
        # As the source gives it, before anything is put to zero, by its own rows.
        own = place.frame.filter(place.frame["start_utc"].is_not_null() & place.frame["fault"].is_null())
        dark = sun_path(own["start_utc"].to_numpy(), place.latitude, place.longitude).up_frac == 0.0
        print(f"{source} {year}: brightest night hour {own['ghi_w_per_m2'].to_numpy()[dark].max():.2f} W/m2")
        assert own["ghi_w_per_m2"].to_numpy()[dark].max() < 5.0
        assert ghi[sun.up_frac == 0.0].max() == 0.0
        assert (ghi[sun.cos_zenith > _HIGH_SUN] == 0.0).mean() < 0.01
        assert (ghi <= 1.25 * sun.extra_normal_w_per_m2 * sun.up_frac + 5.0).all()
        assert (dni <= 1.02 * sun.extra_normal_w_per_m2).all()


def test_one_year_from_two_sources_agrees_within_a_tenth(shared: Path):
    """2012 at the Front Range: NSRDB's satellite at Golden against the station at Boulder, 42 km apart."""
    satellite = parse("nsrdb", (shared / "real/sam_csv/39.7555_-105.2211_psmv3_60_2012.csv").read_bytes(), "2012").rows
    station = read_weather_file(shared / "real/epw/US_CO_Boulder_AMY_2012.epw")
    assert station.weather_year == 2012
    ghi = satellite["ghi_w_per_m2"].sum() / 1000.0, station.frame["ghi_w_per_m2"].sum() / 1000.0
    print(f"GHI 2012: NSRDB {ghi[0]:.0f}, station {ghi[1]:.0f} kWh/m2 ({ghi[0] / ghi[1] - 1:+.1%})")
    assert ghi[0] == pytest.approx(ghi[1], rel=0.10)
    # One clock: the days of both follow each other hour by hour.
    local = np.delete(station.frame["ghi_w_per_m2"].to_numpy(), slice(59 * 24, 60 * 24))
    assert np.corrcoef(satellite["ghi_w_per_m2"].to_numpy(), np.roll(local, 7))[0, 1] > 0.9


def test_keys_and_years():
    assert region_year_key("abilene_tx", 2024) == "abilene_tx/2024"
    assert region_year_key("abilene_tx", 0) == "abilene_tx/tmy"
    assert region_of("abilene_tx/tmy") == "abilene_tx"
    assert published_years(date(2026, 9, 1), 3) == [2025, 2024, 2023]
    assert published_years(date(2026, 2, 14), 1) == [2024]
    assert published_years(date(2026, 2, 15), 1) == [2025]


@pytest.fixture(scope="module")
def sound(shared: Path) -> dict[str, tuple[str, str, Parsed]]:
    """Return text, year and rows of one undamaged answer per source."""
    found = {}
    for source, name in DAMAGED.items():
        text = (shared / "real" / name).read_bytes().decode() if name else made.open_meteo_year(2024).decode()
        year = WHOLE[name] if name else "2024"
        found[source] = (text, year, parse(source, text.encode(), year))
    return found


def harmless(source: str, content: bytes, year: str, good: Parsed) -> Parsed | None:
    """Parse a damaged answer: it is refused, or what comes out is what the sound one gave, or nothing."""
    try:
        parsed = parse(source, content, year)
    except (SourceBroken, SourceRefused, NotPublishedYet) as error:
        assert source in str(error)
        assert len(str(error)) < 500
        return None
    assert parsed.rows_in == parsed.rows.height + parsed.rejects.height
    validate(parsed.rejects, "core.rejects")
    assert parsed.rows.is_empty() or parsed.rows.equals(good.rows)
    return parsed


@pytest.mark.parametrize("source", CONNECTORS)
@pytest.mark.parametrize("place", range(5))
def test_a_missing_column_leaves_nothing(source: str, place: int, sound):
    text, year, good = sound[source]
    name = NEEDED[source][place]
    damaged = re.sub(rf"(?<![\w ]){re.escape(name)}(?![\w(])", "Something Else", text)
    assert damaged != text
    parsed = harmless(source, damaged.encode(), year, good)
    assert parsed is None or (
        parsed.rows.is_empty() and parsed.rejects["reason"].str.contains("not in the answer").any()
    )


@pytest.mark.parametrize("source", CONNECTORS)
@pytest.mark.parametrize("pair", [(0, 1), (0, 2), (1, 2), (3, 4)])
def test_columns_under_each_other_s_name_leave_nothing(source: str, pair: tuple[int, int], sound):
    text, year, good = sound[source]
    one, other = (NEEDED[source][place] for place in pair)
    swap = {one: other, other: one}
    damaged = re.sub(
        rf"(?<![\w ])({re.escape(one)}|{re.escape(other)})(?![\w(])", lambda found: swap[found.group(1)], text
    )
    assert damaged != text
    parsed = harmless(source, damaged.encode(), year, good)
    assert parsed is None or parsed.rows.is_empty()


@pytest.mark.parametrize("source", ["nasa_power", "nsrdb"])
def test_order_of_rows_and_columns_does_not_matter(source: str, sound):
    text, year, good = sound[source]
    lines = text.splitlines()
    first = next(place for place, line in enumerate(lines) if re.match(r"(?i)year,", line)) + 1
    generator = np.random.default_rng(7)
    columns = generator.permutation(lines[first].count(",") + 1)
    table = [[line.split(",")[place] for place in columns] for line in lines[first - 1 :]]
    rows = [table[0], *(table[place] for place in generator.permutation(np.arange(1, len(table))))]
    parsed = parse(source, "\n".join([*lines[: first - 1], *(",".join(row) for row in rows), ""]).encode(), year)
    assert parsed.rows.equals(good.rows)
    assert parsed.rows_in == good.rows_in


@pytest.mark.parametrize("source", CONNECTORS)
@settings(max_examples=10, deadline=None, derandomize=True)
@given(place=st.floats(0.0, 0.998), kind=st.sampled_from(["cut", "bytes", "nul", "utf16", "html", "row"]))
def test_damaged_bodies_never_reach_the_table(source: str, place: float, kind: str, sound):
    text, year, good = sound[source]
    body = text.encode()
    at = int(place * len(body))
    lines = text.splitlines(keepends=True)
    damaged = {
        "cut": body[:at],
        "bytes": body[:at] + b"\xff\xfe\xfa" + body[at:],
        "nul": body[:at] + b"\x00" + body[at:],
        "utf16": text.encode("utf-16"),
        "html": b"<!DOCTYPE html><html><body>Service Unavailable</body></html>",
        "row": "".join(line for i, line in enumerate(lines) if i != int(place * len(lines))).encode(),
    }[kind]
    harmless(source, damaged, year, good)


@pytest.mark.parametrize("source", CONNECTORS)
@settings(max_examples=15, deadline=None, derandomize=True)
@given(place=st.floats(0.0, 1.0), junk=st.sampled_from(JUNK))
def test_junk_in_place_of_a_number_never_reaches_the_table(source: str, place: float, junk: str, sound):
    text, year, good = sound[source]
    numbers = _numbers(text)
    start, end = numbers[min(int(place * len(numbers)), len(numbers) - 1)]
    harmless(source, (text[:start] + junk + text[end:]).encode(), year, good)


@pytest.mark.parametrize("source", CONNECTORS)
@pytest.mark.parametrize(
    "body", [b"", b" ", b"{}", b"[]", b"null", b"0", b'"x"', b"[[]]", b"[" * 100_000, b"a,b\n1,2\n"]
)
def test_tiny_bodies_are_refused(source: str, body: bytes):
    with pytest.raises((SourceBroken, SourceRefused)):
        parse(source, body, "2024")


_FOUND: dict[int, list[tuple[int, int]]] = {}


def _numbers(text: str) -> list[tuple[int, int]]:
    """Return where decimal numbers stand in a text."""
    if id(text) not in _FOUND:
        _FOUND[id(text)] = [found.span() for found in re.finditer(r"(?<![\w.])-?\d+\.\d+(?![\w.])", text)]
    return _FOUND[id(text)]


def test_order_of_sources_is_a_setting(monkeypatch: pytest.MonkeyPatch):
    assert Settings().weather_sources == ("file", "nsrdb", "nasa_power", "open_meteo", "pvgis")
    monkeypatch.setenv("FIRSTMW_WEATHER_SOURCES", "pvgis, nasa_power")
    assert Settings().weather_sources == ("pvgis", "nasa_power")
    monkeypatch.setenv("FIRSTMW_WEATHER_SOURCES", "pvgis,almanac")
    with pytest.raises(ValidationError, match="almanac"):
        Settings()
