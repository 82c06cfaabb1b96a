"""Carbon by rule: the published trajectories, the thresholds, and what a covered plant pays."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from pipelines.economics.carbon import carbon_by_state, carbon_price_by_year, is_covered
from pipelines.errors import InputError

CO2_KG_PER_MMBTU = 53.06
YEARS = np.arange(2027, 2047)
WEIGHTS = 1.048 ** -np.arange(20.0)


def test_levels_are_those_of_the_facts(facts) -> None:
    own = facts.gas_facts
    found = carbon_by_state(own.carbon_rules, own.carbon_prices, YEARS, CO2_KG_PER_MMBTU, facts.settings)
    levels = {state: float(path @ WEIGHTS / WEIGHTS.sum()) for state, path in found.items()}
    # California grows by 5 percent from 27.94 in 2026; Washington stays at 70 to 2028 and then has its price.
    assert levels["CA"] == pytest.approx(2.39, abs=0.01)
    assert levels["WA"] == pytest.approx(2.70, abs=0.01)
    assert "TX" not in levels
    assert set(found) - {"CA", "WA"} == {"CT", "DE", "MA", "MD", "ME", "NH", "NJ", "NY", "RI", "VA", "VT"}


def test_a_price_holds_from_its_year_and_grows(facts) -> None:
    prices = facts.gas_facts.carbon_prices
    years = np.array([2024, 2026, 2027, 2028, 2029, 2030])
    california = carbon_price_by_year(prices, "california", years, facts.settings)
    assert california[:2] == pytest.approx([27.94, 27.94])
    assert california[2:] == pytest.approx(27.94 * 1.05 ** np.arange(1, 5))
    washington = carbon_price_by_year(prices, "washington", years, facts.settings)
    assert washington[:4] == pytest.approx(70.0)
    assert washington[4:] == pytest.approx(california[4:])
    # 35.00 USD per short ton of 907.18474 kg.
    assert carbon_price_by_year(prices, "rggi", years, facts.settings) == pytest.approx(35.0 / 0.90718474, rel=1e-5)
    with pytest.raises(InputError, match="'oregon'"):
        carbon_price_by_year(prices, "oregon", years, facts.settings)


@pytest.mark.parametrize(
    ("unit_mw", "tonnes", "expected"),
    [
        (24.9, 1e6, {"rggi": False, "tonnes": True, "supplier": True, "none": False}),
        (25.0, 10.0, {"rggi": True, "tonnes": False, "supplier": True, "none": False}),
        (0.0, 25_000.0, {"rggi": False, "tonnes": True, "supplier": True, "none": False}),
        (0.0, 24_999.0, {"rggi": False, "tonnes": False, "supplier": True, "none": False}),
    ],
)
def test_thresholds_are_of_units_or_of_tonnes(unit_mw: float, tonnes: float, expected: dict[str, bool]) -> None:
    rules = pl.DataFrame(
        {
            "rule": ["rggi", "tonnes", "supplier", "none"],
            "carbon_unit_mw_from": [25.0, None, None, None],
            "carbon_tonnes_from": [None, 25_000.0, 25_000.0, None],
            "has_supplier_duty": [False, False, True, False],
        },
        schema_overrides={"carbon_unit_mw_from": pl.Float64, "carbon_tonnes_from": pl.Float64},
    )
    found = rules.select("rule", is_covered(pl.lit(unit_mw), pl.lit(tonnes)).alias("is_covered"))
    assert dict(found.iter_rows()) == expected


def test_a_covered_plant_pays_by_the_gas_it_burns(facts, make_year, stacks) -> None:
    engines = stacks["gas_recip"]
    large = (engines[0] | {"firm_units": 2, "firm_unit_mw": 25.0}, engines[1])
    year = make_year({"gas_recip": engines, "gas_recip/large": large}, ["imperial_ca", "reno_nv", "niagara_ny"])
    rows = facts.candidates(*year)
    paid = {
        (region_id, design_id): carbon
        for region_id, design_id, carbon in rows.select("region_id", "design_id", "carbon_usd_per_year").iter_rows()
    }
    gas = facts.gas().filter(pl.col("region_id") == "imperial_ca").row(0, named=True)
    burnt = rows.filter((pl.col("region_id") == "imperial_ca") & (pl.col("design_id") == "gas_recip"))
    mmbtu = burnt["gas_mmbtu_per_year"].item()
    assert paid["imperial_ca", "gas_recip"] == pytest.approx(mmbtu * gas["carbon_level_usd_per_mmbtu"])
    assert paid["reno_nv", "gas_recip"] == paid["reno_nv", "gas_recip/large"] == 0.0
    # Units under 25 MW are outside the regional initiative of the north-east.
    assert paid["niagara_ny", "gas_recip"] == 0.0
    assert paid["niagara_ny", "gas_recip/large"] > 0.0


def test_solar_alone_pays_nothing_and_the_setting_comes_on_top(facts, make_year, stacks) -> None:
    year = make_year({"gas_recip": stacks["gas_recip"], "solar_bess": stacks["solar_bess"]}, ["imperial_ca"])
    plain = facts.candidates(*year)
    taxed = facts.candidates(*year, settings=facts.settings.model_copy(update={"carbon_price_usd_per_tonne": 10.0}))
    assert plain.filter(pl.col("stack_id") == "solar_bess")["carbon_usd_per_year"].item() == 0.0
    rise = taxed["carbon_usd_per_year"] - plain["carbon_usd_per_year"]
    assert rise.to_numpy() == pytest.approx((0.01 * plain["co2_kg_per_year"]).to_numpy())
