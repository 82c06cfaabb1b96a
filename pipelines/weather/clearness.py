"""Daily clearness index of a synthetic year: a bounded distribution per month, persistence from day to day.

The scheme is that of Graham, Hollands and Huget (1988): a Gaussian AR(1) series, mapped through the distribution of
the daily clearness index of the month. The distribution is a beta between a floor and a ceiling; its spread follows
from the month's mean clearness index and diffuse share.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, betaln, ndtr

from pipelines.deferred import deferred
from pipelines.weather.calendar import MONTH_DAYS, MONTH_OF_DAY

signal = deferred("scipy.signal")

# Correlation of the Gaussian series from one day to the next (Graham, Hollands and Huget 1988: 0.29).
DAILY_PERSISTENCE = 0.35
# Least daily clearness index (Bendt, Collares-Pereira and Rabl 1981).
LEAST_CLEARNESS = 0.05
# Ceiling of a month's daily clearness index, linear in its mean: fitted once, see docs/methods/weather.md.
_CEILING = (0.58, 0.30)
# Standard deviation of the daily clearness index within a month, from its mean k and the diffuse share d of the
# month's irradiation: c0 + c1 k + c2 k^2 + c3 d + c4 d^2 + c5 k d. Fitted once, see docs/methods/weather.md.
_SPREAD = (0.910, -1.162, 0.109, -0.930, 0.054, 0.933)
_SPREAD_LIMITS = (0.02, 0.26)
# Shifts looked for, in standard deviations, and how closely: found by few steps, then put on the lattice of halvings.
_FARTHEST, _HALVINGS, _MOST_STEPS, _NEAR = 4.0, 18, 40, 1e-5


def daily_clearness(
    clearness: NDArray[np.float64],
    diffuse_frac: NDArray[np.float64],
    extra_kwh_per_m2: NDArray[np.float64],
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    """Return a year of daily clearness indices whose months keep their means.

    Parameters
    ----------
    clearness : NDArray[np.float64]
        Monthly irradiation over extraterrestrial irradiation, both horizontal, shape (12,).
    diffuse_frac : NDArray[np.float64]
        Diffuse share of the month's irradiation, shape (12,).
    extra_kwh_per_m2 : NDArray[np.float64]
        Extraterrestrial irradiation of each day (kWh/m2), shape (365,); weights of the monthly mean.
    generator : np.random.Generator

    Returns
    -------
    NDArray[np.float64]
        Daily clearness index, shape (365,).
    """
    ceiling = np.maximum(_CEILING[0] + _CEILING[1] * clearness, clearness + 0.02)
    spread = clearness_spread(clearness, diffuse_frac)
    # The mean of each month is imposed below, which takes the variance of a monthly mean out of the days.
    kept = 1.0 - (1.0 + DAILY_PERSISTENCE) / (1.0 - DAILY_PERSISTENCE) / MONTH_DAYS
    variance = spread**2 / kept
    span = ceiling - LEAST_CLEARNESS
    mean = np.clip((clearness - LEAST_CLEARNESS) / span, 0.02, 0.98)
    size = np.maximum(mean * (1.0 - mean) * span**2 / variance - 1.0, 0.3)
    first, second = (mean * size)[MONTH_OF_DAY], ((1.0 - mean) * size)[MONTH_OF_DAY]

    shocks = generator.standard_normal(395) * np.sqrt(1.0 - DAILY_PERSISTENCE**2)
    series = signal.lfilter([1.0], [1.0, -DAILY_PERSISTENCE], shocks)[30:]
    whole = np.maximum(np.bincount(MONTH_OF_DAY, extra_kwh_per_m2), 1e-12)
    weights = extra_kwh_per_m2 / whole[MONTH_OF_DAY]

    def indices(shift: NDArray[np.float64]) -> NDArray[np.float64]:
        share = betaincinv(first, second, ndtr(series + shift[MONTH_OF_DAY]))
        return LEAST_CLEARNESS + span[MONTH_OF_DAY] * share

    def miss(shift: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return how far each month's mean lies above what it should be, and its slope over the shift."""
        place = series + shift[MONTH_OF_DAY]
        days = indices(shift)
        share = np.clip((days - LEAST_CLEARNESS) / span[MONTH_OF_DAY], 1e-12, 1.0 - 1e-12)
        density = (first - 1.0) * np.log(share) + (second - 1.0) * np.log1p(-share) - betaln(first, second)
        rise: NDArray[np.float64] = span[MONTH_OF_DAY] * np.exp(-0.5 * place**2 - density) / np.sqrt(2.0 * np.pi)
        means, slopes = (np.bincount(MONTH_OF_DAY, values * weights, 12) for values in (days, rise))
        return means - clearness, slopes.astype(np.float64)

    # The monthly mean rises with a shift of the Gaussian series.
    return indices(_halved(_roots(miss)))


def _roots(
    miss: Callable[[NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> NDArray[np.float64]:
    """Return where twelve rising functions are 0 between the limits, by Newton's method kept within a bracket."""
    low, high = np.full(12, -_FARTHEST), np.full(12, _FARTHEST)
    root = np.zeros(12)
    for _ in range(_MOST_STEPS):
        value, slope = miss(root)
        low, high = np.where(value < 0.0, root, low), np.where(value < 0.0, high, root)
        step = root - value / np.maximum(slope, 1e-12)
        new = np.where((step > low) & (step < high), step, (low + high) / 2.0)
        is_near = np.abs(new - root).max() < _NEAR
        root = new
        if is_near:
            break
    return root


def _halved(root: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the last middle of a bisection towards each root: a shift on a fixed lattice, whatever led to the root."""
    low, high = np.full(12, -_FARTHEST), np.full(12, _FARTHEST)
    shift = np.zeros(12)
    for _ in range(_HALVINGS):
        shift = (low + high) / 2
        low, high = np.where(shift < root, shift, low), np.where(shift < root, high, shift)
    return shift


def clearness_spread(clearness: NDArray[np.float64], diffuse_frac: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard deviation of the daily clearness index within a month.

    Parameters
    ----------
    clearness, diffuse_frac : NDArray[np.float64]
        The month's clearness index and diffuse share, any shape.
    """
    k, d = clearness, diffuse_frac
    terms = np.stack([np.ones_like(k), k, k * k, d, d * d, k * d], axis=-1)
    return np.clip(terms @ np.array(_SPREAD), *_SPREAD_LIMITS)
