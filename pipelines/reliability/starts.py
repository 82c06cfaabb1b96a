"""Failures to start: which units have them, how often units are called, and the share of time that it costs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipelines.dispatch.inputs import DesignSet
from pipelines.plant.technology import FirmTechnology
from pipelines.settings import Settings


def is_standby(technology: FirmTechnology) -> bool:
    """Return whether a unit runs in emergencies only; its outage rate is then its failure to start."""
    return technology.fuel == "diesel"


def start_failures(technologies: Mapping[str, FirmTechnology], settings: Settings) -> dict[str, float]:
    """Return the probability that a call fails, by technology that has moving parts and follows the load.

    Parameters
    ----------
    technologies : Mapping[str, FirmTechnology]
        Fuel cells are kept hot and are not started from cold; standby sets bring their own figure.
    settings : Settings
    """
    moving = {
        name: settings.gas_start_failure
        for name, unit in technologies.items()
        if unit.fuel == "natural_gas" and not name.startswith("fuel_cell")
    }
    return moving | {name: unit.forced_outage_rate for name, unit in technologies.items() if is_standby(unit)}


def start_unavailability(
    need_mw: NDArray[np.floating],
    designs: DesignSet,
    technologies: Mapping[str, FirmTechnology],
    capacity_frac: Mapping[str, NDArray[np.float64]],
    failures: Mapping[str, float],
    *,
    step_hours: float = 1.0,
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

    Returns
    -------
    NDArray[np.float64]
        Calls per unit-hour x probability of failing x repair time, shape (n_designs,), below 1.
    """
    chance, repair = np.zeros(len(designs)), np.zeros(len(designs))
    capacity = np.ones((len(designs), 1))
    names = sorted({name for name in designs.firm_technology if name})
    fraction = np.ones((len(names) + 1, len(need_mw)))
    row = np.full(len(designs), len(names), dtype=np.int64)
    for number, name in enumerate(names):
        fraction[number] = capacity_frac[name]
    for d, (name, units) in enumerate(zip(designs.firm_technology, designs.firm_units, strict=True)):
        if units > 0 and not is_standby(technologies[name]):
            chance[d], repair[d] = failures.get(name, 0.0), technologies[name].mttr_hours
            capacity[d], row[d] = designs.firm_unit_mw[d], names.index(name)
    if not chance.any():
        return np.zeros(len(designs))
    units = np.maximum(designs.firm_units, 1).astype(np.float64)
    calls = _calls(need_mw, fraction, row, capacity[:, 0], units, chance > 0.0)
    hours = len(need_mw) * step_hours
    return np.minimum(calls / units / hours * chance * repair, 0.99)


@njit(cache=True, nogil=True)
def _calls(  # pragma: no cover
    need_mw: NDArray[np.floating],
    fraction: NDArray[np.float64],
    row: NDArray[np.int64],
    unit_mw: NDArray[np.float64],
    units: NDArray[np.float64],
    is_counted: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return how many times a further unit is called, shape (n_designs,)."""
    n_hours, n_designs = need_mw.shape
    calls, before = np.zeros(n_designs), np.zeros(n_designs)
    for h in range(n_hours):
        for d in range(n_designs):
            if not is_counted[d]:
                continue
            on = 0.0
            if need_mw[h, d] > 1e-4:
                on = min(np.ceil((need_mw[h, d] - 1e-4) / (unit_mw[d] * fraction[row[d], h])), units[d])
            if h > 0:
                calls[d] += max(on - before[d], 0.0)
            before[d] = on
    return calls
