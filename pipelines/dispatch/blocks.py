"""Designs laid out for the kernel: blocks of one kind each, with the series and constants that their kind shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pipelines.dispatch import kernel as k
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.options import RULES, DispatchOptions
from pipelines.errors import ContractError, UsageError
from pipelines.plant.technology import Battery, FirmTechnology

# What decides is the same in both precisions, and wider than the rounding of single: a trace takes the batch's turns.
# A unit is not started for less than this share of its rating; the running ones give that on top.
UNIT_TOLERANCE = 1e-5
# Cycle charging begins and ends where a power is above or a level below by this share of the peak load (MW, MWh).
SWITCH_TOLERANCE = 1e-5
# Load counts as unserved above this share of the peak load.
UNSERVED_TOLERANCE = {np.dtype(np.float32): 1e-5, np.dtype(np.float64): 1e-10}


@dataclass(frozen=True)
class Kind:
    """What the designs of one block have in common; names are empty where the part is absent."""

    rule: int
    has_baseload: bool
    baseload_technology: str
    firm_technology: str
    is_grid_flexible: bool


@dataclass(frozen=True)
class Block:
    """Up to LANES designs of one kind.

    Attributes
    ----------
    kind : Kind
    columns : NDArray[np.int64]
        Positions in the design set, ascending.
    work : NDArray[np.floating]
        Work array at the start of a year.
    has_grid : bool
        Whether any of them imports.
    """

    kind: Kind
    columns: NDArray[np.int64]
    work: NDArray[np.floating]
    has_grid: bool

    @property
    def is_consecutive(self) -> bool:
        """Return whether the positions have no gap."""
        return int(self.columns[-1] - self.columns[0]) + 1 == len(self.columns)


def blocks_of(
    sites: Sequence[SiteYear],
    designs: DesignSet,
    technologies: Mapping[str, FirmTechnology],
    battery: Battery,
    options: DispatchOptions,
    dtype: DTypeLike,
) -> list[Block]:
    """Return the designs of a set as blocks of one kind each, ready to be run over any of the sites.

    Parameters
    ----------
    sites : Sequence[SiteYear]
        Their least load decides whether a unit's minimum load can exceed the load.
    designs : DesignSet
    technologies : Mapping[str, FirmTechnology]
        By name, every technology that the designs name.
    battery : Battery
    options : DispatchOptions
    dtype : DTypeLike

    Raises
    ------
    ContractError
        If a design names a technology that does not exist.
    UsageError
        If it names a rule that does not exist.
    """
    members = _kinds(sites, designs, technologies)
    blocks = []
    for kind, indices in members.items():
        for start in range(0, len(indices), k.LANES):
            columns = indices[start : start + k.LANES]
            work = _work_array(designs, columns, battery, options, dtype)
            blocks.append(Block(kind, columns, work, bool(np.any(designs.grid_mw[columns] > 0))))
    return blocks


def _kinds(
    sites: Sequence[SiteYear], designs: DesignSet, technologies: Mapping[str, FirmTechnology]
) -> dict[Kind, NDArray[np.int64]]:
    """Return the positions of the designs of each kind, ascending, in the order in which kinds first appear."""
    least_load = min(float(site.load_mw.min()) for site in sites)
    members: dict[Kind, NDArray[np.int64]] = {}
    for (rule, base, firm, is_flexible), positions in designs.alike.items():
        for name in sorted({base, firm} - {""}):
            if name not in technologies or any(name not in site.capacity_frac for site in sites):
                raise ContractError(
                    f"design {designs.design_id[positions[0]]} names the technology {name}, which has no parameters or "
                    "no capacity share at a site; add them to the technologies and to the site years."
                )
        if rule not in RULES:
            raise UsageError(f"there is no dispatch rule {rule!r}; use one of {', '.join(RULES)}.")
        # One unit at minimum load may exceed the load; several do so only if the minimum is above one half.
        minimum = technologies[firm].min_load_frac if firm else 0.0
        can_exceed = (minimum > 0.5) | (minimum * designs.firm_unit_mw[positions] > least_load) | (base != "")
        for has_baseload in (False, True):
            own = positions[can_exceed == has_baseload]
            if len(own):
                members[Kind(RULES.index(rule), has_baseload, base, firm, is_flexible)] = own
    return members


def _work_array(
    designs: DesignSet, columns: NDArray[np.int64], battery: Battery, options: DispatchOptions, dtype: DTypeLike
) -> NDArray[np.floating]:
    """Return the work array of a block, flat, with parameters set, sums zero and the battery at its start."""
    rows = np.zeros((k.N_ROWS, k.STRIDE), np.float64)
    full = designs.bess_mwh[columns] * (battery.in_service_frac * options.energy_health_frac)
    power = designs.bess_mw[columns] * battery.in_service_frac
    values = {
        "solar_mw": designs.solar_mw[columns],
        "grid_mw": designs.grid_mw[columns],
        "charge_mw": power * options.charge_power_frac,
        "discharge_mw": power * options.discharge_power_frac,
        "soc_floor_mwh": full * battery.soc_floor_frac,
        "soc_full_mwh": full,
        "soc_set_mwh": full * options.cycle_charging_soc_frac,
        "firm_units": designs.firm_units[columns],
        "firm_unit_mw": designs.firm_unit_mw[columns],
        "firm_per_mw": _reciprocal(designs.firm_unit_mw[columns]),
        "baseload_units": designs.baseload_units[columns],
        "baseload_unit_mw": designs.baseload_unit_mw[columns],
        "baseload_per_mw": _reciprocal(designs.baseload_unit_mw[columns]),
        "flexible_frac": np.full(len(columns), options.flexible_load_frac),
    }
    for row, name in enumerate(k.PARAMETERS):
        rows[row, : len(columns)] = values[name]
    start = full * max(battery.soc_start_frac, battery.soc_floor_frac)
    rows[k.S_SOC // k.STRIDE, : len(columns)] = start
    return rows.ravel().astype(dtype)


class SiteRunner:
    """Runs blocks over one site year; series and constants are made once per kind.

    Parameters
    ----------
    site : SiteYear
    technologies : Mapping[str, FirmTechnology]
    battery : Battery
    options : DispatchOptions
    dtype : DTypeLike
    has_few : bool
        Whether blocks of few designs get a kernel of their own, a third of the time for two more seconds of compiling;
        where all hours are kept they always do.

    Raises
    ------
    ContractError
        If a series of the site has gaps or impossible values.
    """

    def __init__(
        self,
        site: SiteYear,
        technologies: Mapping[str, FirmTechnology],
        battery: Battery,
        options: DispatchOptions,
        dtype: DTypeLike,
        *,
        has_few: bool = False,
    ) -> None:
        _check_site(site)
        self._has_few = has_few
        self._site, self._technologies, self._battery = site, technologies, battery
        self._options, self._dtype = options, np.dtype(dtype)
        day = max(1, round(24.0 / site.step_hours))
        self._steps = (day, max(day, round(options.look_ahead_hours / site.step_hours)))
        # In MW x steps, as the sums are.
        self._budget = (
            options.flexible_budget_frac * float(site.load_mw.sum()) if options.flexible_load_frac > 0 else 0.0
        )
        self._kinds: dict[Kind, tuple[NDArray[np.floating], NDArray[np.floating]]] = {}

    def run(
        self, block: Block, rows: Sequence[int] = (), out: NDArray[np.floating] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Run a block over the year.

        Parameters
        ----------
        block : Block
        rows : Sequence[int]
            State rows of the kernel to be kept at every step.
        out : NDArray[np.floating] | None
            Where they go: shape (len(rows), n_hours, n_designs), at the block's columns.

        Returns
        -------
        tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
            Sums in MW x steps (N_TOTALS, n), energy stored before the first and after the last step (n,).
        """
        kind, n = block.kind, len(block.columns)
        if kind not in self._kinds:
            self._kinds[kind] = (self._series(kind), self._constants(kind))
        series, constants = self._kinds[kind]
        work = block.work.copy()
        keep = k.KEEP_SUMS if out is None else k.KEEP_NEED if set(rows) <= k.NEED_ROWS else k.KEEP_ALL
        # A trace is of one design.
        is_narrow = self._has_few or keep == k.KEEP_ALL
        width = k.FEW_LANES if is_narrow and n <= k.FEW_LANES else k.LANES
        has_units = bool(kind.firm_technology) or kind.has_baseload or block.has_grid or kind.rule != k.LOAD_FOLLOWING
        # Every hour of a trace is kept, and a kernel more is not worth its compiling.
        has_units |= keep == k.KEEP_ALL
        simulate = k.kernel(kind.rule, kind.has_baseload, self._budget > 0, keep, width, has_units=has_units)
        nothing, no_rows = np.empty((0, 0, 0), self._dtype), np.empty(0, np.int64)
        work[k.S_BUDGET : k.S_BUDGET + n] = self._budget
        if self._options.is_year_closed:
            simulate(work, series, constants, *self._steps, _sums(), no_rows, nothing, 0, 0)
            work[k.S_BUDGET : k.S_BUDGET + n] = self._budget
        start = work[k.S_SOC : k.S_SOC + n].astype(np.float64)
        sums = _sums()
        if out is None:
            simulate(work, series, constants, *self._steps, sums, no_rows, nothing, 0, 0)
        elif block.is_consecutive:
            simulate(
                work, series, constants, *self._steps, sums, np.array(rows, np.int64), out, int(block.columns[0]), n
            )
        else:
            scattered = np.empty((len(rows), series.shape[0], n), self._dtype)
            simulate(work, series, constants, *self._steps, sums, np.array(rows, np.int64), scattered, 0, n)
            out[:, :, block.columns] = scattered
        return sums[:, :n], start, work[k.S_SOC : k.S_SOC + n].astype(np.float64)

    def _series(self, kind: Kind) -> NDArray[np.floating]:
        """Return the series that a kind of design sees, shape (n_hours, 7), in the order of `kernel.SERIES`."""
        site = self._site
        series = np.ones((len(site.load_mw), len(k.SERIES)), self._dtype)
        series[:, 0] = site.solar_mw_per_mw
        series[:, 1] = site.load_mw
        if kind.is_grid_flexible:
            series[:, 2] = site.grid_available_frac
        for column, name in ((3, kind.firm_technology), (5, kind.baseload_technology)):
            if name:
                series[:, column] = site.capacity_frac[name]
                series[:, column + 1] = 1.0 / site.capacity_frac[name]
        return series

    def _constants(self, kind: Kind) -> NDArray[np.floating]:
        """Return the constants that a kind of design shares, in the order of `kernel.CONSTANTS`."""
        dt, technologies = self._site.step_hours, self._technologies
        charge, discharge = self._battery.charge_efficiency, self._battery.discharge_efficiency
        values = {
            "zero": 0.0,
            "one": 1.0,
            "discharge_limit": discharge / dt,
            "charge_limit": 1.0 / dt if self._options.is_room_before_loss else 1.0 / (charge * dt),
            "soc_per_discharge": dt / discharge,
            "soc_per_charge": dt * charge,
            "unit_tolerance": UNIT_TOLERANCE,
            "switch_tolerance": SWITCH_TOLERANCE * float(self._site.load_mw.max()),
            "unserved_tolerance": UNSERVED_TOLERANCE[self._dtype] * float(self._site.load_mw.max()),
            "firm_min_load": technologies[kind.firm_technology].min_load_frac if kind.firm_technology else 0.0,
            "baseload_min_load": technologies[kind.baseload_technology].min_load_frac
            if kind.baseload_technology
            else 0.0,
        }
        return np.array([values[name] for name in k.CONSTANTS], dtype=self._dtype)


def _check_site(site: SiteYear) -> None:
    """Raise ContractError if a site's series have different lengths, gaps or impossible values."""
    n_hours = len(site.load_mw)
    series = {
        "solar_mw_per_mw": site.solar_mw_per_mw,
        "load_mw": site.load_mw,
        "grid_available_frac": site.grid_available_frac,
        **{f"capacity_frac of {name}": values for name, values in site.capacity_frac.items()},
    }
    for name, values in series.items():
        least = 1e-6 if name.startswith("capacity_frac") else 0.0
        # A comparison with a gap (NaN) is false, so min() and max() would hide one; the sum does not.
        if len(values) != n_hours or not np.isfinite(values.sum()) or values.min() < least:
            raise ContractError(
                f"site {site.region_id}, year {site.weather_year}: {name} must hold {n_hours} finite values of at "
                f"least {least:g}; look for gaps in the weather it was made from."
            )


def _sums() -> NDArray[np.float64]:
    return np.zeros((k.N_TOTALS, k.LANES))


def _reciprocal(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(1.0, values, out=np.zeros(len(values)), where=values > 0)
