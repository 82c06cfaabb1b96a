"""Natural hazards in the sampled years of a site: their exact distribution over years, not a sample of a hundred."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipelines.reliability.common_mode import HOURS_PER_YEAR
from pipelines.reliability.hazard_losses import hazard_unavailability
from pipelines.reliability.monte_carlo import Estimate, Summary, YearlyOutcomes

Hazards = tuple[tuple[float, float], ...]
"""Events per year and mean length (h) of each hazard."""
_STEP_HOURS, _STEPS, _BINS = 4.0, 4096, 48
_DAYS = 365.0


@lru_cache(maxsize=512)
def stopped_hours(hazards: Hazards) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute the distribution of the hours of a year in which hazards stop a site.

    Parameters
    ----------
    hazards : Hazards

    Returns
    -------
    tuple[NDArray[np.float64], NDArray[np.float64]]
        Hours (h), rising from 0, and their probabilities; at most `_BINS` + 1 of them.

    Notes
    -----
    A compound Poisson sum of exponential lengths, exact but for the step of 4 h: its characteristic function is
    exp(sum of rate x (that of a length - 1)), inverted by the fast Fourier transform (Embrechts and Frei 2009).
    """
    edges = _STEP_HOURS * np.concatenate([[0.0], np.arange(_STEPS) + 0.5])
    exponent = np.zeros(_STEPS // 2 + 1, dtype=np.complex128)
    for rate, mean in hazards:
        exponent += rate * (np.fft.rfft(-np.diff(np.exp(-edges / mean))) - 1.0)
    mass = np.clip(np.fft.irfft(np.exp(exponent), _STEPS), 0.0, None)
    mass /= mass.sum()
    hours = np.minimum(_STEP_HOURS * np.arange(_STEPS), HOURS_PER_YEAR)
    # Bins that grow with the hours, each at its own mean; the first is a year without an event.
    grown = np.unique(np.geomspace(1.0, _STEPS, _BINS + 1).astype(np.int64))
    starts = np.concatenate([[0], grown[:-1]])
    weight = np.add.reduceat(mass, starts)
    mean_hours = np.add.reduceat(mass * hours, starts) / np.maximum(weight, 1e-300)
    return mean_hours[weight > 0.0], weight[weight > 0.0]


def longest_hazard(hazards: Hazards, years: int) -> float:
    """Compute the median, over samples of so many years, of their longest event (h); 0 where most have none."""
    low, high = 0.0, HOURS_PER_YEAR

    def longer(hours: float) -> float:
        return years * sum(rate * np.exp(-hours / mean) for rate, mean in hazards)

    if longer(0.0) <= np.log(2.0):
        return 0.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if longer(middle) > np.log(2.0) else (low, middle)
    return low


def with_hazards(
    summary: Summary, outcomes: YearlyOutcomes, hazards: Hazards, load_mwh: float, load_hours: float
) -> Summary:
    """Add natural hazards, in which all load is unserved, to the figures of the sampled years.

    Parameters
    ----------
    summary : Summary
        Of the sampled years without hazards; returned as it is where there are none.
    outcomes : YearlyOutcomes
    hazards : Hazards
    load_mwh, load_hours : float
        Energy demanded in a year, and hours with load.

    Notes
    -----
    Hazards are independent of what else fails, so the means mix by total probability, and a year's unserved energy is
    the sampled one and the load of the hours stopped. Percentiles are those of all pairs of a sampled year and a number
    of hours. The longest event is the sampled one or the median longest hazard of so many years.
    """
    if not hazards:
        return summary
    stopped = hazard_unavailability(list(hazards))

    def mixed(known: Estimate, most: float) -> Estimate:
        return Estimate(known.mean + stopped * (most - known.mean), (1.0 - stopped) * known.standard_error)

    hours, weight = stopped_hours(hazards)
    off = hours / HOURS_PER_YEAR
    sampled = outcomes.unserved_mwh
    lost = (sampled[:, None] + off[None, :] * np.maximum(load_mwh - sampled[:, None], 0.0)).ravel()
    chance = np.tile(weight / len(sampled), len(sampled))
    order = np.argsort(lost, kind="stable")
    lost, chance = lost[order], chance[order]
    up_to = np.cumsum(chance)
    at = np.minimum(np.searchsorted(up_to, np.array([0.5, 0.95, 0.99]) - 1e-12), len(lost) - 1)
    p50, p95, p99 = lost[at].tolist()
    in_tail = np.clip(up_to - 0.95, 0.0, chance)
    return replace(
        summary,
        eue_mwh=mixed(summary.eue_mwh, load_mwh),
        lole_hours=mixed(summary.lole_hours, load_hours),
        lole_days=mixed(summary.lole_days, _DAYS),
        events=Estimate(
            summary.events.mean + sum(rate for rate, _ in hazards),
            summary.events.standard_error,
        ),
        unserved_mwh_p50=p50,
        unserved_mwh_p95=p95,
        unserved_mwh_p99=p99,
        unserved_mwh_cvar95=float(in_tail @ lost / in_tail.sum()),
        longest_hours=max(summary.longest_hours, longest_hazard(hazards, summary.years)),
    )
