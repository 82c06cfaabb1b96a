"""Unserved energy of whole design grids: each hour's residual need against the exact distribution of the fleet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from pipelines.dispatch.inputs import DesignSet
from pipelines.errors import UsageError
from pipelines.plant.technology import FirmTechnology
from pipelines.reliability.fleet import below_tables, forced_outage_rate, mass_tables
from pipelines.reliability.starts import start_unavailability

# A need this far above what the units give is rounding of a single-precision dispatch, not a shortfall.
TOLERANCE_MW = 1e-4


@dataclass(frozen=True)
class NeedAdequacy:
    """What a design leaves unserved over the hours given, expectations over outages; shapes (n_designs,).

    Attributes
    ----------
    eue_mwh, lolh_hours : NDArray[np.float64]
        With outages of the firm units and of the second block (baseload units or grid).
    units_eue_mwh : NDArray[np.float64]
        With outages of the firm units alone.
    shortage_mwh, shortage_hours : NDArray[np.float64]
        With nothing on outage: the resource or the sizes fall short.
    stranded_eue_mwh, stranded_lolh_hours : NDArray[np.float64]
        With the whole firm fleet lost, as when its fuel supply fails, and the second block's outages.
    frost_eue_mwh, frost_lolh_hours : NDArray[np.float64]
        What losses of the fuel supply that depend on the hour add to the first two.
    """

    eue_mwh: NDArray[np.float64]
    lolh_hours: NDArray[np.float64]
    units_eue_mwh: NDArray[np.float64]
    shortage_mwh: NDArray[np.float64]
    shortage_hours: NDArray[np.float64]
    stranded_eue_mwh: NDArray[np.float64]
    stranded_lolh_hours: NDArray[np.float64]
    frost_eue_mwh: NDArray[np.float64]
    frost_lolh_hours: NDArray[np.float64]


def adequacy_of_need(
    need_mw: NDArray[np.floating],
    designs: DesignSet,
    technologies: Mapping[str, FirmTechnology],
    capacity_frac: Mapping[str, NDArray[np.float64]],
    temperature_c: NDArray[np.float64],
    *,
    second_mw: NDArray[np.floating] | None = None,
    load_mw: NDArray[np.float64] | None = None,
    grid_unavailability: ArrayLike = 0.0,
    series_unavailability: float = 0.0,
    start_failure: Mapping[str, float] | None = None,
    supply_loss: Mapping[str, NDArray[np.float64]] | None = None,
    step_hours: float = 1.0,
    tolerance_mw: float = TOLERANCE_MW,
) -> NeedAdequacy:
    """Return expected unserved energy and loss-of-load hours of each design, exactly, from its residual need.

    Parameters
    ----------
    need_mw : NDArray[np.floating]
        What the firm units (and, failing them, nobody) must cover after solar, grid, baseload and battery, with all
        of these in service (MW), shape (n_hours, n_designs).
    designs : DesignSet
        The designs in column order; used are the firm and baseload units and `grid_mw`.
    technologies : Mapping[str, FirmTechnology]
        The firm and baseload technologies that the designs name.
    capacity_frac : Mapping[str, NDArray[np.float64]]
        Technology to share of the rating that a unit can give, shape (n_hours,).
    temperature_c : NDArray[np.float64]
        Ambient temperature (deg C), shape (n_hours,).
    second_mw : NDArray[np.floating] | None
        What the load receives from the baseload units or from the grid (MW), shape (n_hours, n_designs). In their
        outages the firm fleet must carry it as well; needed where a design has either. What it gives beyond the load
        to charge the battery does no harm where `load_mw` is given.
    load_mw : NDArray[np.float64] | None
        Load at the bus (MW), shape (n_hours,): nothing beyond it has to be carried.
    grid_unavailability : ArrayLike
        Share of time without grid that nothing else bridges, scalar or shape (n_designs,).
    series_unavailability : float
        Unavailability of what stands in series with each firm or baseload unit, such as its transformer.
    start_failure : Mapping[str, float] | None
        Technology to probability that a unit does not start when it is called, as from `start_failures`.
    supply_loss : Mapping[str, NDArray[np.float64]] | None
        Technology to probability that all its units are without fuel, shape (n_hours,), independent of their outages.
    step_hours : float
        Length of one interval (h).
    tolerance_mw : float
        A shortfall up to this is none (MW).

    Returns
    -------
    NeedAdequacy

    Raises
    ------
    UsageError
        If shapes do not match, a technology is unknown, or a design has both baseload units and a grid.

    Notes
    -----
    Hours are independent given the need: E[unserved] = sum over k of P(k available) max(need - k c, 0), the loss of
    energy index of Billinton and Allan (1996), section 2.5, evaluated at each hour's own need, unit capacity and
    outage rate. The battery's schedule is that of the dispatch without outages, so it bridges none of them.
    """
    has_second = (designs.baseload_units > 0) | (designs.grid_mw > 0)
    if second_mw is None:
        if has_second.any():
            raise UsageError("designs with baseload units or a grid need what these give by hour (second_mw).")
        second_mw = np.zeros((1, 1), dtype=need_mw.dtype)
    elif second_mw.shape != need_mw.shape:
        raise UsageError("second_mw and need_mw do not have the same shape.")
    if need_mw.shape != (len(temperature_c), len(designs)):
        raise UsageError("the need, the designs and the temperatures of an adequacy run do not have the same lengths.")
    if load_mw is not None and len(load_mw) != len(temperature_c):
        raise UsageError("the load and the temperatures of an adequacy run do not have the same lengths.")
    if ((designs.baseload_units > 0) & (designs.grid_mw > 0)).any():
        raise UsageError("a design with both baseload units and a grid has two second blocks; split the design.")

    hours = _hours(designs, technologies, capacity_frac, temperature_c, series_unavailability, supply_loss or {})
    in_repair = start_unavailability(
        need_mw, designs, technologies, capacity_frac, start_failure or {}, step_hours=step_hours
    )
    firm = _firm_tables(designs, technologies, hours, in_repair)
    second = _second_tables(designs, technologies, hours, grid_unavailability)
    sums = _need_kernel(
        need_mw,
        second_mw,
        np.full(len(temperature_c), np.inf) if load_mw is None else np.asarray(load_mw, dtype=np.float64),
        hours.rate_index,
        hours.fraction,
        hours.lost,
        hours.number_of(designs.firm_technology, designs.firm_units),
        np.asarray(designs.firm_units, dtype=np.int64),
        np.asarray(designs.firm_unit_mw, dtype=np.float64),
        firm.start,
        firm.values[0],
        firm.values[1],
        hours.number_of(designs.baseload_technology, designs.baseload_units),
        np.where(designs.grid_mw > 0, 1, designs.baseload_units).astype(np.int64),
        np.asarray(designs.baseload_unit_mw, dtype=np.float64),
        second.start,
        second.values[0],
        tolerance_mw,
    )
    return NeedAdequacy(*(np.ascontiguousarray(row) * step_hours for row in sums.T))


@dataclass(frozen=True)
class _Hours:
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
class _Tables:
    """Look-up tables of many fleets, one behind the other, and where each design's begins."""

    start: NDArray[np.int64]
    values: tuple[NDArray[np.float64], ...]


def _hours(
    designs: DesignSet,
    technologies: Mapping[str, FirmTechnology],
    capacity_frac: Mapping[str, NDArray[np.float64]],
    temperature_c: NDArray[np.float64],
    series_unavailability: float,
    supply_loss: Mapping[str, NDArray[np.float64]],
) -> _Hours:
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
        in_service = (1.0 - forced_outage_rate(technologies[name], temperature_c)) * (1.0 - series_unavailability)
        distinct, rate_index[i] = np.unique(1.0 - in_service, return_inverse=True)
        rates.append(distinct)
        fraction[i] = capacity_frac[name]
        lost[i] = supply_loss.get(name, 0.0)
    return _Hours({name: i for i, name in enumerate(names)}, [*rates, np.zeros(1)], rate_index, fraction, lost)


def _firm_tables(
    designs: DesignSet,
    technologies: Mapping[str, FirmTechnology],
    hours: _Hours,
    in_repair: NDArray[np.float64],
) -> _Tables:
    """Lay out P(fewer than k units) and E[units; fewer than k units] of each distinct firm fleet."""
    starts: dict[tuple[int, int, float], int] = {}
    start = np.zeros(len(designs), dtype=np.int64)
    below: list[NDArray[np.float64]] = []
    moment: list[NDArray[np.float64]] = []
    length = 0
    for d, number in enumerate(hours.number_of(designs.firm_technology, designs.firm_units)):
        units = int(designs.firm_units[d])
        key = (int(number), units, float(in_repair[d]))
        if key not in starts:
            planned = technologies[designs.firm_technology[d]].planned_outage_rate if units else 0.0
            rates = 1.0 - (1.0 - hours.rates[number]) * (1.0 - in_repair[d])
            probability, first = below_tables(units, rates, planned)
            below.append(probability.ravel())
            moment.append(first.ravel())
            starts[key] = length
            length += probability.size
        start[d] = starts[key]
    return _Tables(start, (np.concatenate(below), np.concatenate(moment)))


def _second_tables(
    designs: DesignSet, technologies: Mapping[str, FirmTechnology], hours: _Hours, grid_unavailability: ArrayLike
) -> _Tables:
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
    return _Tables(start, (np.concatenate(mass),))


@njit(cache=True, nogil=True)
def _short(  # pragma: no cover
    need: float,
    capacity: float,
    units: int,
    start: int,
    below: NDArray[np.float64],
    moment: NDArray[np.float64],
    tolerance: float,
) -> tuple[float, float]:
    """Return the expected shortfall (MW) and its probability at one need."""
    if need <= tolerance:
        return 0.0, 0.0
    place = start + 1
    if units > 0:
        place = start + int(np.ceil(min((need - tolerance) / capacity, units + 1.0)))
    chance = below[place]
    return need * chance - capacity * moment[place], chance


@njit(cache=True, nogil=True)
def _need_kernel(  # pragma: no cover
    need_mw: NDArray[np.floating],
    second_mw: NDArray[np.floating],
    load_mw: NDArray[np.float64],
    rate_index: NDArray[np.int64],
    fraction: NDArray[np.float64],
    lost: NDArray[np.float64],
    firm: NDArray[np.int64],
    firm_units: NDArray[np.int64],
    firm_unit_mw: NDArray[np.float64],
    firm_start: NDArray[np.int64],
    below: NDArray[np.float64],
    moment: NDArray[np.float64],
    base: NDArray[np.int64],
    second_units: NDArray[np.int64],
    second_unit_mw: NDArray[np.float64],
    second_start: NDArray[np.int64],
    mass: NDArray[np.float64],
    tolerance: float,
) -> NDArray[np.float64]:
    """Return the sums of NeedAdequacy, shape (n_designs, 9), per unit of step length."""
    n_hours, n_designs = need_mw.shape
    out = np.zeros((n_designs, 9))
    for h in range(n_hours):
        for d in range(n_designs):
            need = min(float(need_mw[h, d]), load_mw[h])
            blocks = second_units[d]
            given = float(second_mw[h, d]) if blocks > 0 else 0.0
            if need <= tolerance and given <= tolerance:
                continue
            units = firm_units[d]
            capacity = firm_unit_mw[d] * fraction[firm[d], h]
            start = firm_start[d] + rate_index[firm[d], h] * (units + 2)
            short, chance = _short(need, capacity, units, start, below, moment, tolerance)
            needed = 1.0 if need > tolerance else 0.0
            row = out[d]
            row[2] += short
            missing = need - units * capacity
            if missing > tolerance:
                row[3] += missing
                row[4] += 1.0
            # A grid has no technology: its row of rates is the last, with the one rate of its table.
            place = second_start[d] + rate_index[base[d], h] * (blocks + 1)
            weight = mass[place + blocks] if blocks > 0 else 1.0
            hour_short, hour_chance = weight * short, weight * chance
            stranded, hour_needed = weight * need, weight * needed
            for left in range(blocks):
                weight = mass[place + left]
                carried = left * second_unit_mw[d] * fraction[base[d], h]
                wanted = min(need + max(given - carried, 0.0), load_mw[h])
                short, chance = _short(wanted, capacity, units, start, below, moment, tolerance)
                hour_short += weight * short
                hour_chance += weight * chance
                stranded += weight * wanted
                hour_needed += weight * (1.0 if wanted > tolerance else 0.0)
            row[0] += hour_short
            row[1] += hour_chance
            row[5] += stranded
            row[6] += hour_needed
            without = lost[firm[d], h]
            if without > 0.0:
                row[7] += without * (stranded - hour_short)
                row[8] += without * (hour_needed - hour_chance)
    return out
