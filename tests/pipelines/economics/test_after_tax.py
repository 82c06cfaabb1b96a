"""After-tax cost against the offgridai calculator's own numbers, and its identities."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from published_cases import FOLDER, published_case, texas_solar_frac

from pipelines.economics.after_tax import BONUS, MACRS, AfterTaxCost, Asset, Finance, Project, after_tax_lcoe, escalate
from pipelines.errors import UsageError

YEARS = 20


@pytest.fixture(scope="module")
def inputs() -> dict:
    return published_case("offgridai")


def offgridai_cost(  # one argument per thing the case varies
    inputs: dict,
    *,
    kind: str,
    gas_mw: float,
    generated_mwh: np.ndarray,
    served_mwh: np.ndarray,
    solar_mw_dc: float = 0.0,
    bess_mw: float = 0.0,
    bess_mwh: float = 0.0,
    btu_per_kwh: float | None = None,
) -> AfterTaxCost:
    capex, opex, finance = inputs["capex"], inputs["opex"], inputs["finance"]
    load_kw = 1000.0 * inputs["load_mw"]
    solar = 1e6 * solar_mw_dc * capex["solar_usd_per_wdc"]["total"]
    bess = 1e3 * bess_mwh * capex["bess_usd_per_kwh"]["total"]
    gas = 1e3 * gas_mw * capex[f"gas_{kind}_usd_per_kw"]["total"]
    integration = load_kw * capex["system_integration_usd_per_kw_load"]["total"]
    hard = solar + bess + gas + integration
    soft = 1.0 + capex["soft_costs_pct_of_hard"]["total"] / 100.0
    plant = opex[f"gas_{kind}"]
    fixed = (
        1e3 * solar_mw_dc * opex["solar_usd_per_kw_yr"]
        + 1e3 * bess_mw * opex["bess_usd_per_kw_yr"]
        + 1e3 * gas_mw * plant["fixed_usd_per_kw_yr"]
        + load_kw * opex["bos_usd_per_kw_load_yr"]
        + hard * opex["soft_pct_of_hard_capex"] / 100.0
    )
    heat_rate = (btu_per_kwh or inputs["heat_rate_btu_per_kwh"][f"gas_{kind}"]) / 1000.0
    om = escalate(1.0, opex["om_escalator"], YEARS)
    fuel = escalate(opex["fuel_usd_per_mmbtu"], opex["fuel_escalator"], YEARS)
    schedule = tuple(finance["macrs_5yr"])
    project = Project(
        assets=(
            Asset((solar + bess) * soft, schedule, credit_frac=finance["itc"]),
            Asset((gas + integration) * soft, schedule),
        ),
        energy_mwh=served_mwh,
        costs_usd={
            "fixed_om": fixed * om,
            "variable_om": 1e3 * plant["variable_usd_per_kwh"] * generated_mwh * om,
            "fuel": heat_rate * generated_mwh * fuel,
        },
    )
    terms = Finance(
        debt_frac=finance["leverage"],
        debt_rate=finance["cost_of_debt"],
        equity_rate=finance["cost_of_equity"],
        debt_years=finance["debt_term_yr"],
        tax_rate=finance["tax"],
        construction_years=finance["construction_years"],
        operating_years=finance["operating_years"],
    )
    return after_tax_lcoe(project, terms)


@pytest.mark.parametrize(("kind", "btu_per_kwh"), [("engine", 8989.0), ("turbine", 9630.0)])
def test_pure_gas_matches_the_calculator(inputs: dict, kind: str, btu_per_kwh: float) -> None:
    expected = published_case("offgridai_pure_gas")
    energy = np.full(YEARS, 876_000.0)
    cost = offgridai_cost(
        inputs, kind=kind, gas_mw=125.0, generated_mwh=energy, served_mwh=energy, btu_per_kwh=btu_per_kwh
    )
    assert cost.lcoe_usd_per_mwh == pytest.approx(expected["expected"][f"gas_{kind}_lcoe"], rel=1e-6)
    published = expected["second_implementation"][f"components_gas_{kind}"]
    for name, value in published.items():
        assert cost.components_usd_per_mwh[name] == pytest.approx(value, abs=0.003)


def test_less_gas_matches_the_second_implementation(inputs: dict) -> None:
    expected = published_case("offgridai_pure_gas")["second_implementation_lcoe_by_gas_mw"]
    energy = np.full(YEARS, 876_000.0)
    for kind, by_size in expected.items():
        for size, value in by_size.items():
            cost = offgridai_cost(inputs, kind=kind, gas_mw=float(size), generated_mwh=energy, served_mwh=energy)
            assert cost.lcoe_usd_per_mwh == pytest.approx(value, rel=1e-4)


def calculator_dispatch(
    designs: pl.DataFrame, capacity_factor: np.ndarray, inputs: dict
) -> tuple[np.ndarray, np.ndarray]:
    """Generated and served energy by design and year under the calculator's own rules."""
    loss = np.sqrt(inputs["round_trip_efficiency"])
    years = np.arange(YEARS)
    load = float(inputs["load_mw"])
    solar = designs["solar_mw_dc"].to_numpy()[:, None] * (1.0 - inputs["solar_degradation_per_yr"] * years)
    energy = designs["bess_mwh"].to_numpy()[:, None] * (1.0 - inputs["bess_capacity_fade_per_yr"] * years)
    power = np.broadcast_to(designs["bess_mw"].to_numpy()[:, None], energy.shape)
    most = np.broadcast_to(designs["gen_mw"].to_numpy()[:, None], energy.shape)
    # Every year restarts with the battery full, at its first-year energy.
    stored = np.broadcast_to(designs["bess_mwh"].to_numpy()[:, None], energy.shape).astype(float).copy()
    generated, served = np.zeros_like(energy), np.zeros_like(energy)
    for factor in capacity_factor:
        output = solar * factor
        surplus = np.maximum(output - load, 0.0)
        deficit = np.maximum(load - output, 0.0)
        taken = np.minimum(np.minimum(surplus, power), np.maximum(energy - stored, 0.0))
        given = np.minimum(np.minimum(power, deficit / loss), stored)
        stored += taken * loss - given
        left = deficit - given * loss
        burnt = np.minimum(left, most)
        generated += burnt
        served += load - (left - burnt)
    return generated, served


def test_thirty_designs_match_the_calculator(inputs: dict) -> None:
    designs = pl.read_csv(FOLDER / "offgridai_designs.csv")
    generated, served = calculator_dispatch(designs, texas_solar_frac(), inputs)
    # Each of twenty years is printed to the MWh.
    assert generated.sum(axis=1) == pytest.approx(designs["life_gen_mwh"].to_numpy(), abs=0.5 * YEARS)
    errors = []
    for row, design in enumerate(designs.iter_rows(named=True)):
        cost = offgridai_cost(
            inputs,
            kind="engine",
            gas_mw=design["gen_mw"],
            generated_mwh=generated[row],
            served_mwh=served[row],
            solar_mw_dc=design["solar_mw_dc"],
            bess_mw=design["bess_mw"],
            bess_mwh=design["bess_mwh"],
            btu_per_kwh=8989.0,
        )
        errors.append(cost.lcoe_usd_per_mwh / design["lcoe_usd_per_mwh"] - 1.0)
    assert np.max(np.abs(errors)) < 1e-6


TERMS = Finance(
    debt_frac=0.6,
    debt_rate=0.07,
    equity_rate=0.11,
    debt_years=15,
    tax_rate=0.25,
    construction_years=2,
    operating_years=20,
)


def plain_project(capex: float, cost: float, energy: float, credit: float = 0.0) -> Project:
    return Project(
        assets=(
            Asset(capex, MACRS[5], credit_frac=credit, salvage_usd=0.05 * capex),
            Asset(0.2 * capex, BONUS, year=11),
        ),
        energy_mwh=np.full(20, energy),
        costs_usd={"fixed_om": np.full(20, 0.02 * capex), "fuel": escalate(cost * energy, 0.02, 20)},
    )


@given(
    capex=st.floats(1e6, 1e9),
    cost=st.floats(0.0, 100.0),
    energy=st.floats(1e4, 1e6),
    credit=st.floats(0.0, 0.5),
    debt=st.floats(0.0, 0.9),
    escalation=st.floats(0.0, 0.04),
)
def test_equity_flows_have_no_present_value_and_parts_sum(
    capex: float, cost: float, energy: float, credit: float, debt: float, escalation: float
) -> None:
    terms = Finance(debt, 0.07, 0.11, 15, 0.25, 2, 20, price_escalation=escalation)
    result = after_tax_lcoe(plain_project(capex, cost, energy, credit), terms)
    discount = 1.11 ** -np.arange(1, 23)
    assert abs(result.equity_flows_usd @ discount) <= 1e-6 * max(1.0, np.abs(result.equity_flows_usd) @ discount)
    assert sum(result.components_usd_per_mwh.values()) == pytest.approx(result.lcoe_usd_per_mwh, rel=1e-9, abs=1e-9)


@given(credit=st.floats(0.01, 0.5))
def test_a_credit_lowers_the_price(credit: float) -> None:
    without = after_tax_lcoe(plain_project(1e8, 30.0, 1e5), TERMS)
    with_credit = after_tax_lcoe(plain_project(1e8, 30.0, 1e5, credit), TERMS)
    assert with_credit.lcoe_usd_per_mwh < without.lcoe_usd_per_mwh


def test_production_credit_is_worth_its_grossed_up_amount() -> None:
    project = plain_project(1e8, 30.0, 1e5)
    credited = Project(
        project.assets,
        project.energy_mwh,
        project.costs_usd,
        production_credit_usd_per_mwh=np.full(20, 15.0),
        credited_mwh=project.energy_mwh,
    )
    fall = after_tax_lcoe(project, TERMS).lcoe_usd_per_mwh - after_tax_lcoe(credited, TERMS).lcoe_usd_per_mwh
    # A credit is untaxed, a price is taxed: one dollar of credit replaces 1 / (1 - tax) of price.
    assert fall == pytest.approx(15.0 / 0.75)


def test_without_tax_and_debt_it_is_the_annuity() -> None:
    terms = Finance(0.0, 0.07, 0.1, 15, 0.0, 1, 20)
    project = Project((Asset(1e8),), np.full(20, 1e5), {"om": np.full(20, 2e6)})
    annuity = 1e8 * 0.1 / (1.0 - 1.1**-20) / 1e5
    assert after_tax_lcoe(project, terms).lcoe_usd_per_mwh == pytest.approx(annuity + 20.0)


def test_schedules_write_off_everything_once() -> None:
    for years, shares in MACRS.items():
        assert sum(shares) == pytest.approx(1.0, abs=1e-9)
        assert len(shares) == years + 1


def test_a_series_of_the_wrong_length_is_named() -> None:
    with pytest.raises(UsageError, match="energy_mwh has shape"):
        after_tax_lcoe(Project((Asset(1e8),), np.full(10, 1e5)), TERMS)
