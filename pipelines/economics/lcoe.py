"""Levelised cost of energy from annual energies, sizes and prices: one row per region and design, all at once."""

from __future__ import annotations

import polars as pl

from pipelines.contracts.economics import CHARGED_COMPONENTS, COMPONENTS, SIMPLE_COMPONENTS
from pipelines.economics.capital import HARD_PARTS
from pipelines.economics.carbon import is_covered
from pipelines.economics.charges import ChargeTable, add_charges
from pipelines.economics.large_load import TERMS, large_load_usd_per_year
from pipelines.ordered import row_sum
from pipelines.reference.technologies import STANDBY_FUEL
from pipelines.settings import Settings


def levelised_costs(
    energies: pl.DataFrame,
    designs: pl.DataFrame,
    capital: pl.DataFrame,
    costs: pl.DataFrame,
    charges: ChargeTable,
    credits: pl.DataFrame,
    site: dict[str, float],
    gas: pl.DataFrame,
    power: pl.DataFrame,
    settings: Settings,
    *,
    diesel_co2_kg_per_mmbtu: float,
) -> pl.DataFrame:
    """Return levelised cost after tax and before it, its parts, CO2 and renewable share for every region and design.

    After tax (`lcoe_usd_per_mwh`): the flat real price at which after-tax flows to the owners earn their target return
    over the project, by the charges of `finance.unit_charges`. Before tax (`lcoe_simple_usd_per_mwh`): sum over parts
    of capital recovery x capital, each over its own life, plus the same running costs (Short, Packey and Holt, "A
    Manual for the Economic Evaluation of Energy Efficiency and Renewable Energy Technologies", NREL/TP-462-5173, 1995).
    Both in real dollars over the energy served at the bus.

    Parameters
    ----------
    energies : pl.DataFrame
        region_id, design_id, load_mwh, solar_potential_mwh, curtailed_mwh, charge_mwh, discharge_mwh, grid_mwh,
        baseload_mwh, firm_mwh, unserved_mwh, firm_fuel_mmbtu, baseload_fuel_mmbtu, availability_frac; a year's mean.
        Optional: grid_outage_hours_per_year.
    designs, capital, costs, site
        As for `capital_costs`, and its result.
    charges : ChargeTable
    credits : pl.DataFrame
        From `CreditDates.expected`.
    gas, power : pl.DataFrame
        Contracts `core.gas_prices_by_region`, `core.power_prices_by_region`; the level prices are paid, and
        the carbon of gas where a rule covers the plant.
    diesel_co2_kg_per_mmbtu : float
        Combustion CO2 of diesel.

    Returns
    -------
    pl.DataFrame
        `energies` with the design's sizes, every part as `<component>_usd_per_year`, the charges by part of the plant,
        lcoe_usd_per_mwh, lcoe_simple_usd_per_mwh, capex_usd_per_kw (per kW of IT), served_mwh, renewable_frac,
        co2_kg_per_mwh and the prices used.
    """
    variable = {row["technology"]: row for row in costs.iter_rows(named=True)}
    sizes = [column for column in designs.columns if column not in energies.columns or column == "design_id"]
    frame = (
        energies.join(designs.select(sizes), on="design_id", how="left", maintain_order="left")
        .join(
            capital.drop("firm_technology", "baseload_technology"),
            on=["region_id", "design_id"],
            how="left",
            maintain_order="left",
        )
        .join(credits, on="design_id", how="left", maintain_order="left")
        .join(
            gas.select(
                "region_id",
                "gas_price_usd_per_mmbtu",
                "gas_level_usd_per_mmbtu",
                "is_fallback",
                "co2_kg_per_mmbtu",
                "carbon_level_usd_per_mmbtu",
                "carbon_unit_mw_from",
                "carbon_tonnes_from",
                "has_supplier_duty",
            ).rename({"is_fallback": "is_gas_price_fallback"}),
            on="region_id",
            how="left",
            maintain_order="left",
        )
        .join(
            power.select(
                "region_id", "power_price_usd_per_mwh", "power_level_usd_per_mwh", "grid_co2_kg_per_mwh", *TERMS
            ),
            on="region_id",
            how="left",
            maintain_order="left",
        )
    )

    def by_technology(column: str, key: str) -> pl.Expr:
        return pl.col(column).replace_strict(
            {name: row[key] for name, row in variable.items()}, default=0.0, return_dtype=pl.Float64
        )

    def fuel_of(column: str) -> pl.Expr:
        fuels = {name: row["fuel"] for name, row in variable.items()}
        return pl.col(column).replace_strict(fuels, default="", return_dtype=pl.String)

    def fuel_price(column: str) -> pl.Expr:
        fuel = fuel_of(column)
        return (
            pl.when(fuel == "natural_gas")
            .then("gas_level_usd_per_mmbtu")
            .when(fuel == "diesel")
            .then(settings.diesel_usd_per_mmbtu)
            .when(fuel == "uranium")
            .then(settings.uranium_usd_per_mmbtu)
            .otherwise(0.0)
        )

    def fuel_co2(column: str) -> pl.Expr:
        fuel = fuel_of(column)
        return (
            pl.when(fuel == "natural_gas")
            .then("co2_kg_per_mmbtu")
            .when(fuel == "diesel")
            .then(diesel_co2_kg_per_mmbtu)
            .otherwise(0.0)
        )

    # Standby gensets burn fuel in monthly tests and in grid outages, which the dispatch year does not hold.
    is_standby = fuel_of("firm_technology") == STANDBY_FUEL
    standby_mw = pl.col("firm_units") * pl.col("firm_unit_mw")
    outage_hours = (
        pl.col("grid_outage_hours_per_year").fill_null(0.0)
        if "grid_outage_hours_per_year" in energies.columns
        else pl.lit(0.0)
    )
    outage_mw = pl.min_horizontal(standby_mw, pl.col("load_mwh") / 8760.0)
    standby_mwh = (
        pl.when(is_standby)
        .then(
            standby_mw * site["standby_test_hours"] * settings.standby_test_load_frac
            + pl.when(pl.col("grid_mw") > 0).then(outage_mw * outage_hours).otherwise(0.0)
        )
        .otherwise(0.0)
    )
    frame = frame.with_columns(
        (pl.col("load_mwh") * pl.col("availability_frac")).alias("served_mwh"),
        (standby_mwh * site["standby_heat_rate_mmbtu_per_mwh"]).alias("standby_fuel_mmbtu"),
        standby_mwh.alias("standby_mwh"),
        # A production credit is paid on what is used or sold, not on what is curtailed.
        (pl.col("solar_potential_mwh") - pl.col("curtailed_mwh")).alias("solar_credited_mwh"),
        pl.col("baseload_mwh").alias("baseload_credited_mwh"),
    )
    frame = add_charges(frame, charges)
    firm_fuel = pl.col("firm_fuel_mmbtu") + pl.col("standby_fuel_mmbtu")
    co2_kg = (
        firm_fuel * fuel_co2("firm_technology")
        + pl.col("baseload_fuel_mmbtu") * fuel_co2("baseload_technology")
        + pl.col("grid_mwh") * pl.col("grid_co2_kg_per_mwh")
    )
    burns_gas = {part: fuel_of(f"{part}_technology") == "natural_gas" for part in ("firm", "baseload")}
    gas_mmbtu = pl.when(burns_gas["firm"]).then(firm_fuel).otherwise(0.0) + pl.when(burns_gas["baseload"]).then(
        "baseload_fuel_mmbtu"
    ).otherwise(0.0)
    largest_gas_unit_mw = pl.max_horizontal(
        pl.when(burns).then(f"{part}_unit_mw").otherwise(0.0) for part, burns in burns_gas.items()
    )
    # Carbon by the rule of the state, on gas alone, and by the setting, on all that is burnt or bought.
    ruled = pl.when(is_covered(largest_gas_unit_mw, pl.col("gas_mmbtu_per_year") * pl.col("co2_kg_per_mmbtu") / 1000.0))
    frame = frame.with_columns(co2_kg.alias("co2_kg_per_year"), gas_mmbtu.alias("gas_mmbtu_per_year")).with_columns(
        (
            (pl.col("firm_mwh") + pl.col("standby_mwh")) * by_technology("firm_technology", "variable_om_usd_per_mwh")
            + pl.col("firm_mwh") * pl.col("control_usd_per_mwh")
            + pl.col("baseload_mwh") * by_technology("baseload_technology", "variable_om_usd_per_mwh")
        ).alias("variable_om_usd_per_year"),
        (
            firm_fuel * fuel_price("firm_technology")
            + pl.col("baseload_fuel_mmbtu") * fuel_price("baseload_technology")
        ).alias("fuel_usd_per_year"),
        # Priced and assessed with interruptible gas; `fuel_service` says what another service changes.
        pl.when(burns_gas["firm"] & (pl.col("firm_units") > 0))
        .then(pl.lit("interruptible"))
        .otherwise(pl.lit("none"))
        .alias("fuel_service"),
        pl.lit(1.0).alias("gas_basin_left_frac"),
        pl.lit(1.0).alias("gas_lateral_left_frac"),
        pl.lit(0.0).alias("fuel_service_usd_per_year"),
        pl.lit(0.0).alias("fuel_service_capex_usd"),
        (pl.col("grid_mwh") * pl.col("power_level_usd_per_mwh")).alias("grid_energy_usd_per_year"),
        large_load_usd_per_year(settings).alias("large_load_terms_usd_per_year"),
        (
            pl.col("co2_kg_per_year") * (settings.carbon_price_usd_per_tonne / 1000.0)
            + ruled.then(pl.col("gas_mmbtu_per_year") * pl.col("carbon_level_usd_per_mmbtu")).otherwise(0.0)
        ).alias("carbon_usd_per_year"),
    )
    # Solar delivered is what dispatch took from it, less what the battery lost of it.
    delivered = (
        pl.col("solar_potential_mwh") - pl.col("curtailed_mwh") - (pl.col("charge_mwh") - pl.col("discharge_mwh"))
    )
    dispatched = pl.col("load_mwh") - pl.col("unserved_mwh")
    return frame.with_columns(
        (row_sum(f"{part}_usd_per_year" for part in COMPONENTS) / pl.col("served_mwh")).alias("lcoe_usd_per_mwh"),
        (row_sum(f"{simple_column(part)}" for part in SIMPLE_COMPONENTS) / pl.col("served_mwh")).alias(
            "lcoe_simple_usd_per_mwh"
        ),
        (row_sum(f"{part}_capex_usd" for part in (*HARD_PARTS, "soft")) / (1000.0 * settings.site_it_mw)).alias(
            "capex_usd_per_kw"
        ),
        pl.when(pl.col("solar_mw") > 0)
        .then((delivered / dispatched).clip(0.0, 1.0))
        .otherwise(0.0)
        .alias("renewable_frac"),
        (pl.col("co2_kg_per_year") / pl.col("served_mwh")).alias("co2_kg_per_mwh"),
    )


def simple_column(component: str) -> str:
    """Return the column that holds a component's yearly cost before tax; running costs are the same in both."""
    return f"{'simple_' if component in CHARGED_COMPONENTS else ''}{component}_usd_per_year"


def lcoe_components(chosen: pl.DataFrame) -> pl.DataFrame:
    """Return the parts of the chosen designs' levelised cost, one row per region, stack and part.

    Parameters
    ----------
    chosen : pl.DataFrame
        Rows of `levelised_costs`, one per region and stack.

    Returns
    -------
    pl.DataFrame
        Contract `mart.lcoe_components`.
    """
    parts = []
    for order, component in enumerate(COMPONENTS, start=1):
        capex = f"{component.removesuffix('_capital')}_capex_usd"
        has_capex = capex in chosen.columns
        simple = pl.col(simple_column(component)) if component in SIMPLE_COMPONENTS else pl.lit(0.0)
        parts.append(
            chosen.select(
                "region_id",
                "stack_id",
                pl.lit(component).alias("component"),
                pl.lit(order, dtype=pl.Int64).alias("component_order"),
                (pl.col(f"{component}_usd_per_year") / pl.col("served_mwh")).alias("cost_usd_per_mwh"),
                pl.col(f"{component}_usd_per_year").alias("cost_usd_per_year"),
                (simple / pl.col("served_mwh")).alias("simple_cost_usd_per_mwh"),
                (pl.col(capex) if has_capex else pl.lit(0.0)).alias("capex_usd"),
            )
        )
    return pl.concat(parts).sort("region_id", "stack_id", "component_order")
