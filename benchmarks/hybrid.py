"""Compares solar + battery + engines with engines alone, with the sizing programme as the bound; writes the table.

Run `python -m benchmarks.hybrid docs/methods/hybrid.md [REGION ...] [--bound REGION,REGION]`. Every row is sized as a
night does it. The bound is a linear programme over the sizes and every hour of the same year, at the same prices,
without outages, minimum loads and whole units, and with all hours known; it takes most of the time, and may be left to
some regions.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse
from scipy.optimize import linprog

from pipelines.cli.what_if import plant_of, region_row, site_of
from pipelines.dispatch.basis import peak_load_mw, reserve
from pipelines.dispatch.designs import design_grid
from pipelines.dispatch.inputs import SiteYear
from pipelines.economics.gas_supply import gas_supply
from pipelines.plant.catalogue import stacks
from pipelines.plant.technology import Battery, FirmTechnology
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.reliability.common_mode import region_causes
from pipelines.settings import Settings
from pipelines.sizing.cost_line import FEATURES, CostLine, cost_lines
from pipelines.sizing.market import Market
from pipelines.sizing.one_site import OwnPrices, region_price, size_site

REGIONS = (
    *("phoenix_az", "las_vegas_nv", "dallas_tx", "farmington_nm"),
    *("el_paso_tx", "tulsa_ok", "columbus_oh", "atlanta_ga"),
)
AS_OF = date(2026, 11, 24)
_KNOWN = stacks(Settings())
HYBRID = next(name for name, stack in _KNOWN.items() if {"solar", "battery", "firm"} <= stack.parts)
ENGINES = next(
    name
    for name, stack in _KNOWN.items()
    if stack.parts == {"firm", "reserve"} and stack.technologies == _KNOWN[HYBRID].technologies
)
CASES: dict[str, dict[str, Any]] = {
    "credit": {},
    "no credit": {"has_tax_credits": False},
    "40 % sun": {"min_renewable_frac": 0.4},
}
WITHOUT: dict[str, dict[str, Any]] = {
    "swings": {"swing_reserve_factor": 0.0},
    "clouds": {"cloud_ramp_frac": 0.0},
    "mean load": {"it_load_factor": 1.0},
    "value": {"sizing_contenders": 1},
}
"""What is taken back alone and all together: the reserve for swings and for clouds, the mean load, sizes by value."""
OTHERS = {
    **{f"without {name}": changes for name, changes in WITHOUT.items()},
    "without all": {name: value for changes in WITHOUT.values() for name, value in changes.items()},
    "with UPS": {"has_ups_when_islanded": True},
}


@dataclass(frozen=True)
class Bound:
    """Least cost (USD/MWh) and its sizes: solar, battery power, engines (MW), battery energy (MWh)."""

    lcoe_usd_per_mwh: float
    solar_mw: float
    bess_mw: float
    bess_mwh: float
    firm_mw: float


def sizing_bound(
    site: SiteYear,
    line: CostLine,
    technology: str,
    unit: FirmTechnology,
    unit_mw: float,
    battery: Battery,
    settings: Settings,
) -> Bound:
    """Solve the sizing programme of one site year.

    Parameters
    ----------
    site : SiteYear
    line : CostLine
        Yearly cost of the hybrid at the site.
    technology : str
        Of the engines.
    unit : FirmTechnology
        At its full-load heat rate, without a minimum load.
    unit_mw : float
        Rating that the cost of a unit is for.
    battery : Battery
    settings : Settings
        Share of the energy that may be unserved, and of the sun that the reserve carries.
    """
    n, dt = len(site.load_mw), site.step_hours
    slope = dict(zip(FEATURES, line.slopes_usd, strict=True))
    eye, none = sparse.identity(n, format="csr"), sparse.csr_matrix((n, n))
    before = sparse.eye(n, k=-1, format="csr") + sparse.coo_matrix(([1.0], ([0], [n - 1])), shape=(n, n)).tocsr()
    # Hours: engines, given, taken, stored, unserved; sizes: solar, power, energy, engines, reserve.
    fuel = slope["firm_mwh"] + unit.heat_rate_mmbtu_per_mwh * slope["firm_fuel_mmbtu"]
    cost = np.concatenate(
        [
            np.full(n, fuel * dt),
            np.zeros(4 * n),
            [
                slope["solar_mw"],
                slope["bess_mw"],
                slope["bess_mwh"],
                slope["firm_units"] / unit_mw,
                slope["reserve_mw"],
            ],
        ]
    )

    def of(*parts: Any) -> Any:
        """Put a column for each size behind the blocks of the hours."""
        hours, sizes = parts[:5], parts[5:]
        blank = sparse.csr_matrix((n, 1))
        return sparse.hstack(
            [*hours, *(blank if size is None else sparse.csr_matrix(size.reshape(-1, 1)) for size in sizes)]
        )

    ones, sun = np.ones(n), site.solar_mw_per_mw.astype(float)
    rows = [
        of(-eye, -eye, eye, none, -eye, -sun, None, None, None, None),
        of(eye, none, none, none, none, None, None, None, -site.capacity_frac[technology].astype(float), None),
        of(none, eye, none, none, none, None, -ones, None, None, None),
        of(none, none, eye, none, none, None, -ones, None, None, None),
        of(none, none, none, eye, none, None, None, -ones, None, None),
        of(none, none, none, -eye, none, None, None, battery.soc_floor_frac * ones, None, None),
    ]
    right = [-site.load_mw.astype(float), *(np.zeros(n) for _ in rows[1:])]
    # The reserve for a unit and the swings of the load; the ramps of clouds are left out, as a bound may.
    reserve_mw, _ = reserve(unit_mw, unit.swing_frac, peak_load_mw(settings), settings)
    limits = np.zeros((2, 5 * n + 5))
    limits[0, 4 * n : 5 * n] = dt
    limits[1, 5 * n + 4] = -1.0
    rows.append(sparse.csr_matrix(limits))
    allowed = (1.0 - settings.availability_target) * float(site.load_mw.sum()) * dt
    right.append(np.array([allowed, -reserve_mw]))
    books = of(
        none,
        eye * (dt / battery.discharge_efficiency),
        eye * (-dt * battery.charge_efficiency),
        eye - before,
        none,
        None, None, None, None, None,
    )  # fmt: skip
    solved = linprog(
        cost, A_ub=sparse.vstack(rows, format="csr"), b_ub=np.concatenate(right), A_eq=books, b_eq=np.zeros(n),
        bounds=(0, None), method="highs-ipm", options={"presolve": True},
    )  # fmt: skip
    if solved.status != 0:
        raise RuntimeError(f"the sizing programme of {site.region_id} was not solved: {solved.message}")
    solar, power, energy, firm, _ = np.maximum(solved.x[-5:], 0.0).tolist()
    load = float(site.load_mw.sum()) * dt
    return Bound((line.start_usd + float(solved.fun)) / load, solar, power, energy, firm)


def region_rows(region_id: str, *, has_bound: bool) -> dict[str, Any]:
    """Size one region in every case, and bound the first where that is wanted."""
    base = Settings()
    technologies, battery = plant_of({"soc_floor": None}, "")
    region = region_row(region_id)
    given = {name: None for name in ("pv_profile", "weather", "load_mw", "solar_dc_mw")}
    given |= {"region": region_id, "it_mw": base.site_it_mw, "solar_mw": 1.0, "step_minutes": 60, "weather_year": 1}
    place = pl.DataFrame([region], infer_schema_length=None)
    found: dict[str, Any] = {"region": region_id}
    mean = site_of(given, technologies, name=region_id)
    for name, changes in {**CASES, **OTHERS}.items():
        settings = base.model_copy(update=changes)
        site = replace(mean, load_mw=mean.load_mw * (settings.it_load_factor / base.it_load_factor))
        designs = design_grid(technologies, settings).filter(pl.col("stack_id").is_in([HYBRID, ENGINES]))
        chosen = size_site(site, place, designs, technologies, battery, AS_OF, settings)
        for row in chosen.iter_rows(named=True):
            found[f"{name} {row['stack_id']}"] = row
        if name == "credit" and has_bound:
            own = chosen.filter(pl.col("stack_id") == HYBRID)
            figures = parameters(load_reference("technology", settings.reference_dir))
            reliability = load_reference("grid_reliability", settings.reference_dir)
            hubs = gas_supply(place, load_reference("gas_hub_rules", settings.reference_dir), settings)
            causes = region_causes(place, hubs, reliability, figures, settings)
            market = Market(region_price(place, causes, AS_OF, settings, OwnPrices()), settings)
            load = float(site.load_mw.sum()) * site.step_hours
            line = cost_lines(market, own.select("region_id", *designs.columns), {region_id: load})[region_id, HYBRID]
            kind = own["firm_technology"].item()
            unit = technologies[kind]
            found["bound"] = sizing_bound(site, line, kind, unit, own["firm_unit_mw"].item(), battery, settings)
    return found


def table(rows: list[dict[str, Any]]) -> str:
    """Return the page: one line per region."""
    lines = [
        "# Solar, battery and engines against engines",
        "",
        f"Written by `python -m benchmarks.hybrid docs/methods/hybrid.md`; prices of {AS_OF}, 20 MW of IT, 99.9 %",
        "of the energy served, LCOE in USD/MWh, real and after tax; engines in brackets. Sizes are those with credit.",
        "The bound is a linear programme over sizes and hours with everything known, without outages, minimum loads,",
        "spare or whole units and the ramps of clouds: no plant reaches it; a dash where it was not solved.",
        "",
        "| region | engines | hybrid | solar, MW | battery, MW / MWh | engines of the hybrid | sun, % | bound "
        "| solar and battery of the bound | engines, no credit | hybrid, no credit | hybrid with 40 % sun |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        hybrid, engines, bound = row[f"credit {HYBRID}"], row[f"credit {ENGINES}"], row.get("bound")
        lines.append(
            f"| {row['region']} | {engines['lcoe_usd_per_mwh']:.1f} ({engines['firm_units']}) "
            f"| {hybrid['lcoe_usd_per_mwh']:.1f} | {hybrid['solar_mw']:.1f} "
            f"| {hybrid['bess_mw']:.1f} / {hybrid['bess_mwh']:.1f} "
            f"| {hybrid['firm_units']} x {hybrid['firm_unit_mw']:g} "
            f"| {100 * hybrid['renewable_frac']:.0f} | {_bound_words(bound)} "
            f"| {row[f'no credit {ENGINES}']['lcoe_usd_per_mwh']:.1f} "
            f"| {row[f'no credit {HYBRID}']['lcoe_usd_per_mwh']:.1f} ({row[f'no credit {HYBRID}']['solar_mw']:.1f} MW) "
            f"| {row[f'40 % sun {HYBRID}']['lcoe_usd_per_mwh']:.1f} |"
        )
    lines += [
        "",
        "Each item taken back alone, and all of them together: engines / hybrid in USD/MWh, with the engines of both",
        "and the sun of the hybrid. *Swings*: the reserve follows the swings of AI load (decision 0035). *Clouds*: it",
        "carries the ramps of clouds (0026). *Mean load*: the site runs at 0.859 of its rating (0036). *Value*: sizes",
        "are chosen by value and not by cost. The last column adds a UPS to both.",
        "",
        f"| region | as published | {' | '.join(OTHERS)} |",
        f"|---|---|{'---|' * len(OTHERS)}",
    ]
    lines += [
        f"| {row['region']} | {' | '.join(_pair_words(row, name) for name in ('credit', *OTHERS))} |" for row in rows
    ]
    return "\n".join(lines) + "\n"


def _pair_words(row: dict[str, Any], case: str) -> str:
    engines, hybrid = row[f"{case} {ENGINES}"], row[f"{case} {HYBRID}"]
    return (
        f"{engines['lcoe_usd_per_mwh']:.1f} ({engines['firm_units']}) / {hybrid['lcoe_usd_per_mwh']:.1f} "
        f"({hybrid['firm_units']}, {hybrid['solar_mw']:.1f} MW)"
    )


def _bound_words(bound: Bound | None) -> str:
    if bound is None:
        return "- | -"
    sizes = f"{bound.solar_mw:.1f} MW, {bound.bess_mw:.1f} MW / {bound.bess_mwh:.1f} MWh"
    return f"{bound.lcoe_usd_per_mwh:.1f} | {sizes}"


def main(arguments: list[str]) -> None:
    """Write the page to the path given, of the regions given or of all."""
    bounded: list[str] | None = None
    if "--bound" in arguments:
        at = arguments.index("--bound")
        bounded = arguments[at + 1].split(",")
        arguments = arguments[:at] + arguments[at + 2 :]
    path, regions = Path(arguments[0]), arguments[1:] or list(REGIONS)
    rows = []
    for region in regions:
        rows.append(region_rows(region, has_bound=bounded is None or region in bounded))
        print(region, rows[-1].get("bound"), flush=True)
        path.write_text(table(rows), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
