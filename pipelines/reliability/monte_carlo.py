"""Sequential Monte Carlo: parts that fail and are repaired hour by hour, a battery that is carried through outages."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.errors import UsageError
from pipelines.reliability.monte_carlo_kernel import simulate_years

Order = Literal["charging", "serving", "following"]
_ORDER = {"charging": 0, "serving": 1, "following": 2}
SITE = "site"


@dataclass(frozen=True)
class Chain:
    """Failure and repair of a two-state part per step.

    Attributes
    ----------
    failure : NDArray[np.float64]
        Probability that a part that is up is down one step later, a scalar or shape (n_steps,).
    repair : float
        Probability that a part that is down is up one step later.
    """

    failure: NDArray[np.float64]
    repair: float


def chain(outage_rate: ArrayLike, repair_hours: float, step_hours: float = 1.0) -> Chain:
    """Return the chain that is out for the given share of time, in outages of the given mean length.

    Parameters
    ----------
    outage_rate : ArrayLike
        Share of time on outage, in [0, 1), a scalar or shape (n_steps,).
    repair_hours : float
        Mean length of an outage (h); one shorter than a step lasts a step, less often.
    step_hours : float
        Length of one step (h).

    Raises
    ------
    UsageError
        If a rate is outside [0, 1) or the repair time is not positive.
    """
    rate = np.asarray(outage_rate, dtype=np.float64)
    if not np.all((rate >= 0.0) & (rate < 1.0)) or repair_hours <= 0.0:
        raise UsageError("an outage chain needs a rate from 0 to below 1 and a repair time above 0 h.")
    repair = min(1.0, step_hours / repair_hours)
    return Chain(np.minimum(repair * rate / (1.0 - rate), 1.0), repair)


NEVER = Chain(np.zeros(()), 1.0)


@dataclass(frozen=True)
class UnitGroup:
    """Equal units that fail one by one.

    Attributes
    ----------
    name : str
    units : int
    capacity_mw : NDArray[np.float64]
        What one unit can give (MW), shape (n_steps,).
    chain : Chain
    order : str
        "charging" runs before the battery and may charge it (a grid), "serving" runs before the battery (baseload),
        "following" gives what is still missing after it (at most one such group).
    min_load_frac : float
        Least output of a running unit of a following group, share of what it can give.
    planned_rate : float
        Share of the year a unit is on maintenance, one unit behind the other.
    """

    name: str
    units: int
    capacity_mw: NDArray[np.float64]
    chain: Chain
    order: Order = "following"
    min_load_frac: float = 0.0
    planned_rate: float = 0.0


@dataclass(frozen=True)
class SharedOutage:
    """An outage that takes whole groups, or the site, at once."""

    name: str
    strikes: tuple[str, ...]
    chain: Chain


@dataclass(frozen=True)
class Storage:
    """A battery of equal blocks at the AC bus; blocks share one state of charge and fail one by one."""

    charge_mw: float
    discharge_mw: float
    energy_mwh: float
    charge_efficiency: float = 1.0
    discharge_efficiency: float = 1.0
    floor_frac: float = 0.0
    start_mwh: float = 0.0
    blocks: int = 1
    chain: Chain = NEVER


@dataclass(frozen=True)
class System:
    """A site as the simulation sees it; series have the shape (n_steps,)."""

    load_mw: NDArray[np.float64]
    groups: Sequence[UnitGroup]
    free_mw: NDArray[np.float64] | None = None
    storage: Storage | None = None
    shared: Sequence[SharedOutage] = field(default_factory=tuple)
    step_hours: float = 1.0


@dataclass(frozen=True)
class YearlyOutcomes:
    """One entry per sampled year, shape (n_years,): unserved energy, hours and days short, events, longest event."""

    unserved_mwh: NDArray[np.float64]
    short_hours: NDArray[np.float64]
    short_days: NDArray[np.float64]
    events: NDArray[np.float64]
    longest_hours: NDArray[np.float64]
    site_mwh: NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A mean over sampled years and its standard error."""

    mean: float
    standard_error: float

    @classmethod
    def of(cls, samples: NDArray[np.float64]) -> Estimate:
        """Return mean and standard error of independent samples."""
        spread = float(np.std(samples, ddof=1)) if len(samples) > 1 else float("nan")
        return cls(float(np.mean(samples)), spread / float(np.sqrt(len(samples))))


@dataclass(frozen=True)
class Summary:
    """What a signature needs: means with standard errors, and the tail of the yearly unserved energy."""

    years: int
    eue_mwh: Estimate
    lole_hours: Estimate
    lole_days: Estimate
    events: Estimate
    unserved_mwh_p50: float
    unserved_mwh_p95: float
    unserved_mwh_p99: float
    longest_hours: float


def sample_years(
    system: System, years: int, seed: int, *, is_conserving: bool = True, threads: int = 2
) -> YearlyOutcomes:
    """Simulate independent years of one system.

    Parameters
    ----------
    system : System
    years : int
        Sampled years; each begins with parts drawn from their stationary state and the storage at its start.
    seed : int
        Of the content that is sampled; year i has its own stream, so the result does not depend on `threads`.
    is_conserving : bool
        Operate with sight of outages: while parts are out and what is left, less one more unit, cannot carry the peak
        load, following units run before the battery and fill it. Without it the battery gives first, as in the
        dispatch.
    threads : int
        Threads over years.

    Returns
    -------
    YearlyOutcomes

    Raises
    ------
    UsageError
        If series differ in length, a name is unknown, or two groups follow.

    Notes
    -----
    Next-event sampling of two-state Markov parts with chronological dispatch: Billinton and Li, Reliability Assessment
    of Electric Power Systems Using Monte Carlo Methods (1994), section 3.3.
    """
    if years < 1:
        raise UsageError("a Monte Carlo run needs at least one year.")
    arguments = _arguments(system)
    state = np.random.SeedSequence(seed).generate_state(years, np.uint64)
    out = np.zeros((years, 6))
    edges = np.linspace(0, years, max(1, min(threads, years)) + 1).astype(int)

    def run(part: int) -> None:
        rows = slice(edges[part], edges[part + 1])
        simulate_years(state[rows], is_conserving, out[rows], arguments)

    if len(edges) == 2:
        run(0)
    else:
        with ThreadPoolExecutor(len(edges) - 1) as pool:
            list(pool.map(run, range(len(edges) - 1)))
    hours = system.step_hours
    return YearlyOutcomes(out[:, 0], out[:, 1] * hours, out[:, 2], out[:, 3], out[:, 4] * hours, out[:, 5])


def summarise(outcomes: YearlyOutcomes) -> Summary:
    """Return means with standard errors, percentiles of yearly unserved energy and the longest event."""
    p50, p95, p99 = np.percentile(outcomes.unserved_mwh, [50, 95, 99])
    return Summary(
        years=len(outcomes.unserved_mwh),
        eue_mwh=Estimate.of(outcomes.unserved_mwh),
        lole_hours=Estimate.of(outcomes.short_hours),
        lole_days=Estimate.of(outcomes.short_days),
        events=Estimate.of(outcomes.events),
        unserved_mwh_p50=float(p50),
        unserved_mwh_p95=float(p95),
        unserved_mwh_p99=float(p99),
        longest_hours=float(outcomes.longest_hours.max()),
    )


def _arguments(system: System) -> tuple[Any, ...]:
    """Return the kernel's arrays."""
    load = np.ascontiguousarray(system.load_mw, dtype=np.float64)
    n_steps = len(load)
    free = np.zeros(n_steps) if system.free_mw is None else np.ascontiguousarray(system.free_mw, dtype=np.float64)
    groups = list(system.groups)
    names = [group.name for group in groups]
    if len(free) != n_steps or any(len(group.capacity_mw) != n_steps for group in groups):
        raise UsageError("the series of a simulated system do not have the same length.")
    if sum(group.order == "following" for group in groups) > 1:
        raise UsageError("at most one group of units may follow the battery; join them or let one run before it.")
    unknown = [name for outage in system.shared for name in outage.strikes if name not in {*names, SITE}]
    if unknown:
        raise UsageError(f"a shared outage strikes {unknown[0]!r}, which is no group of the system.")

    storage = system.storage or Storage(0.0, 0.0, 0.0)
    chains = [group.chain for group in groups] + [storage.chain] + [outage.chain for outage in system.shared]
    failure = np.vstack([np.broadcast_to(np.asarray(part.failure, dtype=np.float64), (n_steps,)) for part in chains])
    repair = np.array([part.repair for part in chains])
    # Hazard of the move into each step; a certain failure stands for a very likely one.
    hazard = np.cumsum(-np.log1p(-np.minimum(failure, 1.0 - 1e-15)), axis=1)
    first = failure[:, 0] / np.maximum(failure[:, 0] + repair, 1e-300)
    kind = np.repeat(
        np.arange(len(chains)), [*(group.units for group in groups), storage.blocks, *(1 for _ in system.shared)]
    )
    strikes = np.zeros((len(system.shared), len(groups) + 1), dtype=np.bool_)
    for i, outage in enumerate(system.shared):
        for name in outage.strikes:
            strikes[i, len(groups) if name == SITE else names.index(name)] = True
    steps_per_day = max(1, round(24.0 / system.step_hours))
    is_peak = np.zeros(n_steps, dtype=np.bool_)
    for start in range(0, n_steps, steps_per_day):
        is_peak[start + int(np.argmax(load[start : start + steps_per_day]))] = True
    capacity = np.array([group.capacity_mw for group in groups], dtype=np.float64).reshape(len(groups), n_steps)
    limits = [
        storage.charge_mw,
        storage.discharge_mw,
        storage.floor_frac * storage.energy_mwh,
        storage.energy_mwh,
        storage.start_mwh,
        storage.charge_efficiency,
        storage.discharge_efficiency,
        system.step_hours,
    ]
    return (
        load,
        free,
        is_peak,
        np.ascontiguousarray(capacity),
        np.array([_ORDER[group.order] for group in groups], dtype=np.int64),
        np.array([group.min_load_frac for group in groups], dtype=np.float64),
        np.array([group.planned_rate for group in groups], dtype=np.float64),
        kind.astype(np.int64),
        np.ascontiguousarray(hazard),
        first,
        repair,
        strikes,
        np.array(limits, dtype=np.float64),
    )
