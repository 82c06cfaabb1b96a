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


# Columns of the programme, each one block of n_hours variables.
_SOLAR, _GRID, _BASE, _FIRM, _GIVE, _TAKE, _UNSERVED, _SOC = range(8)


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
    full = float(designs.bess_mwh[index]) * options.energy_health_frac
    floor = full * battery.soc_floor_frac
    start = full * max(battery.soc_start_frac, battery.soc_floor_frac)
    power = float(designs.bess_mw[index])
    ones = np.ones(n)
    grid_share = site.grid_available_frac if designs.is_grid_flexible[index] else ones
    upper = np.concatenate(
        [
            designs.solar_mw[index] * site.solar_mw_per_mw,
            designs.grid_mw[index] * grid_share,
            _fleet(
                designs.baseload_technology[index], designs.baseload_units[index], designs.baseload_unit_mw[index], site
            ),
            _fleet(designs.firm_technology[index], designs.firm_units[index], designs.firm_unit_mw[index], site),
            ones * power * options.discharge_power_frac,
            ones * power * options.charge_power_frac,
            site.load_mw,
            ones * full,
        ]
    )
    lower = np.zeros_like(upper)
    lower[_SOC * n :] = floor
    lower[-1] = min(max(soc_end_mwh, floor), full)
    cost = np.zeros_like(upper)
    firm_usd = _heat_rate(technologies, designs.firm_technology[index]) * prices.firm_fuel_usd_per_mmbtu
    base_usd = _heat_rate(technologies, designs.baseload_technology[index]) * prices.baseload_fuel_usd_per_mmbtu
    for block, usd_per_mwh in (
        (_GRID, prices.grid_usd_per_mwh),
        (_BASE, base_usd),
        (_FIRM, firm_usd),
        (_UNSERVED, prices.unserved_usd_per_mwh),
    ):
        cost[block * n : (block + 1) * n] = usd_per_mwh * dt
    eye = sparse.identity(n, format="csr")
    none = sparse.csr_matrix((n, n))
    balance = sparse.hstack([eye, eye, eye, eye, eye, -eye, eye, none])
    change = eye - sparse.eye(n, k=-1)
    books = sparse.hstack(
        [none, none, none, none, eye * (dt / battery.discharge_efficiency), eye * (-dt * battery.charge_efficiency),
         none, change]
    )  # fmt: skip
    solution = linprog(
        cost,
        A_eq=sparse.vstack([balance, books], format="csr"),
        b_eq=np.concatenate([site.load_mw, [start], np.zeros(n - 1)]),
        bounds=np.column_stack([lower, upper]),
        method="highs",
    )
    if solution.status != 0:
        raise UsageError(
            f"design {designs.design_id[index]} has no dispatch that leaves {soc_end_mwh:g} MWh in the battery; "
            "ask for less."
        )
    energy = solution.x.reshape(8, n).sum(axis=1) * dt
    return DispatchBound(
        float(solution.fun), float(energy[_GRID]), float(energy[_BASE]), float(energy[_FIRM]), float(energy[_UNSERVED])
    )


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

    Returns
    -------
    pl.DataFrame
        One row per rule: rule, cost_usd, bound_usd, regret_usd, regret_frac, firm_mwh, unserved_mwh,
        bound_unserved_mwh. Each bound leaves as much in the battery as its rule did.
    """
    one = select_designs(designs, [index])
    rows = []
    for rule in rules:
        ruled = replace(one, rule=[rule])
        found = simulate_batch([site], ruled, technologies, battery, dtype=np.float64, options=options, threads=1)
        cost = (
            found.firm_fuel_mmbtu * prices.firm_fuel_usd_per_mmbtu
            + found.baseload_fuel_mmbtu * prices.baseload_fuel_usd_per_mmbtu
            + found.grid_mwh * prices.grid_usd_per_mwh
            + found.unserved_mwh * prices.unserved_usd_per_mwh
        ).item()
        # A little below what the rule left, so that rounding cannot make the programme infeasible.
        left = found.soc_end_mwh.item() * (1.0 - 1e-9)
        bound = dispatch_bound(site, ruled, 0, technologies, battery, prices, soc_end_mwh=left, options=options)
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


def _fleet(technology: str, units: int, unit_mw: float, site: SiteYear) -> NDArray[np.float64]:
    """Return what a fleet can give by hour (MW), shape (n_hours,)."""
    if not units:
        return np.zeros(len(site.load_mw))
    return float(units) * float(unit_mw) * site.capacity_frac[technology]


def _heat_rate(technologies: Mapping[str, FirmTechnology], technology: str) -> float:
    return technologies[technology].heat_rate_mmbtu_per_mwh if technology in technologies else 0.0
