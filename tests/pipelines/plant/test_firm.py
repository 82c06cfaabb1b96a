"""Firm units and battery against figures of other people and against the identities they must keep."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import UsageError
from pipelines.plant.firm import (
    battery,
    firm_technologies,
    heat_rate_mmbtu_per_mwh,
    no_load_frac_of_curve,
    no_load_frac_of_penalty,
)
from pipelines.plant.technology import FirmTechnology
from pipelines.reference import Parameters, load_reference, parameters
from pipelines.settings import REFERENCE_DIR, Settings

BTU_PER_KWH = 3412.14


@pytest.fixture(scope="module")
def defaults() -> Parameters:
    """Return the embedded defaults."""
    return parameters(load_reference("technology", REFERENCE_DIR))


@pytest.fixture(scope="module")
def outage() -> pl.DataFrame:
    """Return the forced outage rates by temperature."""
    return load_reference("temperature_outage", REFERENCE_DIR)


@pytest.fixture(scope="module")
def technologies(defaults: Parameters, outage: pl.DataFrame) -> dict[str, FirmTechnology]:
    """Return the firm technologies under default settings."""
    return firm_technologies(defaults, outage, Settings())


def test_the_technologies_of_all_stacks_exist(technologies: dict[str, FirmTechnology]) -> None:
    assert set(technologies) == {
        "recip_genset",
        "gas_turbine_small_industrial",
        "gas_turbine_5mw",
        "fuel_cell",
        "smr",
        "diesel_standby_genset",
    }
    assert all(name == technology.technology for name, technology in technologies.items())
    assert technologies["gas_turbine_small_industrial"].unit_mw == 16.5
    assert technologies["gas_turbine_5mw"].unit_mw == 5.8
    assert 2.5 <= technologies["recip_genset"].unit_mw <= 4.5


def test_heat_rates_lie_where_makers_put_them(technologies: dict[str, FirmTechnology]) -> None:
    # Siemens SGT-A05: 32.3 % LHV (Newkirk et al. 2025); gas is 1.107 HHV per LHV.
    sgt = BTU_PER_KWH / 0.323 * 1.107 / 1000.0
    assert technologies["gas_turbine_5mw"].heat_rate_mmbtu_per_mwh == pytest.approx(sgt, rel=0.05)
    # CG260-16 engine: 7,857 Btu/kWh LHV at full load.
    assert technologies["recip_genset"].heat_rate_mmbtu_per_mwh == pytest.approx(7.857 * 1.107, rel=0.05)
    # Solid-oxide blocks: 65 % LHV new, 53 % at the end of life.
    new, old = (BTU_PER_KWH / efficiency * 1.107 / 1000.0 for efficiency in (0.65, 0.53))
    assert new < technologies["fuel_cell"].heat_rate_mmbtu_per_mwh < old
    order = ["fuel_cell", "recip_genset", "gas_turbine_small_industrial", "gas_turbine_5mw"]
    rates = [technologies[name].heat_rate_mmbtu_per_mwh for name in order]
    assert rates == sorted(rates)


def test_engine_fuel_line_reproduces_the_published_part_load_heat_rates(
    defaults: Parameters, technologies: dict[str, FirmTechnology]
) -> None:
    idle = technologies["recip_genset"].no_load_frac
    full = defaults.value("recip_genset", "heat_rate_at_100_pct_load")
    for load in (50, 60, 70, 80, 90):
        line = (idle + (1.0 - idle) * load / 100.0) / (load / 100.0)
        published = defaults.value("recip_genset", f"heat_rate_at_{load}_pct_load") / full
        assert line == pytest.approx(published, rel=0.01), load


def test_a_straight_curve_gives_its_own_intercept() -> None:
    rows = {
        ("engine", f"heat_rate_at_{load}_pct_load"): {
            "low": None,
            "mid": 8000.0 * (0.2 + 0.8 * load / 100.0) / (load / 100.0),
            "high": None,
        }
        for load in (50, 60, 70, 80, 90, 100)
    }
    assert no_load_frac_of_curve(Parameters(rows), "engine") == pytest.approx(0.2, abs=1e-12)


@given(st.floats(0.0, 0.9))
def test_penalty_line_passes_half_load(penalty: float) -> None:
    idle = no_load_frac_of_penalty(penalty)
    assert 0.0 <= idle < 1.0
    efficiency_at_half = 0.5 / (idle + (1.0 - idle) * 0.5)
    assert efficiency_at_half == pytest.approx(1.0 - 0.5 * penalty)


def test_outage_rates_by_temperature_are_not_borrowed(
    technologies: dict[str, FirmTechnology], outage: pl.DataFrame
) -> None:
    for name in ("recip_genset", "fuel_cell", "diesel_standby_genset"):
        assert technologies[name].forced_outage_by_temperature == (), name
    for name, mover in (("gas_turbine_small_industrial", "CT"), ("gas_turbine_5mw", "CT"), ("smr", "NU")):
        table = technologies[name].forced_outage_by_temperature
        assert len(table) == outage.filter(pl.col("prime_mover") == mover).height
        temperatures = [temperature for temperature, _ in table]
        assert temperatures == sorted(temperatures)
    # Murphy, Sowell and Apt (2019): gas turbines fail most in the deep cold, nuclear in the heat.
    assert dict(technologies["gas_turbine_5mw"].forced_outage_by_temperature)[-15.0] == 0.199
    assert dict(technologies["smr"].forced_outage_by_temperature)[35.0] == 0.124


@pytest.mark.parametrize(
    "name", ["recip_genset", "gas_turbine_small_industrial", "gas_turbine_5mw", "fuel_cell", "smr"]
)
def test_outage_rate_agrees_with_running_and_repair_time(technologies: dict[str, FirmTechnology], name: str) -> None:
    unit = technologies[name]
    assert unit.forced_outage_rate == pytest.approx(unit.mttr_hours / (unit.mtbf_hours + unit.mttr_hours), rel=1e-3)


def test_rates_and_limits_are_shares(technologies: dict[str, FirmTechnology]) -> None:
    for unit in technologies.values():
        assert 0.0 <= unit.no_load_frac < 0.5, unit.technology
        assert 0.0 < unit.min_load_frac <= 0.5, unit.technology
        assert 0.0 < unit.forced_outage_rate < 0.1, unit.technology
        assert 0.0 < unit.planned_outage_rate <= 0.1, unit.technology


def test_turbines_lose_output_in_heat_and_height(technologies: dict[str, FirmTechnology]) -> None:
    turbine = technologies["gas_turbine_small_industrial"]
    hours = np.array([-20.0, 15.0, 35.0])
    assert turbine.capacity_frac(hours, 0.0) == pytest.approx([1.0, 1.0, 0.8])
    assert turbine.capacity_frac(hours, 1500.0) == pytest.approx([0.85, 0.85, 0.68])
    engine = technologies["recip_genset"]
    assert engine.capacity_frac(hours, 0.0) == pytest.approx([1.0, 1.0, 1.0])
    assert technologies["fuel_cell"].capacity_frac(hours, 2000.0) == pytest.approx([1.0, 1.0, 1.0])


def test_unit_sizes_follow_the_settings(defaults: Parameters, outage: pl.DataFrame) -> None:
    settings = Settings(fuel_cell_unit_mw=0.325, smr_unit_mw=5.0, standby_unit_mw=3.0)
    found = firm_technologies(defaults, outage, settings)
    assert [found[name].unit_mw for name in ("fuel_cell", "smr", "diesel_standby_genset")] == [0.325, 5.0, 3.0]


def test_lower_heating_value_is_converted_and_an_unstated_basis_refused(defaults: Parameters) -> None:
    row = dict(defaults.row("recip_genset", "heat_rate"))
    key = ("recip_genset", "heat_rate")
    lower = replace(
        defaults, rows={**defaults.rows, key: {**row, "low": None, "mid": 7857.0, "unit": "Btu_per_kWh_LHV"}}
    )
    assert heat_rate_mmbtu_per_mwh(lower, "recip_genset") == pytest.approx(8.698, rel=1e-3)
    unstated = replace(defaults, rows={**defaults.rows, key: {**row, "unit": "Btu_per_kWh"}})
    with pytest.raises(UsageError, match="HHV or LHV"):
        heat_rate_mmbtu_per_mwh(unstated, "recip_genset")


@given(st.floats(0.0, 1.0))
def test_battery_keeps_the_published_round_trip(start: float) -> None:
    found = battery(parameters(load_reference("technology", REFERENCE_DIR)), Settings(battery_soc_start_frac=start))
    assert found.charge_efficiency * found.discharge_efficiency == pytest.approx(0.85)
    assert found.soc_floor_frac == 0.2
    assert found.soc_floor_frac <= found.soc_start_frac <= 1.0
