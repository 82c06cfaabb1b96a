"""Look-up of default figures: which figure, which unit, and what is said where there is none."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import UsageError
from pipelines.reference import Parameters, load_reference, parameters
from pipelines.settings import REFERENCE_DIR


@pytest.fixture(scope="module")
def defaults() -> Parameters:
    """Return the embedded defaults."""
    return parameters(load_reference("technology", REFERENCE_DIR))


def _one(low: float | None, mid: float | None, high: float | None) -> Parameters:
    row = {"low": low, "mid": mid, "high": high, "unit": "MW", "dollar_year": None}
    return Parameters({("thing", "size"): row})


def test_the_central_figure_comes_first() -> None:
    assert _one(1.0, 2.5, 3.0).value("thing", "size") == 2.5
    assert _one(1.0, None, 3.0).value("thing", "size") == 2.0
    assert _one(None, None, 3.0).value("thing", "size") == 3.0


@given(
    st.lists(st.none() | st.floats(-1e6, 1e6), min_size=3, max_size=3).filter(
        lambda figures: any(figure is not None for figure in figures)
    )
)
def test_the_figure_lies_within_its_bounds(figures: list[float | None]) -> None:
    found = _one(*figures)
    low, high = found.bounds("thing", "size")
    assert low <= found.value("thing", "size") <= high


def test_an_unexpected_unit_is_an_error_not_a_conversion(defaults: Parameters) -> None:
    assert defaults.value("recip_genset", "capex", "USD_per_kW") > 0
    with pytest.raises(UsageError, match="USD_per_kW, expected USD_per_MW"):
        defaults.value("recip_genset", "capex", "USD_per_MW")


def test_an_absent_parameter_names_the_known_ones(defaults: Parameters) -> None:
    with pytest.raises(UsageError, match="no default for price of smr; it has capex"):
        defaults.value("smr", "price")
    with pytest.raises(UsageError, match="the technology is not in the table"):
        defaults.value("fusion", "capex")


def test_money_has_a_dollar_year_and_a_rate_has_none(defaults: Parameters) -> None:
    assert defaults.dollar_year("bess", "capex_power_part") == 2023
    with pytest.raises(UsageError, match="no dollar_year"):
        defaults.dollar_year("bess", "life")
    money = [row for row in defaults.rows.values() if "USD" in row["unit"]]
    assert money
    assert [row["parameter"] for row in money if row["dollar_year"] is None] == []


def test_a_default_carries_its_citation(defaults: Parameters) -> None:
    for row in defaults.rows.values():
        assert row["source_title"] and row["publisher"] and row["as_of"]
        assert row["choice_reason"]
    without = {key for key, row in defaults.rows.items() if not (row["url"] or "").startswith("http")}
    assumed = {key for key, row in defaults.rows.items() if row["publisher"] == "firstmw"}
    # Catalysts: the document is known, its address is not.
    assert without - assumed == {("recip_genset", "capex_scr"), ("recip_genset", "capex_oxidation_catalyst")}
    assert assumed == {
        ("fuel_cell", "capex"),
        ("fuel_cell", "variable_om"),
        ("fuel_cell", "stack_replacement_cost"),
        ("fuel_cell", "planned_outage_rate"),
        ("recip_genset", "forced_outage_rate"),
        ("recip_genset", "planned_outage_rate"),
        ("recip_genset", "mttr"),
        ("smr", "capex"),
    }
    assert assumed <= without


def test_only_defaults_are_found() -> None:
    frame = load_reference("technology", REFERENCE_DIR)
    found = parameters(frame)
    assert len(found.rows) == frame.filter(pl.col("is_default")).height
    assert len(found.rows) == frame.select("technology", "parameter").unique().height


def test_solar_capital_cost_carries_the_near_term_premium_once(defaults: Parameters) -> None:
    # Annual Technology Baseline 2025, build year 2026: 1,207.71 USD/kW; near-term adjustment of August 2026: 7 %.
    assert defaults.value("solar_pv_tracking", "capex", "USD_per_kWac") == pytest.approx(1292.25, abs=0.01)
    assert ("solar_pv_tracking", "capex_near_term_premium") not in defaults.rows


def test_fuel_cell_stack_exchange_is_not_counted_twice(defaults: Parameters) -> None:
    # The figure for operation holds the exchange, so nothing is charged beside it.
    assert defaults.value("fuel_cell", "stack_replacement_cost", "USD_per_kW") == 0.0
    operation = defaults.row("fuel_cell", "variable_om")
    at_full_output = 1000.0 / defaults.value("fuel_cell", "stack_replacement", "years") / 8.76
    # 40 USD/MWh is what the primary source gives for all operation and maintenance, stack exchange included.
    assert at_full_output < operation["mid"] < operation["high"] < 40.0
