"""Unserved energy of whole design grids: each hour's residual need against the exact distribution of the fleet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from pipelines.dispatch.inputs import DesignSet
from pipelines.errors import UsageError
from pipelines.plant.technology import FirmTechnology
from pipelines.reliability.fleet import below_of
from pipelines.reliability.fleet_tables import Hours, Tables, firm_tables, hours_of, second_tables
from pipelines.reliability.starts import share_in_repair, start_unavailability
from pipelines.reliability.streams import Streams, counted, sums_of

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
    columns: NDArray[np.int64] | None = None,
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
    columns : NDArray[np.int64] | None
        Column of the need, and of `second_mw`, that each design reads, shape (n_designs,), where several that differ
        in their firm units alone share one; without it each has its own.

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
    if columns is None:
        columns = np.arange(need_mw.shape[1])
    if need_mw.shape[0] != len(temperature_c) or len(columns) != len(designs):
        raise UsageError("the need, the designs and the temperatures of an adequacy run do not have the same lengths.")
    if load_mw is not None and len(load_mw) != len(temperature_c):
        raise UsageError("the load and the temperatures of an adequacy run do not have the same lengths.")
    if ((designs.baseload_units > 0) & (designs.grid_mw > 0)).any():
        raise UsageError("a design with both baseload units and a grid has two second blocks; split the design.")

    hours = hours_of(designs, technologies, capacity_frac, temperature_c, series_unavailability, supply_loss or {})
    second = second_tables(designs, technologies, hours, grid_unavailability)
    load = np.full(len(temperature_c), np.inf) if load_mw is None else np.asarray(load_mw, dtype=np.float64)
    fleets = _Fleets(
        need_mw, second_mw, load, designs, technologies, capacity_frac, hours, second, columns, start_failure or {},
        step_hours, tolerance_mw,
    )  # fmt: skip
    # Where the outage rate does not move with the hour, a year is counted once for any number of units.
    has_one_rate = np.array([len(rates) == 1 for rates in hours.rates])[fleets.firm]
    sums = np.zeros((len(designs), 9))
    for part, work in ((has_one_rate, fleets.by_count), (~has_one_rate, fleets.by_hour)):
        if part.any():
            sums[part] = work(np.flatnonzero(part))
    return NeedAdequacy(*(np.ascontiguousarray(row) * step_hours for row in sums.T))


@dataclass(frozen=True)
class _Fleets:
    """The designs of one run of `adequacy_of_need` with all that it was given."""

    need_mw: NDArray[np.floating]
    second_mw: NDArray[np.floating]
    load_mw: NDArray[np.float64]
    designs: DesignSet
    technologies: Mapping[str, FirmTechnology]
    capacity_frac: Mapping[str, NDArray[np.float64]]
    hours: Hours
    second: Tables
    columns: NDArray[np.int64]
    start_failure: Mapping[str, float]
    step_hours: float
    tolerance_mw: float

    @cached_property
    def firm(self) -> NDArray[np.int64]:
        return self.hours.number_of(self.designs.firm_technology, self.designs.firm_units)

    @cached_property
    def base(self) -> NDArray[np.int64]:
        return self.hours.number_of(self.designs.baseload_technology, self.designs.baseload_units)

    @cached_property
    def blocks(self) -> NDArray[np.int64]:
        return np.where(self.designs.grid_mw > 0, 1, self.designs.baseload_units).astype(np.int64)

    @cached_property
    def planned(self) -> NDArray[np.float64]:
        by_name = {name: unit.planned_outage_rate for name, unit in self.technologies.items()}
        pairs = zip(self.designs.firm_technology, self.designs.firm_units.tolist(), strict=True)
        return np.array([by_name[name] if units else 0.0 for name, units in pairs])

    def by_count(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the sums of designs whose units have one outage rate, shape (n_rows, 9)."""
        designs = self.designs.take(rows)
        key = np.stack(
            [
                self.columns[rows],
                self.firm[rows],
                self.base[rows],
                np.where(designs.firm_units > 0, designs.firm_unit_mw, 0.0),
                self.blocks[rows],
                designs.baseload_unit_mw,
                self.second.start[rows],
            ],
            axis=1,
        )
        distinct, stream = np.unique(key, axis=0, return_inverse=True)
        whole = [distinct[:, place].astype(np.int64) for place in (0, 1, 2, 4, 6)]
        streams = Streams(
            whole[0], whole[1], whole[2], np.ascontiguousarray(distinct[:, 3]), whole[3],
            np.ascontiguousarray(distinct[:, 5]), whole[4], int(designs.firm_units.max()),
        )  # fmt: skip
        hours = self.hours
        found = counted(
            self.need_mw, self.second_mw, self.load_mw, streams, hours.rate_index, hours.fraction, hours.lost,
            self.second.values[0], self.tolerance_mw,
        )  # fmt: skip
        stream = stream.reshape(-1)
        units = np.asarray(designs.firm_units, dtype=np.int64)
        calls = np.cumsum(found.calls, axis=1)[stream, units]
        in_repair = share_in_repair(
            calls, len(self.need_mw) * self.step_hours, designs, self.technologies, self.start_failure
        )
        rates = np.array([own[0] for own in hours.rates])[self.firm[rows]]
        rates = 1.0 - (1.0 - rates) * (1.0 - in_repair)
        below, moment = below_of(units, rates, self.planned[rows], streams.most_units)
        return sums_of(found, stream, units, below, moment)

    def by_hour(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the sums of designs whose units' outage rate moves with the temperature, shape (n_rows, 9)."""
        designs, hours = self.designs.take(rows), self.hours
        in_repair = start_unavailability(
            self.need_mw,
            designs,
            self.technologies,
            self.capacity_frac,
            self.start_failure,
            step_hours=self.step_hours,
            columns=self.columns[rows],
        )
        tables = firm_tables(designs, self.firm[rows], self.planned[rows], hours, in_repair)
        return _need_kernel(
            self.need_mw,
            self.second_mw,
            self.columns[rows],
            self.load_mw,
            hours.rate_index,
            hours.fraction,
            hours.lost,
            self.firm[rows],
            np.asarray(designs.firm_units, dtype=np.int64),
            np.asarray(designs.firm_unit_mw, dtype=np.float64),
            tables.start,
            tables.values[0],
            tables.values[1],
            self.base[rows],
            self.blocks[rows],
            np.asarray(designs.baseload_unit_mw, dtype=np.float64),
            self.second.start[rows],
            self.second.values[0],
            self.tolerance_mw,
        )


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
    column: NDArray[np.int64],
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
    n_hours, n_designs = len(need_mw), len(column)
    out = np.zeros((n_designs, 9))
    for h in range(n_hours):
        for d in range(n_designs):
            need = min(float(need_mw[h, column[d]]), load_mw[h])
            blocks = second_units[d]
            given = float(second_mw[h, column[d]]) if blocks > 0 else 0.0
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
