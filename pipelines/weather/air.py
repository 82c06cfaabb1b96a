"""Hourly air temperature and wind of a synthetic year from monthly means, extremes and the days' clearness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from pipelines.deferred import deferred
from pipelines.weather.calendar import MONTH_DAYS, MONTH_OF_DAY

signal = deferred("scipy.signal")

# National constants, the same for every site; where they come from: docs/methods/weather.md.
_TEMPERATURE_PERSISTENCE = 0.50
_EXTREME_IN_DEVIATIONS = 1.9
_RANGE_PER_CLEARNESS = 1.1
_RANGE_NOISE = 0.2
_WIND_PERSISTENCE = 0.85
_WIND_DIURNAL, _WIND_PEAK_HOUR = 0.21, 13.5


def hourly_temperature(
    means: dict[str, NDArray[np.float64]],
    days: NDArray[np.float64],
    clearness: NDArray[np.float64],
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    """Return hourly air temperature that keeps the monthly means and stays within the month's extremes.

    Parameters
    ----------
    means : dict[str, NDArray[np.float64]]
        Column of `core.climatology_monthly` to its twelve values (deg C).
    days : NDArray[np.float64]
        Daily clearness index, shape (365,).
    clearness : NDArray[np.float64]
        Monthly clearness index, shape (12,).
    generator : np.random.Generator

    Returns
    -------
    NDArray[np.float64]
        deg C, shape (365, 24) in local solar time.

    Notes
    -----
    The mean day has the shape of Erbs, Klein and Beckman, ASHRAE Journal 25(6), 1983. Days persist as an AR(1) series
    whose spread follows from how far the month's extremes lie beyond its mean daily extremes; clear days have a wider
    range, and are warm in summer and cool in winter.
    """
    mean = means["temperature_mean_c"]
    middle = np.cumsum(MONTH_DAYS) - MONTH_DAYS / 2
    base = np.interp(np.arange(365) + 0.5, middle, mean, period=365.0)
    warm = (means["temperature_max_c"] - means["temperature_mean_daily_max_c"]) / _EXTREME_IN_DEVIATIONS
    cold = (means["temperature_mean_daily_min_c"] - means["temperature_min_c"]) / _EXTREME_IN_DEVIATIONS
    target_range = means["temperature_mean_daily_max_c"] - means["temperature_mean_daily_min_c"]

    clear = days - clearness[MONTH_OF_DAY]
    bond = 0.13 - 0.27 * np.cos(2.0 * np.pi * (np.arange(365) - 15) / 365.0)
    own = _persistent(365, _TEMPERATURE_PERSISTENCE, generator)
    series = bond * clear / max(clear.std(), 1e-6) + np.sqrt(1.0 - bond**2) * own
    anomaly = series * np.where(series > 0.0, warm[MONTH_OF_DAY], cold[MONTH_OF_DAY])
    daily = base + anomaly

    clock = 2.0 * np.pi * (np.arange(24) + 0.5) / 24.0
    shape = (
        0.4632 * np.cos(clock - 3.805)
        + 0.0984 * np.cos(2.0 * clock - 0.360)
        + 0.0168 * np.cos(3.0 * clock - 0.822)
        + 0.0138 * np.cos(4.0 * clock - 3.513)
    )
    noise = _RANGE_NOISE * generator.standard_normal(365)
    width = np.clip(1.0 + _RANGE_PER_CLEARNESS * clear + noise, 0.25, 2.0)
    between = np.interp(np.arange(8760) + 0.5, np.arange(365) * 24 + 12.0, daily, period=8760.0).reshape(365, 24)
    swing, skew = target_range.copy(), np.zeros(12)
    target_middle = (means["temperature_mean_daily_max_c"] + means["temperature_mean_daily_min_c"]) / 2
    bulge = shape**2 - np.mean(shape**2)
    lowest, highest = means["temperature_min_c"][MONTH_OF_DAY], means["temperature_max_c"][MONTH_OF_DAY]
    hourly = between
    for _ in range(4):
        curve = shape + skew[MONTH_OF_DAY][:, None] * bulge
        hourly = between + (swing[MONTH_OF_DAY] * width)[:, None] * curve
        for _ in range(2):
            miss = mean - np.bincount(MONTH_OF_DAY, hourly.mean(axis=1)) / MONTH_DAYS
            hourly = np.clip(hourly + miss[MONTH_OF_DAY][:, None], lowest[:, None], highest[:, None])
        top, bottom = (
            np.bincount(MONTH_OF_DAY, days) / MONTH_DAYS for days in (hourly.max(axis=1), hourly.min(axis=1))
        )
        # The swing sets the mean daily range, the skew of the day's curve where the range lies about the mean.
        skew = np.clip(skew + (target_middle - (top + bottom) / 2) / (0.12 * np.maximum(swing, 1.0)), -0.8, 0.8)
        swing = swing * np.clip(target_range / np.maximum(top - bottom, 0.1), 0.5, 1.5)
    return hourly


def hourly_wind(mean: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Return hourly wind speed: Rayleigh distributed, persistent, strongest in the early afternoon.

    Parameters
    ----------
    mean : NDArray[np.float64]
        Monthly mean wind speed (m/s), shape (12,).
    generator : np.random.Generator

    Returns
    -------
    NDArray[np.float64]
        m/s, shape (365, 24) in local solar time; each month keeps its mean.
    """
    share = np.clip(ndtr(_persistent(8760, _WIND_PERSISTENCE, generator)), 1e-6, 1.0 - 1e-6)
    hour = np.arange(24) + 0.5
    diurnal = 1.0 + _WIND_DIURNAL * np.cos(2.0 * np.pi * (hour - _WIND_PEAK_HOUR) / 24.0)
    speed = np.sqrt(-np.log1p(-share)).reshape(365, 24) * diurnal
    made = np.bincount(MONTH_OF_DAY, speed.mean(axis=1)) / MONTH_DAYS
    return speed * (mean / made)[MONTH_OF_DAY][:, None]


def _persistent(length: int, persistence: float, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return a stationary Gaussian AR(1) series of unit variance."""
    shocks = generator.standard_normal(length) * np.sqrt(1.0 - persistence**2)
    start = np.array([persistence * generator.standard_normal()])
    series, _ = signal.lfilter([1.0], [1.0, -persistence], shocks, zi=start)
    return series
