"""Dispatch of many designs over many site years: yearly sums, and each hour's need of the firm units on request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from queue import Empty, SimpleQueue

import numpy as np
import polars as pl
from numpy.typing import DTypeLike, NDArray

from pipelines.dispatch import kernel as k
from pipelines.dispatch.blocks import Block, SiteRunner, blocks_of
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.options import DispatchOptions
from pipelines.plant.technology import Battery, FirmTechnology


@dataclass(frozen=True)
class NeedBlock:
    """What one site's designs leave to the firm units, by hour; valid only during the callback.

    Attributes
    ----------
    firm_need_mw : NDArray[np.floating]
        What firm units and unserved load together cover after solar, grid, baseload and battery, (n_hours, n_designs).
        Under look_ahead and cycle_charging it includes what the rule wants to store; load curtailed within its budget
        is not in it.
    second_mw : NDArray[np.floating]
        What the baseload block gives, or the grid where a design has no baseload: in its outage the firm units have to
        carry that too, (n_hours, n_designs).
    """

    firm_need_mw: NDArray[np.floating]
    second_mw: NDArray[np.floating]


@dataclass(frozen=True)
class DispatchResult:
    """Yearly sums, each of shape (n_sites, n_designs), in double precision.

    Energies are at the AC bus. Run hours count unit-hours; starts exclude units that run in the first step. Fuel is
    higher heating value. Solar potential is before, delivered solar after curtailment. Flexed is load curtailed within
    its yearly budget (`DispatchOptions`); unserved is without it.
    """

    load_mwh: NDArray[np.float64]
    solar_potential_mwh: NDArray[np.float64]
    curtailed_mwh: NDArray[np.float64]
    charge_mwh: NDArray[np.float64]
    discharge_mwh: NDArray[np.float64]
    grid_mwh: NDArray[np.float64]
    baseload_mwh: NDArray[np.float64]
    firm_mwh: NDArray[np.float64]
    unserved_mwh: NDArray[np.float64]
    unserved_hours: NDArray[np.float64]
    flexed_mwh: NDArray[np.float64]
    baseload_fuel_mmbtu: NDArray[np.float64]
    firm_fuel_mmbtu: NDArray[np.float64]
    baseload_starts: NDArray[np.float64]
    firm_starts: NDArray[np.float64]
    baseload_run_hours: NDArray[np.float64]
    firm_run_hours: NDArray[np.float64]
    soc_start_mwh: NDArray[np.float64]
    soc_end_mwh: NDArray[np.float64]

    @property
    def solar_mwh(self) -> NDArray[np.float64]:
        """Return solar delivered to load or battery (MWh), shape (n_sites, n_designs)."""
        return np.maximum(self.solar_potential_mwh - self.curtailed_mwh, 0.0)

    @property
    def renewable_frac(self) -> NDArray[np.float64]:
        """Return the share of served energy that neither grid, baseload nor firm units gave, (n_sites, n_designs)."""
        served = self.load_mwh - self.unserved_mwh - self.flexed_mwh
        other = self.grid_mwh + self.baseload_mwh + self.firm_mwh
        share = np.divide(other, served, out=np.ones_like(served), where=served > 0)
        return np.clip(1.0 - share, 0.0, 1.0)

    def take(self, designs: NDArray[np.int64]) -> DispatchResult:
        """Return the sums of some of the designs."""
        return DispatchResult(**{field.name: getattr(self, field.name)[:, designs] for field in fields(self)})

    def to_frame(self, sites: Sequence[SiteYear], designs: DesignSet) -> pl.DataFrame:
        """Return the sums as `sim.dispatch_annual` rows, sites outer, designs inner; the table has no flexible load."""
        n_sites, n_designs = self.load_mwh.shape
        frame = pl.DataFrame(
            {
                "region_id": np.repeat(np.array([site.region_id for site in sites], object), n_designs),
                "design_id": np.tile(np.array(designs.design_id, object), n_sites),
                "stack_id": np.tile(np.array(designs.stack_id, object), n_sites),
                "weather_year": np.repeat(np.array([site.weather_year for site in sites], np.int64), n_designs),
                **{
                    field.name: getattr(self, field.name).ravel()
                    for field in fields(self)
                    if field.name != "flexed_mwh"
                },
                "solar_mwh": self.solar_mwh.ravel(),
                "renewable_frac": self.renewable_frac.ravel(),
            },
            schema_overrides={"region_id": pl.String, "design_id": pl.String, "stack_id": pl.String},
        )
        return frame.with_columns(
            pl.col("baseload_starts", "firm_starts").round().cast(pl.Int64),
        )


OnSite = Callable[[int, NeedBlock], None]


def simulate_batch(
    sites: Sequence[SiteYear],
    designs: DesignSet,
    technologies: Mapping[str, FirmTechnology],
    battery: Battery,
    *,
    dtype: DTypeLike = np.float32,
    with_need: OnSite | None = None,
    threads: int = 2,
    options: DispatchOptions | None = None,
    has_few: bool = False,
) -> DispatchResult:
    """Dispatch every design over every site year.

    Parameters
    ----------
    sites : Sequence[SiteYear]
    designs : DesignSet
    technologies : Mapping[str, FirmTechnology]
        By name, every technology that the designs name.
    battery : Battery
    dtype : DTypeLike
        numpy.float32 for the grid of designs, numpy.float64 where a design near the target is decided.
    with_need : Callable[[int, NeedBlock], None] | None
        Called once per site with its position and its hourly need, from worker threads and in no fixed order; the
        arrays are reused afterwards, so that memory does not grow with the number of sites.
    threads : int
        Threads over sites (over blocks of designs where there are fewer sites than threads).
    options : DispatchOptions | None
    has_few : bool
        Whether blocks of few designs get a kernel of their own: worth its compiling where thousands of sites are run.

    Returns
    -------
    DispatchResult
        Arrays of shape (n_sites, n_designs).

    Raises
    ------
    ContractError
        If a series has gaps or a technology is unknown.
    UsageError
        If a rule is unknown.
    """
    options = options or DispatchOptions()
    result = _empty_result(len(sites), len(designs))
    if len(sites) == 0 or len(designs) == 0:
        return result
    blocks = blocks_of(sites, designs, technologies, battery, options, dtype)
    fuel = _FuelRates.of(designs, technologies)
    spare: SimpleQueue[NDArray[np.floating]] = SimpleQueue()

    def run_site(index: int, pool: ThreadPoolExecutor | None = None) -> None:
        site = sites[index]
        runner = SiteRunner(site, technologies, battery, options, dtype, has_few=has_few)
        sums = _SiteSums.empty(len(designs))
        if with_need is None:
            # Blocks write to columns of their own, so that any order gives the same sums.
            for _ in (pool.map if pool else map)(lambda block: sums.put(block, *runner.run(block)), blocks):
                pass
        else:
            need = _need_buffer(spare, (2, len(site.load_mw), len(designs)), dtype)
            for block in blocks:
                rows = _need_rows(block)
                sums.put(block, *runner.run(block, rows, need[: len(rows)]))
            with_need(index, NeedBlock(*need))
            spare.put(need)
        sums.store(result, index, site, designs, fuel)

    if threads <= 1:
        for index in range(len(sites)):
            run_site(index)
        return result
    with ThreadPoolExecutor(threads) as pool:
        if with_need is None and len(sites) < threads:
            for index in range(len(sites)):
                run_site(index, pool)
        else:
            for future in [pool.submit(run_site, index) for index in range(len(sites))]:
                future.result()
    return result


def _need_rows(block: Block) -> tuple[int, ...]:
    """Return the kernel rows of the need, and of the second block where there is one."""
    if block.kind.baseload_technology:
        return (k.S_WANT, k.S_BASE)
    return (k.S_WANT, k.S_GRID) if block.has_grid else (k.S_WANT,)


def _need_buffer(
    spare: SimpleQueue[NDArray[np.floating]], shape: tuple[int, int, int], dtype: DTypeLike
) -> NDArray[np.floating]:
    """Return a buffer of the shape, a used one where there is one: designs without a second block leave zeros there."""
    try:
        buffer = spare.get_nowait()
    except Empty:
        return np.zeros(shape, dtype)
    return buffer if buffer.shape == shape else np.zeros(shape, dtype)


@dataclass(frozen=True)
class _FuelRates:
    """Fuel per MWh of running capacity and per MWh given, of each design's two fleets, (n_designs,)."""

    firm_running: NDArray[np.float64]
    firm_given: NDArray[np.float64]
    baseload_running: NDArray[np.float64]
    baseload_given: NDArray[np.float64]

    @classmethod
    def of(cls, designs: DesignSet, technologies: Mapping[str, FirmTechnology]) -> _FuelRates:
        # Fleets without units burn nothing at any rate.
        rates = np.zeros((4, len(designs)))
        for (_, base, firm, _), positions in designs.alike.items():
            if firm:
                rates[:2, positions] = np.array(fuel_rates(technologies[firm]))[:, None]
            if base:
                rates[2:, positions] = np.array(fuel_rates(technologies[base]))[:, None]
        return cls(*rates)


def fuel_rates(technology: FirmTechnology) -> tuple[float, float]:
    """Return the fuel of running units: what a unit burns at any output, and what it burns on top per MWh given.

    A straight line from no load to full load, through the full-load heat rate.

    Returns
    -------
    tuple[float, float]
        MMBtu (higher heating value) per MWh of running capacity, of the hour's derated rating, and per MWh given.
    """
    full_load, share = technology.heat_rate_mmbtu_per_mwh, technology.no_load_frac
    return full_load * share, full_load * (1.0 - share)


@dataclass(frozen=True)
class _SiteSums:
    """Sums of one site in MW x steps, (N_TOTALS, n_designs), and the stored energy at both ends, (n_designs,)."""

    totals: NDArray[np.float64]
    soc_start: NDArray[np.float64]
    soc_end: NDArray[np.float64]

    @classmethod
    def empty(cls, n_designs: int) -> _SiteSums:
        return cls(np.zeros((k.N_TOTALS, n_designs)), np.zeros(n_designs), np.zeros(n_designs))

    def put(
        self, block: Block, totals: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
    ) -> None:
        self.totals[:, block.columns] = totals
        self.soc_start[block.columns] = start
        self.soc_end[block.columns] = end

    def store(self, result: DispatchResult, index: int, site: SiteYear, designs: DesignSet, fuel: _FuelRates) -> None:
        """Write the sums to the site's row of the result, in energies, hours, counts and fuel."""
        dt = site.step_hours
        by_name = dict(zip(k.TOTALS, self.totals, strict=True))
        result.load_mwh[index] = float(site.load_mw.sum()) * dt
        result.solar_potential_mwh[index] = designs.solar_mw * (float(site.solar_mw_per_mw.sum()) * dt)
        for name in ("curtailed", "charge", "discharge", "grid", "baseload", "firm", "unserved", "flexed"):
            getattr(result, f"{name}_mwh")[index] = by_name[name] * dt
        result.unserved_hours[index] = by_name["unserved_steps"] * dt
        for fleet, unit_mw, running, given in (
            ("firm", designs.firm_unit_mw, fuel.firm_running, fuel.firm_given),
            ("baseload", designs.baseload_unit_mw, fuel.baseload_running, fuel.baseload_given),
        ):
            made = by_name[fleet] + by_name[f"{fleet}_dumped"]
            burnt = (running * unit_mw * by_name[f"{fleet}_on_capacity"] + given * made) * dt
            getattr(result, f"{fleet}_fuel_mmbtu")[index] = burnt
            getattr(result, f"{fleet}_starts")[index] = by_name[f"{fleet}_starts"]
            getattr(result, f"{fleet}_run_hours")[index] = by_name[f"{fleet}_on"] * dt
        result.soc_start_mwh[index] = self.soc_start
        result.soc_end_mwh[index] = np.maximum(self.soc_end, 0.0)


def _empty_result(n_sites: int, n_designs: int) -> DispatchResult:
    return DispatchResult(**{field.name: np.zeros((n_sites, n_designs)) for field in fields(DispatchResult)})
