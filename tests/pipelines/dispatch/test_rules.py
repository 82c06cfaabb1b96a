"""What each rule is for, and none cheaper than the bound with every hour known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from published_cases import texas_solar_frac

from pipelines.dispatch.batch import simulate_batch
from pipelines.dispatch.bound import RunningPrices, dispatch_bound, regret
from pipelines.dispatch.options import RULES, DispatchOptions
from pipelines.errors import UsageError
from pipelines.plant.technology import Battery

BATTERY = Battery(0.96, 0.96, soc_floor_frac=0.0, soc_start_frac=0.5)
PRICES = RunningPrices(4.0, 1.0, 50.0, 10_000.0)


@pytest.fixture(scope="module")
def texas(site_year):
    return site_year(np.full(8760, 100.0), texas_solar_frac())


def test_look_ahead_serves_a_texas_year_with_units_below_the_peak(texas, technology, design_set) -> None:
    """A 94 % renewable design for 100 MW with 80 MW of units: load following leaves 1 % unserved, foresight nothing."""
    designs = design_set(
        3, solar_mw=600.0, bess_mw=200.0, bess_mwh=1500.0, firm_units=8, firm_unit_mw=10.0, rule=list(RULES)
    )
    found = simulate_batch([texas], designs, {"engine": technology(min_load_frac=0.3)}, BATTERY, dtype=np.float64)
    unserved = dict(zip(RULES, found.unserved_mwh[0] / found.load_mwh[0], strict=True))
    assert unserved["load_following"] > 0.01
    assert 0 < unserved["cycle_charging"] < unserved["load_following"]
    assert unserved["look_ahead"] == 0.0


def test_with_a_week_foreseen_no_more_is_unserved_than_must_be(texas, technology, design_set) -> None:
    design = design_set(solar_mw=600.0, bess_mw=200.0, bess_mwh=1500.0, firm_units=5, firm_unit_mw=10.0)
    engine = {"engine": technology()}
    options = DispatchOptions(look_ahead_hours=168.0)
    table = regret(texas, design, 0, engine, BATTERY, PRICES, options=options)
    print(table)
    rows = {row["rule"]: row for row in table.iter_rows(named=True)}
    assert rows["load_following"]["unserved_mwh"] > 20_000
    assert rows["look_ahead"]["unserved_mwh"] == pytest.approx(rows["look_ahead"]["bound_unserved_mwh"], abs=1e-3)
    assert all(row["regret_usd"] >= 0 for row in rows.values())
    assert rows["look_ahead"]["regret_frac"] < 0.05


def test_a_running_unit_charges_the_battery_only_under_cycle_charging(site_year, technology, design_set) -> None:
    site = site_year(np.full(48, 6.0))
    designs = design_set(2, bess_mw=6.0, bess_mwh=20.0, firm_units=1, firm_unit_mw=8.0, rule=list(RULES[:2]))
    lossless = Battery(1.0, 1.0, 0.0, 0.0)
    found = simulate_batch([site], designs, {"engine": technology()}, lossless, dtype=np.float64)
    following, cycling = 0, 1
    assert found.charge_mwh[0, following] == 0.0
    assert found.firm_run_hours[0, following] == 48.0
    # Eight hours at 8 MW store 16 MWh, the set point; these carry 6 MW for two whole hours, and so on.
    assert found.charge_mwh[0, cycling] > 16.0
    assert found.firm_run_hours[0, cycling] < 48.0
    assert found.unserved_mwh[0].tolist() == [0.0, 0.0]


def test_bound_without_storage_is_the_rule_itself(texas, technology, design_set) -> None:
    design = design_set(solar_mw=200.0, firm_units=12, firm_unit_mw=10.0)
    table = regret(texas, design, 0, {"engine": technology(no_load_frac=0.0)}, BATTERY, PRICES, rules=RULES[:1])
    assert table["regret_frac"][0] == pytest.approx(0.0, abs=1e-9)


def test_no_rule_beats_the_bound(site_year, technology, design_set) -> None:
    rng = np.random.default_rng(3)
    engine = {"engine": technology(min_load_frac=0.3), "reactor": technology("reactor", min_load_frac=0.5)}
    for _ in range(6):
        site = site_year(
            rng.uniform(5.0, 20.0, 240), rng.random(240), grid_available_frac=(rng.random(240) > 0.3) * 1.0
        )
        designs = design_set(
            solar_mw=rng.uniform(0, 60), bess_mw=rng.uniform(0, 20), bess_mwh=rng.uniform(0, 100),
            grid_mw=rng.uniform(0, 6), is_grid_flexible=True, baseload_units=1, baseload_unit_mw=3.0,
            firm_units=int(rng.integers(0, 4)), firm_unit_mw=4.0,
        )  # fmt: skip
        table = regret(site, designs, 0, engine, BATTERY, PRICES)
        assert (table["regret_usd"] >= -1e-6 * table["cost_usd"]).all()


def test_impossible_end_of_year_is_a_named_error(site_year, technology, design_set) -> None:
    site, design = site_year(np.full(24, 6.0)), design_set(bess_mw=1.0, bess_mwh=100.0)
    with pytest.raises(UsageError, match="ask for less"):
        dispatch_bound(site, design, 0, {"engine": technology()}, BATTERY, PRICES, soc_end_mwh=100.0)


def test_unknown_rule_is_a_named_error(site_year, technology, design_set) -> None:
    designs = dataclasses.replace(design_set(), rule=["guess"])
    with pytest.raises(UsageError, match="no dispatch rule 'guess'"):
        simulate_batch([site_year(np.full(24, 6.0))], designs, {"engine": technology()}, BATTERY)
