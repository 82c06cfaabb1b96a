"""Where the sun is in each interval, by the low-precision formulas of the Astronomical Almanac.

An interval in which the sun rises or sets is described by its sunlit part alone: the position is taken at the middle
of that part, so that a beam of the interval never comes from below the horizon. pvlib's positions are for instants
and would need a second pass for those intervals; the tests hold this module to pvlib's SPA within 0.02 degrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.weather.calendar import MONTH_DAYS, TYPICAL_YEAR, hours_of_year

# The solar constant behind TMY3 and the published clearness-index statistics.
SOLAR_CONSTANT_W_PER_M2 = 1367.0
# Noon of 1 January 2000 in days after 1 January 1970.
_J2000_DAYS = 10_957.5
_DAY_US = 86_400e6


@dataclass(frozen=True)
class SunPath:
    """The sun over a run of intervals; every array has the shape (n_hours,).

    Attributes
    ----------
    zenith_deg, azimuth_deg : NDArray[np.float64]
        Position at the middle of the sunlit part of the interval (of the whole interval at night); azimuth is
        clockwise from north; refraction is left out.
    up_frac : NDArray[np.float64]
        Share of the interval with the sun above the horizon.
    cos_zenith : NDArray[np.float64]
        Mean cosine of the zenith angle over the sunlit part, 0 at night.
    extra_normal_w_per_m2 : NDArray[np.float64]
        Extraterrestrial irradiance normal to the beam.
    """

    zenith_deg: NDArray[np.float64]
    azimuth_deg: NDArray[np.float64]
    up_frac: NDArray[np.float64]
    cos_zenith: NDArray[np.float64]
    extra_normal_w_per_m2: NDArray[np.float64]

    @property
    def extra_horizontal_w_per_m2(self) -> NDArray[np.float64]:
        """Return the mean extraterrestrial irradiance on the horizontal over the whole interval."""
        return self.extra_normal_w_per_m2 * self.cos_zenith * self.up_frac


def sun_path(start_utc: NDArray[np.datetime64], latitude: float, longitude: float, step_hours: float = 1.0) -> SunPath:
    """Return the sun's position and extraterrestrial irradiance over each interval.

    Parameters
    ----------
    start_utc : NDArray[np.datetime64]
        Interval starts in UTC, shape (n_hours,).
    latitude, longitude : float
        Degrees, north and east positive.
    step_hours : float
        Length of one interval (h).

    Returns
    -------
    SunPath

    Notes
    -----
    J. J. Michalsky, "The Astronomical Almanac's algorithm for approximate solar position (1950-2050)",
    Solar Energy 40(3), 1988. For steps of at most one hour; a sun that sets within an hour of
    midnight is cut there.
    """
    start_us = np.ascontiguousarray(start_utc.astype("datetime64[us]").astype(np.int64))
    right_ascension_deg, declination, sidereal_deg, distance = _almanac(start_us.tobytes(), step_hours)
    hour_angle = np.radians((sidereal_deg + longitude) - right_ascension_deg)
    hour_angle = np.remainder(hour_angle + np.pi, 2 * np.pi) - np.pi

    lat = np.radians(latitude)
    across = np.sin(lat) * np.sin(declination)
    along = np.cos(lat) * np.cos(declination)
    sunset_angle = np.arccos(np.clip(-across / np.maximum(along, 1e-12), -1.0, 1.0))
    # A sun that does not set shines through midnight.
    sunset_angle = np.where(sunset_angle < np.pi, sunset_angle, np.inf)
    half = np.pi / 24.0 * step_hours
    first = np.clip(hour_angle - half, -sunset_angle, sunset_angle)
    last = np.clip(hour_angle + half, -sunset_angle, sunset_angle)
    width = last - first
    up_frac = np.clip(width / (2 * half), 0.0, 1.0)
    is_up = up_frac > 1e-9
    safe = np.where(is_up, width, 1.0)
    mean_cos = np.where(is_up, across + along * (np.sin(last) - np.sin(first)) / safe, 0.0)

    angle = np.where(is_up, (first + last) / 2, hour_angle)
    cosine = across + along * np.cos(angle)
    zenith = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    azimuth = np.degrees(
        np.arctan2(
            -np.cos(declination) * np.sin(angle),
            np.sin(declination) * np.cos(lat) - np.cos(declination) * np.sin(lat) * np.cos(angle),
        )
    )
    return SunPath(
        zenith_deg=zenith,
        azimuth_deg=np.remainder(azimuth, 360.0),
        up_frac=np.where(is_up, up_frac, 0.0),
        cos_zenith=np.maximum(mean_cos, 0.0),
        extra_normal_w_per_m2=SOLAR_CONSTANT_W_PER_M2 / distance**2,
    )


def daily_extraterrestrial(latitude: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute the mean daily extraterrestrial irradiation of each month of the typical calendar.

    Parameters
    ----------
    latitude : NDArray[np.float64]
        Degrees north, shape (n,).

    Returns
    -------
    tuple[NDArray[np.float64], NDArray[np.float64]]
        On the horizontal and normal to the beam (kWh/m2), each of shape (n, 12).

    Notes
    -----
    Integrals of a day from sunrise to sunset at the declination and distance of its noon at Greenwich: Duffie and
    Beckman, Solar Engineering of Thermal Processes, 4th ed., eq. 1.10.3.
    """
    noons = hours_of_year(TYPICAL_YEAR)[12::24].astype(np.int64)
    _, declination, _, distance = _almanac(noons.tobytes(), 0.0)
    lat = np.radians(latitude)[:, None]
    across, along = np.sin(lat) * np.sin(declination), np.cos(lat) * np.cos(declination)
    sunset_angle = np.arccos(np.clip(-across / along, -1.0, 1.0))
    strength = 24.0 / np.pi * SOLAR_CONSTANT_W_PER_M2 / 1000.0 / distance**2
    horizontal = strength * (across * sunset_angle + along * np.sin(sunset_angle))
    first = np.cumsum(MONTH_DAYS) - MONTH_DAYS
    by_month = (np.add.reduceat(days, first, axis=1) / MONTH_DAYS for days in (horizontal, strength * sunset_angle))
    return next(by_month), next(by_month)


@lru_cache(maxsize=4)
def _almanac(start_us: bytes, step_hours: float) -> tuple[Any, ...]:
    """Return what is the same over every place: right ascension, declination, sidereal time, distance of the sun.

    Degrees, radians, degrees and astronomical units, each of shape (n_hours,).
    """
    days = (np.frombuffer(start_us, dtype=np.int64) + step_hours * 1.8e9) / _DAY_US - _J2000_DAYS
    anomaly = np.radians(357.528 + 0.9856003 * days)
    ecliptic = np.radians(280.460 + 0.9856474 * days + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    obliquity = np.radians(23.439 - 4e-7 * days)
    right_ascension = np.arctan2(np.cos(obliquity) * np.sin(ecliptic), np.cos(ecliptic))
    declination = np.arcsin(np.sin(obliquity) * np.sin(ecliptic))
    # Sidereal time at Greenwich in degrees: 24.0657098 h per day from noon of 1 January 2000.
    sidereal = 280.46061837 + 360.98564736629 * days
    distance = 1.00014 - 0.01671 * np.cos(anomaly) - 0.00014 * np.cos(2 * anomaly)
    return np.degrees(right_ascension), declination, sidereal, distance
