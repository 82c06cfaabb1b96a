"""Cumulative incidence of several ways in which a wait can end (Aalen-Johansen), with confidence bands.

Written out here: the estimator is a few lines, while lifelines spreads tied times at random and scikit-survival brings
a machine-learning stack with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Z95 = 1.959963984540054  # standard normal quantile at 0.975


@dataclass(frozen=True)
class Incidence:
    """Cumulative incidence at the times at which something happens.

    Attributes
    ----------
    times : NDArray[np.float64]
        Distinct times at which an event happens, rising, shape (n_times,).
    at_risk : NDArray[np.int64]
        Still waiting just before each time, shape (n_times,).
    events : NDArray[np.int64]
        Events by cause, shape (n_causes, n_times).
    waiting : NDArray[np.float64]
        Probability that nothing has happened by each time (Kaplan-Meier over all causes), shape (n_times,).
    incidence : NDArray[np.float64]
        Probability of each cause by each time, shape (n_causes, n_times); with `waiting` it sums to 1.
    variance : NDArray[np.float64]
        Variance of each incidence, shape (n_causes, n_times).
    waits : NDArray[np.float64]
        All waits, ended or open, rising, shape (n,); nothing is known beyond the last.
    """

    times: NDArray[np.float64]
    at_risk: NDArray[np.int64]
    events: NDArray[np.int64]
    waiting: NDArray[np.float64]
    incidence: NDArray[np.float64]
    variance: NDArray[np.float64]
    waits: NDArray[np.float64]

    def at(self, when: ArrayLike, cause: int) -> NDArray[np.float64]:
        """Return the incidence of a cause at given times (steps, closed on the right)."""
        return _step(self.times, self.incidence[cause], when, 0.0)

    def waiting_at(self, when: ArrayLike) -> NDArray[np.float64]:
        """Return the share still waiting at given times."""
        return _step(self.times, self.waiting, when, 1.0)

    def band(self, when: ArrayLike, cause: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the pointwise 95 % band of a cause's incidence, on the scale log(-log) so that it stays within 0..1.

        Kalbfleisch and Prentice (2002), The Statistical Analysis of Failure Time Data, 2nd ed., section 1.4.
        """
        share = self.at(when, cause)
        error = np.sqrt(np.maximum(_step(self.times, self.variance[cause], when, 0.0), 0.0))
        inner = (share > 0.0) & (share < 1.0)
        safe = np.where(inner, share, 0.5)
        spread = np.where(inner, Z95 * error / (safe * np.abs(np.log(safe))), 0.0)
        low, high = safe ** np.exp(spread), safe ** np.exp(-spread)
        return np.where(inner, low, share), np.where(inner, high, share)

    def watched_at(self, when: ArrayLike) -> NDArray[np.int64]:
        """Return how many are still waiting and watched after given times."""
        return len(self.waits) - np.searchsorted(self.waits, np.asarray(when, dtype=np.float64), side="right")

    def months_to(self, share: float, cause: int) -> float | None:
        """Return the first time at which the incidence of a cause reaches a share, or None if it never does."""
        reached = np.flatnonzero(self.incidence[cause] >= share - 1e-12)
        return float(self.times[reached[0]]) if len(reached) else None


def cumulative_incidence(times: ArrayLike, causes: ArrayLike, n_causes: int = 2) -> Incidence:
    """Return the Aalen-Johansen estimate for waits that end in one of several ways or are still open.

    F_k(t) = sum over t_i <= t of S(t_i-) d_ki / n_i, with S the Kaplan-Meier estimate over all causes (Aalen and
    Johansen 1978, Scandinavian Journal of Statistics 5). Variance by the delta method (Dinse and Larson 1986,
    Biometrika 73). Who leaves at a time is at risk at that time; open waits leave after the events of their time.

    Parameters
    ----------
    times : ArrayLike
        Months waited, shape (n,), zero or more.
    causes : ArrayLike
        0 for a wait that is still open, 1..n_causes for how it ended, shape (n,).
    n_causes : int
        Ways in which a wait can end.

    Raises
    ------
    ValueError
        If a time is negative or no number, or a cause is not from 0 to n_causes.
    """
    waited = np.asarray(times, dtype=np.float64)
    cause = np.asarray(causes, dtype=np.int64)
    if waited.shape != cause.shape or waited.ndim != 1:
        raise ValueError("times and causes are one-dimensional and equally long")
    if not np.isfinite(waited).all() or (waited < 0.0).any():
        raise ValueError("a time is negative or no number")
    if ((cause < 0) | (cause > n_causes)).any():
        raise ValueError(f"a cause is not from 0 to {n_causes}")
    at, place = np.unique(waited[cause > 0], return_inverse=True)
    events = np.zeros((n_causes, len(at)), dtype=np.int64)
    np.add.at(events, (cause[cause > 0] - 1, place), 1)
    at_risk = len(waited) - np.searchsorted(np.sort(waited), at, side="left")
    ended = events.sum(axis=0)
    waiting = np.cumprod(1.0 - ended / at_risk)
    before = np.concatenate([[1.0], waiting[:-1]])[: len(at)]
    incidence = np.cumsum(before * events / at_risk, axis=1)
    variance = _variance(at_risk, events, before, incidence)
    return Incidence(at, at_risk.astype(np.int64), events, waiting, incidence, variance, np.sort(waited))


def _variance(
    at_risk: NDArray[np.int64],
    events: NDArray[np.int64],
    before: NDArray[np.float64],
    incidence: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the delta-method variance; the double sum over times is opened up into running sums."""
    n = at_risk.astype(np.float64)
    ended = events.sum(axis=0)
    # Where everybody leaves, nothing follows that the term could bear on.
    left = n - ended
    own = np.where(left > 0, ended / (n * np.where(left > 0, left, 1.0)), 0.0)
    found = np.zeros_like(incidence)
    for k, share in enumerate(incidence):
        mixed = before * events[k] / n**2
        spread = share**2 * np.cumsum(own) - 2 * share * np.cumsum(share * own) + np.cumsum(share**2 * own)
        entry = np.cumsum(before**2 * (n - events[k]) / n * events[k] / n**2)
        cross = share * np.cumsum(mixed) - np.cumsum(share * mixed)
        found[k] = spread + entry - 2 * cross
    return np.maximum(found, 0.0)


def _step(
    times: NDArray[np.float64], values: NDArray[np.float64], when: ArrayLike, start: float
) -> NDArray[np.float64]:
    return np.concatenate([[start], values])[np.searchsorted(times, np.asarray(when, dtype=np.float64), side="right")]
