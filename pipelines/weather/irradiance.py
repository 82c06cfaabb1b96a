"""Hourly irradiance of a synthetic year from daily clearness indices: hours within the day, then beam and diffuse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from pipelines.deferred import deferred
from pipelines.weather.calendar import MONTH_DAYS, MONTH_OF_DAY

pvlib = deferred("pvlib")

_MONTH_OF_HOUR = np.repeat(MONTH_OF_DAY, 24)
_DAY_OF_HOUR = np.repeat(np.arange(1, 366), 24)


DARK_KWH_PER_M2 = 0.01
"""Global irradiation of a day below which a month is polar night: what little there is, is diffuse."""
# Global irradiation of a day below which a month's sun stays near the horizon.
_LOW_KWH_PER_M2 = 0.6
# Relative miss of a monthly total above which the three totals are held to contradict each other.
_LARGEST_MISS = 0.01


class SplitError(ValueError):
    """No split of global irradiance meets both the diffuse and the beam total of a month."""

    def __init__(self, month: int) -> None:
        self.month = month
        super().__init__(f"the irradiation means of month {month} contradict each other")


@dataclass(frozen=True)
class Sky:
    """The sun over the local solar days of a year, every array of shape (365, 24).

    Attributes
    ----------
    extra_horizontal : NDArray[np.float64]
        Extraterrestrial irradiance on the horizontal (W/m2), mean over the hour.
    extra_normal : NDArray[np.float64]
        Extraterrestrial irradiance normal to the beam (W/m2), while the sun is up.
    up_frac : NDArray[np.float64]
        Share of the hour with the sun above the horizon.
    cos_zenith : NDArray[np.float64]
        Mean over the sunlit part of the hour, 0 at night.
    solar_hour : NDArray[np.float64]
        Hours from solar noon at the middle of the hour.
    airmass : NDArray[np.float64]
        Absolute air mass.
    day_shape : NDArray[np.float64]
        Mean hourly over daily clearness index.
    pressure_pa : float
        Mean pressure of the air at the site (Pa), a scalar.
    """

    extra_horizontal: NDArray[np.float64]
    extra_normal: NDArray[np.float64]
    up_frac: NDArray[np.float64]
    cos_zenith: NDArray[np.float64]
    solar_hour: NDArray[np.float64]
    airmass: NDArray[np.float64]
    day_shape: NDArray[np.float64]
    pressure_pa: float


def day_shape(solar_hour: NDArray[np.float64], day_hours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the long-term mean ratio of the hourly to the daily clearness index.

    Parameters
    ----------
    solar_hour : NDArray[np.float64]
        Hours from solar noon, shape (24,).
    day_hours : NDArray[np.float64]
        Length of each day (h), shape (365,).

    Returns
    -------
    NDArray[np.float64]
        Shape (365, 24).

    Notes
    -----
    M. Collares-Pereira and A. Rabl, "The average distribution of solar radiation", Solar Energy 22(2), 1979.
    """
    sunset = np.pi / 24.0 * day_hours[:, None]
    constant = 0.409 + 0.5016 * np.sin(sunset - np.pi / 3.0)
    cosine = 0.6609 - 0.4767 * np.sin(sunset - np.pi / 3.0)
    return np.maximum(constant + cosine * np.cos(np.pi / 12.0 * solar_hour), 0.3)


def hourly_global(days: NDArray[np.float64], sky: Sky, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return hourly global horizontal irradiance: a mean profile and the scatter of the TAG model around it.

    Parameters
    ----------
    days : NDArray[np.float64]
        Daily clearness index, shape (365,).
    sky : Sky
    generator : np.random.Generator

    Returns
    -------
    NDArray[np.float64]
        Irradiance (W/m2), shape (365, 24); each day keeps its clearness index.

    Notes
    -----
    Scatter, its persistence and the clear-sky ceiling: R. Aguiar and M. Collares-Pereira, "TAG: a time-dependent,
    autoregressive, Gaussian model for generating synthetic hourly radiation", Solar Energy 49(3), 1992. The truncated
    normal is drawn by its inverse instead of by rejection. The mean profile is `day_shape`: TAG's own puts too much
    of a clear day near the horizon for US stations.
    """
    day = days[:, None]
    height = np.maximum(sky.cos_zenith, 0.02)
    mean = day * sky.day_shape
    spread = (
        0.14 * np.exp(-20.0 * (day - 0.35) ** 2) * np.exp((3.0 * (day - 0.45) ** 2 + 16.0 * day**5) * (1.0 - height))
    )
    spread = np.clip(spread, 0.005, 0.25)
    ceiling = np.maximum(0.88 * np.cos(np.pi * sky.solar_hour / 30.0), 0.05)

    persistence = 0.38 + 0.06 * np.cos(7.4 * days - 2.5)
    shocks = generator.standard_normal((365, 24))
    series = np.empty_like(shocks)
    series[:, 0] = shocks[:, 0]
    fresh = np.sqrt(1.0 - persistence**2)
    for hour in range(1, 24):
        series[:, hour] = persistence * series[:, hour - 1] + fresh * shocks[:, hour]
    lowest, highest = ndtr(-mean / spread), ndtr((ceiling - mean) / spread)
    drawn = ndtri(np.clip(lowest + ndtr(series) * (highest - lowest), 1e-9, 1.0 - 1e-9))
    hourly = np.clip(mean + spread * drawn, 0.01, ceiling)

    daily = (days * sky.extra_horizontal.sum(axis=1))[:, None]
    for _ in range(4):
        total = (hourly * sky.extra_horizontal).sum(axis=1, keepdims=True)
        hourly = np.minimum(hourly * daily / np.maximum(total, 1e-9), ceiling)
    return hourly * sky.extra_horizontal


def split_beam(
    ghi: NDArray[np.float64],
    sky: Sky,
    month_ghi: NDArray[np.float64],
    month_dni: NDArray[np.float64],
    month_dhi: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Split global irradiance into beam and diffuse so that all three keep their monthly totals.

    Parameters
    ----------
    ghi : NDArray[np.float64]
        Global horizontal irradiance (W/m2), shape (365, 24).
    sky : Sky
    month_ghi, month_dni, month_dhi : NDArray[np.float64]
        Totals of the months (Wh/m2), shape (12,).

    Returns
    -------
    tuple of NDArray[np.float64]
        ghi, dni, dhi (W/m2), each of shape (365, 24), with ghi = dni cos(zenith) + dhi in every hour.

    Raises
    ------
    SplitError
        If the totals of a month contradict each other.

    Notes
    -----
    First split: DISC (Maxwell, SERI/TR-215-3087, 1987). Its diffuse share s then becomes
    logistic(logit(s) + a + b (cos(zenith) - 0.5)) with a and b of each month by Newton's method, so that diffuse and
    beam totals are met at once: a moves diffuse against beam, b moves the beam between low and high sun. In polar night
    all is diffuse.
    """
    shape = ghi.shape
    is_day = sky.extra_horizontal.ravel() > 0.0
    month = _MONTH_OF_HOUR[is_day]
    cosine = np.maximum(sky.cos_zenith.ravel()[is_day], 1e-3)
    up_frac = sky.up_frac.ravel()[is_day]
    scaled = ghi.ravel()[is_day]
    is_lit = month_ghi > 1000.0 * DARK_KWH_PER_M2 * MONTH_DAYS
    scaled = scaled * (month_ghi / np.maximum(np.bincount(month, scaled, 12), 1e-9))[month]
    ceiling = np.clip(1.05 * _clear_beam(sky.airmass.ravel()[is_day]), 0.02, 0.85)
    ceiling = ceiling * sky.extra_normal.ravel()[is_day] * up_frac
    first = pvlib.irradiance.disc(
        scaled / up_frac,
        np.degrees(np.arccos(cosine)),
        _DAY_OF_HOUR[is_day],
        pressure=sky.pressure_pa,
        max_zenith=90.0,
    )
    ceiling = np.where(is_lit[month], ceiling, 0.0)
    dni = np.clip(first["dni"] * up_frac, 0.0, ceiling)
    diffuse = np.clip(1.0 - dni * cosine / np.maximum(scaled, 1e-6), 0.03, 0.995)
    start = np.log(diffuse / (1.0 - diffuse))
    tilt = cosine - 0.5
    a, b = np.zeros(12), np.zeros(12)
    asked_dhi, asked_dni = np.where(is_lit, month_dhi, 1.0), np.where(is_lit, month_dni, 1.0)
    for _ in range(25):
        share = 1.0 / (1.0 + np.exp(-(start + a[month] + b[month] * tilt)))
        raw_dni = scaled * (1.0 - share) / cosine
        is_free = raw_dni < ceiling
        dni = np.minimum(raw_dni, ceiling)
        dhi = scaled - dni * cosine
        miss_dhi = np.bincount(month, dhi, 12) - month_dhi
        miss_dni = np.bincount(month, dni, 12) - month_dni
        off = np.where(is_lit, np.maximum(np.abs(miss_dhi / asked_dhi), np.abs(miss_dni / asked_dni)), 0.0)
        if off.max() < 1e-5:
            break
        slope = np.where(is_free, scaled * share * (1.0 - share), 0.0)
        h_a, h_b = np.bincount(month, slope, 12), np.bincount(month, slope * tilt, 12)
        n_a, n_b = -np.bincount(month, slope / cosine, 12), -np.bincount(month, slope * tilt / cosine, 12)
        determinant = np.where(is_lit, h_a * n_b - h_b * n_a, 1.0)
        a = a - np.clip((n_b * miss_dhi - h_b * miss_dni) / determinant, -1.0, 1.0)
        b = b - np.clip((h_a * miss_dni - n_a * miss_dhi) / determinant, -2.0, 2.0)
    # What a sun near the horizon gives, months of other places do not tell: DISC alone splits it.
    is_left = (off >= _LARGEST_MISS) & (month_ghi < 1000.0 * _LOW_KWH_PER_M2 * MONTH_DAYS)
    if is_left.any():
        dni = np.where(is_left[month], np.minimum(scaled / (1.0 + np.exp(start)) / cosine, ceiling), dni)
        dhi, off = scaled - dni * cosine, np.where(is_left, 0.0, off)
    if not off.max() < _LARGEST_MISS:
        raise SplitError(int(np.nan_to_num(off, nan=np.inf).argmax()) + 1)
    full = [np.zeros(ghi.size) for _ in range(3)]
    for target, values in zip(full, (scaled, dni, dhi), strict=True):
        target[is_day] = values
    return full[0].reshape(shape), full[1].reshape(shape), full[2].reshape(shape)


def _clear_beam(airmass: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return DISC's clear-sky beam transmittance; its polynomial holds up to an air mass of 12."""
    m = np.minimum(airmass, 12.0)
    return 0.866 - 0.122 * m + 0.0121 * m**2 - 0.000653 * m**3 + 0.000014 * m**4
