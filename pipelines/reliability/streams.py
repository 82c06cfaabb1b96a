"""Fleets with one outage rate: a year of need counted by the units that it takes, whatever the number of units held.

With k = ceil(x / c), n units leave x P(fewer than k) - c E[units; fewer than k] of a need of x MW unserved. With a rate
that does not move with the hour both factors depend on k alone: need, capacity and hours summed by k serve every n.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


@dataclass(frozen=True)
class Streams:
    """Years of need that fleets of one unit size meet; shapes (n_streams,).

    Attributes
    ----------
    column : NDArray[np.int64]
        Of the need.
    firm, base : NDArray[np.int64]
        Rows of the capacity shares of the firm units and of the second block.
    unit_mw : NDArray[np.float64]
        Rating of one firm unit (MW), 0 without firm units.
    blocks : NDArray[np.int64]
        Units of the second block; a grid is one.
    block_mw : NDArray[np.float64]
        Rating of one of them (MW).
    mass_start : NDArray[np.int64]
        Where the distribution of the second block begins.
    most_units : int
        Of any fleet, a scalar.
    """

    column: NDArray[np.int64]
    firm: NDArray[np.int64]
    base: NDArray[np.int64]
    unit_mw: NDArray[np.float64]
    blocks: NDArray[np.int64]
    block_mw: NDArray[np.float64]
    mass_start: NDArray[np.int64]
    most_units: int


@dataclass(frozen=True)
class Counted:
    """Sums over the hours by k, the units that a need takes, 0 .. most_units + 1; what takes more counts as the last.

    Attributes
    ----------
    in_service, mixed, unfuelled : NDArray[np.float64]
        Need (MW), capacity of a unit (MW) and hours, shape (n_streams, most_units + 2, 3): with the second block in
        service, over its outages, and the latter weighted by the probability that the fuel is lost.
    calls : NDArray[np.float64]
        Times that the unit of the place is called, shape (n_streams, most_units + 1); a need above the load calls too.
    """

    in_service: NDArray[np.float64]
    mixed: NDArray[np.float64]
    unfuelled: NDArray[np.float64]
    calls: NDArray[np.float64]


def counted(
    need_mw: NDArray[np.floating],
    second_mw: NDArray[np.floating],
    load_mw: NDArray[np.float64],
    streams: Streams,
    rate_index: NDArray[np.int64],
    fraction: NDArray[np.float64],
    lost: NDArray[np.float64],
    mass: NDArray[np.float64],
    tolerance_mw: float,
) -> Counted:
    """Count a year of need by the units that it takes.

    Parameters
    ----------
    need_mw, second_mw : NDArray[np.floating]
        As for `adequacy_of_need` (MW), shape (n_hours, n_columns).
    load_mw : NDArray[np.float64]
        Nothing beyond it has to be carried (MW), shape (n_hours,).
    streams : Streams
    rate_index : NDArray[np.int64]
        Row of the second block's distribution, shape (n_technologies, n_hours).
    fraction, lost : NDArray[np.float64]
        Share of the rating, and probability that the fuel is lost, shape (n_technologies, n_hours).
    mass : NDArray[np.float64]
        Distributions of the second blocks, one behind the other.
    tolerance_mw : float
    """
    shape = (len(streams.column), streams.most_units + 2, 3)
    found = Counted(np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros((shape[0], streams.most_units + 1)))
    _count(
        need_mw,
        second_mw,
        load_mw,
        streams.column,
        streams.firm,
        streams.base,
        streams.unit_mw,
        streams.blocks,
        streams.block_mw,
        streams.mass_start,
        rate_index,
        fraction,
        lost,
        mass,
        tolerance_mw,
        found.in_service,
        found.mixed,
        found.unfuelled,
        found.calls,
    )
    # Without a second block its outages change nothing.
    alone = streams.blocks == 0
    found.mixed[alone] = found.in_service[alone]
    return found


def sums_of(
    found: Counted,
    stream: NDArray[np.int64],
    units: NDArray[np.int64],
    below: NDArray[np.float64],
    moment: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the sums of `NeedAdequacy` of fleets, shape (n_fleets, 9), per unit of step length.

    Parameters
    ----------
    found : Counted
    stream, units : NDArray[np.int64]
        Of each fleet, shape (n_fleets,).
    below, moment : NDArray[np.float64]
        P(fewer than k units) and E[units; fewer than k units], shape (n_fleets, most_units + 2); the same beyond the
        fleet's last k as there.
    """
    in_service, mixed, unfuelled = (kind[stream] for kind in (found.in_service, found.mixed, found.unfuelled))
    is_missing = np.arange(below.shape[1]) > units[:, None]
    sums = np.zeros((len(stream), 9))

    def short(kind: NDArray[np.float64]) -> NDArray[np.float64]:
        return (kind[:, :, 0] * below - kind[:, :, 1] * moment).sum(axis=1)

    def chance(kind: NDArray[np.float64]) -> NDArray[np.float64]:
        return (kind[:, :, 2] * below).sum(axis=1)

    sums[:, 0], sums[:, 1] = short(mixed), chance(mixed)
    sums[:, 2] = short(in_service)
    sums[:, 3] = ((in_service[:, :, 0] - units[:, None] * in_service[:, :, 1]) * is_missing).sum(axis=1)
    sums[:, 4] = (in_service[:, :, 2] * is_missing).sum(axis=1)
    sums[:, 5], sums[:, 6] = mixed[:, :, 0].sum(axis=1), mixed[:, :, 2].sum(axis=1)
    sums[:, 7] = unfuelled[:, :, 0].sum(axis=1) - short(unfuelled)
    sums[:, 8] = unfuelled[:, :, 2].sum(axis=1) - chance(unfuelled)
    return sums


@njit(cache=True, nogil=True)
def _count(  # pragma: no cover
    need_mw: NDArray[np.floating],
    second_mw: NDArray[np.floating],
    load_mw: NDArray[np.float64],
    column: NDArray[np.int64],
    firm: NDArray[np.int64],
    base: NDArray[np.int64],
    unit_mw: NDArray[np.float64],
    blocks: NDArray[np.int64],
    block_mw: NDArray[np.float64],
    mass_start: NDArray[np.int64],
    rate_index: NDArray[np.int64],
    fraction: NDArray[np.float64],
    lost: NDArray[np.float64],
    mass: NDArray[np.float64],
    tolerance: float,
    in_service: NDArray[np.float64],
    mixed: NDArray[np.float64],
    unfuelled: NDArray[np.float64],
    calls: NDArray[np.float64],
) -> None:
    """Fill the sums of `Counted`; the mixed ones only where there is a second block."""
    n_hours, n_streams = len(need_mw), len(column)
    most = calls.shape[1] - 1
    # Unsigned places are not looked at from the end. What runs in the first hour was not called.
    columns, firms = column.astype(np.uint64), firm.astype(np.uint64)
    before = np.full(n_streams, most)
    for h in range(n_hours):
        load = load_mw[h]
        for s in range(n_streams):
            wanted = float(need_mw[h, columns[s]])
            if wanted <= tolerance and blocks[s] == 0:
                before[s] = 0
                continue
            capacity = unit_mw[s] * fraction[firms[s], h]
            k = _place(wanted, capacity, most + 1, tolerance)
            on = min(np.int64(k), most)
            if on > before[s]:
                for unit in range(before[s] + 1, on + 1):
                    calls[s, unit] += 1.0
            before[s] = on
            without = lost[firms[s], h]
            need = min(wanted, load)
            if need > tolerance:
                if wanted > load:
                    k = _place(need, capacity, most + 1, tolerance)
                _add(in_service, s, k, need, capacity, 1.0, tolerance)
                if blocks[s] == 0:
                    _add(unfuelled, s, k, need, capacity, without, tolerance)
            if blocks[s] > 0:
                # A grid has no technology: its row of rates is the last, with the one rate of its table.
                given = float(second_mw[h, columns[s]])
                first = mass_start[s] + rate_index[base[s], h] * (blocks[s] + 1)
                for left in range(blocks[s] + 1):
                    carried = given if left == blocks[s] else left * block_mw[s] * fraction[base[s], h]
                    rest = min(need + max(given - carried, 0.0), load)
                    k = _place(rest, capacity, most + 1, tolerance)
                    _add(mixed, s, k, rest, capacity, mass[first + left], tolerance)
                    _add(unfuelled, s, k, rest, capacity, mass[first + left] * without, tolerance)


@njit(inline="always")
def _add(  # pragma: no cover
    bins: NDArray[np.float64], s: int, k: Any, need: float, capacity: float, weight: float, tolerance: float
) -> None:
    """Add a need above the tolerance at the units that it takes."""
    if need > tolerance and weight > 0.0:
        bins[s, k, 0] += weight * need
        bins[s, k, 1] += weight * capacity
        bins[s, k, 2] += weight


@njit(inline="always")
def _place(need: float, capacity: float, most: int, tolerance: float) -> Any:  # pragma: no cover
    """Return the units that a need takes, at most `most`; one where there are none."""
    exact = 0.0
    if need > tolerance:
        exact = min((need - tolerance) / capacity, float(most)) if capacity > 0.0 else min(1.0, float(most))
    whole = np.uint64(exact)
    return whole + np.uint64(1) if whole < exact else whole
