"""What a region pays for gas and grid energy, and how much CO2 comes with them."""

from __future__ import annotations

from datetime import date

import polars as pl

from pipelines.contracts import economics as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.economics.hub_prices import dollar_factor, henry_hub_usd_per_mmbtu, hub_basis
from pipelines.errors import InputError
from pipelines.ordered import group_mean, group_sum
from pipelines.settings import Settings

_TRAILING_MONTHS = 12
_CITATION = ["source_title", "publisher", "url", "as_of"]


def heat_content_mmbtu_per_mcf(emission_factors: pl.DataFrame) -> pl.DataFrame:
    """Return state, mmbtu_per_mcf from the newest heat content of each state, with the national one as state US."""
    return (
        emission_factors.filter(pl.col("factor_type") == "heat_content")
        .sort("region_or_fuel", pl.col("data_year").cast(pl.Int64, strict=False), "as_of", maintain_order=True)
        .group_by("region_or_fuel", maintain_order=True)
        .last()
        .select(
            pl.col("region_or_fuel").alias("state"),
            # Btu per cubic foot is the same number as MMBtu per thousand Mcf.
            (pl.col("value") / 1000.0).alias("mmbtu_per_mcf"),
        )
    )


def state_gas_prices(
    gas_prices: pl.DataFrame, emission_factors: pl.DataFrame, as_of: date, settings: Settings
) -> pl.DataFrame:
    """Return the industrial gas price by state (USD/MMBtu): mean of the newest twelve months, else the newest year.

    Prices per Mcf are divided by the state's heat content, or the nation's where the state has none.
    """
    year = pl.col("period").str.slice(0, 4).cast(pl.Int64)
    industrial = gas_prices.filter(
        (pl.col("sector") == "industrial") & pl.col("geography_type").is_in(["state", "nation"])
    ).with_columns((pl.col("price") * dollar_factor(year, settings)).alias("real_price"))
    citation = [pl.col(column).last().alias(f"state_{column}") for column in _CITATION]
    monthly = (
        industrial.filter((pl.col("frequency") == "monthly") & (pl.col("period") <= as_of.strftime("%Y-%m")))
        .sort("state", "period", maintain_order=True)
        .group_by("state", maintain_order=True)
        .tail(_TRAILING_MONTHS)
        .group_by("state", maintain_order=True)
        .agg(group_mean("real_price"), pl.len().alias("months"), pl.col("period").last(), *citation)
        .filter(pl.col("months") == _TRAILING_MONTHS)
        .drop("months")
    )
    annual = (
        industrial.filter((pl.col("frequency") == "annual") & (year < as_of.year))
        .sort("state", "period", maintain_order=True)
        .group_by("state", maintain_order=True)
        .agg(pl.col("real_price").last(), pl.col("period").last(), *citation)
    )
    prices = pl.concat([monthly, annual.join(monthly, on="state", how="anti", maintain_order="left")])
    heat = heat_content_mmbtu_per_mcf(emission_factors)
    national = heat.filter(pl.col("state") == "US")["mmbtu_per_mcf"].item()
    return prices.join(heat, on="state", how="left", maintain_order="left").with_columns(
        (pl.col("real_price") / pl.col("mmbtu_per_mcf").fill_null(national)).alias("state_industrial_usd_per_mmbtu")
    )


def gas_prices_by_region(
    regions: pl.DataFrame,
    gas_prices: pl.DataFrame,
    emission_factors: pl.DataFrame,
    as_of: date,
    settings: Settings,
    *,
    level_factor: float = 1.0,
) -> pl.DataFrame:
    """Return the price that a generator pays for gas in each region.

    Henry Hub (trailing twelve months) + basis of the region's hub (last full year), floored, + delivery. Where a region
    has no hub with a full year, or where `settings.gas_price_basis` asks for it, the state's retail industrial average
    stands in; the row says so.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, state, gas_hub (null or empty where there is none); gas_price_state where it is not the state.
    gas_prices, emission_factors : pl.DataFrame
        Reference tables.
    as_of : date
        Logical date; nothing newer is used.
    level_factor : float
        Level of Henry Hub over the project as a share of tonight's, from the outlook; basis and delivery stay as they
        are, so the price moves by what Henry Hub moves.

    Returns
    -------
    pl.DataFrame
        Contract `core.gas_prices_by_region`.

    Raises
    ------
    InputError
        If a region has neither a hub basis nor a state price.
    """
    henry_hub, newest_month = henry_hub_usd_per_mmbtu(gas_prices, as_of, settings)
    states = state_gas_prices(gas_prices, emission_factors, as_of, settings)
    raw_hub = pl.lit(henry_hub) + pl.col("hub_basis_usd_per_mmbtu")
    floored = pl.max_horizontal(raw_hub, pl.lit(settings.gas_floor_usd_per_mmbtu))
    wants_hub = settings.gas_price_basis == "hub_plus_basis"
    joined = (
        regions.select(
            "region_id",
            "state",
            (pl.col("gas_price_state") if "gas_price_state" in regions.columns else pl.col("state")).alias(
                "gas_price_state"
            ),
            "gas_hub",
        )
        .join(hub_basis(gas_prices, as_of, settings), on="gas_hub", how="left", maintain_order="left")
        .join(states, left_on="gas_price_state", right_on="state", how="left", maintain_order="left")
        .with_columns(
            pl.lit(henry_hub).alias("henry_hub_usd_per_mmbtu"),
            pl.when(raw_hub.is_not_null())
            .then(floored + settings.gas_delivery_adder_usd_per_mmbtu)
            .alias("hub_plus_basis_usd_per_mmbtu"),
        )
        .with_columns(
            (
                pl.col("hub_plus_basis_usd_per_mmbtu").is_not_null()
                if wants_hub
                else pl.col("state_industrial_usd_per_mmbtu").is_null()
            ).alias("uses_hub")
        )
    )
    priced = joined.with_columns(
        pl.when("uses_hub")
        .then("hub_plus_basis_usd_per_mmbtu")
        .otherwise("state_industrial_usd_per_mmbtu")
        .alias("gas_price_usd_per_mmbtu"),
        pl.lit(henry_hub * (level_factor - 1.0)).alias("level_rise"),
        pl.when("uses_hub").then(pl.lit("hub_plus_basis")).otherwise(pl.lit("state_industrial")).alias("price_basis"),
        (pl.col("uses_hub") != wants_hub).alias("is_fallback"),
        (pl.col("uses_hub") & (raw_hub < settings.gas_floor_usd_per_mmbtu)).fill_null(False).alias("is_floored"),
        pl.lit(combustion_kg_per_mmbtu(emission_factors, "natural_gas")).alias("co2_kg_per_mmbtu"),
        *(
            pl.when("uses_hub").then(f"hub_{column}").otherwise(f"state_{column}").alias(column)
            for column in _CITATION
            if column != "as_of"
        ),
        pl.when("uses_hub").then(pl.lit(newest_month)).otherwise("period").alias("as_of"),
    ).with_columns(
        pl.max_horizontal(
            pl.col("gas_price_usd_per_mmbtu") + pl.col("level_rise"),
            pl.min_horizontal("gas_price_usd_per_mmbtu", pl.lit(settings.gas_floor_usd_per_mmbtu)),
        ).alias("gas_level_usd_per_mmbtu")
    )
    _require(priced, "gas_price_usd_per_mmbtu", "gas_prices.csv", "gas_price_state")
    return validate(priced, "core.gas_prices_by_region")


def combustion_kg_per_mmbtu(emission_factors: pl.DataFrame, fuel: str) -> float:
    """Return the combustion CO2 of a fuel (kg/MMBtu HHV).

    For diesel the table gives CO2 per gallon and CO2e both per gallon and per MMBtu; the heat of a gallon follows from
    the latter two.
    """
    rows = emission_factors.filter((pl.col("factor_type") == "fuel_combustion") & (pl.col("region_or_fuel") == fuel))

    def factor(pollutant: str, unit: str) -> float | None:
        values = rows.filter((pl.col("pollutant") == pollutant) & (pl.col("unit") == unit))["value"]
        return float(values[0]) if len(values) else None

    direct = factor("CO2", "kg_per_MMBtu")
    if direct is not None:
        return direct
    co2_gallon, co2e_gallon = factor("CO2", "kg_per_gallon"), factor("CO2e", "kg_per_gallon")
    co2e_mmbtu = factor("CO2e", "kg_per_MMBtu")
    if co2_gallon is None or co2e_gallon is None or co2e_mmbtu is None:
        raise InputError(
            f"no combustion CO2 of {fuel} per MMBtu",
            file="emission_factors.csv",
            column="region_or_fuel",
            remedy="restore the fuel_combustion rows of that fuel",
        )
    return co2_gallon * co2e_mmbtu / co2e_gallon


def power_prices_by_region(
    regions: pl.DataFrame,
    power_prices: pl.DataFrame,
    emission_factors: pl.DataFrame,
    as_of: date,
    settings: Settings,
    *,
    level_factor: float = 1.0,
) -> pl.DataFrame:
    """Return the grid energy price and carbon intensity of each region.

    The price is the state's industrial average, weighted by sales over the newest twelve months, else the newest year.
    It averages all industrial customers of a state; a large-load tariff differs.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, state, egrid_subregion.
    power_prices, emission_factors : pl.DataFrame
        Reference tables.
    level_factor : float
        Level price over the project as a share of tonight's, from the outlook.

    Returns
    -------
    pl.DataFrame
        Contract `core.power_prices_by_region`.

    Raises
    ------
    InputError
        If a state has no industrial price or a subregion no rate.
    """
    year = pl.col("period").str.slice(0, 4).cast(pl.Int64)
    industrial = power_prices.filter(pl.col("sector") == "industrial").with_columns(
        (pl.col("price_usd_per_mwh") * dollar_factor(year, settings)).alias("usd_per_mwh")
    )
    citation = [pl.col(column).last() for column in _CITATION]
    span = pl.concat_str(pl.col("period").first(), pl.lit(" to "), pl.col("period").last())
    monthly = (
        industrial.filter((pl.col("frequency") == "monthly") & (pl.col("period") <= as_of.strftime("%Y-%m")))
        .sort("state", "period", maintain_order=True)
        .group_by("state", maintain_order=True)
        .tail(_TRAILING_MONTHS)
        .group_by("state", maintain_order=True)
        .agg(
            (group_sum(pl.col("usd_per_mwh") * pl.col("sales_mwh")) / group_sum("sales_mwh")).alias(
                "power_price_usd_per_mwh"
            ),
            pl.len().alias("months"),
            span.alias("period"),
            *citation,
        )
        .filter((pl.col("months") == _TRAILING_MONTHS) & pl.col("power_price_usd_per_mwh").is_finite())
        .drop("months")
    )
    annual = (
        industrial.filter((pl.col("frequency") == "annual") & (year < as_of.year))
        .sort("state", "period", maintain_order=True)
        .group_by("state", maintain_order=True)
        .agg(
            pl.col("usd_per_mwh").last().alias("power_price_usd_per_mwh"),
            pl.col("period").last(),
            *citation,
        )
    )
    prices = pl.concat([monthly, annual.join(monthly, on="state", how="anti", maintain_order="left")])
    grid = (
        emission_factors.filter((pl.col("factor_type") == "grid_subregion") & (pl.col("pollutant") == "CO2"))
        .sort("region_or_fuel", pl.col("data_year").cast(pl.Int64), maintain_order=True)
        .group_by("region_or_fuel", maintain_order=True)
        .last()
        .select(
            pl.col("region_or_fuel").alias("egrid_subregion"),
            pl.col("value").alias("grid_co2_kg_per_mwh"),
            pl.col("data_year").cast(pl.Int64).alias("grid_co2_year"),
        )
    )
    joined = (
        regions.select("region_id", "state", "egrid_subregion")
        .join(prices, on="state", how="left", maintain_order="left")
        .join(grid, on="egrid_subregion", how="left", maintain_order="left")
        .with_columns(
            pl.lit(True).alias("is_industrial_average"),
            (pl.col("power_price_usd_per_mwh") * level_factor).alias("power_level_usd_per_mwh"),
        )
    )
    _require(joined, "power_price_usd_per_mwh", "power_prices.csv", "state")
    _require(joined, "grid_co2_kg_per_mwh", "emission_factors.csv", "region_or_fuel")
    return validate(joined, "core.power_prices_by_region")


def fuel_prices(
    gas: pl.DataFrame, power: pl.DataFrame, emission_factors: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Return the prices of natural gas, diesel, uranium and grid energy as used in each region.

    Returns
    -------
    pl.DataFrame
        Contract `mart.fuel_prices`.
    """
    text = ["source_title", "publisher", "url", "as_of"]
    natural_gas = gas.select(
        "region_id",
        pl.lit("natural_gas").alias("fuel"),
        pl.col("gas_price_usd_per_mmbtu").alias("price"),
        pl.col("gas_level_usd_per_mmbtu").alias("level_price"),
        pl.lit("USD/MMBtu").alias("unit"),
        "price_basis",
        "is_fallback",
        pl.lit(False).alias("is_assumption"),
        pl.col("co2_kg_per_mmbtu").alias("co2_kg_per_unit"),
        *text,
    )
    grid_power = power.select(
        "region_id",
        pl.lit("grid_power").alias("fuel"),
        pl.col("power_price_usd_per_mwh").alias("price"),
        pl.col("power_level_usd_per_mwh").alias("level_price"),
        pl.lit("USD/MWh").alias("unit"),
        pl.lit("state_industrial_average").alias("price_basis"),
        pl.lit(False).alias("is_fallback"),
        pl.lit(False).alias("is_assumption"),
        pl.col("grid_co2_kg_per_mwh").alias("co2_kg_per_unit"),
        *text,
    )
    assumed = [
        gas.select(
            "region_id",
            pl.lit(fuel).alias("fuel"),
            pl.lit(float(price)).alias("price"),
            pl.lit(float(price)).alias("level_price"),
            pl.lit("USD/MMBtu").alias("unit"),
            pl.lit("setting").alias("price_basis"),
            pl.lit(False).alias("is_fallback"),
            pl.lit(True).alias("is_assumption"),
            pl.lit(co2).alias("co2_kg_per_unit"),
            pl.lit(f"setting {name}").alias("source_title"),
            pl.lit("firstmw").alias("publisher"),
            pl.lit("").alias("url"),
            pl.lit("").alias("as_of"),
        )
        for fuel, name, price, co2 in (
            (
                "diesel",
                "diesel_usd_per_mmbtu",
                settings.diesel_usd_per_mmbtu,
                combustion_kg_per_mmbtu(emission_factors, "diesel"),
            ),
            ("uranium", "uranium_usd_per_mmbtu", settings.uranium_usd_per_mmbtu, 0.0),
        )
    ]
    return validate(pl.concat([natural_gas, grid_power, *assumed]).sort("region_id", "fuel"), "mart.fuel_prices")


def _require(frame: pl.DataFrame, column: str, file: str, place: str) -> None:
    """Raise for the first region without a figure in `column`."""
    missing = frame.filter(pl.col(column).is_null())
    if missing.height:
        row = missing.row(0, named=True)
        raise InputError(
            f"region {row['region_id']} (state {row['state']}) has no {column}",
            file=file,
            column=place,
            remedy="add a row for it or take the region out",
        )
