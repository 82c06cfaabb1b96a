"""Gas and grid prices: every step against the published rows, and the faults that must be named."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from pipelines.economics.prices import (
    combustion_kg_per_mmbtu,
    fuel_prices,
    gas_prices_by_region,
    henry_hub_usd_per_mmbtu,
    power_prices_by_region,
)
from pipelines.errors import InputError

AS_OF = date(2026, 11, 22)


def test_waha_is_henry_hub_plus_the_last_full_year(facts) -> None:
    row = facts.gas().filter(pl.col("region_id") == "abilene_tx").row(0, named=True)
    months = facts.gas_prices.filter((pl.col("geography") == "Henry Hub") & (pl.col("period") > "2025-07"))
    assert months.height == 12
    # Five months of 2025 stand as they are, seven of 2026 lose one year of escalation.
    by_hand = sum(
        price if period < "2026" else price / 1.025 for period, price in months.select("period", "price").iter_rows()
    )
    assert row["henry_hub_usd_per_mmbtu"] == pytest.approx(by_hand / 12.0)
    assert row["hub_basis_year"] == 2025
    assert row["hub_basis_usd_per_mmbtu"] == pytest.approx(-2.38)
    assert row["gas_price_usd_per_mmbtu"] == pytest.approx(by_hand / 12.0 - 2.38 + 0.35)
    assert not row["is_fallback"]


def test_partial_years_of_a_basis_are_left_out(facts) -> None:
    # January to April 2026 stood 10.7 USD/MMBtu above Henry Hub in Maryland.
    row = facts.gas().filter(pl.col("gas_hub").str.contains("MD delivered")).row(0, named=True)
    assert row["hub_basis_usd_per_mmbtu"] == pytest.approx(2.183)


def test_floor_holds_before_delivery(facts) -> None:
    settings = facts.settings.model_copy(update={"gas_floor_usd_per_mmbtu": 2.0})
    row = facts.gas(settings).filter(pl.col("region_id") == "abilene_tx").row(0, named=True)
    assert row["is_floored"]
    assert row["gas_price_usd_per_mmbtu"] == pytest.approx(2.0 + settings.gas_delivery_adder_usd_per_mmbtu)


def test_retail_average_stands_in_only_where_no_hub_is_named(facts) -> None:
    gas = facts.gas()
    assert gas.filter(pl.col("gas_hub").is_null())["is_fallback"].all()
    assert not gas.filter(pl.col("gas_hub").is_not_null())["is_fallback"].any()
    # Ohio and Pennsylvania: the retail average lies some 5 USD/MMBtu above hub plus basis, so it must not be used.
    for state in ("OH", "PA"):
        rows = gas.filter(pl.col("state") == state)
        assert (rows["state_industrial_usd_per_mmbtu"] - rows["gas_price_usd_per_mmbtu"] > 4.0).all()


def test_the_other_basis_uses_the_retail_average_everywhere(facts) -> None:
    settings = facts.settings.model_copy(update={"gas_price_basis": "state_industrial"})
    gas = facts.gas(settings)
    assert (gas["price_basis"] == "state_industrial").all()
    assert (gas["gas_price_usd_per_mmbtu"] == gas["state_industrial_usd_per_mmbtu"]).all()
    assert not gas["is_fallback"].any()


def test_mcf_is_divided_by_the_heat_content(facts) -> None:
    # New Mexico's gas holds 1.02 to 1.03 MMBtu per Mcf.
    months = facts.gas_prices.filter(
        (pl.col("state") == "NM") & (pl.col("sector") == "industrial") & (pl.col("frequency") == "monthly")
    ).sort("period")
    recent = months.tail(12)
    escalated = [
        price * (1.025 if period < "2025" else 1.0) for period, price in recent.select("period", "price").iter_rows()
    ]
    row = facts.gas().filter((pl.col("state") == "NM") & pl.col("gas_hub").is_null()).row(0, named=True)
    per_mcf = sum(escalated) / 12.0
    assert 1.01 < per_mcf / row["gas_price_usd_per_mmbtu"] < 1.04


def test_an_earlier_date_uses_nothing_newer(facts) -> None:
    price, newest = henry_hub_usd_per_mmbtu(facts.gas_prices, date(2024, 6, 30), facts.settings)
    assert newest == "2024-06"
    assert price != henry_hub_usd_per_mmbtu(facts.gas_prices, AS_OF, facts.settings)[0]
    early = gas_prices_by_region(
        facts.regions, facts.gas_prices, facts.emission_factors, date(2025, 3, 1), facts.settings
    )
    assert early["hub_basis_year"].drop_nulls().max() == 2024


def test_too_few_months_are_named(facts) -> None:
    with pytest.raises(InputError, match="Henry Hub months"):
        henry_hub_usd_per_mmbtu(facts.gas_prices, date(2015, 6, 1), facts.settings)


def test_a_region_without_any_price_is_named(facts) -> None:
    lone = facts.regions.head(1).with_columns(
        pl.lit("nowhere").alias("region_id"),
        pl.lit(None, dtype=pl.String).alias("gas_hub"),
        pl.lit("ZZ").alias("gas_price_state"),
    )
    with pytest.raises(InputError, match="nowhere"):
        gas_prices_by_region(lone, facts.gas_prices, facts.emission_factors, AS_OF, facts.settings)
    with pytest.raises(InputError, match="grid_co2_kg_per_mwh"):
        power_prices_by_region(
            lone.with_columns(pl.lit("XXXX").alias("egrid_subregion")),
            facts.power_prices,
            facts.emission_factors,
            AS_OF,
            facts.settings,
        )


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
    prices = fuel_prices(facts.gas(), facts.power(), facts.emission_factors, facts.settings)
    assert prices.height == 4 * facts.regions.height
    cited = prices.filter(~pl.col("is_assumption"))
    assert cited["url"].str.starts_with("http").all()
    assert set(prices.filter(pl.col("is_assumption"))["fuel"]) == {"diesel", "uranium"}
