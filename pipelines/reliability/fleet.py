"""Outage rates and exact distributions of what a fleet of two-state units can give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from pipelines.errors import UsageError
from pipelines.plant.technology import FirmTechnology

MAX_STATES = 2_000_000
# Up to so many states that may occur, and units on no common step, states are found one by one.
_FEW_STATES, _FEW_UNITS = 50_000, 60
# Rates worked on together, so that a fleet's distributions stay in the cache.
_RATES = 256


class TooManyStatesError(UsageError):
    """The capacities of a fleet combine to more states than the table may have.

    Parameters
    ----------
    resolution_mw : float
        Capacities rounded to multiples of it would fit (MW).
    """

    def __init__(self, resolution_mw: float) -> None:
        self.resolution_mw = resolution_mw
        super().__init__(
            f"the capacities combine to more than {MAX_STATES} states; round them to multiples of {resolution_mw:g} MW."
        )


def capacity_outage_table(
    capacity_mw: ArrayLike,
    outage_rate: ArrayLike,
    *,
    resolution_mw: float = 1e-6,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the exact distribution of the capacity that independent two-state units have available.

    Parameters
    ----------
    capacity_mw : ArrayLike
        Capacity of each unit (MW), shape (n_units,).
    outage_rate : ArrayLike
        Probability that the unit is out, shape (n_units,), in [0, 1].
    resolution_mw : float
        States closer than this are one state (MW).

    Returns
    -------
    tuple[NDArray[np.float64], NDArray[np.float64]]
        Available capacity (MW, rising) and its probability, both of shape (n_states,).

    Raises
    ------
    UsageError
        If shapes differ, a rate leaves [0, 1], a capacity is negative, or the capacities have so little in common
        that the table would not fit.

    Notes
    -----
    The recursive convolution of Billinton and Allan, Reliability Evaluation of Power Systems, 2nd ed. (1996),
    section 2.2, on the values that occur instead of on a grid.
    """
    capacities = np.atleast_1d(np.asarray(capacity_mw, dtype=np.float64))
    rates = np.atleast_1d(np.asarray(outage_rate, dtype=np.float64))
    if capacities.shape != rates.shape or capacities.ndim != 1:
        raise UsageError("a capacity outage table needs one outage rate per unit.")
    if not np.all((rates >= 0.0) & (rates <= 1.0)):
        raise UsageError("an outage rate lies outside 0 to 1; give rates as fractions of time.")
    if not np.all(capacities >= 0.0):
        raise UsageError("a unit has a negative or missing capacity; give capacities in MW.")
    on_lattice = _lattice(capacities, resolution_mw)
    if on_lattice is not None:
        return _convolve(*on_lattice, rates)
    available: NDArray[Any] = np.zeros(1)
    probability: NDArray[Any] = np.ones(1)
    for capacity, rate in zip(capacities, rates, strict=True):
        both = np.concatenate([available, available + capacity])
        weight = np.concatenate([probability * rate, probability * (1.0 - rate)])
        # Sums that differ by rounding alone are one state; its value stays an exact sum of capacities.
        _, first, place = np.unique(np.round(both / resolution_mw), return_index=True, return_inverse=True)
        if len(first) > MAX_STATES:
            raise TooManyStatesError(_coarse(float(capacities.sum())))
        available = both[first]
        probability = np.bincount(place, weights=weight)
    return available, probability


def _lattice(capacities: NDArray[np.float64], resolution_mw: float) -> tuple[NDArray[np.int64], float] | None:
    """Return capacities as multiples of a step that all share, and the step (MW); None where few states occur.

    Raises
    ------
    TooManyStatesError
        If both the states that may occur and the multiples up to the whole capacity are too many.
    """
    _, counts = np.unique(np.round(capacities / resolution_mw), return_counts=True)
    if np.log(counts + 1.0).sum() <= np.log(_FEW_STATES):
        return None
    whole = np.round(capacities / resolution_mw).astype(np.int64)
    step = int(np.gcd.reduce(whole))
    if step == 0:
        return None
    if int(whole.sum()) // step < MAX_STATES:
        return whole // step, step * resolution_mw
    if len(capacities) > _FEW_UNITS:
        raise TooManyStatesError(_coarse(float(capacities.sum())))
    return None


def _convolve(
    multiples: NDArray[np.int64], step_mw: float, rates: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the capacity outage table on all multiples of a step, small units first."""
    probability = np.zeros(int(multiples.sum()) + 1)
    probability[0] = 1.0
    top = 1
    for place in np.argsort(multiples, kind="stable"):
        size, rate = int(multiples[place]), float(rates[place])
        served = (1.0 - rate) * probability[:top]
        probability[:top] *= rate
        probability[size : size + top] += served
        top += size
    return step_mw * np.arange(len(probability), dtype=np.float64), probability


def _coarse(total_mw: float) -> float:
    """Return the next of 1, 2, 5 times a power of ten at which a whole capacity has few enough multiples (MW)."""
    least = 1.1 * total_mw / MAX_STATES
    power = 10.0 ** np.floor(np.log10(least))
    return float(next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= least))


@dataclass(frozen=True)
class FleetAdequacy:
    """Adequacy of one fleet against one load, over the hours given.

    Attributes
    ----------
    lole_hours : float
        Expected hours in which the capacity available is below the load.
    lole_days : float
        Expected days whose peak is not met, each day judged by its peak hour alone.
    eue_mwh : float
        Expected unserved energy (MWh).
    """

    lole_hours: float
    lole_days: float
    eue_mwh: float


def shortfall_of_load(
    load_mw: ArrayLike, available_mw: NDArray[np.float64], probability: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return loss-of-load probability and expected shortfall (MW) at each load, both shaped as the load.

    Parameters
    ----------
    load_mw : ArrayLike
        Loads (MW), any shape; a shortfall up to 1e-9 MW is rounding, not loss of load.
    available_mw, probability : NDArray[np.float64]
        A capacity outage table, shape (n_states,).
    """
    load = np.asarray(load_mw, dtype=np.float64)
    below = np.concatenate([[0.0], np.cumsum(probability)])
    moment = np.concatenate([[0.0], np.cumsum(probability * available_mw)])
    # A load that is met but for the rounding of a sum is met.
    place = np.searchsorted(available_mw, load - 1e-12 * np.abs(load) - 1e-9, side="left")
    return below[place], load * below[place] - moment[place]


def fleet_adequacy(
    capacity_mw: ArrayLike, outage_rate: ArrayLike, load_mw: ArrayLike, *, hours_per_day: int = 24
) -> FleetAdequacy:
    """Return loss of load and unserved energy of a fleet of two-state units, by exact convolution.

    Parameters
    ----------
    capacity_mw, outage_rate : ArrayLike
        Per unit, shape (n_units,): capacity (MW) and share of time on outage.
    load_mw : ArrayLike
        Hourly load (MW), shape (n_hours,).
    hours_per_day : int
        Hours that make a day; a last part of a day is one as well.
    """
    load = np.atleast_1d(np.asarray(load_mw, dtype=np.float64))
    available, probability = capacity_outage_table(capacity_mw, outage_rate)
    chance, shortfall = shortfall_of_load(load, available, probability)
    peaks = np.maximum.reduceat(load, np.arange(0, len(load), hours_per_day))
    daily, _ = shortfall_of_load(peaks, available, probability)
    return FleetAdequacy(float(chance.sum()), float(daily.sum()), float(shortfall.sum()))


def forced_outage_rate(technology: FirmTechnology, temperature_c: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a unit's forced outage rate by hour.

    Parameters
    ----------
    technology : FirmTechnology
        Its table over temperature is interpolated and clamped at its ends; without a table the one rate holds.
    temperature_c : NDArray[np.float64]
        Ambient temperature (deg C), shape (n_hours,).

    Returns
    -------
    NDArray[np.float64]
        Shape (n_hours,), in [0, 1].
    """
    table = technology.forced_outage_by_temperature
    if not table:
        return np.full(len(temperature_c), technology.forced_outage_rate)
    points = np.asarray(table, dtype=np.float64)
    return np.interp(temperature_c, points[:, 0], points[:, 1])


@njit(cache=True, nogil=True)
def units_available(units: int, outage_rate: float, planned_rate: float) -> NDArray[np.float64]:  # pragma: no cover
    """Return P(k of the units are available), k = 0 .. units, forced and planned outages counted.

    Planned maintenance takes one unit at a time: `units * planned_rate` units are away on average, the whole part
    always and the fraction as a share of the time. The units that are left fail independently.
    """
    away = units * planned_rate
    always = int(np.floor(away + 1e-12))
    share = max(away - always, 0.0)
    result = np.zeros(units + 1)
    for extra in range(2):
        weight = share if extra == 1 else 1.0 - share
        if weight <= 0.0:
            continue
        left = max(units - always - extra, 0)
        present = np.zeros(left + 1)
        present[0] = 1.0
        for unit in range(left):
            for k in range(unit + 1, 0, -1):
                present[k] = present[k] * outage_rate + present[k - 1] * (1.0 - outage_rate)
            present[0] *= outage_rate
        for k in range(left + 1):
            result[k] += weight * present[k]
    return result


@njit(cache=True, nogil=True)
def _masses(  # pragma: no cover
    units: int, outage_rate: NDArray[np.float64], planned_rate: float, result: NDArray[np.float64]
) -> None:
    """Fill `units_available` of many rates, shape (units + 1, n_rates), of zeros: rates inmost, as vectors."""
    away = units * planned_rate
    always = int(np.floor(away + 1e-12))
    share = max(away - always, 0.0)
    n_rates = len(outage_rate)
    present = np.empty((units + 1, n_rates))
    for extra in range(2):
        weight = share if extra == 1 else 1.0 - share
        if weight <= 0.0:
            continue
        left = max(units - always - extra, 0)
        present[:] = 0.0
        present[0] = 1.0
        for unit in range(left):
            for k in range(unit + 1, 0, -1):
                for i in range(n_rates):
                    present[k, i] = present[k, i] * outage_rate[i] + present[k - 1, i] * (1.0 - outage_rate[i])
            for i in range(n_rates):
                present[0, i] *= outage_rate[i]
        for k in range(left + 1):
            for i in range(n_rates):
                result[k, i] += weight * present[k, i]


@njit(cache=True, nogil=True)
def mass_tables(
    units: int, outage_rate: NDArray[np.float64], planned_rate: float
) -> NDArray[np.float64]:  # pragma: no cover
    """Return the distribution of units in service at each outage rate, shape (n_rates, units + 1)."""
    n_rates = len(outage_rate)
    mass = np.zeros((n_rates, units + 1))
    for first in range(0, n_rates, _RATES):
        own = outage_rate[first : first + _RATES]
        masses = np.zeros((units + 1, len(own)))
        _masses(units, own, planned_rate, masses)
        for i in range(len(own)):
            for k in range(units + 1):
                mass[first + i, k] = masses[k, i]
    return mass


@njit(cache=True, nogil=True)
def below_tables(
    units: int, outage_rate: NDArray[np.float64], planned_rate: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # pragma: no cover
    """Return, per outage rate, P(fewer than k units) and E[units; fewer than k units] for k = 0 .. units + 1.

    With them the expected shortfall at a need of n MW is n P - c E at k = ceil(n / c), whatever the number of states.
    Both arrays have the shape (n_rates, units + 2).
    """
    mass = mass_tables(units, outage_rate, planned_rate)
    probability = np.zeros((len(outage_rate), units + 2))
    moment = np.zeros((len(outage_rate), units + 2))
    for i in range(len(outage_rate)):
        for k in range(units + 1):
            probability[i, k + 1] = probability[i, k] + mass[i, k]
            moment[i, k + 1] = moment[i, k] + k * mass[i, k]
        # All the units or fewer is certain: no rounding may leave a sliver of service where there is none.
        probability[i, units + 1] = 1.0
    return probability, moment


@njit(cache=True, nogil=True)
def below_of(
    units: NDArray[np.int64], outage_rate: NDArray[np.float64], planned_rate: NDArray[np.float64], most_units: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # pragma: no cover
    """Return `below_tables` of fleets with one rate each, shape (n_fleets, most_units + 2), the last one repeated."""
    probability = np.zeros((len(units), most_units + 2))
    moment = np.zeros((len(units), most_units + 2))
    for i in range(len(units)):
        mass = units_available(units[i], outage_rate[i], planned_rate[i])
        for k in range(most_units + 1):
            held = mass[k] if k <= units[i] else 0.0
            probability[i, k + 1] = probability[i, k] + held
            moment[i, k + 1] = moment[i, k] + k * held
        probability[i, units[i] + 1 :] = 1.0
    return probability, moment
