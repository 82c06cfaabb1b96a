"""One sampled year of a system whose parts fail and are repaired, compiled: next-event clocks, hourly dispatch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

# A shortfall up to this is rounding (MW).
TOLERANCE_MW = 1e-6

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_30, _SHIFT_27, _SHIFT_31, _SHIFT_11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


@njit(cache=True, nogil=True)
def _uniform(state: Any) -> float:  # pragma: no cover
    """Return the next number in (0, 1) of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    state[0] += _STEP
    z = state[0]
    z = (z ^ (z >> _SHIFT_30)) * _MIX_1
    z = (z ^ (z >> _SHIFT_27)) * _MIX_2
    z ^= z >> _SHIFT_31
    return (float(z >> _SHIFT_11) + 0.5) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def _next_failure(state: Any, hazard: Any, step: int) -> int:  # pragma: no cover
    """Return the step in which a part that is up in `step` is next down, or the number of steps."""
    level = hazard[step] - np.log(_uniform(state))
    low, high = step + 1, hazard.shape[0]
    while low < high:
        middle = (low + high) // 2
        if hazard[middle] >= level:
            high = middle
        else:
            low = middle + 1
    return low


@njit(cache=True, nogil=True)
def _next_repair(state: Any, repair: float, step: int) -> int:  # pragma: no cover
    """Return the step in which a part that is down in `step` is next up (geometric)."""
    if repair >= 1.0:
        return step + 1
    waiting = np.log(_uniform(state)) / np.log1p(-repair)
    return step + 1 + int(min(waiting, 1e9))


@njit(cache=True, nogil=True)
def simulate_year(  # noqa: PLR0912, PLR0915 - one step is one sequence
    seed: Any,
    is_conserving: bool,
    out: NDArray[np.float64],
    load_mw: NDArray[np.float64],
    free_mw: NDArray[np.float64],
    is_day_peak: NDArray[np.bool_],
    capacity_mw: NDArray[np.float64],
    order: NDArray[np.int64],
    min_load_frac: NDArray[np.float64],
    planned_frac: NDArray[np.float64],
    kind: NDArray[np.int64],
    hazard: NDArray[np.float64],
    first_failure: NDArray[np.float64],
    repair: NDArray[np.float64],
    strikes: NDArray[np.bool_],
    storage: NDArray[np.float64],
) -> None:  # pragma: no cover
    """Run one year and write its sums.

    Parameters
    ----------
    seed : uint64
        Of this year.
    is_conserving : bool
        While parts are out and what is left, less one more unit, cannot carry the peak, units of order 2 run before
        the battery and fill it.
    out : NDArray[np.float64]
        Receives unserved (MWh), steps short, days short at their peak, events, longest event (steps), and the
        unserved (MWh) of steps with the whole site struck.
    load_mw, free_mw : NDArray[np.float64]
        Load and what never fails and costs nothing, such as solar (MW), shape (n_steps,).
    is_day_peak : NDArray[np.bool_]
        True in the peak step of each day, shape (n_steps,).
    capacity_mw : NDArray[np.float64]
        What one unit of each group can give (MW), shape (n_groups, n_steps).
    order : NDArray[np.int64]
        Per group: 0 before the battery and may charge it, 1 before the battery, 2 after the battery.
    min_load_frac, planned_frac : NDArray[np.float64]
        Per group: least output of a running unit (order 2), share of the year a unit is on maintenance.
    kind : NDArray[np.int64]
        Per part: its group; n_groups for a battery block; above that for a shared outage.
    hazard : NDArray[np.float64]
        Per kind: cumulative hazard of failing up to each step, shape (n_kinds, n_steps).
    first_failure, repair : NDArray[np.float64]
        Per kind: probability to be down in the first step, and to be repaired per step.
    strikes : NDArray[np.bool_]
        Shape (n_shared, n_groups + 1): what a shared outage takes, the last column the whole site.
    storage : NDArray[np.float64]
        charge MW, discharge MW, floor MWh, full MWh, start MWh, charge efficiency, discharge efficiency, step (h).
    """
    state = np.zeros(1, np.uint64)
    state[0] = seed
    n_steps = load_mw.shape[0]
    n_groups = capacity_mw.shape[0]
    n_parts = kind.shape[0]
    n_shared = strikes.shape[0]
    is_up = np.ones(n_parts, np.bool_)
    is_away = np.zeros(n_parts, np.bool_)
    clock = np.zeros(n_parts, np.int64)
    leave = np.full(n_parts, n_steps + 1, np.int64)
    back = np.full(n_parts, n_steps + 1, np.int64)
    n_units = np.zeros(n_groups, np.int64)
    n_blocks = 0
    for i in range(n_parts):
        k = kind[i]
        is_up[i] = _uniform(state) >= first_failure[k]
        clock[i] = _next_failure(state, hazard[k], 0) if is_up[i] else _next_repair(state, repair[k], 0)
        if k < n_groups:
            n_units[k] += 1
        elif k == n_groups:
            n_blocks += 1
    # Maintenance: the units of a group leave one behind the other, evenly over the year, from a random day on.
    for g in range(n_groups):
        if planned_frac[g] <= 0.0:
            continue
        origin = _uniform(state) * n_steps
        width = min(planned_frac[g], 1.0) * n_steps
        number = 0
        for i in range(n_parts):
            if kind[i] != g:
                continue
            begin = (origin + number * n_steps / n_units[g]) % n_steps
            leave[i] = int(np.ceil(begin))
            back[i] = int(np.ceil((begin + width) % n_steps)) if width < n_steps else n_steps + 1
            is_away[i] = width >= n_steps or leave[i] > back[i]
            number += 1

    present = np.zeros(n_groups, np.int64)
    struck = np.zeros(n_groups + 1, np.int64)
    peak = load_mw.max()
    charge_mw, discharge_mw, floor, full, soc = storage[0], storage[1], storage[2], storage[3], storage[4]
    take_efficiency, give_efficiency, hours = storage[5], storage[6], storage[7]
    share = 0.0
    is_degraded = False
    soonest = 0
    run = 0
    for j in range(out.shape[0]):
        out[j] = 0.0
    for t in range(n_steps):
        if t >= soonest:
            soonest = n_steps
            present[:] = 0
            struck[:] = 0
            blocks_up = 0
            is_degraded = False
            for i in range(n_parts):
                k = kind[i]
                while clock[i] <= t:
                    is_up[i] = not is_up[i]
                    clock[i] = _next_failure(state, hazard[k], t) if is_up[i] else _next_repair(state, repair[k], t)
                soonest = min(soonest, clock[i])
                if leave[i] == t:
                    is_away[i] = True
                if back[i] == t:
                    is_away[i] = False
                if leave[i] > t:
                    soonest = min(soonest, leave[i])
                if back[i] > t:
                    soonest = min(soonest, back[i])
                is_there = is_up[i] and not is_away[i]
                is_degraded = is_degraded or not is_there
                if k < n_groups:
                    present[k] += 1 if is_there else 0
                elif k == n_groups:
                    blocks_up += 1 if is_there else 0
                elif not is_there:
                    for g in range(n_groups + 1):
                        struck[g] += 1 if strikes[k - n_groups - 1, g] else 0
            share = blocks_up / n_blocks if n_blocks > 0 else 0.0

        load = load_mw[t]
        unserved = load
        if n_shared == 0 or struck[n_groups] == 0:
            early, base, late, late_unit, late_min = 0.0, 0.0, 0.0, 0.0, 0.0
            for g in range(n_groups):
                given = present[g] * capacity_mw[g, t] if struck[g] == 0 else 0.0
                if order[g] == 0:
                    early += given
                elif order[g] == 1:
                    base += given
                else:
                    late += given
                    late_unit = capacity_mw[g, t]
                    late_min = min_load_frac[g]
            short = load - free_mw[t] - early
            short -= min(max(short, 0.0), base)
            can_give = share * min(discharge_mw, max(soc - floor, 0.0) * give_efficiency / hours)
            can_take = share * min(charge_mw, max(full - soc, 0.0) / (take_efficiency * hours))
            if is_conserving and is_degraded and early + base + late - late_unit < peak - TOLERANCE_MW:
                made = min(max(short + can_take, 0.0), late)
            else:
                made = max(short - can_give, 0.0)
                if late_unit > 0.0:
                    on = np.ceil((made - TOLERANCE_MW) / late_unit)
                    made = max(made, on * late_min * late_unit)
                made = min(made, late)
            rest = short - made
            battery = max(min(rest, can_give), -can_take)
            if battery > 0.0:
                soc -= battery * hours / give_efficiency
            else:
                soc -= battery * hours * take_efficiency
            unserved = max(rest - battery, 0.0)
        else:
            out[5] += load * hours

        if unserved > TOLERANCE_MW:
            out[0] += unserved * hours
            out[1] += 1.0
            if is_day_peak[t]:
                out[2] += 1.0
            if run == 0:
                out[3] += 1.0
            run += 1
            out[4] = max(out[4], float(run))
        else:
            run = 0


@njit(cache=True, nogil=True)
def simulate_years(seeds: Any, is_conserving: bool, out: Any, system: Any) -> None:  # pragma: no cover
    """Run one year per seed; `out` is (n_years, 6), `system` the arguments of `simulate_year` from `load_mw` on."""
    for year in range(out.shape[0]):
        simulate_year(seeds[year], is_conserving, out[year], *system)
