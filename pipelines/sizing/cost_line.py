"""The cost of thousands of sizes at once: prices given, the yearly cost is a straight line in sizes and energies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.sizing.market import Market

SIZES = ("solar_mw", "bess_mw", "bess_mwh", "firm_units")
ENERGIES = ("firm_mwh", "firm_fuel_mmbtu", "grid_mwh")
RESERVE = "reserve_mw"
FEATURES = (*SIZES, *ENERGIES, RESERVE)
_OTHER_ENERGIES = ("solar_potential_mwh", "curtailed_mwh", "charge_mwh", "discharge_mwh", "baseload_mwh",
                   "unserved_mwh", "baseload_fuel_mmbtu")  # fmt: skip
OUTAGES = (
    *("lolh_hours_per_year", "eue_mwh_per_year", "interruptions_per_year", "trips_per_year"),
    *("unserved_gas_supply_mwh", "unserved_gas_basin_mwh", "gas_basin_hours_per_year", "gas_lateral_hours_per_year"),
    *("gas_basin_interruptions_per_year", "gas_lateral_interruptions_per_year"),
)


@dataclass(frozen=True)
class CostLine:
    """Yearly cost of one stack in one region.

    Attributes
    ----------
    start_usd : float
        Cost with every size and energy at zero, beyond what any design of the stack costs alike.
    slopes_usd : NDArray[np.float64]
        Cost per unit of each of `FEATURES`.
    """

    start_usd: float
    slopes_usd: NDArray[np.float64]

    def cost_usd(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the yearly cost of designs, features of shape (n, len(FEATURES))."""
        return self.start_usd + features @ self.slopes_usd

    def at_energy_prices(self, factor: float) -> CostLine:
        """Return the line where fuel and grid energy cost so many times as much."""
        bought = np.isin(FEATURES, ("firm_fuel_mmbtu", "grid_mwh"))
        return CostLine(self.start_usd, np.where(bought, factor * self.slopes_usd, self.slopes_usd))


def cost_lines(market: Market, bases: pl.DataFrame, load_mwh: Mapping[str, float]) -> dict[tuple[str, str], CostLine]:
    """Return the cost line through every base, by region and design.

    Parameters
    ----------
    market : Market
    bases : pl.DataFrame
        region_id and a design, contract `sim.designs`, each once, with every part that its stack may have; the line is
        drawn through it.
    load_mwh : Mapping[str, float]
        Region to its yearly demand.

    Returns
    -------
    dict[tuple[str, str], CostLine]
        Read off by pricing each base again with one size or energy raised by one unit at a time, so that it follows
        whatever the levelised cost is made of. What a stack does not have is not raised, and has no slope.
    """
    parts = ("start", *FEATURES)
    has_units = pl.col("firm_technology") != ""
    has = {
        "start": pl.lit(value=True),
        **{size: pl.col(size) > 0 for size in SIZES},
        "firm_units": has_units,
        "firm_mwh": has_units,
        "firm_fuel_mmbtu": has_units,
        "grid_mwh": pl.col("grid_mw") > 0,
        RESERVE: pl.col(RESERVE) > 0,
    }
    raised = pl.concat(
        [
            bases.filter(has[part]).with_columns(
                pl.format("{} {}", "design_id", pl.lit(part)).alias("design_id"),
                *([pl.col(part) + 1] if part in SIZES else []),
                # A reserve lasts for the start time whatever its power.
                *([pl.col(RESERVE) + 1, pl.col("reserve_mwh") * (1 + 1 / pl.col(RESERVE))] if part == RESERVE else []),
            )
            for part in parts
        ]
    )
    annual = raised.select("region_id", "design_id", "stack_id").with_columns(
        pl.lit(1, dtype=pl.Int64).alias("weather_year"),
        pl.col("region_id").replace_strict(load_mwh, return_dtype=pl.Float64).alias("load_mwh"),
        *(pl.col("design_id").str.ends_with(f" {part}").cast(pl.Float64).alias(part) for part in ENERGIES),
        *(pl.lit(0.0).alias(part) for part in (*_OTHER_ENERGIES, *OUTAGES)),
        *(pl.lit(1.0).alias(part) for part in ("availability_frac", "full_service_hours_frac")),
    )
    priced = market.price(raised.drop("region_id").unique("design_id", maintain_order=True), annual, annual)
    usd = {
        (region_id, design_id): cost
        for region_id, design_id, cost in priced.select(
            "region_id", "design_id", pl.col("lcoe_usd_per_mwh") * pl.col("load_mwh")
        ).iter_rows()
    }
    lines = {}
    for base in bases.iter_rows(named=True):
        sizes = np.array([base[size] for size in SIZES] + [0.0] * len(ENERGIES) + [base[RESERVE]])
        start = usd[base["region_id"], f"{base['design_id']} start"]
        slopes = (
            np.array([usd.get((base["region_id"], f"{base['design_id']} {part}"), start) for part in FEATURES]) - start
        )
        lines[base["region_id"], base["design_id"]] = CostLine(start - float(sizes @ slopes), slopes)
    return lines
