"""Two buses joined by a tie: each helps the other with what it has to spare, as far as the tie carries it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.errors import UsageError
from pipelines.reliability.fleet import capacity_outage_table

_TOLERANCE_MW = 1e-9


@dataclass(frozen=True)
class Bus:
    """Two-state units and a load on one bus.

    Attributes
    ----------
    capacity_mw, outage_rate : ArrayLike
        Per unit, shape (n_units,): capacity (MW) and share of time on outage.
    load_mw : ArrayLike
        Load (MW), shape (n_hours,).
    """

    capacity_mw: ArrayLike
    outage_rate: ArrayLike
    load_mw: ArrayLike


@dataclass(frozen=True)
class TiedAdequacy:
    """Adequacy of two buses: of the whole, and of each bus for itself, as (first, second)."""

    lole_hours: float
    eue_mwh: float
    lole_hours_by_bus: tuple[float, float]
    eue_mwh_by_bus: tuple[float, float]


def tied_adequacy(first: Bus, second: Bus, tie_mw: float, tie_outage_rate: float = 0.0) -> TiedAdequacy:
    """Return loss of load and unserved energy of two buses joined by a tie, by exact convolution.

    Parameters
    ----------
    first, second : Bus
    tie_mw : float
        What the tie carries in either direction (MW).
    tie_outage_rate : float
        Share of time that the tie is out.

    Raises
    ------
    UsageError
        If the loads differ in length or the tie's rate leaves [0, 1].

    Notes
    -----
    Billinton and Allan, Reliability Evaluation of Power Systems, 2nd ed. (1996), chapter 4, equivalent assisting unit:
    the sum over all states of both fleets and of the tie.
    """
    loads = [np.atleast_1d(np.asarray(bus.load_mw, dtype=np.float64)) for bus in (first, second)]
    if loads[0].shape != loads[1].shape:
        raise UsageError("the loads of two tied buses do not have the same length.")
    if not 0.0 <= tie_outage_rate <= 1.0 or tie_mw < 0.0:
        raise UsageError("a tie needs an outage rate from 0 to 1 and a capacity of 0 MW or more.")
    tables = [capacity_outage_table(bus.capacity_mw, bus.outage_rate) for bus in (first, second)]
    eue, hours, any_short = np.zeros(2), np.zeros(2), 0.0
    for limit, weight in ((tie_mw, 1.0 - tie_outage_rate), (0.0, tie_outage_rate)):
        for available, chance in zip(*tables[0], strict=True):
            probability = weight * chance * tables[1][1][:, None]
            margins = (available - loads[0])[None, :], tables[1][0][:, None] - loads[1][None, :]
            shorts = _short(*margins, limit), _short(*margins[::-1], limit)
            for bus, short in enumerate(shorts):
                eue[bus] += float((probability * short).sum())
                hours[bus] += float((probability * (short > _TOLERANCE_MW)).sum())
            any_short += float((probability * (shorts[0] + shorts[1] > _TOLERANCE_MW)).sum())
    return TiedAdequacy(any_short, float(eue.sum()), (float(hours[0]), float(hours[1])), (float(eue[0]), float(eue[1])))


def _short(own: NDArray[np.float64], other: NDArray[np.float64], limit: float) -> NDArray[np.float64]:
    """Return what a bus lacks after the help of the other (MW)."""
    return np.maximum(-own - np.clip(other, 0.0, limit), 0.0)
