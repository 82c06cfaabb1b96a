"""What a region pays for grid energy and fuels, and how much CO2 comes with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.contracts import economics as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.economics.hub_prices import dollar_factor
from pipelines.economics.large_load import terms_by_region
from pipelines.errors import InputError
from pipelines.ordered import group_sum
from pipelines.reference.facts import ReferenceFacts
from pipelines.settings import Settings

_TRAILING_MONTHS = 12
_CITATION = ["source_title", "publisher", "url", "as_of"]


@dataclass(frozen=True)
class PowerFacts(ReferenceFacts):
    """Reference tables behind the price of grid energy."""

    power_prices: pl.DataFrame
    emission_factors: pl.DataFrame
    large_load_tariffs: pl.DataFrame
    large_load_territories: pl.DataFrame


POWER_TABLES = PowerFacts.table_names()


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
    facts: PowerFacts,
    as_of: date,
    settings: Settings,
    *,
    level_factor: float = 1.0,
) -> pl.DataFrame:
    """Return the grid energy price and carbon intensity of each region.

    The price is the state's industrial average, weighted by sales over the newest twelve months, else the newest year.
    It averages all industrial customers of a state; a large-load tariff differs, and where one is cited its terms come
    with the price.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, state, county_fips, egrid_subregion.
    facts : PowerFacts
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
    industrial = facts.power_prices.filter(pl.col("sector") == "industrial").with_columns(
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
        facts.emission_factors.filter((pl.col("factor_type") == "grid_subregion") & (pl.col("pollutant") == "CO2"))
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
        .join(
            terms_by_region(regions, facts.large_load_tariffs, facts.large_load_territories),
            on="region_id",
            how="left",
            maintain_order="left",
        )
        .with_columns(
            pl.lit(True).alias("is_industrial_average"),
            (pl.col("power_price_usd_per_mwh") * level_factor).alias("power_level_usd_per_mwh"),
        )
    )
    require_price(joined, "power_price_usd_per_mwh", "power_prices.csv", "state")
    require_price(joined, "grid_co2_kg_per_mwh", "emission_factors.csv", "region_or_fuel")
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
        pl.col("gas_price_usd_per_mmbtu").alias("spot_price"),
        pl.col("gas_near_usd_per_mmbtu").alias("near_price"),
        pl.col("gas_long_run_usd_per_mmbtu").alias("long_run_price"),
        pl.col("gas_level_usd_per_mmbtu").alias("level_price"),
        pl.col("carbon_level_usd_per_mmbtu").alias("carbon_level_price"),
        pl.lit("USD/MMBtu").alias("unit"),
        "price_basis",
        "is_fallback",
        # The basis of a hub and the way from it are judged.
        (~pl.col("is_fallback")).alias("is_assumption"),
        pl.col("co2_kg_per_mmbtu").alias("co2_kg_per_unit"),
        *text,
    )
    grid_power = power.select(
        "region_id",
        pl.lit("grid_power").alias("fuel"),
        pl.col("power_price_usd_per_mwh").alias("spot_price"),
        *(pl.lit(None, dtype=pl.Float64).alias(f"{when}_price") for when in ("near", "long_run")),
        pl.col("power_level_usd_per_mwh").alias("level_price"),
        pl.lit(0.0).alias("carbon_level_price"),
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
            *(pl.lit(float(price)).alias(f"{when}_price") for when in ("spot", "near", "long_run", "level")),
            pl.lit(0.0).alias("carbon_level_price"),
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


def require_price(frame: pl.DataFrame, column: str, file: str, place: str) -> None:
    """Raise for the first region without a figure in `column`.

    Raises
    ------
    InputError
        If there is one.
    """
    missing = frame.filter(pl.col(column).is_null())
    if missing.height:
        row = missing.row(0, named=True)
        raise InputError(
            f"region {row['region_id']} (state {row['state']}) has no {column}",
            file=file,
            column=place,
            remedy="add a row for it or take the region out",
        )
