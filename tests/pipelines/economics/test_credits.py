"""Credits by date: who gets what, when, against the law's own dates."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from pipelines.economics.credits import credit_dates
from pipelines.reference.load import load_reference
from pipelines.settings import Settings
from pipelines.timeline.durations import durations

SETTINGS = Settings()


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    names = ("tax_rules", "policy", "equipment_lead_times", "queue_statistics")
    return {name: load_reference(name, SETTINGS.reference_dir) for name in names}


@pytest.fixture(scope="module")
def expected(tables, make_year, stacks):
    drawn = durations(tables["equipment_lead_times"], tables["policy"], tables["queue_statistics"], SETTINGS)
    designs, _, _ = make_year(stacks, ["abilene_tx"])

    def by_stack(as_of: date, settings: Settings = SETTINGS) -> dict[str, dict]:
        dates = credit_dates(tables["tax_rules"], drawn, as_of, settings, seed=7)
        rows = designs.select("design_id", "stack_id").join(dates.expected(designs), on="design_id")
        return {row["stack_id"]: row for row in rows.iter_rows(named=True)}

    return by_stack


def test_solar_begun_in_time_gets_all_and_solar_begun_late_only_what_is_in_service(expected) -> None:
    shares = [
        expected(day)["solar_bess_gas"]["solar_credit_frac"]
        for day in (date(2026, 1, 1), date(2026, 6, 1), date(2026, 11, 22), date(2027, 12, 1))
    ]
    assert shares[0] == pytest.approx(0.30)
    assert shares[0] > shares[1] > shares[2] > shares[3] == 0.0


def test_storage_reactors_and_fuel_cells_keep_theirs_and_engines_have_none(expected) -> None:
    tonight = expected(date(2026, 11, 22))
    assert tonight["fuel_cell"]["firm_credit_frac"] == pytest.approx(0.30)
    assert tonight["gas_recip"]["firm_credit_frac"] == 0.0
    assert tonight["gas_recip"]["reserve_credit_frac"] == pytest.approx(0.30)
    assert tonight["smr_hybrid"]["baseload_credit_frac"] == pytest.approx(0.30)
    assert tonight["smr_hybrid"]["baseload_production_credit_usd_per_mwh"] == pytest.approx(30.0)


def test_storage_phases_out_by_the_year_construction_begins(expected) -> None:
    by_year = {year: expected(date(year, 3, 1))["solar_bess"]["bess_credit_frac"] for year in (2033, 2034, 2035, 2036)}
    assert by_year == pytest.approx({2033: 0.30, 2034: 0.225, 2035: 0.15, 2036: 0.0})


def test_without_wage_rules_the_base_rate_stands_save_for_fuel_cells(expected) -> None:
    settings = SETTINGS.model_copy(update={"is_wage_rule_kept": False})
    row = expected(date(2026, 11, 22), settings)
    assert row["gas_recip"]["reserve_credit_frac"] == pytest.approx(0.06)
    assert row["fuel_cell"]["firm_credit_frac"] == pytest.approx(0.30)
    none = expected(date(2026, 1, 1), SETTINGS.model_copy(update={"has_tax_credits": False}))
    assert none["solar_bess"]["solar_credit_frac"] == 0.0


def test_dates_of_the_rules_are_those_of_the_policy_table(tables) -> None:
    policy = {row["policy_id"]: row["value"] for row in tables["policy"].iter_rows(named=True)}
    rules = {row["rule_id"]: row for row in tables["tax_rules"].iter_rows(named=True)}
    assert str(rules["solar_48e_begun"]["begins_by"]) == policy["obbba_48e_45y_solar_wind_boc"]
    assert str(rules["solar_48e_in_service"]["in_service_by"]) == policy["obbba_48e_45y_solar_wind_pis"]
    assert float(rules["fuel_cell_48e_2033"]["value"]) == float(policy["obbba_fuel_cell_itc"])
    assert rules["solar_48e_begun"]["continuity_years"] == int(policy["obbba_continuity_safe_harbour"])


def test_solar_bought_begun_in_time_keeps_the_credit_that_a_later_start_loses(expected) -> None:
    late = date(2027, 12, 1)
    bought = expected(late, SETTINGS.model_copy(update={"has_safe_harboured_solar": True}))
    assert expected(late)["solar_bess_gas"]["solar_credit_frac"] == 0.0
    assert bought["solar_bess_gas"]["solar_credit_frac"] == pytest.approx(0.30)
    # Batteries are built as before.
    assert bought["solar_bess_gas"]["bess_credit_frac"] == expected(late)["solar_bess_gas"]["bess_credit_frac"]


def test_parts_from_foreign_entities_earn_no_credit_and_other_plant_keeps_its_own(expected) -> None:
    night = date(2026, 11, 22)
    barred = expected(night, SETTINGS.model_copy(update={"is_foreign_entity_rule_kept": False}))
    assert {barred["solar_bess_gas"][f"{part}_credit_frac"] for part in ("solar", "bess", "reserve")} == {0.0}
    assert barred["fuel_cell"]["firm_credit_frac"] == pytest.approx(0.30)
