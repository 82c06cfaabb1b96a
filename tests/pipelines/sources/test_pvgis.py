"""PVGIS: series and typical years, means of hours and instants, and the beam that fits the hour."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pvlib
import pytest
import weather_payloads as made

from pipelines.sources import pvgis
from pipelines.sources.base import SourceBroken, SourceRefused
from pipelines.weather.readers import read_weather_file
from pipelines.weather.sun import sun_path

NEVADA = "tmy_37.2435_-115.8115_era5_v5_3.json"
ITALY = "tmy_45.000_8.000_2005_2023"
SARAH = "hourly_45_8_sarah3_2020_2021.json"
SUN = ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2")


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "real" / "pvgis"


def parse(content: bytes, key: str, **more):
    return pvgis.parse(made.payload("pvgis", key, content, **more))


def closure(rows: pl.DataFrame, latitude: float, longitude: float) -> float:
    """Return the largest |DNI cos z + DHI - GHI| of all hours (W/m2)."""
    ghi, dni, dhi = (rows[name].to_numpy() for name in SUN)
    return float(np.abs(dni * sun_path(rows["hour_utc"].to_numpy(), latitude, longitude).cos_zenith + dhi - ghi).max())


def test_asks_for_series_on_the_level_plane_and_for_typical_years():
    night = made.asking(datetime(2026, 9, 1), frozenset({"reno_nv/tmy"}), live_weather_years=3)
    asked = pvgis.requests(night)
    # The version ends with 2023; the newest years are left to other sources.
    assert [request.key for request in asked] == ["abilene_tx/2023", "reno_nv/2023", "abilene_tx/tmy"]
    params = dict(asked[0].params)
    assert asked[0].path == "/api/v5_3/seriescalc"
    assert (params["angle"], params["components"], params["raddatabase"]) == ("0", "1", "PVGIS-ERA5")
    assert (params["startyear"], params["endyear"], params["outputformat"]) == ("2023", "2023", "json")
    assert asked[2].path == "/api/v5_3/tmy"
    assert set(dict(asked[2].params)) == {"lat", "lon", "usehorizon", "outputformat"}


def test_recorded_typical_year_of_the_united_states(folder: Path):
    content = (folder / NEVADA).read_bytes()
    given = json.loads(content)["outputs"]["tmy_hourly"]
    parsed = parse(content, "rachel_nv/tmy")
    print(f"pvgis: {NEVADA}: {parsed.rows_in} in = {parsed.rows.height} kept + {parsed.rejects.height} rejected")
    assert parsed.rows_in == len(given) == parsed.rows.height == 8760
    assert set(parsed.rows["weather_year"]) == {0}
    # Months of many years stand in order on one calendar, nothing cut and nothing moved: the stamps are UTC.
    stamps = [datetime.strptime(row["time(UTC)"], "%Y%m%d:%H%M").replace(year=2025) for row in given]
    assert parsed.rows["hour_utc"].to_list() == stamps
    assert parsed.rows["ghi_w_per_m2"].sum() == pytest.approx(sum(row["G(h)"] for row in given), rel=1e-3)
    assert parsed.rows["temperature_c"].to_list() == [row["T2m"] for row in given]
    assert closure(parsed.rows, 37.2435, -115.8115) < 1e-6
    # The published beam is for the sun at the stamp: too strong before noon, too weak after it. Here
    # the two halves of the day are closer to each other.
    solar_hour = (np.arange(8760) + 0.5 - 115.8115 / 15.0) % 24
    lean = []
    for dni in (parsed.rows["dni_w_per_m2"].to_numpy(), np.array([row["Gb(n)"] for row in given])):
        morning, evening = (dni[np.abs(solar_hour - noon) < 3.5].sum() for noon in (8.5, 15.5))
        lean.append(morning / evening - 1.0)
    print(f"pvgis: morning over evening beam: made up here {lean[0]:+.3f}, as published {lean[1]:+.3f}")
    assert abs(lean[0]) < 0.5 * abs(lean[1])
    assert parsed.rows["dni_w_per_m2"].max() < 1_100
    # A station 130 km away, typical years of other decades: the same desert.
    vegas = read_weather_file(next((folder.parent / "epw").glob("USA_NV_Las.Vegas*.epw"))).frame
    assert parsed.rows["ghi_w_per_m2"].mean() == pytest.approx(vegas["ghi_w_per_m2"].mean(), rel=0.10)
    assert parsed.rows["dni_w_per_m2"].mean() == pytest.approx(vegas["dni_w_per_m2"].mean(), rel=0.10)


def test_typical_year_agrees_with_pvlib_in_both_layouts(folder: Path):
    for suffix in (".json", ".csv"):
        path = folder / f"{ITALY}{suffix}"
        theirs, _ = pvlib.iotools.read_pvgis_tmy(path, map_variables=True)
        parsed = parse(path.read_bytes(), "piedmont/tmy")
        print(f"pvgis: {path.name}: {parsed.rows_in} in = {parsed.rows.height} kept + {parsed.rejects.height} rejected")
        assert (parsed.rows_in, parsed.rows.height) == (8760, 8760)
        assert parsed.rows["temperature_c"].to_list() == theirs["temp_air"].to_list()
        assert parsed.rows["wind_m_per_s"].to_list() == theirs["wind_speed"].to_list()
        # Instants become means of hours: the year keeps its energy.
        for name, column, within in (("ghi", SUN[0], 0.005), ("dhi", SUN[2], 0.03), ("dni", SUN[1], 0.03)):
            assert parsed.rows[column].sum() == pytest.approx(theirs[name].sum(), rel=within)
        assert any("without light while the sun is high" in note for note in parsed.notes)
        assert not any(np.signbit(parsed.rows[column].to_numpy()).any() for column in SUN)
    rows = [parse((folder / f"{ITALY}{suffix}").read_bytes(), "piedmont/tmy").rows for suffix in (".json", ".csv")]
    assert rows[0].equals(rows[1])


def test_recorded_series_keeps_the_leap_day_and_rejects_the_other_year(folder: Path):
    content = (folder / SARAH).read_bytes()
    given = json.loads(content)["outputs"]["hourly"]
    for year, hours in ((2020, 8784), (2021, 8760)):
        parsed = parse(content, f"piedmont/{year}")
        print(f"pvgis: {SARAH}/{year}: {parsed.rows_in} = {parsed.rows.height} kept + {parsed.rejects.height} rejected")
        assert parsed.rows_in == len(given) == 17_544
        assert (parsed.rows.height, parsed.rejects.height) == (hours, 17_544 - hours)
        assert set(parsed.rejects["reason"]) == {f"the hour lies outside {year}"}
        assert "Erbs" in parsed.notes[-1]
        raw = [row["G(i)"] for row in given if row["time"].startswith(str(year))]
        assert parsed.rows["ghi_w_per_m2"].sum() == pytest.approx(sum(raw), rel=0.005)
        assert closure(parsed.rows, 45.0, 8.0) < 1e-6
    # The publisher's own sun height says that the stamps are instants at ten past, UTC.
    stamps = np.array([datetime.strptime(row["time"], "%Y%m%d:%H%M") for row in given], dtype="datetime64[us]")
    height = 90.0 - sun_path(stamps, 45.0, 8.0, 1e-3).zenith_deg
    published = np.array([row["H_sun"] for row in given])
    assert np.abs(height - published)[published > 5.0].max() < 0.5


def test_a_month_of_the_typical_year_is_that_month_of_the_series(folder: Path):
    """September of the typical year is the one of 2020: two answers of the service on the same hours."""
    chosen = json.loads((folder / f"{ITALY}.json").read_text())["outputs"]["months_selected"]
    assert {"month": 9, "year": 2020} in chosen
    typical = parse((folder / f"{ITALY}.json").read_bytes(), "piedmont/tmy").rows
    series = parse((folder / SARAH).read_bytes(), "piedmont/2020").rows
    typical, series = (rows.filter(pl.col("hour_utc").dt.month() == 9) for rows in (typical, series))
    ghi = [rows["ghi_w_per_m2"].to_numpy() for rows in (typical, series)]
    assert len(ghi[0]) == len(ghi[1]) == 720
    # The calendar of typical years has the sun of 2025: a quarter of a day off.
    assert np.abs(ghi[0] - ghi[1]).mean() < 0.005 * ghi[0].mean()
    assert ghi[0].sum() == pytest.approx(ghi[1].sum(), rel=0.002)
    # The split of the series by Erbs against the beam that came with the typical year.
    beam = [rows["dni_w_per_m2"].to_numpy() for rows in (typical, series)]
    assert beam[0].sum() == pytest.approx(beam[1].sum(), rel=0.10)


def test_made_up_series_of_means_gives_back_beam_and_diffuse():
    content = made.pvgis_series(2020)
    parsed = parse(content, "abilene_tx/2020")
    assert (parsed.rows_in, parsed.rows.height) == (8784, 8784)
    sky, start = made.made_up_sky(2020), parsed.rows["hour_utc"].to_numpy().astype("datetime64[ns]")
    for name in ("ghi", "dhi", "dni"):
        wanted = sky.mean(name, start)
        ours = parsed.rows[f"{name}_w_per_m2"].to_numpy()
        assert np.abs(ours - wanted).sum() / wanted.sum() < 0.02
        # A beam made up from the level plane weighs high sun more than a mean over time does.
        assert ours.sum() == pytest.approx(wanted.sum(), rel=0.02 if name == "dni" else 0.001)
    theirs, _ = pvlib.iotools.read_pvgis_hourly(_file(content), pvgis_format="json", map_variables=True)
    assert (theirs["poa_direct"] + theirs["poa_sky_diffuse"]).sum() == pytest.approx(
        parsed.rows[SUN[0]].sum(), rel=1e-3
    )


def _file(content: bytes):
    import io

    return io.StringIO(content.decode())


def test_planes_that_are_not_level_are_left_out_with_the_reason(folder: Path):
    cases = {
        "hourly_45.000_8.000_SA2_2013_2014_head.json": ("piedmont/2013", 10, "two_axis"),
        "hourly_45.000_8.000_SA_2016_head.csv": ("piedmont/2016", 14, "30"),
    }
    for name, (key, rows, plane) in cases.items():
        parsed = parse((folder / name).read_bytes(), key)
        print(f"pvgis: {name}: {parsed.rows_in} in = {parsed.rows.height} kept + {parsed.rejects.height} rejected")
        assert (parsed.rows_in, parsed.rows.height, parsed.rejects.height) == (rows, 0, rows)
        assert set(parsed.rejects["reason"]) == {f"the irradiance is not on a level plane ({plane})"}


def test_refusals_and_unknown_moments(folder: Path):
    with pytest.raises(SourceRefused, match="over the sea"):
        parse(b'{"message":"Location over the sea. Please, select another location"}', "site/2023")
    italy = (folder / f"{ITALY}.json").read_bytes()
    with pytest.raises(SourceBroken, match="when its irradiance applies"):
        parse(italy.replace(b', "irradiance_time_offset": 0.1761', b""), "piedmont/tmy")
    with pytest.raises(SourceBroken, match="unit"):
        parse(italy.replace(b'"units": "W/m2"', b'"units": "kW/m2"'), "piedmont/tmy")
    with pytest.raises(SourceBroken, match=r"clock|miss G"):
        parse(italy.replace(b'"longitude": 8.0', b'"longitude": 38.0'), "piedmont/tmy")
    with pytest.raises(SourceBroken, match="cut"):
        parse((folder / f"{ITALY}.csv").read_bytes()[:400_000], "piedmont/tmy")
