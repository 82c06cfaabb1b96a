"""Sequential Monte Carlo: published systems within standard errors, the convolution, and what can be worked by hand."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipelines.errors import UsageError
from pipelines.reliability.fleet import fleet_adequacy
from pipelines.reliability.monte_carlo import (
    NEVER,
    SITE,
    Chain,
    Estimate,
    SharedOutage,
    Storage,
    System,
    UnitGroup,
    chain,
    sample_years,
    summarise,
)


def _is_near(estimate: Estimate, exact: float, errors: float = 3.0) -> bool:
    return abs(estimate.mean - exact) <= errors * estimate.standard_error + 1e-12


def test_rts79_is_within_three_standard_errors(shared: Path) -> None:
    folder = shared / "cases" / "rts79"
    load = pl.read_csv(folder / "load_8736.csv")["load_mw"].to_numpy()
    expected = json.loads((folder / "expected.json").read_text())["recomputed_here"]
    groups = [
        UnitGroup(
            row["group"],
            row["n_units"],
            np.full(len(load), float(row["capacity_mw"])),
            chain(row["forced_outage_rate"], row["mttr_h"]),
            "charging",
        )
        for row in pl.read_csv(folder / "units.csv").iter_rows(named=True)
    ]
    started = time.perf_counter()
    result = summarise(sample_years(System(load, groups), 8000, seed=79))
    print(f"RTS-79: {result.years} years in {time.perf_counter() - started:.2f} s, {result}")
    assert _is_near(result.lole_hours, expected["LOLE_h_per_yr"])
    assert _is_near(result.lole_days, expected["LOLE_days_per_yr"])
    assert _is_near(result.eue_mwh, expected["EUE_mwh_per_yr"])
    assert result.eue_mwh.standard_error < 0.04 * result.eue_mwh.mean
    assert result.unserved_mwh_p50 <= result.unserved_mwh_p95 <= result.unserved_mwh_p99


@pytest.mark.parametrize("case_id", ["singlenode_a", "singlenode_b", "test2_gen_plus_storage"])
def test_pras_systems_within_three_standard_errors(shared: Path, case_id: str) -> None:
    cases = json.loads((shared / "cases" / "pras_analytic.json").read_text())["cases"]
    case = next(case for case in cases if case["id"] == case_id)
    groups = [
        UnitGroup(f"g{i}", g["n"], np.array(g["capacity"], float), Chain(np.array(g["lam"]), g["mu"]), "charging")
        for i, g in enumerate(case["generators"])
    ]
    storage = None
    if "storage" in case:
        s = case["storage"]
        storage = Storage(
            s["charge_mw"],
            s["discharge_mw"],
            s["energy_mwh"],
            s["eff_charge"],
            s["eff_discharge"],
            start_mwh=s["initial_mwh"],
            chain=Chain(np.array(s["lam"]), s["mu"]),
        )
    system = System(np.array(case["load"], float), groups, storage=storage)
    result = summarise(sample_years(system, 200_000, seed=4, is_conserving=False))
    assert _is_near(result.lole_hours, case["expected"]["LOLE"])
    assert _is_near(result.eue_mwh, case["expected"]["EUE"])
    assert result.eue_mwh.standard_error < 0.02 * result.eue_mwh.mean


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    fleets=st.lists(
        st.tuples(st.integers(1, 4), st.floats(1, 12), st.floats(0.01, 0.3), st.floats(0.5, 40)),
        min_size=1,
        max_size=3,
    ),
    tightness=st.floats(0.5, 1.0),
)
def test_convolution_and_simulation_agree_on_small_fleets(
    fleets: list[tuple[int, float, float, float]], tightness: float
) -> None:
    installed = sum(n * mw for n, mw, _, _ in fleets)
    load = installed * tightness * (0.8 + 0.2 * np.sin(np.arange(336) * 2 * np.pi / 24))
    groups = [
        UnitGroup(f"g{i}", n, np.full(336, mw), chain(q, hours), "charging")
        for i, (n, mw, q, hours) in enumerate(fleets)
    ]
    exact = fleet_adequacy(
        np.concatenate([np.full(n, mw) for n, mw, _, _ in fleets]),
        np.concatenate([np.full(n, q) for n, _, q, _ in fleets]),
        load,
    )
    # A sample of 3,000 must hold many events for its standard error to mean anything.
    assume(exact.lole_hours > 1.0)
    result = summarise(sample_years(System(load, groups), 3000, seed=len(fleets)))
    for estimate, value in (
        (result.eue_mwh, exact.eue_mwh),
        (result.lole_hours, exact.lole_hours),
        (result.lole_days, exact.lole_days),
    ):
        assert _is_near(estimate, value, errors=5.0)


def test_result_depends_on_the_seed_and_not_on_the_threads() -> None:
    group = UnitGroup("g", 6, np.full(500, 2.0), chain(0.1, 20.0), planned_rate=0.05)
    system = System(np.full(500, 9.0), [group], storage=Storage(5.0, 5.0, 10.0, 0.95, 0.95, start_mwh=5.0))
    one, two = (sample_years(system, 101, seed=5, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.unserved_mwh, two.unserved_mwh)
    other = sample_years(system, 101, seed=6)
    assert not np.array_equal(one.unserved_mwh, other.unserved_mwh)


@pytest.mark.parametrize(("units", "planned"), [(4, 0.10), (20, 0.10), (12, 0.05), (30, 0.02)])
def test_maintenance_takes_one_unit_after_the_other(units: int, planned: float) -> None:
    """With units that never fail, away are always the whole part of units x rate, and one more for the rest."""
    steps = 8760
    group = UnitGroup("g", units, np.ones(steps), NEVER, planned_rate=planned)
    always = int(units * planned + 1e-9)
    rest = units * planned - always
    need_all_left = summarise(sample_years(System(np.full(steps, units - always - 0.5), [group]), 20, seed=1))
    assert need_all_left.lole_hours.mean == pytest.approx(rest * steps, abs=units + 1)
    need_fewer = summarise(sample_years(System(np.full(steps, units - always - 1.0), [group]), 20, seed=1))
    assert need_fewer.lole_hours.mean <= units + 1


def test_shared_outage_takes_what_it_strikes() -> None:
    steps, rate, hours = 2000, 0.02, 8.0
    gas = SharedOutage("gas_supply", ("engines",), chain(rate, hours))
    bus = SharedOutage("switchgear", (SITE,), chain(0.01, 24.0))
    engines = UnitGroup("engines", 4, np.full(steps, 5.0), NEVER)
    load = np.full(steps, 12.0)
    system = System(load, [engines], free_mw=np.full(steps, 4.0), shared=[gas, bus])
    result = summarise(sample_years(system, 4000, seed=3))
    # Without gas the free 4 MW stay; without the bus nothing does.
    assert _is_near(result.eue_mwh, steps * (0.99 * rate * 8.0 + 0.01 * 12.0))
    assert _is_near(result.lole_hours, steps * (1 - 0.99 * (1 - rate)))
    assert result.lole_hours.mean / result.events.mean == pytest.approx(10.0, rel=0.3)


def _evening_system(battery: Storage | None) -> System:
    steps = 24 * 60
    hour = np.arange(steps) % 24
    engines = UnitGroup("engines", 6, np.full(steps, 2.5), chain(0.08, 24.0))
    return System(np.where((hour >= 8) & (hour < 20), 12.0, 7.0), [engines], storage=battery)


def test_a_battery_bridges_only_when_the_operator_sees_the_outage() -> None:
    battery = Storage(6.0, 6.0, 36.0, 0.95, 0.95, floor_frac=0.05, start_mwh=1.8)
    exact = fleet_adequacy(np.full(6, 2.5), np.full(6, 0.08), _evening_system(None).load_mw)
    blind = summarise(sample_years(_evening_system(battery), 4000, seed=9, is_conserving=False))
    sighted = summarise(sample_years(_evening_system(battery), 4000, seed=9, is_conserving=True))
    # Nothing charges a battery that only follows: the simulation is the convolution.
    assert _is_near(blind.eue_mwh, exact.eue_mwh)
    assert _is_near(blind.lole_hours, exact.lole_hours)
    assert sighted.eue_mwh.mean < 0.8 * blind.eue_mwh.mean


def test_a_shortage_without_outages_is_counted_by_hand() -> None:
    capacity = np.array([10.0, 10, 0, 0, 5, 10, 10, 10, 0, 10])
    system = System(np.full(10, 10.0), [UnitGroup("g", 1, capacity, NEVER)], step_hours=0.5)
    result = sample_years(system, 2, seed=1)
    np.testing.assert_allclose(result.unserved_mwh, 0.5 * (10 + 10 + 5 + 10))
    np.testing.assert_allclose(result.short_hours, 2.0)
    np.testing.assert_allclose(result.events, 2)
    np.testing.assert_allclose(result.longest_hours, 1.5)


def test_a_battery_block_that_fails_takes_its_share() -> None:
    steps = 4000
    blocks = Storage(100.0, 100.0, 1e6, start_mwh=1e6, blocks=4, chain=chain(0.1, 24.0))
    system = System(np.full(steps, 80.0), [], storage=blocks)
    result = summarise(sample_years(system, 1500, seed=2))
    # 25 MW per block against 80 MW: short by 5, 30, 55, 80 MW with 3, 2, 1, 0 blocks.
    q = 0.1
    mean = 4 * q * (1 - q) ** 3 * 5 + 6 * q**2 * (1 - q) ** 2 * 30 + 4 * q**3 * (1 - q) * 55 + q**4 * 80
    assert _is_near(result.eue_mwh, mean * steps)


def test_systems_that_make_no_sense_are_refused() -> None:
    group = UnitGroup("g", 1, np.ones(5), NEVER)

    def run(**parts: Any) -> None:
        sample_years(System(**{"load_mw": np.ones(5), "groups": [group], **parts}), 1, seed=0)

    with pytest.raises(UsageError, match="same length"):
        run(load_mw=np.ones(4))
    with pytest.raises(UsageError, match="at most one group"):
        run(groups=[group, UnitGroup("h", 1, np.ones(5), NEVER)])
    with pytest.raises(UsageError, match="strikes 'gas', which is no group"):
        run(shared=[SharedOutage("lateral", ("gas",), NEVER)])
    with pytest.raises(UsageError, match="at least one year"):
        sample_years(System(np.ones(5), [group]), 0, seed=0)
    with pytest.raises(UsageError, match="below 1"):
        chain(1.0, 10.0)
