"""Sequential Monte Carlo: parts that fail and are repaired hour by hour, a battery that is carried through outages."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import UsageError
from pipelines.reliability.freeze import outage_probability
from pipelines.reliability.monte_carlo_kernel import (
    ARRAY,
    BLOCK,
    DEFERRAL,
    OUTCOMES,
    SHARED,
    STRIDE,
    TOLERANCE_MW,
    TRANSFORMER,
    UNIT,
    simulate_years,
)
from pipelines.reliability.parts import SITE, Chain, Deferral, Storage, System, UnitGroup
from pipelines.reliability.tail import tail_mean

_ORDER = {"charging": 0, "serving": 1, "following": 2}


@dataclass(frozen=True)
class YearlyOutcomes:
    """One entry per sampled year, shape (n_years,).

    Unserved energy, hours and days short, events, longest event, unserved energy while the whole site is struck;
    interruptions by trips and the unserved energy in them, which the first figures contain; failures to start or,
    called from standby, to run; hours short while the whole site is struck, energy and hours short while the following
    units are; unserved energy and hours short with the losses in such strikes replaced by their expectations where
    these are exact, for means with little sampling error.
    """

    unserved_mwh: NDArray[np.float64]
    short_hours: NDArray[np.float64]
    short_days: NDArray[np.float64]
    events: NDArray[np.float64]
    longest_hours: NDArray[np.float64]
    site_mwh: NDArray[np.float64]
    interruptions: NDArray[np.float64]
    interrupted_mwh: NDArray[np.float64]
    failed_starts: NDArray[np.float64]
    site_hours: NDArray[np.float64]
    stranded_mwh: NDArray[np.float64]
    stranded_hours: NDArray[np.float64]
    controlled_mwh: NDArray[np.float64]
    controlled_hours: NDArray[np.float64]

    @classmethod
    def together(cls, parts: Sequence[YearlyOutcomes]) -> YearlyOutcomes:
        """Return the years of all parts, one part behind the other."""
        return cls(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(cls)))


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
    unserved_mwh_cvar95: float
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
    return prepare(system).sample(years, seed, is_conserving=is_conserving, threads=threads)


@dataclass(frozen=True)
class Prepared:
    """A system ready to be sampled, in one way of operating it or in both; made by `prepare`.

    Attributes
    ----------
    arguments : tuple[Any, ...]
        Of the kernel.
    step_hours : float
    strikes : tuple[tuple[float, float] | None, tuple[float, float] | None]
        Expected loss while the whole site is struck, and while the following units alone are.
    """

    arguments: tuple[Any, ...]
    step_hours: float
    strikes: tuple[tuple[float, float] | None, tuple[float, float] | None]

    def sample(self, years: int, seed: int, *, is_conserving: bool = True, threads: int = 2) -> YearlyOutcomes:
        """Simulate independent years; see `sample_years`."""
        return _sampled(self, years, seed, is_conserving=is_conserving, threads=threads)


def prepare(system: System) -> Prepared:
    """Compute what the sampled years of a system share.

    Raises
    ------
    UsageError
        If series differ in length, a name is unknown, or two groups follow.
    """
    return Prepared(_arguments(system), system.step_hours, _strikes(system))


def _sampled(system: Prepared, years: int, seed: int, *, is_conserving: bool, threads: int) -> YearlyOutcomes:
    state = np.random.SeedSequence(seed).generate_state(years, np.uint64)
    out = np.zeros((years, len(OUTCOMES)))
    edges = np.linspace(0, years, max(1, min(threads, years)) + 1).astype(int)

    def run(part: int) -> None:
        rows = slice(edges[part], edges[part + 1])
        simulate_years(state[rows], is_conserving, out[rows], system.arguments)

    if len(edges) == 2:
        run(0)
    else:
        with ThreadPoolExecutor(len(edges) - 1) as pool:
            list(pool.map(run, range(len(edges) - 1)))
    out[:, [OUTCOMES.index(name) for name in ("steps", "longest", "site_steps", "stranded_steps")]] *= system.step_hours
    sampled = [np.ascontiguousarray(column) for column in out.T]
    by_name = dict(zip(OUTCOMES, sampled, strict=True))
    site, stranded = system.strikes
    mwh, hours = by_name["unserved"].copy(), by_name["steps"].copy()
    for expected, names in ((site, ("site", "site_steps")), (stranded, ("stranded", "stranded_steps"))):
        if expected is not None:
            mwh += expected[0] - by_name[names[0]]
            hours += expected[1] - by_name[names[1]]
    return YearlyOutcomes(*[*sampled, mwh, hours])


def _strikes(system: System) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
    """Compute the expected loss while the whole site is struck, and while the following units are and the site is not.

    Returns
    -------
    tuple[tuple[float, float] | None, tuple[float, float] | None]
        Energy (MWh) and hours per year of each; None where they are not known exactly: with load that is put off, and
        for the units where something else can carry part of the load.

    Notes
    -----
    Control variates with the coefficient one: the loss in a strike is all the load, and the probability of the strike
    is known hour by hour. A cause that strikes once in decades otherwise makes mean and standard error of a hundred
    years small together, so that their ratio is no test (Asmussen and Glynn, Stochastic Simulation, 2007, V.2).
    """
    if system.deferral is not None:
        return None, None
    load, step = np.asarray(system.load_mw, dtype=np.float64), system.step_hours
    followers = {group.name for group in system.groups if group.order == "following"}

    def struck(names: set[str]) -> NDArray[np.float64]:
        spared = np.ones(len(load))
        for outage in system.shared:
            if names & set(outage.strikes):
                spared *= 1.0 - outage_probability(outage.chain, len(load))
        return 1.0 - spared

    def lost(chance: NDArray[np.float64]) -> tuple[float, float]:
        return float((chance * load).sum()) * step, float((chance * (load > TOLERANCE_MW)).sum()) * step

    site = struck({SITE})
    has_others = system.storage is not None or len(system.groups) > 1
    has_sun = system.free_mw is not None and bool(np.any(system.free_mw > 0.0))
    is_bare = bool(followers) and not has_others and not has_sun
    return lost(site), lost((1.0 - site) * struck(followers)) if is_bare else None


def summarise(outcomes: YearlyOutcomes) -> Summary:
    """Compute means with standard errors, percentiles of yearly unserved energy and the longest event.

    Means of energy and hours are those of the controlled years; percentiles and events are those of the sampled ones.
    """
    p50, p95, p99 = np.percentile(outcomes.unserved_mwh, [50, 95, 99])
    return Summary(
        years=len(outcomes.unserved_mwh),
        eue_mwh=Estimate.of(outcomes.controlled_mwh),
        lole_hours=Estimate.of(outcomes.controlled_hours),
        lole_days=Estimate.of(outcomes.short_days),
        events=Estimate.of(outcomes.events),
        unserved_mwh_p50=float(p50),
        unserved_mwh_p95=float(p95),
        unserved_mwh_p99=float(p99),
        unserved_mwh_cvar95=tail_mean(outcomes.unserved_mwh, 0.95),
        longest_hours=float(outcomes.longest_hours.max()),
    )


def _arguments(system: System) -> tuple[Any, ...]:
    """Return the kernel's arrays."""
    load = np.ascontiguousarray(system.load_mw, dtype=np.float64)
    n_steps, step = len(load), system.step_hours
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
    parts = _parts(system, storage)
    failure = np.vstack([np.broadcast_to(np.asarray(chain.failure, np.float64), (n_steps,)) for chain in parts.chains])
    repair = np.array([chain.repair for chain in parts.chains])
    strikes = np.zeros((len(system.shared), len(groups) + 1), dtype=np.bool_)
    for i, outage in enumerate(system.shared):
        for name in outage.strikes:
            strikes[i, len(groups) if name == SITE else names.index(name)] = True
    capacity = np.array([group.capacity_mw for group in groups], dtype=np.float64).reshape(len(groups), n_steps)
    order = np.array([_ORDER[group.order] for group in groups], dtype=np.int64)
    of_group = [
        [
            group.min_load_frac,
            group.planned_rate,
            -np.log1p(-min(group.start_failure, 1.0 - 1e-12)),
            step / group.standby_mtbf_hours,
            step * group.interruptions_per_hour,
        ]
        for group in groups
    ]
    limits = [
        storage.charge_mw,
        storage.discharge_mw,
        storage.floor_frac * storage.energy_mwh,
        storage.energy_mwh,
        storage.start_mwh,
        storage.charge_efficiency,
        storage.discharge_efficiency,
        step,
    ]
    workshops = [group.transformer.workshop_hours for group in groups if group.transformer is not None]
    deferral = system.deferral or Deferral(0.0, 0.0, 0.0, 0)
    site = [
        system.interruption_hours / step,
        min(1.0, step / max(workshops, default=step)),
        deferral.borrow_mw,
        deferral.payback_mw,
        deferral.energy_mwh,
        float(deferral.within_steps),
    ]
    is_passable = bool(free.max() <= 0.0 and deferral.energy_mwh <= 0.0)
    return (
        load,
        free,
        _day_peaks(load, max(1, round(24.0 / step))),
        np.ascontiguousarray(capacity),
        order,
        np.array([*of_group, [0.0, storage.planned_rate, 0.0, 0.0, 0.0]], dtype=np.float64),
        np.array(parts.role, dtype=np.int64),
        np.array(parts.chain_of, dtype=np.int64),
        np.array(parts.target, dtype=np.int64),
        # Hazard of the move into each step; a certain failure stands for a very likely one.
        np.ascontiguousarray(np.cumsum(-np.log1p(-np.minimum(failure, 1.0 - 1e-15)), axis=1)),
        failure[:, 0] / np.maximum(failure[:, 0] + repair, 1e-300),
        repair,
        strikes,
        np.array(limits, dtype=np.float64),
        np.array(site, dtype=np.float64),
        is_passable,
        *_need(groups, order, capacity, load - free),
    )


def _day_peaks(load_mw: NDArray[np.float64], steps_per_day: int) -> NDArray[np.bool_]:
    """Mark the first peak step of each day, shape (n_steps,); a last part of a day is one as well."""
    days = np.full((-(-len(load_mw) // steps_per_day), steps_per_day), -np.inf)
    days.ravel()[: len(load_mw)] = load_mw
    is_peak = np.zeros(days.shape, dtype=np.bool_)
    is_peak[np.arange(len(days)), days.argmax(axis=1)] = True
    return is_peak.ravel()[: len(load_mw)]


@dataclass
class _Parts:
    """The parts that fail: what each is, the row of its chain, what it belongs to."""

    chains: list[Chain] = field(default_factory=list)
    role: list[int] = field(default_factory=list)
    chain_of: list[int] = field(default_factory=list)
    target: list[int] = field(default_factory=list)

    def add(self, role: int, chain: Chain, targets: Sequence[int]) -> None:
        """Add equal parts, one per target."""
        self.chains.append(chain)
        self.role += [role] * len(targets)
        self.chain_of += [len(self.chains) - 1] * len(targets)
        self.target += targets


def _parts(system: System, storage: Storage) -> _Parts:
    """Return the parts in the kernel's order: transformers, units, battery blocks, arrays, shared outages, deferral."""
    parts = _Parts()
    first_unit = sum(group.units for group in system.groups if group.transformer is not None)
    unit = first_unit
    for group in system.groups:
        if group.transformer is not None:
            parts.add(TRANSFORMER, group.transformer.chain, list(range(unit, unit + group.units)))
        unit += group.units
    for number, group in enumerate(system.groups):
        parts.add(UNIT, group.chain, [number] * group.units)
    parts.add(BLOCK, storage.chain, [0] * storage.blocks)
    if system.free_mw is not None and np.any(system.free_chain.failure):
        parts.add(ARRAY, system.free_chain, [0] * system.free_blocks)
    for row, outage in enumerate(system.shared):
        parts.add(SHARED, outage.chain, [row])
    if system.deferral is not None:
        parts.add(DEFERRAL, system.deferral.chain, [0])
    return parts


def _need(
    groups: Sequence[UnitGroup],
    order: NDArray[np.int64],
    capacity: NDArray[np.float64],
    missing_mw: NDArray[np.float64],
) -> tuple[NDArray[np.int64], ...]:
    """Return the following units needed per step with all else in service, their peak per stride, and running sums."""
    units = np.array([group.units for group in groups], dtype=np.float64)
    others = order < 2
    short = missing_mw - (capacity[others] * units[others, None]).sum(axis=0)
    # Where nothing follows, one unit that is not there stands for a shortfall.
    unit = np.maximum(capacity[~others][0], 1e-9) if (~others).any() else np.full(len(short), 1e9)
    need = np.ceil(np.clip((short - TOLERANCE_MW) / unit, 0.0, 1e6)).astype(np.int64)
    rises = np.concatenate([[0, 0], np.cumsum(np.maximum(np.diff(need), 0))])
    peaks = np.maximum.reduceat(need, np.arange(0, len(need), STRIDE))
    return need, peaks, np.concatenate([[0], np.cumsum(need)]), rises.astype(np.int64)
