"""The least cost at which a design's capacities could have run its year, all hours known: a bound to judge rules by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from pipelines.dispatch.batch import simulate_batch
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.options import RULES, DispatchOptions
from pipelines.dispatch.trace import select_designs
from pipelines.errors import UsageError
from pipelines.plant.technology import Battery, FirmTechnology


@dataclass(frozen=True)
class RunningPrices:
    """What running costs, for comparing rules; capacities are given.

    Attributes
    ----------
    firm_fuel_usd_per_mmbtu, baseload_fuel_usd_per_mmbtu : float
        Fuel, higher heating value (USD/MMBtu).
    grid_usd_per_mwh : float
        Imported energy (USD/MWh).
    unserved_usd_per_mwh : float
        Penalty on energy not served (USD/MWh); it must exceed the cost of any source.
    """

    firm_fuel_usd_per_mmbtu: float
    baseload_fuel_usd_per_mmbtu: float
    grid_usd_per_mwh: float
    unserved_usd_per_mwh: float


@dataclass(frozen=True)
class DispatchBound:
    """Result of the perfect-foresight programme: cost (USD) and energies (MWh)."""

    cost_usd: float
    grid_mwh: float
    baseload_mwh: float
    firm_mwh: float
    unserved_mwh: float
    flexed_mwh: float


def dispatch_bound(
    site: SiteYear,
    designs: DesignSet,
    index: int,
    technologies: Mapping[str, FirmTechnology],
    battery: Battery,
    prices: RunningPrices,
    *,
    soc_end_mwh: float = 0.0,
    options: DispatchOptions | None = None,
) -> DispatchBound:
    """Return the least running cost of a design over a site year, as a linear programme with every hour known.

    Parameters
    ----------
    site : SiteYear
    designs : DesignSet
    index : int
        Position of the design in the set.
    technologies : Mapping[str, FirmTechnology]
    battery : Battery
    prices : RunningPrices
    soc_end_mwh : float
        Least energy to be left in the battery, so that a bound does not live off the store that a rule keeps (MWh).
    options : DispatchOptions | None

    Returns
    -------
    DispatchBound
        The number of running units is relaxed to any real number, so that units burn at their full-load rate and have
        no minimum load: the cost is at or below that of every rule.

    Raises
    ------
    UsageError
        If the programme has no solution, for a store that cannot be left as full as asked.
    """
    options = options or DispatchOptions()
    n, dt = len(site.load_mw), site.step_hours
    full = float(designs.bess_mwh[index]) * battery.in_service_frac * options.energy_health_frac
    floor = full * battery.soc_floor_frac
    start = full * max(battery.soc_start_frac, battery.soc_floor_frac)
    power = float(designs.bess_mw[index]) * battery.in_service_frac
    grid_share = site.grid_available_frac if designs.is_grid_flexible[index] else np.ones(n)
    # What the load lacks after solar; where it is negative, what is not stored is curtailed.
    short = site.load_mw - designs.solar_mw[index] * site.solar_mw_per_mw
    parts = {
        "grid": _Part(designs.grid_mw[index] * grid_share, prices.grid_usd_per_mwh),
        "baseload": _fleet(site, technologies, designs.baseload_technology[index], designs.baseload_units[index],
                           designs.baseload_unit_mw[index], prices.baseload_fuel_usd_per_mmbtu),
        "firm": _fleet(site, technologies, designs.firm_technology[index], designs.firm_units[index],
                       designs.firm_unit_mw[index], prices.firm_fuel_usd_per_mmbtu),
        "unserved": _Part(site.load_mw, prices.unserved_usd_per_mwh),
        "flexed": _Part(site.load_mw * options.flexible_load_frac * (options.flexible_budget_frac > 0), 0.0),
        "give": _Part(np.full(n, power * options.discharge_power_frac), 0.0),
        "take": _Part(np.full(n, power * options.charge_power_frac), 0.0),
    }  # fmt: skip
    if full <= 0:
        parts["give"] = parts["take"] = _Part(np.zeros(n), 0.0)
    parts = {name: part for name, part in parts.items() if part.limit_mw.max() > 0}
    order = {name: block for block, name in enumerate(parts)}
    limits = [part.limit_mw for part in parts.values()]
    costs = [np.full(n, part.usd_per_mwh * dt) for part in parts.values()]
    eye, none = sparse.identity(n, format="csr"), sparse.csr_matrix((n, n))
    has_store = "give" in order
    # At least what is short, from all parts; what is charged counts against it.
    enough = [-eye if name != "take" else eye for name in order] + [none] * has_store
    rows, right = [sparse.hstack(enough)], [-short]
    if "flexed" in order:
        whole = sparse.csr_matrix(np.ones((1, n)))
        blank = sparse.csr_matrix((1, n))
        rows.append(sparse.hstack([whole if name == "flexed" else blank for name in order] + [blank] * has_store))
        right.append(np.array([options.flexible_budget_frac * float(site.load_mw.sum())]))
    books = None
    lower = np.zeros(n * (len(order) + has_store))
    if has_store:
        change = {"give": eye * (dt / battery.discharge_efficiency), "take": eye * (-dt * battery.charge_efficiency)}
        books = sparse.hstack([*(change.get(name, none) for name in order), eye - sparse.eye(n, k=-1)], format="csr")
        limits.append(np.full(n, full))
        costs.append(np.zeros(n))
        lower[len(order) * n :] = floor
        lower[-1] = min(max(soc_end_mwh, floor), full)
    solution = linprog(
        np.concatenate(costs),
        A_ub=sparse.vstack(rows, format="csr"),
        b_ub=np.concatenate(right),
        A_eq=books,
        b_eq=None if books is None else np.concatenate([[start], np.zeros(n - 1)]),
        bounds=np.column_stack([lower, np.concatenate(limits)]),
        method="highs",
    )
    if solution.status != 0:
        raise UsageError(
            f"design {designs.design_id[index]} has no dispatch that leaves {soc_end_mwh:g} MWh in the battery; "
            "ask for less."
        )
    energy = {name: float(solution.x[block * n : (block + 1) * n].sum()) * dt for name, block in order.items()}
    sums = {name: energy.get(name, 0.0) for name in ("grid", "baseload", "firm", "unserved", "flexed")}
    return DispatchBound(float(solution.fun), **{f"{name}_mwh": value for name, value in sums.items()})


@dataclass(frozen=True)
class _Part:
    """What one source can give by hour (MW), shape (n_hours,), and what that costs."""

    limit_mw: NDArray[np.float64]
    usd_per_mwh: float


def regret(
    site: SiteYear,
    designs: DesignSet,
    index: int,
    technologies: Mapping[str, FirmTechnology],
    battery: Battery,
    prices: RunningPrices,
    *,
    rules: Sequence[str] = RULES,
    options: DispatchOptions | None = None,
    is_bound_shared: bool = False,
) -> pl.DataFrame:
    """Return what each rule costs above the perfect-foresight bound on the same capacities.

    Parameters
    ----------
    site : SiteYear
    designs : DesignSet
    index : int
        Position of the design in the set.
    technologies : Mapping[str, FirmTechnology]
    battery : Battery
    prices : RunningPrices
    rules : Sequence[str]
    options : DispatchOptions | None
    is_bound_shared : bool
        Solve one programme for all rules, which may leave as little in the battery as any of them: a lower bound still.

    Returns
    -------
    pl.DataFrame
        One row per rule: rule, cost_usd, bound_usd, regret_usd, regret_frac, firm_mwh, unserved_mwh,
        bound_unserved_mwh. Each bound leaves as much in the battery as its rule did, unless it is shared.
    """
    one = select_designs(designs, [index])
    ruled = [replace(one, rule=[rule]) for rule in rules]
    years = [
        simulate_batch([site], design, technologies, battery, dtype=np.float64, options=options, threads=1)
        for design in ruled
    ]
    # A little below what a rule left, so that rounding cannot make the programme infeasible.
    left = [found.soc_end_mwh.item() * (1.0 - 1e-9) for found in years]
    if is_bound_shared:
        left = [min(left)] * len(left)
    bounds: dict[float, DispatchBound] = {}
    rows = []
    for rule, design, found, end in zip(rules, ruled, years, left, strict=True):
        if end not in bounds:
            bounds[end] = dispatch_bound(
                site, design, 0, technologies, battery, prices, soc_end_mwh=end, options=options
            )
        bound = bounds[end]
        cost = (
            found.firm_fuel_mmbtu * prices.firm_fuel_usd_per_mmbtu
            + found.baseload_fuel_mmbtu * prices.baseload_fuel_usd_per_mmbtu
            + found.grid_mwh * prices.grid_usd_per_mwh
            + found.unserved_mwh * prices.unserved_usd_per_mwh
        ).item()
        rows.append(
            {
                "rule": rule,
                "cost_usd": cost,
                "bound_usd": bound.cost_usd,
                "regret_usd": cost - bound.cost_usd,
                "regret_frac": (cost - bound.cost_usd) / bound.cost_usd if bound.cost_usd > 0 else 0.0,
                "firm_mwh": found.firm_mwh.item(),
                "unserved_mwh": found.unserved_mwh.item(),
                "bound_unserved_mwh": bound.unserved_mwh,
            }
        )
    return pl.DataFrame(rows)


def _fleet(
    site: SiteYear,
    technologies: Mapping[str, FirmTechnology],
    technology: str,
    units: int,
    unit_mw: float,
    fuel_usd_per_mmbtu: float,
) -> _Part:
    """Return a fleet at its full-load heat rate."""
    if not units:
        return _Part(np.zeros(len(site.load_mw)), 0.0)
    usd_per_mwh = technologies[technology].heat_rate_mmbtu_per_mwh * fuel_usd_per_mmbtu
    return _Part(float(units) * float(unit_mw) * site.capacity_frac[technology], usd_per_mwh)
