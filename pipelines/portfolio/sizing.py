"""Units of a site of any size: how many meet the target, and what their outages take, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlog1py, xlogy

HOURS_PER_YEAR = 8760.0
_MOST_UNITS = 10_000


@dataclass(frozen=True)
class Shortage:
    """Outages of units beyond the spare ones: how often they begin, how long they last, what share they take."""

    events_per_year: float
    hours: float
    share_lost_frac: float


def served_frac(units: int, unit_mw: float, outage_rate: float, load_mw: float) -> float:
    """Return the expected share of a constant load that identical two-state units carry.

    Parameters
    ----------
    units : int
    unit_mw, load_mw : float
    outage_rate : float
        Share of time that a unit is out.
    """
    running = np.arange(units + 1)
    carried = np.minimum(running * unit_mw / load_mw, 1.0)
    return float(_probability(running, units, 1.0 - outage_rate) @ carried)


@lru_cache(maxsize=4096)
def units_for(unit_mw: float, outage_rate: float, load_mw: float, target: float) -> int:
    """Return the least number of units whose expected served share reaches the target; 0 without units.

    The same rule for every size: many units share their spares, so that a large site needs fewer per MW.
    """
    if unit_mw <= 0.0:
        return 0
    units = max(int(np.ceil(load_mw * target / unit_mw - 1e-9)), 1)
    while served_frac(units, unit_mw, outage_rate, load_mw) < target and units < _MOST_UNITS:
        units += 1
    return units


def shortage(units: int, unit_mw: float, outage_rate: float, repair_hours: float, load_mw: float) -> Shortage:
    """Return rate, length and depth of the shortages of a site.

    Frequency and duration of cumulated states of identical independent units (Billinton and Allan, Reliability
    Evaluation of Engineering Systems, chapter 10): shortages begin from the last state without one.

    Parameters
    ----------
    units : int
    unit_mw, load_mw : float
    outage_rate : float
        Share of time that a unit is out.
    repair_hours : float
        Mean length of an outage of a unit (h).
    """
    out = np.arange(units + 1)
    lost = np.clip(1.0 - (units - out) * unit_mw / load_mw, 0.0, 1.0)
    first = int(np.argmax(lost > 1e-12)) if (lost > 1e-12).any() else 0
    if first == 0 or outage_rate <= 0.0:
        return Shortage(0.0, 0.0, 0.0)
    probability = _probability(out, units, outage_rate)
    failures_per_hour = outage_rate / ((1.0 - outage_rate) * repair_hours)
    begins = float(probability[first - 1]) * (units - first + 1) * failures_per_hour
    short = float(probability[first:].sum())
    return Shortage(begins * HOURS_PER_YEAR, short / begins, float(probability[first:] @ lost[first:]) / short)


def _probability(counts: NDArray[np.int64], units: int, share: float) -> NDArray[np.float64]:
    """Return the binomial probability of each count; `scipy.stats` says the same and takes half a second to load."""
    ways = gammaln(units + 1) - gammaln(counts + 1) - gammaln(units - counts + 1)
    return np.asarray(np.exp(ways + xlogy(counts, share) + xlog1py(units - counts, -share)))
