"""Gas and grid prices: every step against the published rows, and the faults that must be named."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from pipelines.economics.prices import (
    combustion_kg_per_mmbtu,
    fuel_prices,
    power_prices_by_region,
)
from pipelines.errors import InputError

AS_OF = date(2026, 11, 22)


def test_a_subregion_without_a_rate_is_named(facts) -> None:
    lone = facts.regions.head(1).with_columns(pl.lit("XXXX").alias("egrid_subregion"))
    with pytest.raises(InputError, match="grid_co2_kg_per_mwh"):
        power_prices_by_region(lone, facts.power_facts, AS_OF, facts.settings)


def test_power_price_is_weighted_by_sales_over_twelve_months(facts) -> None:
    row = facts.power().filter(pl.col("state") == "TX").row(0, named=True)
    months = (
        facts.power_prices.filter((pl.col("state") == "TX") & (pl.col("frequency") == "monthly"))
        .sort("period")
        .tail(12)
    )
    revenue = sum(
        price * (1.025 if period < "2025" else 1.0) * sales
        for period, price, sales in months.select("period", "price_usd_per_mwh", "sales_mwh").iter_rows()
    )
    assert row["power_price_usd_per_mwh"] == pytest.approx(revenue / months["sales_mwh"].sum())
    assert row["period"] == f"{months['period'][0]} to {months['period'][-1]}"
    assert 50.0 < row["power_price_usd_per_mwh"] < 80.0


def test_grid_carbon_is_of_the_newest_data_year(facts) -> None:
    power = facts.power()
    assert (power["grid_co2_year"] == 2024).all()
    assert power["grid_co2_kg_per_mwh"].is_between(80.0, 800.0).all()


def test_combustion_factors_agree_with_the_published_ones(facts) -> None:
    # 40 CFR 98, table C-1: natural gas 53.06, distillate no. 2 73.96 kg CO2 per MMBtu.
    assert combustion_kg_per_mmbtu(facts.emission_factors, "natural_gas") == pytest.approx(53.06, abs=0.01)
    assert combustion_kg_per_mmbtu(facts.emission_factors, "diesel") == pytest.approx(73.96, rel=1e-3)
    with pytest.raises(InputError, match="peat"):
        combustion_kg_per_mmbtu(facts.emission_factors, "peat")


def test_every_region_has_every_fuel_with_a_source(facts) -> None:
    gas = facts.gas()
    prices = fuel_prices(gas, facts.power(), facts.emission_factors, facts.settings)
    assert prices.height == 4 * facts.regions.height
    cited = prices.filter(pl.col("fuel").is_in(["natural_gas", "grid_power"]))
    assert cited["url"].str.starts_with("http").all()
    # The basis of gas is judged; diesel and uranium are settings.
    assert set(prices.filter(pl.col("is_assumption"))["fuel"]) == {"diesel", "natural_gas", "uranium"}
    burnt = prices.filter(pl.col("fuel") == "natural_gas").sort("region_id")
    for name, column in (("spot", "price"), ("near", "near"), ("long_run", "long_run"), ("level", "level")):
        assert burnt[f"{name}_price"].equals(gas.sort("region_id")[f"gas_{column}_usd_per_mmbtu"]), name
    assert prices.filter(pl.col("near_price").is_null())["fuel"].unique().to_list() == ["grid_power"]
