"""The sun's place against pvlib's SPA and against the extraterrestrial irradiance printed in TMY3 files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pvlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.weather.calendar import MONTH_DAYS, MONTH_OF_DAY, hours_of_year
from pipelines.weather.headers import read_weather_header
from pipelines.weather.sun import daily_extraterrestrial, sun_path


@pytest.mark.parametrize(("latitude", "longitude"), [(32.4, -99.7), (48.2, -103.7), (25.8, -80.2), (-33.9, 151.2)])
@pytest.mark.parametrize("year", [2012, 2025, 2040])
def test_position_is_that_of_spa_while_the_sun_is_up(latitude: float, longitude: float, year: int) -> None:
    hours = hours_of_year(year)
    sun = sun_path(hours, latitude, longitude)
    middle = pd.DatetimeIndex(hours, tz="UTC") + pd.Timedelta(minutes=30)
    spa = pvlib.solarposition.get_solarposition(middle, latitude, longitude, method="nrel_numpy")
    whole = sun.up_frac == 1.0
    zenith, azimuth = spa["zenith"].to_numpy()[whole], spa["azimuth"].to_numpy()[whole]
    assert np.abs(sun.zenith_deg[whole] - zenith).max() < 0.02
    turned = (sun.azimuth_deg[whole] - azimuth + 180.0) % 360.0 - 180.0
    assert np.abs(turned * np.sin(np.radians(zenith))).max() < 0.02
    # Where SPA sees the sun at mid-interval, the interval is at least partly lit, and the reverse.
    is_high = spa["zenith"].to_numpy() < 89.9
    assert (sun.up_frac[is_high] > 0.45).all()
    assert (sun.up_frac[spa["zenith"].to_numpy() > 90.1] < 0.55).all()


def test_extraterrestrial_irradiance_is_that_of_the_tmy3_files(shared: Path) -> None:
    for path in sorted((shared / "real" / "tmy3").glob("*.tmy3")):
        header = read_weather_header(path)
        printed = pd.read_csv(path, skiprows=1, usecols=["ETR (W/m^2)"], encoding="latin-1").iloc[:, 0].to_numpy()
        start = hours_of_year(2025) - np.timedelta64(round(header.utc_offset_hours), "h")
        ours = sun_path(start, header.latitude, header.longitude).extra_horizontal_w_per_m2
        assert ours.sum() == pytest.approx(printed.sum(), rel=0.004), path.name
        # The files' years differ from 2025 by up to a day of leap cycle, 11 W/m2 at the equinoxes.
        assert np.abs(ours - printed).max() < 12.0, path.name


@pytest.mark.parametrize("latitude", [13.5, 32.4, 61.2, 71.3])
def test_days_of_the_months_are_the_hours_summed(latitude: float) -> None:
    sun = sun_path(hours_of_year(2025), latitude, 0.0)
    horizontal, normal = daily_extraterrestrial(np.array([latitude]))
    for found, hours in (
        (horizontal[0], sun.extra_horizontal_w_per_m2),
        (normal[0], sun.extra_normal_w_per_m2 * sun.up_frac),
    ):
        summed = np.bincount(MONTH_OF_DAY, hours.reshape(365, 24).sum(axis=1) / 1000.0) / MONTH_DAYS
        assert found == pytest.approx(summed, rel=0.002, abs=0.02)


def test_the_sun_of_the_far_north_shines_through_midnight_and_stays_away_in_december() -> None:
    hours = hours_of_year(2025)
    up = sun_path(hours, 71.3, -156.8).up_frac.reshape(365, 24)
    # Utqiagvik: up from mid-May to late July, down from mid-November to late January.
    assert up[140:195] == pytest.approx(1.0)
    assert (up[330:365] == 0.0).all()


@settings(max_examples=40, deadline=None)
@given(st.floats(-60.0, 60.0), st.floats(-180.0, 180.0))
def test_lit_hours_and_beams_are_physical_everywhere(latitude: float, longitude: float) -> None:
    sun = sun_path(hours_of_year(2025), latitude, longitude)
    lit = sun.up_frac > 0.0
    assert (sun.cos_zenith[~lit] == 0.0).all()
    assert (sun.cos_zenith[lit] >= 0.0).all()
    assert (sun.zenith_deg[lit] <= 90.0 + 1e-6).all()
    # Twelve hours of light a day on average; the orbit's eccentricity gives the hemispheres some minutes each way.
    assert sun.up_frac.sum() / 365 == pytest.approx(12.0, abs=0.2)
