"""Interpolated climatology: exact at nothing but honest everywhere; its error is measured against stations left out."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.counties.climate import (
    INTERPOLATED,
    LAPSE_C_PER_M,
    climate_stations,
    cross_validated,
    interpolated_climatology,
)
from pipelines.reference.load import load_reference
from pipelines.settings import REFERENCE_DIR
from pipelines.weather.synthetic import synthetic_year

STATIONS = climate_stations(load_reference("climatology_monthly", REFERENCE_DIR))


def test_errors_at_stations_left_out_are_those_that_are_published() -> None:
    errors = cross_validated(STATIONS)
    rmse = {name: float(np.sqrt((errors[f"{name}_error"] ** 2).mean())) for name in INTERPOLATED}
    bias = {name: float(errors[f"{name}_error"].mean()) for name in INTERPOLATED}
    # docs/scale.md gives these figures.
    assert rmse["ghi_kwh_per_m2_day"] == pytest.approx(0.385, abs=0.005)
    assert rmse["dni_kwh_per_m2_day"] == pytest.approx(0.795, abs=0.005)
    assert rmse["temperature_mean_c"] == pytest.approx(1.84, abs=0.02)
    assert rmse["wind_mean_m_per_s"] == pytest.approx(0.85, abs=0.01)
    assert abs(bias["ghi_kwh_per_m2_day"]) < 0.02
    assert abs(bias["temperature_mean_c"]) < 0.1


def test_interpolation_beats_the_nearest_station() -> None:
    ours = cross_validated(STATIONS)
    places = STATIONS.unique("station_id", keep="first", maintain_order=True)
    for name, least_gain in (("ghi_kwh_per_m2_day", 1.1), ("temperature_mean_c", 1.3)):
        values = STATIONS[name].to_numpy().reshape(-1, 12)
        apart = (places["latitude"].to_numpy()[:, None] - places["latitude"].to_numpy()) ** 2 + (
            (places["longitude"].to_numpy()[:, None] - places["longitude"].to_numpy()) * 0.78
        ) ** 2
        np.fill_diagonal(apart, np.inf)
        nearest = values[apart.argmin(axis=1)] - values
        assert np.sqrt((nearest**2).mean()) > least_gain * np.sqrt((ours[f"{name}_error"] ** 2).mean())


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


def test_a_synthetic_year_can_be_made_of_the_interpolated_months() -> None:
    place = {"latitude": 44.9, "longitude": -68.7, "elevation_m": 60.0}
    months = interpolated_climatology(pl.DataFrame([{"region_id": "23019", **place}]), STATIONS)
    year = synthetic_year(months, "23019", **place, year_index=1)
    assert year.height == 8760
    assert year["ghi_w_per_m2"].mean() * 0.024 == pytest.approx(months["ghi_kwh_per_m2_day"].mean(), rel=0.01)
