"""One design's year hour by hour, in double precision, and what must hold in every hour of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from pipelines.dispatch import kernel as k
from pipelines.dispatch.blocks import UNIT_TOLERANCE, SiteRunner, blocks_of
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.options import DispatchOptions
from pipelines.ordered import group_sum
from pipelines.plant.technology import Battery, FirmTechnology

BALANCE_TOLERANCE_MW = 1e-6


def simulate_trace(
    site: SiteYear,
    designs: DesignSet,
    index: int,
    technologies: Mapping[str, FirmTechnology],
    battery: Battery,
    *,
    options: DispatchOptions | None = None,
) -> pl.DataFrame:
    """Dispatch one design over one site year and return every hour.

    Parameters
    ----------
    site : SiteYear
    designs : DesignSet
    index : int
        Position of the design in the set.
    technologies : Mapping[str, FirmTechnology]
    battery : Battery
    options : DispatchOptions | None

    Returns
    -------
    pl.DataFrame
        `mart.dispatch_hourly` rows. Solar is what load and battery took; SOC is that at the end of the interval. Where
        the options let load be curtailed, flexed_mw says how much was.

    Raises
    ------
    ContractError
        If a series has gaps or the design's technology is unknown.
    """
    options = options or DispatchOptions()
    one = select_designs(designs, [index])
    block = blocks_of([site], one, technologies, battery, options, np.float64)[0]
    # Loads that a minimum load exceeds need the full kernel; elsewhere it gives the same hours.
    block = replace(block, kind=replace(block.kind, has_baseload=True))
    rows = (k.S_CURTAILED, k.S_BATTERY, k.S_GRID, k.S_BASE, k.S_FIRM, k.S_ON, k.S_UNSERVED, k.S_SOC, k.S_FLEXED)
    out = np.zeros((len(rows), len(site.load_mw), 1))
    SiteRunner(site, technologies, battery, options, np.float64).run(block, rows, out)
    curtailed, battery_mw, grid, base, firm, units_on, unserved, soc, flexed = out[:, :, 0]
    n_hours = len(site.load_mw)
    interval = pl.duration(microseconds=pl.int_range(n_hours, dtype=pl.Int64) * round(site.step_hours * 3.6e9))
    return pl.DataFrame(
        {
            "load_mw": site.load_mw,
            "solar_mw": one.solar_mw[0] * site.solar_mw_per_mw - curtailed,
            "curtailed_mw": curtailed,
            "charge_mw": np.maximum(-battery_mw, 0.0),
            "discharge_mw": np.maximum(battery_mw, 0.0),
            "grid_mw": grid,
            "baseload_mw": base,
            "firm_mw": firm,
            "firm_units_on": np.rint(units_on).astype(np.int64),
            "unserved_mw": unserved,
            "soc_mwh": soc,
            **({"flexed_mw": flexed} if options.flexible_load_frac > 0 else {}),
        }
    ).select(
        pl.lit(site.region_id).alias("region_id"),
        pl.lit(one.stack_id[0]).alias("stack_id"),
        (pl.lit(site.start_utc.replace(tzinfo=None), dtype=pl.Datetime("us")) + interval).alias("hour_utc"),
        pl.all(),
    )


def select_designs(designs: DesignSet, indices: list[int]) -> DesignSet:
    """Return the designs at the given positions, in that order."""
    return designs.take(np.array(indices, np.int64))


@dataclass(frozen=True)
class Violation:
    """A rule that a trace breaks: how often, where first and by how much at worst."""

    rule: str
    hours: int
    first_row: int
    worst: float

    def __str__(self) -> str:
        """Return the violation as one sentence."""
        return f"{self.rule}: {self.hours} hours, first at row {self.first_row}, worst {self.worst:.3g}"


@dataclass(frozen=True)
class TraceLimits:
    """What a trace is checked against; a limit that is None is not checked.

    Attributes
    ----------
    step_hours : float
    bess_charge_mw, bess_discharge_mw : float | None
        Power limits at the AC side (MW).
    soc_floor_mwh, soc_full_mwh, soc_start_mwh : float | None
        Bounds of the stored energy and its value before the first interval (MWh).
    charge_efficiency, discharge_efficiency : float
    grid_limit_mw : np.ndarray | None
        Import available by hour, shape (n_hours,).
    baseload_limit_mw, firm_limit_mw : np.ndarray | None
        What the fleets can give by hour, shape (n_hours,).
    firm_unit_limit_mw : np.ndarray | None
        What one firm unit can give by hour, shape (n_hours,).
    solar_limit_mw : np.ndarray | None
        Solar potential by hour, shape (n_hours,).
    """

    step_hours: float = 1.0
    bess_charge_mw: float | None = None
    bess_discharge_mw: float | None = None
    soc_floor_mwh: float | None = None
    soc_full_mwh: float | None = None
    soc_start_mwh: float | None = None
    charge_efficiency: float = 1.0
    discharge_efficiency: float = 1.0
    grid_limit_mw: np.ndarray | None = None
    baseload_limit_mw: np.ndarray | None = None
    firm_limit_mw: np.ndarray | None = None
    firm_unit_limit_mw: np.ndarray | None = None
    solar_limit_mw: np.ndarray | None = None
    flexible_limit_mw: np.ndarray | None = None
    flexible_budget_mwh: float = 0.0


def trace_limits(
    site: SiteYear, designs: DesignSet, index: int, battery: Battery, *, options: DispatchOptions | None = None
) -> TraceLimits:
    """Return the limits that a design's trace must keep at a site.

    Parameters
    ----------
    site : SiteYear
    designs : DesignSet
    index : int
        Position of the design in the set.
    battery : Battery
    options : DispatchOptions | None
    """
    options = options or DispatchOptions()
    full = float(designs.bess_mwh[index]) * battery.in_service_frac * options.energy_health_frac
    power = float(designs.bess_mw[index]) * battery.in_service_frac
    ones = np.ones(len(site.load_mw))
    grid = site.grid_available_frac if designs.is_grid_flexible[index] else ones
    firm = site.capacity_frac.get(designs.firm_technology[index], ones) * designs.firm_unit_mw[index]
    base = site.capacity_frac.get(designs.baseload_technology[index], ones) * designs.baseload_unit_mw[index]
    return TraceLimits(
        step_hours=site.step_hours,
        bess_charge_mw=power * options.charge_power_frac,
        bess_discharge_mw=power * options.discharge_power_frac,
        soc_floor_mwh=full * battery.soc_floor_frac,
        soc_full_mwh=full,
        soc_start_mwh=None if options.is_year_closed else full * max(battery.soc_start_frac, battery.soc_floor_frac),
        charge_efficiency=battery.charge_efficiency,
        discharge_efficiency=battery.discharge_efficiency,
        grid_limit_mw=grid * designs.grid_mw[index],
        baseload_limit_mw=base * designs.baseload_units[index],
        firm_limit_mw=firm * designs.firm_units[index],
        firm_unit_limit_mw=firm,
        solar_limit_mw=site.solar_mw_per_mw * designs.solar_mw[index],
        flexible_limit_mw=site.load_mw * options.flexible_load_frac,
        flexible_budget_mwh=float(site.load_mw.sum()) * site.step_hours * options.flexible_budget_frac,
    )


def check_trace(
    trace: pl.DataFrame, limits: TraceLimits, *, tolerance: float = BALANCE_TOLERANCE_MW
) -> list[Violation]:
    """Return what a trace breaks: balance, bounds, limits, the battery's books, unserved load beside an idle source.

    Parameters
    ----------
    trace : pl.DataFrame
        Columns of `mart.dispatch_hourly`, in time order; flexed_mw where load was curtailed within a budget.
    limits : TraceLimits
    tolerance : float
        In MW, and in MWh for the stored energy.

    Returns
    -------
    list[Violation]
        Empty where all holds.
    """
    columns = {
        name: trace[name].to_numpy().astype(np.float64)
        for name in ("load_mw", "solar_mw", "curtailed_mw", "charge_mw", "discharge_mw", "grid_mw", "baseload_mw",
                     "firm_mw", "unserved_mw", "soc_mwh")
    }  # fmt: skip
    columns["flexed_mw"] = trace["flexed_mw"].to_numpy() if "flexed_mw" in trace.columns else np.zeros(len(trace))
    load, charge, discharge, soc = (columns[name] for name in ("load_mw", "charge_mw", "discharge_mw", "soc_mwh"))
    supply = columns["solar_mw"] + columns["grid_mw"] + columns["baseload_mw"] + columns["firm_mw"] + discharge
    missing = columns["unserved_mw"] + columns["flexed_mw"]
    flexed_mwh = np.cumsum(columns["flexed_mw"]) * limits.step_hours
    found: dict[str, np.ndarray] = {
        "supply equals load": np.abs(supply - charge + missing - load),
        "no value is negative": np.max([-values for values in columns.values()], axis=0),
        "unserved is at most the load": missing - load,
        "curtailed load is within its budget": flexed_mwh - limits.flexible_budget_mwh,
        "no charge while discharging": np.minimum(charge, discharge),
    }
    upper = {
        "charge is within its limit": (charge, limits.bess_charge_mw),
        "discharge is within its limit": (discharge, limits.bess_discharge_mw),
        "stored energy is at most full": (soc, limits.soc_full_mwh),
        "grid import is within its limit": (columns["grid_mw"], limits.grid_limit_mw),
        "baseload is within its capacity": (columns["baseload_mw"], limits.baseload_limit_mw),
        "firm output is within its capacity": (columns["firm_mw"], limits.firm_limit_mw),
        "curtailed load is within its share": (columns["flexed_mw"], limits.flexible_limit_mw),
    }
    for rule, (values, limit) in upper.items():
        if limit is not None:
            found[rule] = values - limit
    if limits.soc_floor_mwh is not None:
        found["stored energy is at least the floor"] = limits.soc_floor_mwh - soc
    if limits.solar_limit_mw is not None:
        found["solar used and curtailed is the potential"] = np.abs(
            columns["solar_mw"] + columns["curtailed_mw"] - limits.solar_limit_mw
        )
    if limits.firm_unit_limit_mw is not None:
        on = trace["firm_units_on"].to_numpy()
        able = (on + UNIT_TOLERANCE) * limits.firm_unit_limit_mw
        found["running units can give the firm output"] = columns["firm_mw"] - able
    before = np.concatenate([[limits.soc_start_mwh if limits.soc_start_mwh is not None else np.nan], soc[:-1]])
    change = (charge * limits.charge_efficiency - discharge / limits.discharge_efficiency) * limits.step_hours
    found["stored energy follows charge and discharge"] = np.nan_to_num(np.abs(before + change - soc))
    found.update(_idle(columns, limits, np.nan_to_num(before, nan=0.0)))
    return [
        Violation(rule, int((excess > tolerance).sum()), int(np.argmax(excess > tolerance)), float(excess.max()))
        for rule, excess in found.items()
        if len(excess) and float(excess.max()) > tolerance
    ]


def _idle(columns: dict[str, np.ndarray], limits: TraceLimits, before: np.ndarray) -> dict[str, np.ndarray]:
    """Return, by source, the lesser of load not served and what the source could still have given."""
    unserved = columns["unserved_mw"] + columns["flexed_mw"]
    spare: dict[str, np.ndarray] = {"curtailed solar": columns["curtailed_mw"]}
    sources = {
        "grid": ("grid_mw", limits.grid_limit_mw),
        "baseload": ("baseload_mw", limits.baseload_limit_mw),
        "firm unit": ("firm_mw", limits.firm_limit_mw),
    }
    for name, (column, limit) in sources.items():
        if limit is not None:
            spare[f"idle {name}"] = limit - columns[column]
    if limits.bess_discharge_mw is not None and limits.soc_floor_mwh is not None:
        stored = (before - limits.soc_floor_mwh) * limits.discharge_efficiency / limits.step_hours
        spare["charged battery"] = np.minimum(limits.bess_discharge_mw, stored) - columns["discharge_mw"]
    found = {f"no unserved load beside {name}": np.minimum(unserved, value) for name, value in spare.items()}
    if limits.flexible_limit_mw is not None:
        left = limits.flexible_budget_mwh / limits.step_hours - np.cumsum(columns["flexed_mw"])
        flexible = np.minimum(limits.flexible_limit_mw - columns["flexed_mw"], left)
        found["no unserved load beside flexible load"] = np.minimum(columns["unserved_mw"], flexible)
    return found


def weekly(trace: pl.DataFrame) -> pl.DataFrame:
    """Return the energies of a trace by week of seven days from its first hour.

    Parameters
    ----------
    trace : pl.DataFrame
        `mart.dispatch_hourly` rows of one or more regions and stacks, of equal steps.

    Returns
    -------
    pl.DataFrame
        `mart.dispatch_weekly` rows, ordered by region, stack and week.
    """
    powers = [name for name in trace.columns if name.endswith("_mw")]
    hours = (pl.col("hour_utc").diff().min().over("region_id", "stack_id").dt.total_seconds() / 3600.0).alias("_hours")
    week = ((pl.col("hour_utc") - pl.col("hour_utc").min().over("region_id", "stack_id")).dt.total_days() // 7) + 1
    return (
        trace.with_columns(hours, week.cast(pl.Int64).alias("week"))
        .group_by("region_id", "stack_id", "week", maintain_order=True)
        .agg(
            pl.col("hour_utc").min().alias("week_start_utc"),
            *[group_sum(pl.col(name) * pl.col("_hours")).alias(f"{name}h") for name in powers],
            group_sum(pl.col("_hours").filter(pl.col("unserved_mw") > BALANCE_TOLERANCE_MW)).alias("unserved_hours"),
            group_sum(pl.col("firm_units_on") * pl.col("_hours")).alias("firm_run_hours"),
            pl.col("soc_mwh").min().alias("soc_min_mwh"),
        )
        .sort("region_id", "stack_id", "week")
    )
