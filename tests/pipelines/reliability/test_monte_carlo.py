"""Sequential Monte Carlo: published systems within standard errors, the convolution, and what can be worked by hand."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from math import comb
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from published_cases import published_case, rts79_load, rts79_units

from pipelines.errors import UsageError
from pipelines.reliability.fleet import fleet_adequacy
from pipelines.reliability.monte_carlo import Estimate, sample_years, summarise
from pipelines.reliability.parts import (
    NEVER,
    SITE,
    Chain,
    Deferral,
    SharedOutage,
    Storage,
    System,
    Transformer,
    UnitGroup,
    chain,
)


def _is_near(estimate: Estimate, exact: float, errors: float = 3.0) -> bool:
    return abs(estimate.mean - exact) <= errors * estimate.standard_error + 1e-12


def test_rts79_is_within_three_standard_errors() -> None:
    load, expected = rts79_load(), published_case("rts79")["convolution"]
    groups = [
        UnitGroup(
            row["group"],
            row["n_units"],
            np.full(len(load), float(row["capacity_mw"])),
            chain(row["forced_outage_rate"], row["mttr_h"]),
            "charging",
        )
        for row in rts79_units().iter_rows(named=True)
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
def test_pras_systems_within_three_standard_errors(case_id: str) -> None:
    published = published_case(f"pras_{case_id}")
    groups = [
        UnitGroup(f"g{i}", g["n"], np.array(g["capacity"], float), Chain(np.array(g["lam"]), g["mu"]), "charging")
        for i, g in enumerate(published["generators"])
    ]
    storage = None
    if "storage" in published:
        s = published["storage"]
        storage = Storage(
            s["charge_mw"],
            s["discharge_mw"],
            s["energy_mwh"],
            s["eff_charge"],
            s["eff_discharge"],
            start_mwh=s["initial_mwh"],
            chain=Chain(np.array(s["lam"]), s["mu"]),
        )
    system = System(np.array(published["load"], float), groups, storage=storage)
    result = summarise(sample_years(system, 200_000, seed=4, is_conserving=False))
    assert _is_near(result.lole_hours, published["expected"]["LOLE"])
    assert _is_near(result.eue_mwh, published["expected"]["EUE"])
    assert result.eue_mwh.standard_error < 0.02 * result.eue_mwh.mean


def _by_states(published: dict[str, Any]) -> tuple[float, float]:
    """Return loss of load (h) and unserved energy of a generator with deferrable load, summed over all paths."""
    unit, deferral, load = published["generators"][0], published["demand_response"], published["load"]
    steps = len(load)
    hours = energy = 0.0
    for up in itertools.product((0, 1), repeat=2 * steps):
        # With lam + mu = 1 each hour is independent of the one before.
        probability = float(np.prod([0.9 if state else 0.1 for state in up]))
        owed, due = 0, -1
        for t in range(steps):
            due = -1 if owed == 0 else deferral["payback_periods"] - 1 if due < 0 else due - 1
            spare = up[t] * unit["capacity"][t] - load[t]
            moved = min(abs(spare), up[steps + t] * deferral["borrow_mw"])
            moved = min(moved, deferral["energy_mwh"] - owed if spare < 0 else owed)
            owed += moved if spare < 0 else -moved
            lost = max(-spare, 0) - (moved if spare < 0 else 0)
            if due == 0 or t == steps - 1:
                lost, owed = lost + owed, 0
            hours += probability * (lost > 0)
            energy += probability * lost
    return hours, energy


def test_pras_system_with_deferred_load() -> None:
    published = published_case("pras_test4_gen_plus_demand_response")
    unit, given_ = published["generators"][0], published["demand_response"]
    system = System(
        np.array(published["load"], float),
        [UnitGroup("g", unit["n"], np.array(unit["capacity"], float), Chain(np.array(unit["lam"]), unit["mu"]))],
        deferral=Deferral(
            given_["borrow_mw"],
            given_["payback_mw"],
            given_["energy_mwh"],
            given_["payback_periods"],
            Chain(np.array(given_["lam"]), given_["mu"]),
        ),
    )
    hours, energy = _by_states(published)
    # The asserted figures are sampled ones themselves.
    assert hours == pytest.approx(published["expected"]["LOLE"], rel=2e-3)
    assert energy == pytest.approx(published["expected"]["EUE"], rel=2e-3)
    result = summarise(sample_years(system, 200_000, seed=4))
    assert _is_near(result.lole_hours, hours)
    assert _is_near(result.eue_mwh, energy)


def test_a_thousand_years_of_a_design_take_less_than_a_second() -> None:
    hour = np.arange(8760)
    engines = UnitGroup("firm", 9, np.full(8760, 2.5), chain(0.01, 23.0), "following", 0.4, 0.02, 0.002)
    battery = Storage(20.0, 20.0, 80.0, 0.92, 0.92, 0.1, 40.0, 4, chain(0.02, 24.0), 0.006)
    sun = 60.0 * np.maximum(np.sin((hour % 24 - 6) * np.pi / 12), 0.0)
    system = System(np.full(8760, 22.0), [engines], sun, 15, chain(0.03, 72.0), battery, interruption_hours=0.25)
    sample_years(system, 2, seed=1, threads=1)
    started = time.thread_time()
    result = summarise(sample_years(system, 1000, seed=1, threads=1))
    seconds = time.thread_time() - started
    print(f"solar, battery and engines: 1,000 years in {seconds:.2f} s of one core, EUE {result.eue_mwh}")
    assert seconds < 1.0


def _stride_systems() -> list[System]:
    steps = 24 * 60
    hour = np.arange(steps)
    load = 20.0 + 3.0 * np.sin(2 * np.pi * hour / 24)
    engines = UnitGroup("firm", 11, np.full(steps, 2.5), chain(0.05, 20.0), planned_rate=0.03, start_failure=0.01,
                        interruptions_per_hour=1e-4, transformer=Transformer(chain(1e-3, 24.0), 168.0))  # fmt: skip
    grid = UnitGroup("grid", 1, np.full(steps, 25.0), NEVER, "charging", interruptions_per_hour=1e-3)
    lost = [SharedOutage("loss", ("grid",), chain(0.01, 6.0))]
    base = UnitGroup("base", 2, np.full(steps, 5.0), chain(0.05, 90.0), "serving", planned_rate=0.05)
    battery = Storage(25.0, 25.0, 60.0, 0.95, 0.95, 0.1, 60.0, 3, chain(0.02, 24.0))
    return [
        System(load, [engines], interruption_hours=0.25),
        System(load, [base, engines], interruption_hours=0.25),
        System(load, [grid, engines], shared=lost, interruption_hours=0.25),
        System(load, [grid], shared=lost, storage=battery, interruption_hours=0.25),
    ]


@pytest.mark.parametrize("system", _stride_systems(), ids=["engines", "baseload", "grid", "grid and battery"])
def test_passing_over_quiet_days_changes_nothing(system: System) -> None:
    """A megawatt-billionth of sun makes the simulation go hour by hour, with the same random numbers."""
    passed = sample_years(system, 400, seed=6)
    slow = sample_years(replace(system, free_mw=np.full(len(system.load_mw), 1e-12)), 400, seed=6)
    for name in ("unserved_mwh", "short_hours", "events", "longest_hours", "interruptions", "failed_starts"):
        np.testing.assert_allclose(getattr(passed, name), getattr(slow, name), rtol=1e-9, atol=1e-9, err_msg=name)
    assert slow.unserved_mwh.sum() > 0
    assert slow.interruptions.sum() > 0


def test_a_second_transformer_waits_for_the_spare() -> None:
    steps, load = 20_000, np.full(20_000, 10.0)
    ready = Transformer(chain(0.03, 24.0), 1.0)
    slow = Transformer(chain(0.03, 24.0), 400.0)
    one, two = (
        sample_years(System(load, [UnitGroup("g", 4, np.full(steps, 2.5), NEVER, transformer=part)]), 60, seed=4)
        for part in (ready, slow)
    )
    # Four in series, each out 3 % of the time when the spare is at hand.
    assert one.short_hours.mean() / steps == pytest.approx(1 - 0.97**4, rel=0.05)
    assert two.short_hours.mean() > 1.5 * one.short_hours.mean()


def test_solar_blocks_fail_one_by_one_and_keep_the_mean() -> None:
    steps = 6000
    sun = np.full(steps, 30.0)
    whole, blocks = (
        sample_years(System(np.full(steps, 28.0), [], sun, number, chain(0.1, 48.0)), 300, seed=5) for number in (1, 10)
    )
    lost = sum(comb(10, k) * 0.9 ** (10 - k) * 0.1**k * max(28 - 3.0 * (10 - k), 0) for k in range(11))
    assert blocks.unserved_mwh.mean() == pytest.approx(steps * lost, rel=0.03)
    assert whole.unserved_mwh.mean() == pytest.approx(steps * 0.1 * 28, rel=0.05)
    assert blocks.unserved_mwh.std() < whole.unserved_mwh.std()


def test_trips_that_nothing_carries_interrupt_the_site() -> None:
    steps = 8760
    engines = UnitGroup("g", 8, np.full(steps, 2.5), NEVER, interruptions_per_hour=1e-4)
    result = sample_years(System(np.full(steps, 19.0), [engines], interruption_hours=0.25), 2000, seed=7)
    assert result.interruptions.mean() == pytest.approx(8 * steps * 1e-4, rel=0.03)
    np.testing.assert_allclose(result.interrupted_mwh, result.interruptions * 0.25 * 19.0)
    np.testing.assert_allclose(result.unserved_mwh, result.interrupted_mwh)
    np.testing.assert_allclose(result.short_hours, 0.25 * result.interruptions)


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
