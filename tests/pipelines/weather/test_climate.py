"""Climatology of a place: the nearest station's, or interpolated; its error is measured at stations left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.reference.load import load_reference
from pipelines.reference.regions import reference_climatology, reference_regions
from pipelines.settings import REFERENCE_DIR
from pipelines.weather.climate import (
    INTERPOLATED,
    LAPSE_C_PER_M,
    climate_stations,
    cross_validated,
    interpolated_climatology,
    nearest_climatology,
    nearest_stations,
)
from pipelines.weather.files import file_year, great_circle_km
from pipelines.weather.monthly import weather_monthly
from pipelines.weather.readers import WeatherFile
from pipelines.weather.sun import sun_path
from pipelines.weather.synthetic import synthetic_year

_STATIONS, _MONTHS = (load_reference(name, REFERENCE_DIR) for name in ("climate_stations", "climatology_monthly"))
STATIONS = climate_stations(_STATIONS, _MONTHS)
PLACES = STATIONS.unique("station_id", keep="first", maintain_order=True).with_columns(region_id="station_id")
ISLANDS = ["AK", "HI", "GU", "PR", "VI"]


@pytest.fixture(scope="module")
def errors() -> pl.DataFrame:
    """Return the errors at stations left out."""
    return cross_validated(STATIONS).join(_STATIONS.select("station_id", "state"), on="station_id")


def _rmse(errors: pl.DataFrame, column: str) -> float:
    return float(np.sqrt((errors[column] ** 2).mean()))


def test_errors_at_stations_left_out_are_those_that_are_published(errors: pl.DataFrame) -> None:
    # docs/methods/weather.md gives these figures.
    inland = errors.filter(~pl.col("state").is_in(ISLANDS))
    published = {
        "ghi_kwh_per_m2_day": (0.391, 0.513),
        "dni_kwh_per_m2_day": (0.776, 1.006),
        "dhi_kwh_per_m2_day": (0.145, 0.185),
        "temperature_mean_c": (1.74, 2.25),
        "wind_mean_m_per_s": (0.90, 1.20),
    }
    for name, (ours, nearest) in published.items():
        assert _rmse(inland, f"{name}_error") == pytest.approx(ours, rel=0.01), name
        assert _rmse(inland, f"{name}_nearest_error") == pytest.approx(nearest, rel=0.01), name
        assert abs(inland[f"{name}_error"].mean()) < 0.07, name
    alaska = errors.filter(pl.col("state") == "AK")
    assert _rmse(alaska, "ghi_kwh_per_m2_day_error") == pytest.approx(0.43, abs=0.03)


def test_all_stations_beat_those_of_the_markets_at_stations_left_out(errors: pl.DataFrame) -> None:
    markets = nearest_stations(reference_regions(REFERENCE_DIR), _STATIONS)["station_id"].unique()
    before = cross_validated(STATIONS, markets).join(_STATIONS.select("station_id", "state"), on="station_id")
    for name, least_gain in (("ghi_kwh_per_m2_day", 1.08), ("temperature_mean_c", 1.25), ("wind_mean_m_per_s", 1.05)):
        few, all_of = (
            _rmse(frame.filter(~pl.col("state").is_in(ISLANDS)), f"{name}_error") for frame in (before, errors)
        )
        assert few > least_gain * all_of, name


@given(latitude=st.floats(20.0, 70.0), longitude=st.floats(-165.0, -68.0))
def test_no_station_is_nearer_than_the_nearest(latitude: float, longitude: float) -> None:
    place = pl.DataFrame({"region_id": ["a"], "latitude": [latitude], "longitude": [longitude]})
    found = nearest_stations(place, _STATIONS).row(0, named=True)
    apart = great_circle_km(
        np.array([latitude]), np.array([longitude]), *(_STATIONS[name].to_numpy() for name in ("latitude", "longitude"))
    )
    assert found["climate_station_distance_km"] == pytest.approx(apart.min(), abs=1e-9)
    assert found["station_id"] == _STATIONS["station_id"][int(apart.argmin())]


def test_markets_take_the_stations_of_the_facts(shared: Path) -> None:
    facts = pl.read_csv(shared / "facts" / "market_stations.csv", schema_overrides={"station_id": pl.String})
    regions = reference_regions(REFERENCE_DIR)
    found = regions.join(facts, left_on="region_id", right_on="market_id", how="inner")
    assert found.height == 133
    assert (found["climate_station"] == found["station_name"]).all()
    assert (found["climate_station_distance_km"] - found["distance_km"]).abs().max() < 0.06
    months = reference_climatology(regions, REFERENCE_DIR).with_columns(
        days=pl.col("month").replace_strict(dict(enumerate([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], 1)))
    )
    year = months.group_by("region_id").agg(ghi=(pl.col("ghi_kwh_per_m2_day") * pl.col("days")).sum())
    compared = found.join(year, on="region_id")
    assert (compared["ghi"] / compared["ghi_kwh_m2_year"] - 1.0).abs().max() < 1e-4


def test_heights_are_those_of_the_place_and_move_its_temperature() -> None:
    regions = reference_regions(REFERENCE_DIR)
    by_id = {row["region_id"]: row for row in regions.iter_rows(named=True)}
    # USGS gives Lubbock 992 m, Denver's centre 1609 m; the cells are means over 36 km2.
    assert by_id["lubbock_tx"]["elevation_m"] == pytest.approx(990, abs=20)
    assert by_id["lubbock_tx"]["climate_station"].startswith("Lubbock")
    place = regions.filter(pl.col("region_id") == "lubbock_tx")
    high = place.with_columns(pl.col("elevation_m") + 500.0)
    low, up = (nearest_climatology(one, STATIONS) for one in (place, high))
    assert (low["temperature_mean_c"] - up["temperature_mean_c"]).to_numpy() == pytest.approx(500.0 * LAPSE_C_PER_M)
    assert (low["ghi_kwh_per_m2_day"] == up["ghi_kwh_per_m2_day"]).all()


def test_interpolation_is_exact_at_a_station() -> None:
    found = interpolated_climatology(PLACES, STATIONS)
    for name in INTERPOLATED:
        own, made = STATIONS[name].to_numpy(), found[name].to_numpy()
        # Within a winter month of the far north the sun hardly rises, and its clearness says nothing.
        known = np.isfinite(own) & (STATIONS["ghi_kwh_per_m2_day"].to_numpy() > 0.6)
        assert known.mean() > 0.95
        assert made[known] == pytest.approx(own[known], rel=1e-5, abs=1e-4), name
        assert np.isfinite(made).all(), name


def test_clocks_that_are_off_cost_beam_and_diffuse_but_not_global_irradiation() -> None:
    off = _STATIONS.filter(pl.col("clock_off_months") > 0)
    assert off.height == 15
    rows = STATIONS.filter(pl.col("station_id").is_in(off["station_id"].implode()))
    assert rows["dni_kwh_per_m2_day"].null_count() == rows["dhi_kwh_per_m2_day"].null_count() == rows.height
    assert rows["ghi_kwh_per_m2_day"].null_count() == 0
    made = nearest_climatology(PLACES.join(off, on="station_id", how="semi"), STATIONS)
    assert (made["ghi_kwh_per_m2_day"] == rows["ghi_kwh_per_m2_day"]).all()
    assert made.null_count().sum_horizontal().item() == 0


@pytest.mark.parametrize("name", ["Honolulu Intl Arpt", "Columbus Metropolitan Arpt", "Bismarck Municipal Arpt [Isis]"])
def test_years_of_stations_with_a_wrong_clock_follow_the_sun(name: str) -> None:
    place = PLACES.filter(pl.col("station_name") == name)
    where = {key: place[key].item() for key in ("latitude", "longitude", "elevation_m")}
    year = synthetic_year(nearest_climatology(place, STATIONS), name, **where, year_index=1)
    sun = sun_path(year["hour_utc"].to_numpy(), where["latitude"], where["longitude"])
    ghi, dni = year["ghi_w_per_m2"].to_numpy(), year["dni_w_per_m2"].to_numpy()
    assert ghi[sun.up_frac == 0.0].max() == 0.0
    assert (dni <= sun.extra_normal_w_per_m2 + 1e-6).all()
    # The light's centre of gravity lies within a quarter of an hour of the sun's.
    hour = year["hour_utc"].dt.hour().to_numpy() + 0.5 + where["longitude"] / 15.0
    noon = np.arctan2(*((ghi * wave(2 * np.pi * hour / 24)).sum() for wave in (np.sin, np.cos)))
    assert abs((noon * 24 / (2 * np.pi)) % 24 - 12.0) < 0.35


def test_unlikely_temperatures_are_not_used() -> None:
    hydaburg = _MONTHS.filter((pl.col("suspect_temperature_hours") > 0) & (pl.col("temperature_mean_c") > 35.0))
    assert hydaburg.height >= 1
    made = nearest_climatology(PLACES.join(hydaburg, on="station_id", how="semi"), STATIONS)
    assert made["temperature_mean_c"].max() < 20.0


def test_interpolated_months_are_those_of_real_files_within_the_measured_error(
    stations: dict[str, WeatherFile], errors: pl.DataFrame
) -> None:
    bound = _rmse(errors.filter(~pl.col("state").is_in(ISLANDS)), "ghi_kwh_per_m2_day_error")
    misses = []
    for name, file in stations.items():
        own = _STATIONS.filter(
            ((pl.col("latitude") - file.latitude).abs() < 0.02) & ((pl.col("longitude") - file.longitude).abs() < 0.02)
        )["station_id"]
        assert len(own) >= 1, name
        others = STATIONS.filter(~pl.col("station_id").is_in(own.implode()))
        place = pl.DataFrame([{"region_id": name, "latitude": file.latitude, "longitude": file.longitude,
                               "elevation_m": file.elevation_m}])  # fmt: skip
        months = weather_monthly(
            file_year(file, name), file.longitude, np.zeros(8760), weather_source="file", station=None
        )
        made = interpolated_climatology(place, others)
        misses.append((made["ghi_kwh_per_m2_day"] - months["ghi_kwh_per_m2_day"]).to_numpy())
    rmse = np.sqrt((np.array(misses) ** 2).mean())
    # Twenty stations of a thousand: their RMSE scatters about the whole.
    assert 0.6 * bound < rmse < 1.25 * bound
    assert np.abs(np.array(misses).mean(axis=1)).max() < 2.5 * bound


@given(
    latitude=st.floats(26.0, 48.5),
    longitude=st.floats(-123.0, -70.0),
    height_m=st.floats(0.0, 2500.0),
)
def test_means_stay_in_order_and_cool_with_height(latitude: float, longitude: float, height_m: float) -> None:
    places = pl.DataFrame(
        {
            "region_id": ["low", "high"],
            "latitude": [latitude] * 2,
            "longitude": [longitude] * 2,
            "elevation_m": [height_m, height_m + 1.0],
        }
    )
    months = interpolated_climatology(places, STATIONS)
    low, high = (months.filter(pl.col("region_id") == name) for name in ("low", "high"))
    assert (low["temperature_mean_daily_min_c"] < low["temperature_mean_daily_max_c"]).all()
    assert (low["dhi_kwh_per_m2_day"] < low["ghi_kwh_per_m2_day"]).all()
    # One metre changes the choice of stations at most at the margin.
    fall = (low["temperature_mean_c"] - high["temperature_mean_c"]).mean()
    assert fall == pytest.approx(LAPSE_C_PER_M, abs=0.05)


@pytest.mark.parametrize(
    ("latitude", "longitude", "height_m"),
    [(44.9, -68.7, 60.0), (21.3, -157.9, 5.0), (64.8, -147.7, 135.0), (66.9, -162.6, 5.0), (71.3, -156.8, 5.0)],
)
def test_a_year_can_be_made_of_the_interpolated_months_from_oahu_to_the_polar_night(
    latitude: float, longitude: float, height_m: float
) -> None:
    place = {"latitude": latitude, "longitude": longitude, "elevation_m": height_m}
    months = interpolated_climatology(pl.DataFrame([{"region_id": "23019", **place}]), STATIONS)
    year = synthetic_year(months, "23019", **place, year_index=1)
    assert year.height == 8760
    assert year.drop("region_id", "hour_utc").fill_nan(None).null_count().sum_horizontal().item() == 0
    assert year["ghi_w_per_m2"].mean() * 0.024 == pytest.approx(months["ghi_kwh_per_m2_day"].mean(), rel=0.01)
    assert year["dni_w_per_m2"].min() >= 0.0
    assert year["dhi_w_per_m2"].min() >= 0.0
