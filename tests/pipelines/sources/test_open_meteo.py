"""Open-Meteo: hours that end at their stamps, one offset for all stamps, units that only the answer knows."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import weather_payloads as made

from pipelines.sources import open_meteo
from pipelines.sources.base import NotPublishedYet, SourceBroken, SourceRefused


def read(content: bytes, key: str):
    return open_meteo.read(made.payload("open_meteo", key, content))


def parse(content: bytes, key: str = "abilene_tx/2024", **more):
    return open_meteo.parse(made.payload("open_meteo", key, content, **more))


@pytest.fixture(scope="module")
def year() -> bytes:
    """Return a made-up leap year in the layout of the service."""
    return made.open_meteo_year(2024)


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "real" / "open_meteo"


def test_asks_in_gmt_for_one_model_in_metres_per_second():
    asked = open_meteo.requests(made.asking(datetime(2026, 9, 1), frozenset({"reno_nv/2025"}), live_weather_years=1))
    assert [request.key for request in asked] == ["abilene_tx/2025"]
    params = dict(asked[0].params)
    assert (params["start_date"], params["end_date"]) == ("2025-01-01", "2026-01-01")
    assert (params["timezone"], params["wind_speed_unit"], params["models"]) == ("GMT", "ms", "era5")


def test_weights_keep_a_night_within_the_limits():
    # The publisher's example is 16 calls for a year of six variables.
    assert open_meteo.call_weight(6, 365) == pytest.approx(15.6, abs=0.1)
    assert open_meteo.call_weight(3, 2) == 1.0
    weight = open_meteo.call_weight(5, 367)
    rate = open_meteo.SOURCE.calls_per_second
    assert rate * 3600 * weight <= 5_000 * 1.000001
    assert rate * 60 * weight <= 600
    # The night stops there; see the test of what a limit leaves for another night.
    assert 0 < open_meteo.SOURCE.most_requests * weight <= 10_000
    many = pl.DataFrame({"region_id": [f"r{i:03d}" for i in range(100)], "latitude": 40.0, "longitude": -100.0})
    wanted = open_meteo.region_years(many, range(1990, 2026))
    assert len(wanted) == 3_600
    # All regions of the newest year come first.
    assert {request.key for request in wanted[:100]} == {f"{region}/2025" for region in many["region_id"]}


def test_hours_are_means_on_interval_starts_and_keep_the_leap_day(year: bytes):
    parsed = parse(year)
    assert (parsed.rows_in, parsed.rows.height, parsed.rejects.height) == (8808, 8784, 24)
    # The day after the year is asked for to close the year's last hour; its other stamps belong to the next year.
    assert set(parsed.rejects["reason"]) == {"the hour lies outside 2024"}
    start = parsed.rows["hour_utc"].to_numpy()
    assert (start[0], start[-1]) == (np.datetime64("2024-01-01T00"), np.datetime64("2024-12-31T23"))
    assert (np.diff(start) == np.timedelta64(1, "h")).all()
    sky = made.made_up_sky(2024)
    for name in ("ghi", "dni", "dhi"):
        wanted = sky.mean(name, start.astype("datetime64[ns]"))
        assert parsed.rows[f"{name}_w_per_m2"].to_numpy() == pytest.approx(wanted, abs=0.06)
    # Instants at both ends of the hour, the made-up air being straight between them.
    middle = [made.air(start + np.timedelta64(minutes, "m"))[0] for minutes in (0, 60)]
    assert parsed.rows["temperature_c"].to_numpy()[1:] == pytest.approx(np.mean(middle, axis=0)[1:], abs=0.06)
    assert parsed.notes == ("grid cell at 32.478, -99.697",)


def test_units_and_offset_are_those_of_the_answer(year: bytes):
    document = json.loads(year)
    good = parse(year).rows
    document["hourly"]["wind_speed_10m"] = [value * 3.6 for value in document["hourly"]["wind_speed_10m"]]
    document["hourly_units"]["wind_speed_10m"] = "km/h"
    assert parse(json.dumps(document).encode()).rows["wind_m_per_s"].to_list() == pytest.approx(
        good["wind_m_per_s"].to_list()
    )
    document["hourly_units"]["temperature_2m"] = "°F"
    with pytest.raises(SourceBroken, match="'°F'"):
        parse(json.dumps(document).encode())
    # Stamps six hours behind with an offset that says so are the same hours.
    document = json.loads(year)
    stamps = np.array(document["hourly"]["time"], dtype="datetime64[m]") - np.timedelta64(6, "h")
    document["hourly"]["time"] = [str(stamp) for stamp in stamps]
    document["utc_offset_seconds"] = -21_600
    assert parse(json.dumps([document]).encode()).rows.equals(good)
    document["utc_offset_seconds"] = -18_000
    with pytest.raises(SourceBroken, match="clock"):
        parse(json.dumps(document).encode())


def test_csv_says_the_same_as_json(year: bytes):
    document = json.loads(year)
    names = list(document["hourly"])
    head = ",".join("time" if name == "time" else f"{name} ({document['hourly_units'][name]})" for name in names)
    rows = [",".join(map(str, row)) for row in zip(*document["hourly"].values(), strict=True)]
    text = "\n".join(
        [
            "latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation",
            "32.478027,-99.69696,527.0,0,GMT,GMT",
            "",
            head,
            *rows,
            "",
        ]
    )
    assert parse(text.encode()).rows.equals(parse(year).rows)
    with pytest.raises(SourceBroken, match="2 places"):
        parse(text.replace("GMT,GMT\n", "GMT,GMT\n33,-99,500.0,0,GMT,GMT\n").encode())


def test_recordings_lose_no_row_unexplained(folder: Path):
    counted = {
        "archive_hourly_tz.json": ("brasilia/2022", 24),
        "archive_hourly_tz_auto.json": ("pacific/2022", 24),
        "archive_savannah_ga_2026-07-21_22.json": ("savannah_ga/2026", 48),
    }
    for name, (key, rows) in counted.items():
        assert len(json.loads((folder / name).read_text())["hourly"]["time"]) == rows
        parsed = parse((folder / name).read_bytes(), key)
        print(f"open_meteo: {name}: {parsed.rows_in} in = {parsed.rows.height} kept + {parsed.rejects.height} rejected")
        assert (parsed.rows_in, parsed.rows.height, parsed.rejects.height) == (rows, 0, rows)
        assert "shortwave_radiation is not in the answer" in set(parsed.rejects["reason"])
    content = (folder / "open-meteo-44.04N95.20W438m.csv").read_bytes()
    lines = content.decode().splitlines()
    parsed = parse(content, "minnesota/2023")
    print(f"open_meteo: csv: {parsed.rows_in} in = {parsed.rows.height} kept + {parsed.rejects.height} rejected")
    assert parsed.rows_in == len(lines) - 4 == 8808
    reasons = dict(parsed.rejects["reason"].value_counts().iter_rows())
    # 25 stamps close hours of 2022, 23 close hours of 2024; the rest is the year, which came without radiation.
    assert reasons == {"the hour lies outside 2023": 48, "shortwave_radiation is not in the answer": 8760}
    with pytest.raises(SourceBroken, match="not hourly"):
        parse((folder / "archive_daily_tz.json").read_bytes(), "brasilia/2022")


def test_recorded_stamps_and_units_come_out_on_utc_hours(folder: Path):
    readings = read((folder / "archive_savannah_ga_2026-07-21_22.json").read_bytes(), "savannah_ga/2026")
    # 00:00 at UTC-4 closes the hour from 03:00 UTC; wind comes in km/h.
    assert readings.frame["start_utc"][0] == datetime(2026, 7, 21, 3)
    first, second = 7.9, json.loads((folder / "archive_savannah_ga_2026-07-21_22.json").read_text())
    second = second["hourly"]["wind_speed_10m"][1]
    assert readings.frame["wind_m_per_s"][1] == pytest.approx((first + second) / 2 / 3.6)
    readings = read((folder / "open-meteo-44.04N95.20W438m.csv").read_bytes(), "minnesota/2023")
    assert readings.frame["start_utc"][0] == datetime(2022, 12, 30, 23)
    assert readings.frame["wind_m_per_s"][1] == pytest.approx((5.46 + 5.83) / 2)
    assert readings.frame["temperature_c"][1] == pytest.approx((-7.4 - 6.6) / 2)


def test_refusals_and_late_days(year: bytes):
    with pytest.raises(SourceRefused, match="Parameter"):
        parse(b'{"error":true,"reason":"Parameter start_date is out of range"}')
    document = json.loads(year)
    for name in open_meteo._NAMES.values():
        document["hourly"][name][-72:] = [None] * 72
    content = json.dumps(document).encode()
    with pytest.raises(NotPublishedYet, match="2024-12-29 22:00"):
        parse(content, retrieved=datetime(2025, 1, 2))
    assert parse(content).rows.is_empty()
    document["hourly"]["temperature_2m"].pop()
    with pytest.raises(SourceBroken, match="different lengths"):
        parse(json.dumps(document).encode())
    document["hourly_units"]["time"] = "unixtime"
    with pytest.raises(SourceBroken, match="iso8601"):
        parse(json.dumps(document).encode())
