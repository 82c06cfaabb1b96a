"""Scores of predicted months: CRPS of log months, also of lower bounds, and one pooled lognormal to compare with."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from pipelines.deferred import deferred

stats = deferred("scipy.stats")

_POINTS = 2000
_POOLED_PROJECTS = 4.0
"""Projects that the prior of a group weighs; an assumption."""
_SCORES = ndtri((np.arange(_POINTS) + 0.5) / _POINTS)


def crps(draws: ArrayLike, value: float, *, is_lower_bound: bool = False) -> float:
    """Compute the continuous ranked probability score of draws.

    CRPS = integral of (F(x) - 1{x >= value})^2 dx with F the empirical distribution (Gneiting and Raftery 2007, JASA
    102). Of a lower bound only what lies below it is known to be wrong: the integral then ends at the bound (the
    threshold-weighted score of Gneiting and Ranjan 2011, JBES 29, with weight 1 below it).

    Parameters
    ----------
    draws : ArrayLike
        Draws of the prediction, shape (n,).
    value : float
        What was observed, or its lower bound.
    is_lower_bound : bool
    """
    x = np.sort(np.asarray(draws, dtype=np.float64))
    n = len(x)
    below = np.append(x[x < value], value)
    share = np.arange(1, len(below)) / n
    score = float(np.sum(share**2 * np.diff(below)))
    if is_lower_bound:
        return score
    above = np.insert(x[x >= value], 0, value)
    share = 1.0 - np.arange(n - len(above) + 1, n) / n
    return score + float(np.sum(share**2 * np.diff(above)))


def pooled_draws(log_months: ArrayLike, is_lower_bound: ArrayLike) -> NDArray[np.float64]:
    """Return quantiles of the log months of one lognormal fitted by maximum likelihood, lower bounds censored.

    Parameters
    ----------
    log_months : ArrayLike
        Shape (n,), n >= 2.
    is_lower_bound : ArrayLike
        Shape (n,).
    """
    values, bounds = np.asarray(log_months, dtype=np.float64), np.asarray(is_lower_bound, dtype=np.bool_)
    mean, spread = stats.norm.fit(stats.CensoredData(uncensored=values[~bounds], right=values[bounds]))
    return np.asarray(mean + spread * _SCORES, dtype=np.float64)


def never_finishing(cancelled: int, finished: int, pooled: tuple[int, int] | None = None) -> tuple[float, float, float]:
    """Compute the posterior mean, P5 and P95 of the share of projects that never run.

    Beta-binomial with the prior of Jeffreys, Beta(1/2, 1/2). A group is pooled in part: its prior is the mean of all
    projects with the weight of `_POOLED_PROJECTS` of them (Gelman et al., Bayesian Data Analysis, 2013, chapter 5).

    Parameters
    ----------
    cancelled, finished : int
        Projects of the group that were given up, and that run.
    pooled : tuple[int, int] | None
        The same of all projects; None for all of them.
    """
    a, b = 0.5, 0.5
    if pooled is not None:
        mean = (pooled[0] + 0.5) / (sum(pooled) + 1.0)
        a, b = _POOLED_PROJECTS * mean, _POOLED_PROJECTS * (1.0 - mean)
    posterior = stats.beta(a + cancelled, b + finished)
    return float(posterior.mean()), float(posterior.ppf(0.05)), float(posterior.ppf(0.95))


def exact_interval(hits: int, count: int) -> tuple[float, float]:
    """Compute the exact 90 % interval of a share (Clopper and Pearson 1934, Biometrika 26)."""
    found = stats.binomtest(hits, count).proportion_ci(confidence_level=0.9, method="exact")
    return float(found.low), float(found.high)
