"""The physics of one step, compiled: the only source of both the single-precision batch and the double-precision trace.

Each step serves the load from solar, then grid import, then the baseload block, then what the rule draws from the
battery; firm units give what is still missing, as few of them as can. What a minimum load gives beyond that first
spares the battery, then charges it, then lowers the import, then curtails solar, and at last goes to a load bank. Solar
surplus and spare import charge the battery. Load that may be curtailed gives way last, as long as the year's budget
for it lasts. `load_following` draws all that the battery can give; `cycle_charging` lets
units that had to start carry the load and fill the battery to a set level with their spare capacity; `look_ahead` keeps
in the battery what full output of the units will not cover within the foreseen hours, and charges for it in time.

A block of LANES designs lives in one flat work array, one row per quantity, rows STRIDE apart. Offsets are constants,
so that the compiler proves that rows do not overlap and turns the single loop over lanes into vector instructions
without run-time checks. A stride that is no power of two keeps rows out of each other's cache sets.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import njit

LANES = 64
FEW_LANES = 8  # of the kernel for blocks of few designs
STRIDE = 80
FLUSH_STEPS = 96  # single-precision sums are moved to double after as many steps

# Rows of the work array. Parameters of the designs:
PARAMETERS = (
    "solar_mw", "grid_mw", "charge_mw", "discharge_mw", "soc_floor_mwh", "soc_full_mwh", "soc_set_mwh",
    "firm_units", "firm_unit_mw", "firm_per_mw", "baseload_units", "baseload_unit_mw", "baseload_per_mw",
    "flexible_frac",
)  # fmt: skip
# State, and what the last step did:
STATE = ("soc", "is_cycling", "battery", "want", "firm", "firm_on", "baseload", "baseload_on", "grid", "curtailed",
         "unserved", "flexed", "budget")  # fmt: skip
# Sums over steps, in MW x steps or counts:
TOTALS = (
    "curtailed", "charge", "discharge", "grid", "firm", "unserved", "unserved_steps", "firm_on", "firm_on_capacity",
    "firm_starts", "firm_dumped", "baseload", "baseload_on", "baseload_on_capacity", "baseload_starts",
    "baseload_dumped", "flexed",
)  # fmt: skip
SERIES = ("solar", "load", "grid", "firm", "per_firm", "baseload", "per_baseload")
CONSTANTS = (
    "zero", "one", "discharge_limit", "charge_limit", "soc_per_discharge", "soc_per_charge", "unit_tolerance",
    "switch_tolerance", "unserved_tolerance", "firm_min_load", "baseload_min_load",
)  # fmt: skip

N_ROWS = len(PARAMETERS) + len(STATE) + len(TOTALS)
(P_SOLAR, P_GRID, P_CHARGE, P_DISCHARGE, P_FLOOR, P_FULL, P_SET, P_UNITS, P_UNIT, P_PER_MW, P_BASE_UNITS, P_BASE_UNIT,
 P_BASE_PER_MW, P_FLEXIBLE) = (i * STRIDE for i in range(len(PARAMETERS)))  # fmt: skip
(
    S_SOC,
    S_CYCLING,
    S_BATTERY,
    S_WANT,
    S_FIRM,
    S_ON,
    S_BASE,
    S_BASE_ON,
    S_GRID,
    S_CURTAILED,
    S_UNSERVED,
    S_FLEXED,
    S_BUDGET,
) = ((len(PARAMETERS) + i) * STRIDE for i in range(len(STATE)))
T_FIRST = len(PARAMETERS) + len(STATE)
(T_CURTAILED, T_CHARGE, T_DISCHARGE, T_GRID, T_FIRM, T_UNSERVED, T_UNSERVED_STEPS, T_ON, T_ON_CAP, T_STARTS, T_DUMPED,
 T_BASE, T_BASE_ON, T_BASE_ON_CAP, T_BASE_STARTS, T_BASE_DUMPED, T_FLEXED) = (
    (T_FIRST + i) * STRIDE for i in range(len(TOTALS))
)  # fmt: skip
N_TOTALS = len(TOTALS)
NEED_ROWS = {S_WANT, S_BASE, S_GRID}

LOAD_FOLLOWING, CYCLE_CHARGING, LOOK_AHEAD = 0, 1, 2
# What a step leaves in the state rows: SOC and running units alone; want, baseload and grid as well; all of them.
KEEP_SUMS, KEEP_NEED, KEEP_ALL = 0, 1, 2


@njit(inline="always")
def _units(want: Any, units: Any, unit_mw: Any, per_mw: Any, frac: Any, per_frac: Any, min_load: Any, tol: Any) -> Any:
    """Return how many units run for `want` MW, the least that can within `tol` of one, and what they give.

    That is at least their minimum load; where `tol` spares a unit, the running ones give its sliver on top.
    """
    on = min(np.ceil(want * (per_mw * per_frac) - tol), units)
    capacity = unit_mw * frac
    return on, min(max(want, on * (min_load * capacity)), units * capacity)


@njit(cache=True, nogil=True)
def _require(
    work: Any, series: Any, constants: Any, first: int, last: int, need: Any, has_baseload: bool
) -> None:  # fmt: skip
    """Fill need[i] with the energy that step first + i must begin with so that full firm output covers the rest.

    Backward in time from the end of the foreseen window: a shortfall beyond the units adds to what must be stored,
    spare capacity of the units takes away from it, both within the power limits and the size of the battery.
    """
    zero, per_discharge, per_charge, tol = constants[0], constants[4], constants[5], constants[6]
    base_min_load = constants[10]
    kept = need.shape[0] - 1
    for k in range(LANES):
        work[S_WANT + k] = work[P_FLOOR + k]
    for t in range(last, first - 1, -1):
        if t < last:
            solar, load, grid, firm = series[t, 0], series[t, 1], series[t, 2], series[t, 3]
            base, per_base = series[t, 5], series[t, 6]
            for k in range(LANES):
                short = load - work[P_SOLAR + k] * solar - work[P_GRID + k] * grid
                if has_baseload:
                    _, given = _units(
                        max(short, zero), work[P_BASE_UNITS + k], work[P_BASE_UNIT + k], work[P_BASE_PER_MW + k],
                        base, per_base, base_min_load, tol,
                    )  # fmt: skip
                    short = short - given
                short = short - work[P_UNITS + k] * (work[P_UNIT + k] * firm)
                drawn = min(max(short, zero), work[P_DISCHARGE + k])
                stored = min(max(-short, zero), work[P_CHARGE + k])
                level = work[S_WANT + k] + drawn * per_discharge - stored * per_charge
                work[S_WANT + k] = min(max(level, work[P_FLOOR + k]), work[P_FULL + k])
        if t - first <= kept:
            for k in range(LANES):
                need[t - first, k] = work[S_WANT + k]


def _build(
    rule: int, has_baseload: bool, has_flexible: bool, keep: int, width: int, has_units: bool
) -> Callable[..., None]:
    """Compile the kernel for one rule; stores are what bounds its speed, so that a row no one reads is not written.

    The closure holds numbers alone: compiled code is kept on the disk by their values, so that the next process loads
    it. A compiled function in the closure would be a new one in every process.
    """

    @njit(cache=True, nogil=True)
    def simulate(
        work: Any, series: Any, constants: Any, day_steps: int, seen_steps: int, totals: Any, rows: Any, out: Any,
        first_column: int, lanes: int,
    ) -> None:  # fmt: skip
        (zero, one, discharge_limit, charge_limit, per_discharge, per_charge, tol, switch, tolerance, min_load,
         base_min_load) = (constants[0], constants[1], constants[2], constants[3], constants[4], constants[5],
                           constants[6], constants[7], constants[8], constants[9], constants[10])  # fmt: skip
        n_steps = series.shape[0]
        need = np.zeros((day_steps + 1, LANES), work.dtype)
        level = need[0]
        for t in range(n_steps):
            solar, load, grid, firm, per_firm = series[t, 0], series[t, 1], series[t, 2], series[t, 3], series[t, 4]
            base, per_base = series[t, 5], series[t, 6]
            if rule == LOOK_AHEAD:
                if t % day_steps == 0:
                    _require(work, series, constants, t, min(t + seen_steps, n_steps), need, has_baseload)
                level = need[t % day_steps + 1]
            for k in range(width):
                sun = work[P_SOLAR + k] * solar
                grid_limit = work[P_GRID + k] * grid if has_units else zero
                short = load - sun - grid_limit
                given = zero
                if has_baseload:
                    base_on, given = _units(
                        max(short, zero), work[P_BASE_UNITS + k], work[P_BASE_UNIT + k], work[P_BASE_PER_MW + k],
                        base, per_base, base_min_load, tol,
                    )  # fmt: skip
                    short = short - given
                    before = work[S_BASE_ON + k] if t > 0 else base_on
                    work[S_BASE_ON + k] = base_on
                    work[T_BASE_ON + k] += base_on
                    work[T_BASE_ON_CAP + k] += base_on * base
                    work[T_BASE_STARTS + k] += max(base_on - before, zero)

                # The battery at the AC side: what it can give, what it can take, and what the rule plans (+ gives).
                soc = work[S_SOC + k]
                can_give = min(work[P_DISCHARGE + k], (soc - work[P_FLOOR + k]) * discharge_limit)
                can_take = min(work[P_CHARGE + k], (work[P_FULL + k] - soc) * charge_limit)
                plan = can_give
                if rule == CYCLE_CHARGING:
                    carried = max(short, zero)
                    running, _ = _units(
                        carried, work[P_UNITS + k], work[P_UNIT + k], work[P_PER_MW + k], firm, per_firm, zero, tol
                    )
                    spare = max(running * (work[P_UNIT + k] * firm) - carried, zero)
                    room = max((work[P_SET + k] - soc) * charge_limit, zero)
                    is_missing = one if short - can_give > switch else zero
                    cycling = max(work[S_CYCLING + k], is_missing)
                    plan = -min(spare, room, can_take) if cycling > zero else can_give
                if rule == LOOK_AHEAD:
                    over = soc - level[k]
                    plan = max(over, zero) * discharge_limit + min(over, zero) * charge_limit
                    plan = max(min(plan, can_give), -can_take)

                want = max(short - plan, zero)
                on, made = zero, zero
                if has_units:
                    on, made = _units(
                        want, work[P_UNITS + k], work[P_UNIT + k], work[P_PER_MW + k], firm, per_firm, min_load, tol
                    )
                rest = short - made
                battery = max(min(rest, can_give), -can_take)
                taken = max(-battery, zero)
                put = max(battery, zero)
                soc = soc - put * per_discharge + taken * per_charge
                rest = rest - battery + grid_limit
                imported = min(max(rest, zero), grid_limit)
                unserved = max(rest, zero) - imported
                if has_flexible:
                    flexed = min(unserved, work[P_FLEXIBLE + k] * load, work[S_BUDGET + k])
                    unserved = unserved - flexed
                    work[S_BUDGET + k] -= flexed
                    work[T_FLEXED + k] += flexed
                    if keep >= KEEP_NEED:
                        want = max(want - flexed, zero)
                    if keep == KEEP_ALL:
                        work[S_FLEXED + k] = flexed
                is_short = one if unserved > tolerance else zero
                unserved = unserved * is_short
                curtailed = max(-rest, zero)
                if has_baseload:
                    # What neither battery, grid nor solar can take of a minimum load goes to a load bank.
                    excess = max(curtailed - sun, zero)
                    curtailed = curtailed - excess
                    base_dumped = min(excess, given)
                    dumped = excess - base_dumped
                    given = given - base_dumped
                    made = made - dumped
                    if keep >= KEEP_NEED:
                        work[S_BASE + k] = given
                    work[T_BASE + k] += given
                    work[T_BASE_DUMPED + k] += base_dumped
                    work[T_DUMPED + k] += dumped
                if rule == CYCLE_CHARGING:
                    work[S_CYCLING + k] = cycling if soc < work[P_SET + k] - switch else zero

                work[S_SOC + k] = soc
                if keep >= KEEP_NEED:
                    work[S_WANT + k] = want
                    work[S_GRID + k] = imported
                if keep == KEEP_ALL:
                    work[S_BATTERY + k] = battery
                    work[S_FIRM + k] = made
                    work[S_CURTAILED + k] = curtailed
                    work[S_UNSERVED + k] = unserved
                work[T_CURTAILED + k] += curtailed
                work[T_CHARGE + k] += taken
                work[T_DISCHARGE + k] += put
                work[T_UNSERVED + k] += unserved
                work[T_UNSERVED_STEPS + k] += is_short
                if has_units:
                    before_on = work[S_ON + k] if t > 0 else on
                    work[S_ON + k] = on
                    work[T_GRID + k] += imported
                    work[T_FIRM + k] += made
                    work[T_ON + k] += on
                    work[T_ON_CAP + k] += on * firm
                    work[T_STARTS + k] += max(on - before_on, zero)
            for i in range(rows.shape[0]):
                for k in range(lanes):
                    out[i, t, first_column + k] = work[rows[i] + k]
            if (t + 1) % FLUSH_STEPS == 0 or t + 1 == n_steps:
                for i in range(N_TOTALS):
                    for k in range(LANES):
                        totals[i, k] += work[(T_FIRST + i) * STRIDE + k]
                        work[(T_FIRST + i) * STRIDE + k] = zero

    return simulate


@cache
def kernel(
    rule: int, has_baseload: bool, has_flexible: bool, keep: int, width: int = LANES, *, has_units: bool = True
) -> Callable[..., None]:
    """Return the compiled kernel of a rule.

    Parameters
    ----------
    rule : int
        LOAD_FOLLOWING, CYCLE_CHARGING or LOOK_AHEAD.
    has_baseload : bool
        Whether any design has a baseload block, or a unit whose minimum load can exceed the load.
    has_flexible : bool
        Whether any load may be curtailed.
    keep : int
        KEEP_SUMS, KEEP_NEED or KEEP_ALL: which state rows each step writes.
    width : int
        LANES, or FEW_LANES where no more lanes are used.
    has_units : bool
        False where solar and battery are alone under load following: nothing is computed of grid and firm units.

    Returns
    -------
    Callable
        simulate(work (N_ROWS * STRIDE,), series (n_steps, 7), constants (11,), day_steps, seen_steps,
        totals (N_TOTALS, LANES) float64, rows (n_out,), out (n_out, n_steps, n_columns), first_column, lanes): advances
        the state in `work`, adds to `totals` in MW x steps, and copies the first lanes of the rows at every step to the
        columns of `out` from first_column on.
    """
    return _build(rule, has_baseload, has_flexible, keep, width, has_units)
