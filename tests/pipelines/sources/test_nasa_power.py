"""NASA POWER: both layouts, both clocks, and every way its head is spelt."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pvlib
import pytest
import weather_payloads as made

from pipelines.sources import nasa_power
from pipelines.sources.base import NotPublishedYet, SourceBroken, SourceRefused
from pipelines.weather.sun import sun_path

SEATTLE = "POWER_Point_Hourly_20250101_20251231_047d61N_0122d20W_UTC.csv"
FIRST_DAY = "POWER_Point_Hourly_2017_034d12N_084d92W_LST_first_day.csv"
LAST_ROW = 19 + 1 + 8760


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "real" / "nasa_power"


@pytest.fixture(scope="module")
def year(folder: Path) -> bytes:
    """Return the recorded year 2025 near Seattle."""
    return (folder / SEATTLE).read_bytes()


def parse(content: bytes, key: str = "bellevue_wa/2025", **more):
    return nasa_power.parse(made.payload("nasa_power", key, content, **more))


def to_json(content: bytes) -> dict:
    """Return the recorded CSV in the JSON layout of the same service."""
    lines = content.decode().splitlines()
    rows = list(csv.DictReader(lines[lines.index("-END HEADER-") + 1 :]))
    stamps = [f"{r['YEAR']}{int(r['MO']):02d}{int(r['DY']):02d}{int(r['HR']):02d}" for r in rows]
    units = {"T2M": "C", "WS10M": "m/s", "ALLSKY_SFC_SW_DWN": "Wh/m^2", "ALLSKY_SFC_SW_DNI": "Wh/m^2"}
    units["ALLSKY_SFC_SW_DIFF"] = "Wh/m^2"
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [-122.2015, 47.6101, 110.01]},
        "properties": {
            "parameter": {
                name: {stamp: float(row[name]) for stamp, row in zip(stamps, rows, strict=True)} for name in units
            }
        },
        "header": {
            "title": "NASA/POWER Source Native Resolution Hourly Data",
            "fill_value": -999.0,
            "time_standard": "UTC",
            "start": "20250101",
            "end": "20251231",
        },
        "messages": [],
        "parameters": {name: {"units": unit, "longname": name} for name, unit in units.items()},
        "times": {"data": 1.0, "process": 0.1},
    }


def edited(content: bytes, change) -> bytes:
    """Return the recorded CSV with its data rows, as lists of fields, changed."""
    lines = content.decode().splitlines()
    first = lines.index("-END HEADER-") + 2
    rows = [line.split(",") for line in lines[first:]]
    return "\n".join([*lines[:first], *(",".join(row) for row in change(rows)), ""]).encode()


def test_asks_one_point_per_year_with_all_parameters():
    night = made.asking(datetime(2026, 9, 1), frozenset({"abilene_tx/2025"}), live_weather_years=2)
    asked = nasa_power.requests(night)
    assert [request.key for request in asked] == ["reno_nv/2025", "abilene_tx/2024", "reno_nv/2024"]
    params = dict(asked[0].params)
    assert (params["latitude"], params["longitude"]) == ("39.5300", "-119.8100")
    assert (params["start"], params["end"], params["time-standard"]) == ("20250101", "20251231", "utc")
    assert set(params["parameters"].split(",")) == {
        "ALLSKY_SFC_SW_DWN",
        "ALLSKY_SFC_SW_DNI",
        "ALLSKY_SFC_SW_DIFF",
        "T2M",
        "WS10M",
    }
    # In January the old year is not out yet; a source that the settings leave out is not asked.
    assert nasa_power.requests(made.asking(datetime(2026, 1, 20), live_weather_years=1))[0].key == "abilene_tx/2024"
    assert nasa_power.requests(made.asking(datetime(2026, 9, 1), weather_sources=("pvgis",))) == []
    assert nasa_power.region_years(night.regions, [2000, 0]) == []


def test_recorded_year_is_kept_whole(year: bytes):
    lines = year.decode().splitlines()
    rows = list(csv.DictReader(lines[lines.index("-END HEADER-") + 1 :]))
    parsed = parse(year)
    print(f"nasa_power: {parsed.rows_in} rows in = {parsed.rows.height} kept + {parsed.rejects.height} rejected")
    assert parsed.rows_in == len(rows) == parsed.rows.height == 8760
    assert parsed.rejects.is_empty()
    for name, theirs in (("ghi_w_per_m2", "ALLSKY_SFC_SW_DWN"), ("temperature_c", "T2M"), ("wind_m_per_s", "WS10M")):
        assert parsed.rows[name].sum() == pytest.approx(sum(float(row[theirs]) for row in rows))
    # The sun sets at 16:27 local time on New Year's Day: 00:00 UTC is the hour from 16:00.
    assert parsed.rows.row(0)[2:] == (datetime(2025, 1, 1), 3.7, 0.0, 4.24, 3.78, 0.76)
    assert parsed.rows["hour_utc"][-1] == datetime(2025, 12, 31, 23)
    assert set(parsed.rows["region_id"]) == {"bellevue_wa"}
    assert set(parsed.rows["weather_year"]) == {2025}


def test_json_says_the_same_as_csv_and_as_pvlib(year: bytes, monkeypatch: pytest.MonkeyPatch):
    document = to_json(year)
    document["messages"] = ["a warning that came with status 200"]
    parsed = parse(json.dumps(document).encode())
    assert parsed.rows.equals(parse(year).rows)
    assert parsed.notes == ("a warning that came with status 200",)

    class Answer:
        ok = True

        def json(self) -> dict:
            return document

        def raise_for_status(self) -> None: ...

    monkeypatch.setattr(pvlib.iotools.nasa_power.requests, "get", lambda *_, **__: Answer())
    theirs, _ = pvlib.iotools.get_nasa_power(47.6101, -122.2015, "2025-01-01", "2025-12-31")
    for name, column in (("ghi", "ghi_w_per_m2"), ("temp_air", "temperature_c"), ("wind_speed", "wind_m_per_s")):
        np.testing.assert_allclose(theirs[name].to_numpy(), parsed.rows[column].to_numpy())
    assert (theirs.index.tz_localize(None).to_numpy() == parsed.rows["hour_utc"].to_numpy()).all()


def test_local_solar_time_is_whole_hours_of_longitude(folder: Path, year: bytes):
    content = (folder / FIRST_DAY).read_bytes()
    readings = nasa_power.read(made.payload("nasa_power", "cartersville_ga/2017", content))
    assert readings.frame["start_utc"][0] == datetime(2017, 1, 1, 6)
    sun = sun_path(readings.frame["start_utc"].to_numpy(), readings.latitude, readings.longitude)
    ghi = readings.frame["ghi_w_per_m2"].to_numpy()
    assert ghi[sun.up_frac == 0.0].max() == 0.0
    assert ghi[sun.up_frac == 1.0].min() > 0.0
    parsed = parse(content, "cartersville_ga/2017")
    print(f"nasa_power: {parsed.rows_in} rows in = {parsed.rows.height} kept + {parsed.rejects.height} rejected")
    assert (parsed.rows_in, parsed.rows.height, parsed.rejects.height) == (24, 0, 24)
    assert set(parsed.rejects["reason"]) == {"ALLSKY_SFC_SW_DNI is not in the answer"}
    assert set(parsed.rejects["source_id"]) == {"nasa_power/cartersville_ga/2017"}
    # The same hours under solar stamps, eight hours behind: a year that begins at 08:00 UTC.
    moved = edited(year, lambda rows: [[*rows[i][:4], *rows[(i + 8) % 8760][4:]] for i in range(8760)])
    solar = parse(moved.replace(b"12/31/2025 in UTC", b"12/31/2025 in LST"))
    assert solar.rows["hour_utc"][0] == datetime(2025, 1, 1, 8)
    assert solar.rows[: 8760 - 8].equals(parse(year).rows[8:])


def test_a_wrong_clock_is_refused(year: bytes):
    for shift in (-7, -1, 1, 8):
        moved = edited(year, lambda rows, k=shift: [[*rows[i][:4], *rows[(i + k) % 8760][4:]] for i in range(8760)])
        with pytest.raises(SourceBroken, match="clock"):
            parse(moved)


def test_spelling_and_length_of_the_head_do_not_matter(folder: Path, year: bytes):
    recorded = json.loads((folder / "vcr_adjusted_wind_elevation.json").read_text())
    body = recorded["http_interactions"][0]["response"]["body"]["string"]
    assert "Location: latitude" in body
    assert "parameter(s):" in body
    assert "\r\n" in body
    said = body.split("Message(s): \r\n")[1].split(" \r\n")[0]
    text = year.decode().replace("Location: Latitude", "Location: latitude").replace("Parameter(s):", "parameter(s): ")
    text = text.replace("-END HEADER-", f"Message(s): \n{said} \n-END HEADER-").replace("\n", "\r\n")
    parsed = parse(text.encode())
    assert parsed.rows.equals(parse(year).rows)
    assert parsed.notes == (said,)


def test_daily_and_regional_recordings_are_told_apart(folder: Path):
    for name in sorted(folder.glob("vcr_*.json")):
        body = json.loads(name.read_text())["http_interactions"][0]["response"]["body"]["string"]
        with pytest.raises(SourceBroken, match="not hourly"):
            parse(body.encode())
    with pytest.raises(SourceBroken, match="layout of a point"):
        parse(next(folder.glob("POWER_Regional_*.json")).read_bytes())


def test_irradiance_that_is_still_to_come_is_not_published_yet(year: bytes):
    def late(rows):
        return [row if i < 8600 else [*row[:4], "-999", "-999", "-999.0", *row[7:]] for i, row in enumerate(rows)]

    with pytest.raises(NotPublishedYet, match="through 2025-12-25 07:00 UTC"):
        parse(edited(year, late), retrieved=datetime(2026, 1, 8))
    # Long after, it is a hole: a year with a hole is left out as a whole, and every row says why.
    parsed = parse(edited(year, late), retrieved=datetime(2026, 9, 1))
    assert (parsed.rows_in, parsed.rows.height, parsed.rejects.height) == (8760, 0, 8760)
    counts = dict(parsed.rejects["reason"].value_counts().iter_rows())
    assert counts == {
        "ALLSKY_SFC_SW_DWN is missing": 160,
        "2025 is not whole: 8,600 of 8,760 hours can serve": 8600,
    }
    # Rejects name lines of the file.
    assert parsed.rejects.filter(pl.col("reason").str.contains("missing"))["source_row"].to_list()[-1] == LAST_ROW + 1


def test_short_gaps_of_the_air_are_filled_and_long_ones_are_not(year: bytes):
    def without(first: int, count: int):
        return lambda rows: [
            [*row[:7], "-999", *row[8:]] if first <= i < first + count else row for i, row in enumerate(rows)
        ]

    parsed = parse(edited(year, without(100, 3)))
    assert parsed.rows.height == 8760
    assert parsed.notes == ("3 hours of temperature_c interpolated",)
    temperature = parse(year).rows["temperature_c"].to_numpy()
    filled = parsed.rows["temperature_c"].to_numpy()
    assert filled[99:104] == pytest.approx(np.linspace(temperature[99], temperature[103], 5))
    parsed = parse(edited(year, without(100, 7)))
    assert parsed.rows.is_empty()
    assert parsed.rejects.filter(pl.col("reason") == "T2M is missing").height == 7


def test_units_places_and_refusals(year: bytes):
    with pytest.raises(SourceBroken, match="unit"):
        parse(year.replace(b"Downward Irradiance (W m-2)", b"Downward Irradiance (MJ/m^2/day)"))
    assert parse(year.replace(b"(W m-2)", b"(Wh/m^2)")).rows.height == 8760
    with pytest.raises(SourceBroken, match=r"latitude 47.6101, 31.5 was asked for"):
        parse(year, url="https://power.larc.nasa.gov/api?latitude=31.5&longitude=-122.2015")
    with pytest.raises(SourceRefused, match="T9M"):
        parse(b'{"header":"The POWER Hourly API failed","messages":["T9M is no parameter"]}')
    with pytest.raises(SourceBroken, match="region/year"):
        parse(year, "bellevue_wa")
    with pytest.raises(SourceBroken, match=r"standard of its time|UTC or LST"):
        parse(year.replace(b"12/31/2025 in UTC", b"12/31/2025 in PST"))


def test_a_row_of_another_year_or_repeated_is_left_out(year: bytes):
    parsed = parse(edited(year, lambda rows: [*rows, ["2026", *rows[0][1:]], rows[5]]))
    assert (parsed.rows_in, parsed.rows.height) == (8762, 8760)
    assert parsed.rejects["reason"].to_list() == ["the hour lies outside 2025", "the hour stands twice"]
    assert parsed.rows.equals(parse(year).rows)
