"""Durations as distributions: three quantiles per figure, pooled over sources, drawn by their quantile function."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import exp, log, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from pipelines.errors import InputError
from pipelines.identity import stable_seed

Z90 = 1.2815515655446004  # standard normal quantile at 0.90
_POOL_POINTS = 2000


def three_points(
    low: float | None, mid: float | None, high: float | None, *, single_spread: float, place: str
) -> tuple[float, float, float]:
    """Complete a published figure to P10, P50 and P90.

    A published range is read as P10 to P90 (its middle as P50 where none is given). A single figure is spread by a
    share of itself to both sides. A bound alone is one end: the P50 lies one spread inside, the other end two.

    Parameters
    ----------
    low, mid, high : float | None
        The figure as published, in any one unit; at least one is given.
    single_spread : float
        Share of a single figure by which its P10 and P90 lie below and above it.
    place : str
        What the figure is, named in the error.

    Returns
    -------
    tuple[float, float, float]
        P10 <= P50 <= P90 in the unit given.

    Raises
    ------
    InputError
        If no figure is given, one is negative, or they do not rise.
    """
    given = [value for value in (low, mid, high) if value is not None]
    if not given:
        raise InputError("no figure is given", file=place, remedy="fill low, mid or high")
    if min(given) < 0 or given != sorted(given):
        raise InputError(f"figures {given} do not rise from zero", file=place, remedy="order low, mid and high")
    if low is not None and high is not None:
        return low, mid if mid is not None else (low + high) / 2, high
    if mid is not None:
        return (
            low if low is not None else mid * (1 - single_spread),
            mid,
            high if high is not None else mid * (1 + single_spread),
        )
    if low is not None:
        return low, low * (1 + single_spread), low * (1 + 2 * single_spread)
    return given[0] * max(1 - 2 * single_spread, 0.0), given[0] * (1 - single_spread), given[0]


def lognormal_points(median: float, mean: float) -> tuple[float, float, float]:
    """Return P10, P50 and P90 of the lognormal with this median and mean (mean = median x exp(sigma^2 / 2)).

    Raises
    ------
    InputError
        If the mean does not exceed the median, which no lognormal allows.
    """
    if not 0 < median < mean:
        raise InputError(
            f"mean {mean} does not exceed median {median}",
            file="queue statistics",
            remedy="give both for the same cohort of connections",
        )
    sigma = sqrt(2 * log(mean / median))
    return median * exp(-Z90 * sigma), median, median * exp(Z90 * sigma)


def quantile(z: ArrayLike, low: float, mid: float, high: float, *, tail: float) -> NDArray[np.float64]:
    """Return the duration at standard normal scores.

    The quantile function runs straight in z through (P10, low), (P50, mid), (P90, high); beyond P90 it grows, and
    below P10 it shrinks, by the factor exp(tail) per unit of z. Every value rises with each of low, mid and high at
    fixed z, so any result of a network drawn with the same scores is monotone in every figure.

    Parameters
    ----------
    z : ArrayLike
        Standard normal scores, any shape.
    low, mid, high : float
        P10, P50 and P90.
    tail : float
        Growth of the tails per unit of z.

    Returns
    -------
    NDArray[np.float64]
        Durations, the shape of z, never below zero.
    """
    scores = np.asarray(z, dtype=np.float64)
    inner = np.interp(scores, [-Z90, 0.0, Z90], [low, mid, high])
    return inner * np.exp(tail * (np.maximum(scores - Z90, 0.0) + np.minimum(scores + Z90, 0.0)))


def pool(
    figures: Sequence[tuple[float, float, float]], weights: Sequence[float], *, tail: float
) -> tuple[float, float, float]:
    """Return P10, P50 and P90 of the linear opinion pool of several figures.

    The pool is the mixture of the sources' distributions (Stone 1961, Ann. Math. Statist. 32; Clemen and Winkler
    1999, Risk Analysis 19), so sources that disagree widen the range instead of cancelling out, and the pooled
    quantiles rise with every figure of every source.

    Parameters
    ----------
    figures : Sequence[tuple[float, float, float]]
        P10, P50, P90 of each source, shape (n_sources,).
    weights : Sequence[float]
        Weight of each source, shape (n_sources,).
    tail : float
        As in `quantile`.
    """
    if len(figures) == 1:
        return figures[0]
    scores = ndtri((np.arange(_POOL_POINTS) + 0.5) / _POOL_POINTS)
    values = np.concatenate([quantile(scores, *figure, tail=tail) for figure in figures])
    # Whole-number weights keep the cumulated mass exact, so that a figure that rises never lowers a quantile.
    mass = np.repeat(np.rint(np.asarray(weights, dtype=np.float64) * 1000).astype(np.int64), _POOL_POINTS)
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(mass[order])
    low, mid, high = values[order][np.searchsorted(cumulated * 10, cumulated[-1] * np.array([1, 5, 9]))]
    return float(low), float(mid), float(high)


def scores(names: Sequence[str], n_samples: int, seed: int, correlation: float) -> NDArray[np.float64]:
    """Return standard normal scores per activity duration, stratified, with one common supply-chain factor.

    Each name's scores depend on the seed and the name alone, so the same duration takes the same draws in every
    region and stack. Stratification: Latin hypercube (McKay, Beckman and Conover 1979, Technometrics 21).

    Parameters
    ----------
    names : Sequence[str]
        Names of the durations.
    n_samples : int
        Samples per name.
    seed : int
        Seed of the night.
    correlation : float
        Correlation between any two durations, from the factor they share.

    Returns
    -------
    NDArray[np.float64]
        Shape (n_names, n_samples).
    """
    common = _stratified(stable_seed("timeline", seed, "common factor"), n_samples)
    own = np.array([own_scores(name, n_samples, seed) for name in names])
    return sqrt(correlation) * common + sqrt(1.0 - correlation) * own.reshape(len(names), n_samples)


def own_scores(name: str, n_samples: int, seed: int) -> NDArray[np.float64]:
    """Return the part of a duration's scores that no other duration shares, standard normal, shape (n_samples,)."""
    return _stratified(stable_seed("timeline", seed, name), n_samples)


def slip_ratios(n_samples: int, seed: int, median: float, p90: float) -> NDArray[np.float64]:
    """Return the ratio of delivered over quoted months of a project, one draw for all its deliveries.

    Lognormal, independent of the durations' scores: what a supplier's delay is to its own promise.

    Parameters
    ----------
    n_samples : int
    seed : int
        Seed of the night.
    median, p90 : float
        Of the ratio.

    Raises
    ------
    InputError
        If the P90 lies below the median.
    """
    if not 0.0 < median <= p90:
        raise InputError(
            f"a slip with the P90 {p90:g} below its median {median:g} is no distribution",
            file="settings",
            column="slip_p90_ratio",
            remedy="set slip_p90_ratio to slip_median_ratio or more",
        )
    drawn = _stratified(stable_seed("timeline", seed, "slip"), n_samples)
    return np.asarray(median * np.exp(log(p90 / median) / Z90 * drawn), dtype=np.float64)


@lru_cache(maxsize=256)
def _stratified(seed: int, n_samples: int) -> NDArray[np.float64]:
    order = np.random.default_rng(seed).permutation(n_samples)
    drawn = np.asarray(ndtri((order + 0.5) / n_samples), dtype=np.float64)
    # The same draws serve every case of a night.
    drawn.flags.writeable = False
    return drawn
