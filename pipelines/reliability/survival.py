"""Survival: the probability of riding through a loss of grid or of gas of N hours that begins at any hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from pipelines.deferred import deferred
from pipelines.errors import UsageError

stats = deferred("scipy.stats")

# A shortfall up to this share of the load is rounding.
_TOLERANCE = 1e-9
# States less likely than this are left out; what is left out counts as not survived.
_NEGLIGIBLE = 1e-12
MAX_STATES = 5_000


@dataclass(frozen=True)
class Standby:
    """Equal units that are called when the loss begins and are not repaired while it lasts.

    Attributes
    ----------
    units : int
    unit_mw : float
        What one unit can give (MW).
    mtbf_hours : float
        Mean running time to failure (h).
    operational_availability : float
        Probability that a unit is not on maintenance when it is called.
    failure_to_start : float
        Probability that it then does not start.
    """

    units: int
    unit_mw: float
    mtbf_hours: float
    operational_availability: float = 1.0
    failure_to_start: float = 0.0


@dataclass(frozen=True)
class Bridge:
    """A battery at the AC bus: power limits on the AC side, energy in the cell (MW, MWh)."""

    power_mw: float = 0.0
    energy_mwh: float = 0.0
    charge_efficiency: float = 1.0
    discharge_efficiency: float = 1.0
    floor_frac: float = 0.0


@dataclass(frozen=True)
class Survival:
    """Probability of having served the whole load so far, by hour of the beginning and by hour of the loss.

    Attributes
    ----------
    by_start : NDArray[np.float64]
        Cumulative survival, shape (n_starts, n_hours).
    """

    by_start: NDArray[np.float64] = field(repr=False)

    @property
    def by_hours(self) -> NDArray[np.float64]:
        """Return the mean over all beginnings, shape (n_hours,): a loss at a random hour."""
        return self.by_start.mean(axis=0)

    @property
    def worst(self) -> NDArray[np.float64]:
        """Return the survival at the worst beginning, shape (n_hours,)."""
        return self.by_start.min(axis=0)


def survival(
    load_mw: ArrayLike,
    hours: int,
    standby: Sequence[Standby] = (),
    *,
    unit_frac: ArrayLike | None = None,
    free_mw: ArrayLike | None = None,
    bridge: Bridge | None = None,
    soc_mwh: ArrayLike | None = None,
    starts: ArrayLike | None = None,
    bins: int = 400,
    is_rounded: bool = False,
    step_hours: float = 1.0,
) -> Survival:
    """Return the probability that a site rides through a loss of supply, for every beginning and every length.

    Parameters
    ----------
    load_mw : ArrayLike
        Load at the bus (MW), shape (n_steps,); the year is closed, so that a loss may run past its end.
    hours : int
        Longest loss, in steps.
    standby : Sequence[Standby]
        Units that carry the load while it lasts.
    unit_frac : ArrayLike | None
        Share of their output that the units can give, such as in heat, shape (n_steps,).
    free_mw : ArrayLike | None
        What is left of other sources, such as solar (MW), shape (n_steps,).
    bridge : Bridge | None
        Battery; it gives what is missing and takes what is over.
    soc_mwh : ArrayLike | None
        Energy stored when the loss begins (MWh), a scalar or shape (n_steps,); full where absent.
    starts : ArrayLike | None
        Steps at which a loss begins; all where absent.
    bins : int
        Bins of the battery's usable energy. Each keeps its own mean energy, so that bins blur only where paths of
        different energy meet in one.
    is_rounded : bool
        Round the energy to the bins at every step instead, as REopt does: to reproduce its figures, not to trust them.
    step_hours : float
        Length of one step (h).

    Returns
    -------
    Survival

    Raises
    ------
    UsageError
        If series differ in length, a probability is outside [0, 1], or the units have too many states together.

    Notes
    -----
    The Markov chain of the Energy Resilience Performance tool of REopt (National Renewable Energy Laboratory): a unit
    is available and starts, or not; then it fails before each hour with probability step / MTBF, and none is repaired.
    A state is the number of units running of each kind and the energy stored.
    """
    load = np.atleast_1d(np.asarray(load_mw, dtype=np.float64))
    n_steps = len(load)
    free = np.zeros(n_steps) if free_mw is None else np.asarray(free_mw, dtype=np.float64)
    frac = np.ones(n_steps) if unit_frac is None else np.asarray(unit_frac, dtype=np.float64)
    battery = bridge or Bridge()
    full = battery.energy_mwh * (1.0 - battery.floor_frac)
    stored = np.full(n_steps, full)
    if soc_mwh is not None:
        given = np.broadcast_to(np.asarray(soc_mwh, dtype=np.float64), (n_steps,))
        stored = np.clip(given - battery.floor_frac * battery.energy_mwh, 0.0, full)
    if free.shape != load.shape or frac.shape != load.shape:
        raise UsageError("the series of a survival run do not have the same length.")
    if hours < 1 or bins < 2:
        raise UsageError("a survival run needs at least one hour and two bins.")
    begin = np.arange(n_steps) if starts is None else np.atleast_1d(np.asarray(starts, dtype=np.int64))
    first, row, target, chance, output = _unit_states(tuple(standby), step_hours)
    limits = np.array(
        [battery.power_mw, full, battery.charge_efficiency, battery.discharge_efficiency, step_hours], dtype=np.float64
    )
    out = np.zeros((len(begin), hours))
    n_bins = bins if full > 0.0 else 1
    _survive(out, begin, load - free, frac, stored, first, row, target, chance, output, limits, n_bins, is_rounded)
    return Survival(out)


@lru_cache(maxsize=256)
def _unit_states(
    standby: tuple[Standby, ...], step_hours: float
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the first distribution, the moves per step as from `_sparse`, and the output (MW) over the units running.

    Cached, since sites differ in their hours more often than in their units; the arrays are only read.
    """
    first, move, output = np.ones(1), np.ones((1, 1)), np.zeros(1)
    for kind in standby:
        there = kind.operational_availability * (1.0 - kind.failure_to_start)
        fails = step_hours / kind.mtbf_hours if kind.mtbf_hours > 0.0 else np.inf
        if not 0.0 <= there <= 1.0 or not 0.0 <= fails <= 1.0:
            raise UsageError(
                "a standby unit needs probabilities from 0 to 1 and a mean time between failures of a step or more."
            )
        counts = np.arange(kind.units + 1)
        first = np.kron(first, stats.binom.pmf(counts, kind.units, there))
        move = np.kron(move, np.array([stats.binom.pmf(counts, running, 1.0 - fails) for running in counts]))
        output = np.add.outer(output, counts * kind.unit_mw).ravel()
        if len(output) > MAX_STATES:
            raise UsageError(f"the units have more than {MAX_STATES} states together; join equal units to one kind.")
    return first, *_sparse(move), output


def _sparse(move: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the moves that matter, row by row: where each row begins, targets and probabilities."""
    rows, targets = np.nonzero(move > _NEGLIGIBLE)
    begin = np.searchsorted(rows, np.arange(len(move) + 1))
    return begin.astype(np.int64), targets.astype(np.int64), move[rows, targets]


@njit(cache=True, nogil=True)
def _survive(  # noqa: PLR0912, PLR0915  # pragma: no cover
    out: NDArray[np.float64],
    starts: NDArray[np.int64],
    missing_mw: NDArray[np.float64],
    unit_frac: NDArray[np.float64],
    stored_mwh: NDArray[np.float64],
    first: NDArray[np.float64],
    row: NDArray[np.int64],
    target: NDArray[np.int64],
    chance: NDArray[np.float64],
    output_mw: NDArray[np.float64],
    limits: NDArray[np.float64],
    bins: Any,
    is_rounded: Any,
) -> None:
    """Write the cumulative survival, shape (n_starts, n_hours).

    Probability and probability x energy are kept per state and bin; only states that hold any are visited.
    """
    power, full, take, give, hours = limits[0], limits[1], limits[2], limits[3], limits[4]
    n_states, n_steps = len(first), len(missing_mw)
    mass, energy = np.zeros((n_states, bins)), np.zeros((n_states, bins))
    after, after_energy = np.zeros((n_states, bins)), np.zeros((n_states, bins))
    low, high = np.zeros(n_states, np.int64), np.zeros(n_states, np.int64)
    after_low, after_high = np.zeros(n_states, np.int64), np.zeros(n_states, np.int64)
    width = max(full, 1e-12) / max(bins - 1, 1)
    for i in range(len(starts)):
        mass[:] = 0.0
        energy[:] = 0.0
        soc = stored_mwh[starts[i]]
        place = min(int(np.rint(soc / width)), bins - 1)
        soc = place * width if is_rounded else soc
        for s in range(n_states):
            low[s], high[s] = place, place
            mass[s, place] = first[s]
            energy[s, place] = first[s] * soc
        for d in range(out.shape[1]):
            h = (starts[i] + d) % n_steps
            missing = missing_mw[h]
            for s in range(n_states):
                after_low[s], after_high[s] = bins, -1
            served = 0.0
            for s in range(n_states):
                for b in range(low[s], high[s] + 1):
                    p = mass[s, b]
                    if p <= 0.0:
                        continue
                    mass[s, b] = 0.0
                    soc = energy[s, b] / p
                    energy[s, b] = 0.0
                    if p < _NEGLIGIBLE:
                        continue
                    for m in range(row[s], row[s + 1]):
                        to = target[m]
                        short = missing - output_mw[to] * unit_frac[h]
                        slack = _TOLERANCE * max(abs(missing), 1.0)
                        if short > min(power, soc * give / hours) + slack:
                            continue
                        change = -short * hours / give if short > 0.0 else min(-short, power) * hours * take
                        if is_rounded:
                            change = np.rint(change / width) * width
                        left = min(max(soc + change, 0.0), full)
                        q = p * chance[m]
                        place = min(int(np.rint(left / width)), bins - 1)
                        after[to, place] += q
                        after_energy[to, place] += q * left
                        after_low[to] = min(after_low[to], place)
                        after_high[to] = max(after_high[to], place)
                        served += q
            out[i, d] = served
            mass, after = after, mass
            energy, after_energy = after_energy, energy
            low, after_low = after_low, low
            high, after_high = after_high, high
        for s in range(n_states):
            for b in range(low[s], high[s] + 1):
                mass[s, b] = 0.0
                energy[s, b] = 0.0
