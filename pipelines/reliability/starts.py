"""Failures to start: which units have them, how often units are called, and the share of time that it costs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipelines.dispatch.blocks import UNIT_TOLERANCE
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.plant.technology import FirmTechnology
from pipelines.reference.technologies import STANDBY_FUEL

# A need up to this calls no unit.
_TOLERANCE_MW = 1e-4


def is_standby(technology: FirmTechnology) -> bool:
    """Return whether a unit runs in emergencies only; its outage rate is then its failure to start."""
    return technology.fuel == STANDBY_FUEL


def start_failures(technologies: Mapping[str, FirmTechnology]) -> dict[str, float]:
    """Return the probability that a call fails, by technology."""
    return {name: unit.start_failure for name, unit in technologies.items()}


def start_unavailability(
    need_mw: NDArray[np.floating],
    designs: DesignSet,
    technologies: Mapping[str, FirmTechnology],
    capacity_frac: Mapping[str, NDArray[np.float64]],
    failures: Mapping[str, float],
    *,
    step_hours: float = 1.0,
    columns: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Return the share of time that a unit of each design is under repair after a call that failed.

    Parameters
    ----------
    need_mw : NDArray[np.floating]
        What the firm units must cover (MW), shape (n_hours, n_designs).
    designs : DesignSet
    technologies : Mapping[str, FirmTechnology]
    capacity_frac : Mapping[str, NDArray[np.float64]]
        Technology to share of the rating that a unit can give, shape (n_hours,).
    failures : Mapping[str, float]
        As from `start_failures`; standby sets are left out, since their outage rate is their failure to start.
    step_hours : float
        Length of one interval (h).
    columns : NDArray[np.int64] | None
        Column of the need that each design reads, shape (n_designs,); without it each has its own.

    Returns
    -------
    NDArray[np.float64]
        Calls per unit-hour x probability of failing x repair time, shape (n_designs,), below 1.
    """
    hours = len(need_mw) * step_hours
    names = sorted({name for name in designs.firm_technology if name})
    fraction = np.ones((len(names) + 1, len(need_mw)))
    for number, name in enumerate(names):
        fraction[number] = capacity_frac[name]
    place = {name: number for number, name in enumerate(names)}
    row = np.array([place.get(name, len(names)) for name in designs.firm_technology], dtype=np.int64)
    chance, _ = call_failures(designs, technologies, failures)
    if not chance.any():
        return np.zeros(len(designs))
    units = np.maximum(designs.firm_units, 1).astype(np.float64)
    own = np.arange(len(designs)) if columns is None else columns
    calls = _calls(need_mw, own, fraction, row, designs.firm_unit_mw, units, chance > 0.0)
    return share_in_repair(calls, hours, designs, technologies, failures)


def call_failures(
    designs: DesignSet, technologies: Mapping[str, FirmTechnology], failures: Mapping[str, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the probability that a call of a unit fails and the hours of its repair, each of shape (n_designs,).

    Parameters
    ----------
    designs : DesignSet
    technologies : Mapping[str, FirmTechnology]
    failures : Mapping[str, float]
        As from `start_failures`.
    """
    by_name = {
        name: (0.0 if is_standby(unit) else failures.get(name, 0.0), unit.mttr_hours)
        for name, unit in technologies.items()
    }
    rows = [
        by_name[name] if units > 0 else (0.0, 0.0)
        for name, units in zip(designs.firm_technology, designs.firm_units.tolist(), strict=True)
    ]
    figures = np.array(rows, dtype=np.float64).reshape(len(rows), 2)
    return figures[:, 0], figures[:, 1]


def share_in_repair(
    calls: NDArray[np.float64],
    hours: float,
    designs: DesignSet,
    technologies: Mapping[str, FirmTechnology],
    failures: Mapping[str, float],
) -> NDArray[np.float64]:
    """Return the share of time that a unit of each design is under repair after a call that failed.

    Parameters
    ----------
    calls : NDArray[np.float64]
        Calls of any of a design's units, shape (n_designs,).
    hours : float
        Over so many hours (h).
    designs : DesignSet
    technologies : Mapping[str, FirmTechnology]
    failures : Mapping[str, float]
        As from `start_failures`.
    """
    chance, repair = call_failures(designs, technologies, failures)
    units = np.maximum(designs.firm_units, 1).astype(np.float64)
    return np.minimum(calls / units / hours * chance * repair, 0.99)


@njit(cache=True, nogil=True)
def _calls(  # pragma: no cover
    need_mw: NDArray[np.floating],
    column: NDArray[np.int64],
    fraction: NDArray[np.float64],
    row: NDArray[np.int64],
    unit_mw: NDArray[np.float64],
    units: NDArray[np.float64],
    is_counted: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return how many times a further unit is called, shape (n_designs,)."""
    n_hours, n_designs = len(need_mw), len(column)
    calls, before = np.zeros(n_designs), np.zeros(n_designs)
    for h in range(n_hours):
        for d in range(n_designs):
            if not is_counted[d]:
                continue
            need, on = need_mw[h, column[d]], 0.0
            if need > _TOLERANCE_MW:
                on = min(np.ceil((need - _TOLERANCE_MW) / (unit_mw[d] * fraction[row[d], h])), units[d])
            if h > 0:
                calls[d] += max(on - before[d], 0.0)
            before[d] = on
    return calls


def run_hours(
    need_mw: NDArray[np.floating],
    column: NDArray[np.int64],
    designs: DesignSet,
    site: SiteYear,
    is_wanted: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return the unit-hours that firm units run for a need, as few of them as can, shape (n_designs,).

    Parameters
    ----------
    need_mw : NDArray[np.floating]
        As the dispatch leaves it (MW), shape (n_hours, n_columns).
    column : NDArray[np.int64]
        Of each design, shape (n_designs,).
    designs : DesignSet
    site : SiteYear
    is_wanted : NDArray[np.bool_]
        The others stay 0, shape (n_designs,).
    """
    hours = np.zeros(len(designs))
    has_units = is_wanted & (designs.firm_units > 0)
    names = np.array(designs.firm_technology)
    for name in sorted(set(names[has_units].tolist())):
        rows = np.flatnonzero(has_units & (names == name))
        hours[rows] = _unit_steps(
            need_mw,
            column[rows],
            1.0 / designs.firm_unit_mw[rows],
            1.0 / site.capacity_frac[name],
            designs.firm_units[rows].astype(np.float64),
            UNIT_TOLERANCE,
        )
    return hours * site.step_hours


@njit(cache=True, nogil=True)
def _unit_steps(  # pragma: no cover
    need_mw: NDArray[np.floating],
    column: NDArray[np.int64],
    per_mw: NDArray[np.float64],
    per_frac: NDArray[np.float64],
    units: NDArray[np.float64],
    tolerance: float,
) -> NDArray[np.float64]:
    steps = np.zeros(len(column))
    for h in range(len(need_mw)):
        for d in range(len(column)):
            steps[d] += min(np.ceil(need_mw[h, column[d]] * (per_mw[d] * per_frac[h]) - tolerance), units[d])
    return steps
