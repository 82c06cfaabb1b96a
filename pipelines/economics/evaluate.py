"""From dispatch, adequacy and prices to the cost of every candidate and the choice per region and stack."""

from __future__ import annotations

import polars as pl

from pipelines.economics.capital import capital_costs
from pipelines.economics.charges import charge_table
from pipelines.economics.costs import site_costs, unit_costs
from pipelines.economics.credits import Credits, no_credits
from pipelines.economics.finance import terms
from pipelines.economics.lcoe import levelised_costs
from pipelines.economics.location import locational_multipliers
from pipelines.economics.prices import combustion_kg_per_mmbtu
from pipelines.errors import ContractError
from pipelines.ordered import group_mean, group_sum
from pipelines.places.air_permit import has_facts, permit_costs
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import Parameters
from pipelines.settings import Settings

_ENERGIES = [
    "load_mwh",
    "solar_potential_mwh",
    "curtailed_mwh",
    "charge_mwh",
    "discharge_mwh",
    "grid_mwh",
    "baseload_mwh",
    "firm_mwh",
    "unserved_mwh",
    "firm_fuel_mmbtu",
    "baseload_fuel_mmbtu",
]
_ADEQUACY = [
    "availability_frac",
    "full_service_hours_frac",
    "lolh_hours_per_year",
    "eue_mwh_per_year",
    "interruptions_per_year",
    "trips_per_year",
    "unserved_gas_supply_mwh",
    "unserved_gas_basin_mwh",
    "gas_basin_hours_per_year",
    "gas_lateral_hours_per_year",
    "gas_basin_interruptions_per_year",
    "gas_lateral_interruptions_per_year",
]


def mean_years(dispatch_annual: pl.DataFrame, adequacy: pl.DataFrame) -> pl.DataFrame:
    """Join annual energies with adequacy and average over weather years.

    Parameters
    ----------
    dispatch_annual : pl.DataFrame
        region_id, weather_year, design_id and the annual energies.
    adequacy : pl.DataFrame
        Contract `sim.adequacy`.

    Returns
    -------
    pl.DataFrame
        region_id, stack_id, design_id, energies and adequacy; one row per region and design, in a fixed order.

    Raises
    ------
    ContractError
        If a dispatched design has no adequacy.
    """
    key = ["region_id", "weather_year", "design_id"]
    joined = dispatch_annual.select(*key, *_ENERGIES).join(
        adequacy.select(*key, "stack_id", *_ADEQUACY), on=key, how="left", maintain_order="left"
    )
    orphans = joined.filter(pl.col("stack_id").is_null())
    if orphans.height:
        row = orphans.row(0, named=True)
        raise ContractError(
            f"sim.adequacy: no row for region {row['region_id']}, design {row['design_id']}; "
            "assess every design that was dispatched."
        )
    several = pl.len().over("region_id", "design_id") > 1
    one, many = joined.filter(~several).drop("weather_year"), joined.filter(several)
    if many.is_empty():
        return one.sort("region_id", "design_id")
    # Energy-weighted, so that the mean availability is served over demanded energy of all years.
    weight = pl.col("load_mwh") / group_sum("load_mwh")
    means = many.group_by("region_id", "stack_id", "design_id", maintain_order=True).agg(
        *(group_sum(pl.col(name) * weight) for name in ("availability_frac", "full_service_hours_frac")),
        *(group_mean(name) for name in (*_ENERGIES, *_ADEQUACY[2:])),
    )
    return pl.concat([one, means.select(one.columns)]).sort("region_id", "design_id")


def grid_outage_hours(outage_causes: pl.DataFrame) -> pl.DataFrame:
    """Return region_id, grid_outage_hours_per_year from `core.outage_causes`."""
    return (
        outage_causes.filter(pl.col("takes") == "grid")
        .group_by("region_id", maintain_order=True)
        .agg(group_sum(pl.col("events_per_year") * pl.col("hours_per_event")).alias("grid_outage_hours_per_year"))
    )


def evaluate_candidates(
    designs: pl.DataFrame,
    dispatch_annual: pl.DataFrame,
    adequacy: pl.DataFrame,
    regions: pl.DataFrame,
    gas: pl.DataFrame,
    power: pl.DataFrame,
    parameters: Parameters,
    multipliers: pl.DataFrame,
    emission_factors: pl.DataFrame,
    settings: Settings,
    *,
    outage_causes: pl.DataFrame | None = None,
    credits: Credits | None = None,
) -> pl.DataFrame:
    """Return cost, carbon and adequacy of every region and design.

    Parameters
    ----------
    designs : pl.DataFrame
        Contract `sim.designs`.
    dispatch_annual, adequacy : pl.DataFrame
        One row per region, weather year and design.
    regions : pl.DataFrame
        region_id, state; with the facts of places, plants pay for their gas laterals and air permits.
    gas, power : pl.DataFrame
        Contracts `core.gas_prices_by_region`, `core.power_prices_by_region`.
    parameters : Parameters
        Defaults of the technology table.
    multipliers, emission_factors : pl.DataFrame
        Reference tables `locational_multipliers`, `emission_factors`.
    outage_causes : pl.DataFrame | None
        Contract `core.outage_causes`; its grid rows give the hours that standby gensets run.
    credits : Credits | None
        Dates that decide tax credits, with the tax rules; no credit is counted where absent.

    Returns
    -------
    pl.DataFrame
        See `levelised_costs`; one row per region and design.
    """
    energies = mean_years(dispatch_annual, adequacy)
    if outage_causes is not None:
        energies = energies.join(grid_outage_hours(outage_causes), on="region_id", how="left", maintain_order="left")
    costs, site = unit_costs(parameters, settings), site_costs(parameters, settings)
    present = regions.join(energies.select("region_id").unique(), on="region_id", how="semi", maintain_order="left")
    factors = locational_multipliers(present, multipliers, settings)
    capital = capital_costs(
        designs,
        present,
        costs,
        site,
        factors,
        settings,
        pairs=energies,
        permits=_permit_costs(energies, designs, present, settings),
    )
    tax_rules = credits.tax_rules if credits else load_reference("tax_rules", settings.reference_dir)
    own = terms(parameters, tax_rules, settings)
    return levelised_costs(
        energies,
        designs,
        capital,
        costs,
        charge_table(costs, tax_rules, own, settings),
        credits.expected(designs) if credits else no_credits(designs),
        site,
        gas,
        power,
        settings,
        diesel_co2_kg_per_mmbtu=combustion_kg_per_mmbtu(emission_factors, "diesel"),
    )


def _permit_costs(
    energies: pl.DataFrame, designs: pl.DataFrame, regions: pl.DataFrame, settings: Settings
) -> pl.DataFrame | None:
    """Compute what the air permit of each region and design costs; None where nothing follows from places."""
    if not has_facts(regions, settings):
        return None
    rows = energies.select("region_id", "design_id", "stack_id", "firm_mwh").join(
        designs.select("design_id", "firm_technology", "firm_units", "firm_unit_mw"),
        on="design_id",
        how="left",
        maintain_order="left",
    )
    return rows.select("region_id", "design_id").hstack(permit_costs(rows, regions, settings))
