"""Look-up tables of an adequacy run: outage rates and capacities by hour, distributions of fleets and second blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.dispatch.inputs import DesignSet
from pipelines.errors import UsageError
from pipelines.plant.technology import FirmTechnology
from pipelines.reliability.fleet import below_tables, forced_outage_rate, mass_tables


@dataclass(frozen=True)
class Hours:
    """Outage rates, unit capacity and loss of fuel by technology and hour; the last row stands for no technology."""

    number: dict[str, int]
    rates: list[NDArray[np.float64]]
    rate_index: NDArray[np.int64]
    fraction: NDArray[np.float64]
    lost: NDArray[np.float64]

    def number_of(self, names: list[str], units: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return each design's technology number, the last one where it has no unit."""
        nothing = len(self.number)
        return np.array([self.number[name] if n > 0 else nothing for name, n in zip(names, units, strict=True)])


@dataclass(frozen=True)
class Tables:
    """Look-up tables of many fleets, one behind the other, and where each design's begins."""

    start: NDArray[np.int64]
    values: tuple[NDArray[np.float64], ...]


def hours_of(
    designs: DesignSet,
    technologies: Mapping[str, FirmTechnology],
    capacity_frac: Mapping[str, NDArray[np.float64]],
    temperature_c: NDArray[np.float64],
    series_unavailability: float,
    supply_loss: Mapping[str, NDArray[np.float64]],
) -> Hours:
    """Return the rates, capacities and losses of the technologies in use, hour by hour where they move with it.

    Raises
    ------
    UsageError
        If a technology of the designs has no figures.
    """
    used = {name for name, units in zip(designs.firm_technology, designs.firm_units, strict=True) if units > 0}
    used |= {name for name, units in zip(designs.baseload_technology, designs.baseload_units, strict=True) if units > 0}
    names = sorted(used)
    unknown = [name for name in names if name not in technologies or name not in capacity_frac]
    if unknown:
        raise UsageError(f"no figures for the technology {unknown[0]!r}; add it to the technologies and its derating.")
    rates = []
    rate_index = np.zeros((len(names) + 1, len(temperature_c)), dtype=np.int64)
    fraction = np.ones((len(names) + 1, len(temperature_c)))
    lost = np.zeros((len(names) + 1, len(temperature_c)))
    for i, name in enumerate(names):
        moves = bool(technologies[name].forced_outage_by_temperature)
        outage = forced_outage_rate(technologies[name], temperature_c if moves else temperature_c[:1])
        out_of_service = 1.0 - (1.0 - outage) * (1.0 - series_unavailability)
        if moves:
            out_of_service, rate_index[i] = np.unique(out_of_service, return_inverse=True)
        rates.append(out_of_service)
        fraction[i] = capacity_frac[name]
        lost[i] = supply_loss.get(name, 0.0)
    return Hours({name: i for i, name in enumerate(names)}, [*rates, np.zeros(1)], rate_index, fraction, lost)


def firm_tables(
    designs: DesignSet,
    firm: NDArray[np.int64],
    planned: NDArray[np.float64],
    hours: Hours,
    in_repair: NDArray[np.float64],
) -> Tables:
    """Lay out P(fewer than k units) and E[units; fewer than k units] of each distinct firm fleet."""
    starts: dict[tuple[int, int, float], int] = {}
    start = np.zeros(len(designs), dtype=np.int64)
    below: list[NDArray[np.float64]] = []
    moment: list[NDArray[np.float64]] = []
    length = 0
    for d, number in enumerate(firm.tolist()):
        units = int(designs.firm_units[d])
        key = (number, units, float(in_repair[d]))
        if key not in starts:
            rates = 1.0 - (1.0 - hours.rates[number]) * (1.0 - in_repair[d])
            probability, first = below_tables(units, rates, float(planned[d]))
            below.append(probability.ravel())
            moment.append(first.ravel())
            starts[key] = length
            length += probability.size
        start[d] = starts[key]
    return Tables(start, (np.concatenate(below), np.concatenate(moment)))


def second_tables(
    designs: DesignSet, technologies: Mapping[str, FirmTechnology], hours: Hours, grid_unavailability: ArrayLike
) -> Tables:
    """Lay out P(k units) of each distinct second block; a grid is one unit."""
    lost = np.broadcast_to(np.asarray(grid_unavailability, dtype=np.float64), (len(designs),))
    starts: dict[tuple[int, float], int] = {}
    start = np.zeros(len(designs), dtype=np.int64)
    mass: list[NDArray[np.float64]] = [np.zeros(1)]
    length = 1
    for d, number in enumerate(hours.number_of(designs.baseload_technology, designs.baseload_units)):
        is_grid, units = designs.grid_mw[d] > 0, int(designs.baseload_units[d])
        if not is_grid and units == 0:
            continue
        key = (-1, float(lost[d])) if is_grid else (int(number), float(units))
        if key not in starts:
            if is_grid:
                mass.append(np.array([lost[d], 1.0 - lost[d]]))
            else:
                planned = technologies[designs.baseload_technology[d]].planned_outage_rate
                mass.append(mass_tables(units, hours.rates[number], planned).ravel())
            starts[key] = length
            length += mass[-1].size
        start[d] = starts[key]
    return Tables(start, (np.concatenate(mass),))
