"""NSRDB: centres of hours and half-hours, zones, leap days, and typical years."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

import numpy as np
import pvlib
import pytest
import weather_payloads as made

from pipelines.sources import nsrdb
from pipelines.sources.base import SourceBroken, SourceRefused
from pipelines.weather.readers import read_weather_file

AMARILLO = "35.2018863_-101.945027_2012_goes_aggregated_v4_60min_utc_tz.csv"
COLORADO = "40.53_-108.54_2023_psm4_30min.csv"


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "real" / "nsrdb_psm4"


def parse(content: bytes, key: str, **more):
    return nsrdb.parse(made.payload("nsrdb", key, content, **more))


def test_asks_with_key_and_address_longitude_first():
    night = made.asking(datetime(2026, 9, 1), frozenset({"reno_nv/2025"}), live_weather_years=1, nsrdb_email="a@b.org")
    asked = nsrdb.requests(night)
    assert [request.key for request in asked] == ["abilene_tx/2025", "abilene_tx/tmy", "reno_nv/tmy"]
    assert {request.secret_param for request in asked} == {"api_key"}
    params = dict(asked[0].params)
    assert params["wkt"] == "POINT(-99.7300 32.4500)"
    assert (params["names"], params["leap_day"], params["utc"], params["interval"]) == ("2025", "true", "true", "60")
    assert params["attributes"] == "ghi,dni,dhi,air_temperature,wind_speed"
    assert params["email"] == "a@b.org"
    assert "aggregated" in asked[0].path
    assert "tmy" in asked[1].path
    assert dict(asked[1].params)["names"] == "tmy"
    with pytest.raises(SourceRefused, match="FIRSTMW_NSRDB_EMAIL"):
        nsrdb.requests(made.asking(datetime(2026, 9, 1), nsrdb_api_key="k" * 20, nsrdb_email=None))


def test_recorded_hours_in_utc_without_the_leap_day(folder: Path):
    content = (folder / AMARILLO).read_bytes()
    rows = list(csv.DictReader(content.decode().splitlines()[2:]))
    parsed = parse(content, "amarillo_tx/2012")
    print(f"nsrdb: {AMARILLO}: {parsed.rows_in} in = {parsed.rows.height} kept + {parsed.rejects.height} rejected")
    assert parsed.rows_in == len(rows) == parsed.rows.height == 8760
    assert parsed.rows["ghi_w_per_m2"].sum() == sum(float(row["GHI"]) for row in rows) == 2_023_491
    # A leap year without its 29 February has the hours of a typical year and runs on the same calendar.
    assert parsed.notes == ("29 February 2012 left out by the source",)
    assert set(parsed.rows["weather_year"]) == {2012}
    assert (parsed.rows["hour_utc"][0], parsed.rows["hour_utc"][-1]) == (
        datetime(2025, 1, 1),
        datetime(2025, 12, 31, 23),
    )


def test_recorded_half_hours_in_local_time_become_hours(folder: Path):
    content = (folder / COLORADO).read_bytes()
    theirs, _ = pvlib.iotools.read_nsrdb_psm4(io.StringIO(content.decode()), map_variables=True)
    parsed = parse(content, "rangely_co/2023")
    print(
        f"nsrdb: {COLORADO}: {parsed.rows_in} hours in = {parsed.rows.height} kept + {parsed.rejects.height} rejected"
    )
    assert len(theirs) == 17_520
    assert (parsed.rows_in, parsed.rows.height) == (8760, 8760)
    assert (parsed.rows["hour_utc"][0], parsed.rows["hour_utc"][-1]) == (
        datetime(2023, 1, 1, 7),
        datetime(2024, 1, 1, 6),
    )
    utc = theirs.tz_convert("UTC").tz_localize(None)
    for name, column in (("ghi", "ghi_w_per_m2"), ("temp_air", "temperature_c"), ("wind_speed", "wind_m_per_s")):
        # The hour from 19:00 UTC (noon) holds half of the samples at both ends and all of the one in its middle.
        for day in ("2023-03-09", "2023-07-01"):
            around = [utc.loc[f"{day} {stamp}", name] for stamp in ("19:00", "19:30", "20:00")]
            ours = parsed.rows.filter(parsed.rows["hour_utc"] == datetime.fromisoformat(f"{day} 19:00"))[column][0]
            assert ours == pytest.approx(np.dot(around, [0.25, 0.5, 0.25]))
        assert parsed.rows[column].mean() == pytest.approx(utc[name].mean(), rel=2e-4)


def test_every_file_in_this_layout_agrees_with_the_reader_of_weather_files(shared: Path):
    for path in sorted((shared / "real" / "sam_csv").glob("*psmv3*.csv")):
        word = path.stem.rpartition("_")[2]
        parsed = parse(path.read_bytes(), f"site/{word if word.isdigit() else 'tmy'}")
        theirs = read_weather_file(path)
        print(f"nsrdb: {path.name}: {parsed.rows_in} in = {parsed.rows.height} kept + {parsed.rejects.height} rejected")
        assert (parsed.rows_in, parsed.rows.height) == (8760, 8760)
        for column in ("ghi_w_per_m2", "dni_w_per_m2", "temperature_c"):
            assert parsed.rows[column].to_numpy() == pytest.approx(theirs.frame[column].to_numpy())


def test_a_typical_year_in_local_time_is_rolled_into_utc(shared: Path):
    path = next((shared / "real" / "sam_csv").glob("daggett*.csv"))
    rows = list(csv.DictReader(path.read_text().splitlines()[2:]))
    parsed = parse(path.read_bytes(), "daggett_ca/tmy")
    assert set(parsed.rows["weather_year"]) == {0}
    assert (parsed.rows["hour_utc"][0], parsed.rows["hour_utc"][-1]) == (
        datetime(2025, 1, 1),
        datetime(2025, 12, 31, 23),
    )
    # Zone -8: the first UTC hour is 16:00 of the last local day, and nothing is lost.
    temperature = [float(row["Temperature"]) for row in rows]
    assert parsed.rows["temperature_c"].to_list() == temperature[-8:] + temperature[:-8]


def test_half_an_hour_that_is_missing_takes_the_year_with_it(folder: Path):
    lines = (folder / COLORADO).read_text().splitlines()
    for keep, reason in ((lines[:1003] + lines[1004:], "half of the hour is missing"), ([*lines, lines[900]], "twice")):
        parsed = parse("\n".join([*keep, ""]).encode(), "rangely_co/2023")
        assert parsed.rows_in == parsed.rows.height + parsed.rejects.height
        assert parsed.rejects["reason"].str.contains(reason).sum() == 1
        assert parsed.rows.height == (0 if "missing" in reason else 8760)


def test_refusals_and_heads(folder: Path):
    with pytest.raises(SourceRefused, match="No data available"):
        parse(b'{"inputs":{},"errors":["No data available at the provided location"]}', "site/2023")
    with pytest.raises(SourceBroken, match="head"):
        parse(b"API_KEY_INVALID: an invalid api_key was supplied\n", "site/2023")
    content = (folder / AMARILLO).read_bytes()
    with pytest.raises(SourceBroken, match="clock"):
        parse(content.replace(b"35.21,-101.94,0,1133", b"35.21,-101.94,-6,1133"), "site/2012")
    with pytest.raises(SourceBroken, match="time zone"):
        parse(content.replace(b"35.21,-101.94,0,1133", b"35.21,-101.94,5.5,1133"), "site/2012")
    with pytest.raises(SourceBroken, match="unit"):
        parse(content.replace(b"c,w/m2,w/m2,w/m2,Degree,c", b"c,w/m2,w/m2,kw/m2,Degree,c"), "site/2012")
    with pytest.raises(SourceBroken, match="31"):
        parse(content, "site/2012", url="https://developer.nlr.gov/x?wkt=POINT%28-101.94+31.0%29&names=2012")
