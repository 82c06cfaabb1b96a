"""A site as a system of parts that fail and are repaired, for the sequential simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.errors import UsageError

Order = Literal["charging", "serving", "following"]
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
class Transformer:
    """What stands in series with one unit and is swapped for the spare on site when it fails.

    Attributes
    ----------
    chain : Chain
        Failures, with the time to swap in the spare as repair time.
    workshop_hours : float
        Mean time until the failed one is back as the spare (h); a second failure meanwhile waits for it.
    """

    chain: Chain
    workshop_hours: float


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
        Failures whether or not the unit runs; its repair time also follows failures to start and standby failures.
    order : str
        "charging" runs before the battery and may charge it (a grid), "serving" runs before the battery (baseload),
        "following" gives what is still missing after it (at most one such group).
    min_load_frac : float
        Least output of a running unit of a following group, share of what it can give.
    planned_rate : float
        Share of the year a unit is on maintenance, one unit behind the other.
    start_failure : float
        Probability that a unit of a following group does not start when it is called; another is called in its place.
    standby_mtbf_hours : float
        Mean running time to failure of a unit of a following group that fails while running only (h).
    interruptions_per_hour : float
        Interruptions of the whole site per running unit-hour, by trips that nothing carries.
    transformer : Transformer | None
        In series with each unit.
    """

    name: str
    units: int
    capacity_mw: NDArray[np.float64]
    chain: Chain
    order: Order = "following"
    min_load_frac: float = 0.0
    planned_rate: float = 0.0
    start_failure: float = 0.0
    standby_mtbf_hours: float = float("inf")
    interruptions_per_hour: float = 0.0
    transformer: Transformer | None = None


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
    planned_rate: float = 0.0


@dataclass(frozen=True)
class Deferral:
    """Load that can be put off; what has not returned in time, or by the end of the year, counts as unserved.

    Attributes
    ----------
    borrow_mw, payback_mw : float
        Most that is put off, and that returns, in one step (MW).
    energy_mwh : float
        Most that is owed (MWh).
    within_steps : int
        Steps from the first energy owed until all of it must have returned.
    chain : Chain
        Failures of whatever puts the load off.
    """

    borrow_mw: float
    payback_mw: float
    energy_mwh: float
    within_steps: int
    chain: Chain = NEVER


@dataclass(frozen=True)
class System:
    """A site as the simulation sees it; series have the shape (n_steps,).

    Attributes
    ----------
    load_mw : NDArray[np.float64]
    groups : Sequence[UnitGroup]
    free_mw : NDArray[np.float64] | None
        What costs nothing, such as solar, with all its arrays in service (MW).
    free_blocks : int
        Equal arrays that fail one by one.
    free_chain : Chain
    storage : Storage | None
    shared : Sequence[SharedOutage]
    deferral : Deferral | None
    interruption_hours : float
        Length of an interruption by a trip that nothing carries (h).
    step_hours : float
    """

    load_mw: NDArray[np.float64]
    groups: Sequence[UnitGroup]
    free_mw: NDArray[np.float64] | None = None
    free_blocks: int = 1
    free_chain: Chain = NEVER
    storage: Storage | None = None
    shared: Sequence[SharedOutage] = field(default_factory=tuple)
    deferral: Deferral | None = None
    interruption_hours: float = 0.0
    step_hours: float = 1.0
