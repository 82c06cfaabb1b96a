"""Calls that fail: counted by hand, and worth the share of time that the simulation finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.dispatch.inputs import DesignSet
from pipelines.plant.firm import firm_technologies
from pipelines.plant.technology import FirmTechnology
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.reliability.monte_carlo import sample_years
from pipelines.reliability.parts import System, UnitGroup, chain
from pipelines.reliability.starts import start_failures, start_unavailability
from pipelines.settings import REFERENCE_DIR, Settings

ENGINE = FirmTechnology("engine", 2.5, 8.5, 0.1, 0.4, 0.01, (), 0.0, 3000, 20, 0.0, 40.0, 0.0, "natural_gas")
STANDBY = replace(ENGINE, technology="standby", fuel="diesel", forced_outage_rate=0.0094)
CELL = replace(ENGINE, technology="fuel_cell")
TECHNOLOGIES = {unit.technology: unit for unit in (ENGINE, STANDBY, CELL)}


def _design(technology: str, units: int) -> DesignSet:
    zero = np.zeros(1)
    return DesignSet(
        ["d"], ["s"], zero, zero, zero, zero, zero, zero, np.array([False]), [""], np.array([0]), zero,
        [technology], np.array([units]), np.array([2.5]), ["load_following"],
    )  # fmt: skip


def test_which_units_have_them() -> None:
    figures = parameters(load_reference("technology", REFERENCE_DIR))
    settings = Settings(gas_start_failure=0.003)
    outages = load_reference("temperature_outage", REFERENCE_DIR)
    found = start_failures(firm_technologies(figures, outages, settings))
    moving = {"recip_genset", "gas_turbine_small_industrial", "gas_turbine_5mw"}
    assert {name for name, chance in found.items() if chance == 0.003} == moving
    # A fuel cell and a reactor are not started from cold; a standby set brings its own figure.
    assert found["fuel_cell"] == found["smr"] == 0.0
    assert found["diesel_standby_genset"] == figures.value("diesel_standby_genset", "forced_outage_rate")


def test_calls_are_counted_by_hand() -> None:
    # 0, 2, 2, 4 (of 3 there are), 1, 3 units: calls 2 + 1 + 2.
    need = np.array([0.0, 5.0, 4.0, 10.0, 2.5, 7.0])[:, None]
    share = start_unavailability(need, _design("engine", 3), TECHNOLOGIES, {"engine": np.ones(6)}, {"engine": 0.01})
    assert share == pytest.approx([5 / 3 / 6 * 0.01 * 20])
    for technology in ("standby", "fuel_cell"):
        other = start_unavailability(need, _design(technology, 3), TECHNOLOGIES, {technology: np.ones(6)}, {})
        assert other == pytest.approx([0.0])


def test_the_simulation_spends_that_share_of_time_in_repair() -> None:
    steps, chance = 24 * 365, 0.03
    load = np.where(np.arange(steps) % 24 < 12, 2.0, 12.0)
    need = load[:, None]
    expected = start_unavailability(
        need, _design("engine", 8), TECHNOLOGIES, {"engine": np.ones(steps)}, {"engine": chance}
    )[0]
    group = UnitGroup("firm", 8, np.full(steps, 2.5), chain(0.0, 20.0), start_failure=chance)
    found = sample_years(System(load, [group]), 300, seed=1)
    calls = 4 * 364
    assert found.failed_starts.mean() == pytest.approx(chance * calls, rel=0.05)
    assert found.failed_starts.mean() * 20 / (8 * steps) == pytest.approx(expected, rel=0.05)


def test_the_next_unit_is_called_in_place_of_one_that_fails() -> None:
    steps = 24 * 100
    load = np.where(np.arange(steps) % 24 < 12, 0.0, 4.0)
    group = UnitGroup("firm", 3, np.full(steps, 2.5), chain(0.0, 2.0), start_failure=0.1)
    spare = sample_years(System(load, [group]), 200, seed=2)
    none = sample_years(System(load, [replace(group, units=2)]), 200, seed=2)
    assert spare.failed_starts.mean() > 10
    # With a spare both of two calls have to fail, without it one.
    assert spare.events.mean() < 0.35 * none.events.mean()
    assert none.events.mean() == pytest.approx(100 * (1 - 0.9**2), rel=0.1)


def test_a_standby_unit_fails_while_it_runs_only() -> None:
    steps = 24 * 50
    group = UnitGroup("firm", 1, np.full(steps, 5.0), chain(0.0, 12.0), standby_mtbf_hours=400.0)
    idle = sample_years(System(np.zeros(steps), [group]), 50, seed=3)
    assert idle.failed_starts.sum() == 0
    running = sample_years(System(np.full(steps, 5.0), [group]), 3000, seed=3)
    # Up 400 h, down 12 h on average, from a start in service.
    assert running.failed_starts.mean() == pytest.approx(steps / 412, rel=0.05)
    assert running.short_hours.mean() / running.failed_starts.mean() == pytest.approx(12, rel=0.05)
