"""One sampled year of a system whose parts fail and are repaired, compiled: next-event clocks, hourly dispatch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

# A shortfall up to this is rounding (MW).
TOLERANCE_MW = 1e-6
SLIVER_MWH = 1e-9
# Steps that are passed over at once where nothing can fall short.
STRIDE = 24
UNIT, BLOCK, ARRAY, TRANSFORMER, SHARED, DEFERRAL = 0, 1, 2, 3, 4, 5
OUTCOMES = (
    *("unserved", "steps", "days", "events", "longest", "site", "interruptions", "interrupted", "failed_starts"),
    *("site_steps", "stranded", "stranded_steps"),
)

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
    group: NDArray[np.float64],
    role: NDArray[np.int64],
    chain_of: NDArray[np.int64],
    target: NDArray[np.int64],
    hazard: NDArray[np.float64],
    first_failure: NDArray[np.float64],
    repair: NDArray[np.float64],
    strikes: NDArray[np.bool_],
    storage: NDArray[np.float64],
    site: NDArray[np.float64],
    is_passable: bool,
    need: NDArray[np.int64],
    need_peak: NDArray[np.int64],
    need_sum: NDArray[np.int64],
    need_starts: NDArray[np.int64],
) -> None:  # pragma: no cover
    """Run one year and write its sums.

    Parameters
    ----------
    seed : uint64
        Of this year.
    is_conserving : bool
        While units are out and what is left, less one more unit, cannot carry the peak, units of order 2 run before
        the battery and fill it.
    out : NDArray[np.float64]
        Receives, in the order of OUTCOMES: unserved (MWh), steps short, days short at their peak, events, longest
        event (steps), unserved with the whole site struck (MWh), interruptions by trips, unserved in these (MWh),
        units that failed to start or, called from standby, to run; steps short with the whole site struck, and energy
        (MWh) and steps short with the group of order 2 struck and the site not.
    load_mw, free_mw : NDArray[np.float64]
        Load, and what solar gives with all arrays in service (MW), shape (n_steps,).
    is_day_peak : NDArray[np.bool_]
        True in the peak step of each day, shape (n_steps,).
    capacity_mw : NDArray[np.float64]
        What one unit of each group can give (MW), shape (n_groups, n_steps).
    order : NDArray[np.int64]
        Per group: 0 before the battery and may charge it, 1 before the battery, 2 after the battery.
    group : NDArray[np.float64]
        Shape (n_groups + 1, 5), the last row the battery's: least output of a running unit (share), share of the year
        on maintenance, hazard per start, hazard per running step of a standby unit, interruptions of the site per
        running step.
    role, chain_of, target : NDArray[np.int64]
        Per part: what it is, the row of its chain, and what it belongs to (a unit's group, a transformer's unit, the
        row of a shared outage). Transformers stand before the units.
    hazard : NDArray[np.float64]
        Per chain: cumulative hazard of failing up to each step, shape (n_chains, n_steps).
    first_failure, repair : NDArray[np.float64]
        Per chain: probability to be down in the first step, and to be repaired per step.
    strikes : NDArray[np.bool_]
        Shape (n_shared, n_groups + 1): what a shared outage takes, the last column the whole site.
    storage : NDArray[np.float64]
        charge MW, discharge MW, floor MWh, full MWh, start MWh, charge efficiency, discharge efficiency, step (h).
    site : NDArray[np.float64]
        Length of an interruption (steps), chance per step that a failed transformer is back as the spare, load that
        can be deferred (MW), return of it (MW), most deferred (MWh), steps until it must have returned.
    is_passable : bool
        There is no sun and nothing is deferred, so that steps in which the units present suffice can be passed over.
    need : NDArray[np.int64]
        Units of order 2 needed with all else in service, shape (n_steps,); `need_peak` is its largest value in each
        STRIDE, `need_sum` and `need_starts` its running sum and the running sum of its rises, shape (n_steps + 1,).
    """
    state = np.zeros(1, np.uint64)
    state[0] = seed
    n_steps, n_groups, n_parts = load_mw.shape[0], capacity_mw.shape[0], role.shape[0]
    is_up = np.ones(n_parts, np.bool_)
    is_away = np.zeros(n_parts, np.bool_)
    is_blocked = np.zeros(n_parts, np.bool_)
    clock = np.zeros(n_parts, np.int64)
    leave = np.full(n_parts, n_steps + 1, np.int64)
    back = np.full(n_parts, n_steps + 1, np.int64)
    # Units per group, the battery's blocks behind them.
    n_units = np.zeros(n_groups + 1, np.int64)
    n_arrays = 0
    for i in range(n_parts):
        c = chain_of[i]
        is_up[i] = _uniform(state) >= first_failure[c]
        clock[i] = _next_failure(state, hazard[c], 0) if is_up[i] else _next_repair(state, repair[c], 0)
        if role[i] == UNIT:
            n_units[target[i]] += 1
        elif role[i] == BLOCK:
            n_units[n_groups] += 1
        elif role[i] == ARRAY:
            n_arrays += 1
        elif role[i] == TRANSFORMER:
            is_blocked[target[i]] = not is_up[i]
    # Maintenance: the units of a group leave one behind the other, evenly over the year, from a random day on.
    for g in range(n_groups + 1):
        if group[g, 1] <= 0.0:
            continue
        origin = _uniform(state) * n_steps
        width = min(group[g, 1], 1.0) * n_steps
        number = 0
        for i in range(n_parts):
            if not ((role[i] == UNIT and target[i] == g) or (role[i] == BLOCK and g == n_groups)):
                continue
            begin = (origin + number * n_steps / n_units[g]) % n_steps
            leave[i] = int(np.ceil(begin))
            back[i] = int(np.ceil((begin + width) % n_steps)) if width < n_steps else n_steps + 1
            is_away[i] = width >= n_steps or leave[i] > back[i]
            number += 1

    present = np.zeros(n_groups, np.int64)
    struck = np.zeros(n_groups + 1, np.int64)
    follower = -1
    steady_trips = 0.0
    for g in range(n_groups):
        if order[g] == 2:
            follower = g
        else:
            steady_trips += n_units[g] * group[g, 4]
    # What every step reads, out of the arrays that the compiler must take for changed by every sum.
    min_load, per_start, per_step, per_trip = 0.0, 0.0, 0.0, 0.0
    if follower >= 0:
        min_load, per_start = group[follower, 0], group[follower, 2]
        per_step, per_trip = group[follower, 3], group[follower, 4]
    is_deferring, is_site_up, is_stranded = site[4] > 0.0, True, False
    peak = float(load_mw.max())
    charge_mw, discharge_mw, floor, full, soc = storage[0], storage[1], storage[2], storage[3], storage[4]
    take_efficiency, give_efficiency, hours = storage[5], storage[6], storage[7]
    mw_of_stored, stored_of_mw = give_efficiency / hours, hours / give_efficiency
    mw_of_room, room_of_mw = 1.0 / (take_efficiency * hours), hours * take_efficiency
    pause = site[0]
    battery_share, solar_share, deferral_share, others_trips = 0.0, 1.0, 0.0, 0.0
    owed, due = 0.0, -1
    spare_back = 0
    is_degraded, is_whole = False, False
    soonest, run, on, lasted = 0, 0, -1, 0.0
    stress, stress_limit = 0.0, -np.log(_uniform(state))
    trips, trips_limit = 0.0, -np.log(_uniform(state))
    for j in range(out.shape[0]):
        out[j] = 0.0
    t = 0
    while t < n_steps:
        if t >= soonest:
            soonest = n_steps
            lost = present[follower] if follower >= 0 else 0
            present[:] = 0
            struck[:] = 0
            blocks_up, arrays_up = 0, 0
            is_degraded, is_whole = False, True
            for i in range(n_parts):
                c = chain_of[i]
                while clock[i] <= t:
                    is_up[i] = not is_up[i]
                    if is_up[i]:
                        clock[i] = _next_failure(state, hazard[c], t)
                    elif role[i] == TRANSFORMER:
                        # The spare goes in; the failed one comes back as the spare. A second failure waits for it.
                        clock[i] = _next_repair(state, repair[c], max(t, spare_back))
                        spare_back = _next_repair(state, site[1], max(t, spare_back))
                    else:
                        clock[i] = _next_repair(state, repair[c], t)
                    if role[i] == TRANSFORMER:
                        is_blocked[target[i]] = not is_up[i]
                soonest = min(soonest, clock[i])
                if leave[i] == t:
                    is_away[i] = True
                if back[i] == t:
                    is_away[i] = False
                if leave[i] > t:
                    soonest = min(soonest, leave[i])
                if back[i] > t:
                    soonest = min(soonest, back[i])
                is_there = is_up[i] and not is_away[i] and not is_blocked[i]
                if role[i] == UNIT:
                    present[target[i]] += 1 if is_there else 0
                    is_degraded = is_degraded or not is_there
                    is_whole = is_whole and (is_there or target[i] == follower)
                elif role[i] == BLOCK:
                    blocks_up += 1 if is_there else 0
                elif role[i] == ARRAY:
                    arrays_up += 1 if is_there else 0
                elif role[i] == DEFERRAL:
                    deferral_share = 1.0 if is_there else 0.0
                elif role[i] == SHARED and not is_there:
                    is_degraded, is_whole = True, False
                    for g in range(n_groups + 1):
                        struck[g] += 1 if strikes[target[i], g] else 0
            others_trips = 0.0
            for g in range(n_groups):
                if g != follower and struck[g] == 0:
                    others_trips += present[g] * group[g, 4]
            is_site_up = struck[n_groups] == 0
            is_stranded = follower >= 0 and struck[follower] > 0
            battery_share = blocks_up / float(n_units[n_groups]) if n_units[n_groups] > 0 else 0.0
            solar_share = arrays_up / n_arrays if n_arrays > 0 else 1.0
            if follower >= 0 and on > 0:
                # A unit that failed was running, as far as any was; another has to start for it.
                on = max(on - max(lost - present[follower], 0), 0)

        if is_passable and is_whole:
            stride = t // STRIDE
            end = min((stride + 1) * STRIDE, soonest)
            # A battery that is full stays so while nothing is missing.
            enough = present[follower] if follower >= 0 and full <= 0.0 else 0
            if need_peak[stride] <= enough and full - soc <= SLIVER_MWH:
                running = need_sum[end] - need_sum[t]
                starts = need_starts[end] - need_starts[t + 1] + (max(need[t] - on, 0) if on >= 0 else 0)
                more_stress, more_trips = 0.0, (end - t) * steady_trips
                if follower >= 0:
                    more_stress = starts * group[follower, 2] + running * group[follower, 3]
                    more_trips += running * group[follower, 4]
                if stress + more_stress < stress_limit and trips + more_trips < trips_limit:
                    stress += more_stress
                    trips += more_trips
                    on = need[end - 1]
                    run = 0
                    t = end
                    continue

        load = load_mw[t]
        unserved, spare = load, 0.0
        if is_site_up:
            early, base, late, late_unit = 0.0, 0.0, 0.0, 0.0
            if follower >= 0:
                late_unit = capacity_mw[follower, t]
                late = 0.0 if is_stranded else present[follower] * late_unit
            for g in range(n_groups):
                if g == follower:
                    continue
                given = present[g] * capacity_mw[g, t] if struck[g] == 0 else 0.0
                if order[g] == 0:
                    early += given
                else:
                    base += given
            sun = solar_share * free_mw[t]
            short = load - sun - early
            short -= min(max(short, 0.0), base)
            # Slivers of energy are none: blocks that are out would halve them for ever, down to denormal numbers.
            stored = soc - floor if soc - floor > SLIVER_MWH else 0.0
            room = full - soc if full - soc > SLIVER_MWH else 0.0
            can_give = battery_share * min(discharge_mw, stored * mw_of_stored)
            can_take = battery_share * min(charge_mw, room * mw_of_room)
            if is_conserving and is_degraded and early + base + late - late_unit < peak - TOLERANCE_MW:
                wanted = max(short + can_take, 0.0)
            else:
                wanted = max(short - can_give, 0.0)
            made = 0.0
            if wanted <= TOLERANCE_MW:
                on = 0
            elif late_unit > 0.0:
                called = np.ceil((wanted - TOLERANCE_MW) / late_unit)
                made = min(max(wanted, called * min_load * late_unit), late)
                calls = int(min(called, float(present[follower]))) if late > 0.0 else 0
                stress += calls * per_step + (max(calls - on, 0) * per_start if on >= 0 else 0.0)
                while stress >= stress_limit and late > 0.0:
                    stress_limit += -np.log(_uniform(state))
                    out[8] += 1.0
                    for i in range(n_parts - 1, -1, -1):
                        is_there = is_up[i] and not is_away[i] and not is_blocked[i]
                        if role[i] == UNIT and target[i] == follower and is_there:
                            is_up[i] = False
                            clock[i] = _next_repair(state, repair[chain_of[i]], t)
                            soonest = min(soonest, clock[i])
                            break
                    present[follower] -= 1
                    is_degraded = True
                    late = max(late - late_unit, 0.0)
                    made = min(made, late)
                    # The next unit is called in its place, if there is one.
                    stress += per_start if present[follower] >= calls else 0.0
                on = min(calls, present[follower])
                trips += on * per_trip
            trips += others_trips
            rest = short - made
            battery = max(min(rest, can_give), -can_take)
            if battery > 0.0:
                soc -= battery * stored_of_mw
            else:
                soc -= battery * room_of_mw
            unserved = max(rest - battery, 0.0)
            spare = sun + early + base + late - load + min(battery, 0.0)
        else:
            out[5] += load * hours
            on = 0

        if is_deferring:
            if owed <= TOLERANCE_MW:
                due = -1
            elif due < 0:
                due = int(site[5]) - 1
            else:
                due -= 1
            if unserved > TOLERANCE_MW:
                put_off = deferral_share * min(site[2], max(site[4] - owed, 0.0) / hours) if is_site_up else 0.0
                put_off = min(put_off, unserved)
                owed += put_off * hours
                unserved -= put_off
            else:
                owed -= deferral_share * min(max(spare, 0.0), site[3], owed / hours) * hours
            if due == 0 or t + 1 == n_steps:
                # What has not been made up in time is lost.
                unserved += owed / hours
                owed = 0.0

        length = 1.0 if unserved > TOLERANCE_MW else 0.0
        if not is_site_up:
            out[9] += length
        elif is_stranded:
            out[10] += unserved * hours
            out[11] += length
        if trips >= trips_limit:
            trips_limit += -np.log(_uniform(state))
            out[6] += 1.0
            dropped = max(load - unserved, 0.0) * min(pause, 1.0)
            out[7] += dropped * hours
            unserved += dropped
            length = max(length, min(pause, 1.0))
        if unserved > TOLERANCE_MW:
            out[0] += unserved * hours
            out[1] += length
            if is_day_peak[t]:
                out[2] += 1.0
            if run == 0:
                out[3] += 1.0
                lasted = 0.0
            run += 1
            lasted += length
            out[4] = max(out[4], lasted)
        else:
            run = 0
        t += 1


@njit(cache=True, nogil=True)
def simulate_years(seeds: Any, is_conserving: bool, out: Any, system: Any) -> None:  # pragma: no cover
    """Run one year per seed; `out` has a column per outcome, `system` is what `simulate_year` takes from load on."""
    for year in range(out.shape[0]):
        simulate_year(seeds[year], is_conserving, out[year], *system)
