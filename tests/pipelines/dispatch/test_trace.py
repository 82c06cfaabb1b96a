"""The validator finds what is planted in a sound trace; weeks add up to the year."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest

import pipelines.contracts.dispatch  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.dispatch.trace import check_trace, simulate_trace, trace_limits, weekly
from pipelines.plant.technology import Battery

BATTERY = Battery(0.95, 0.95, soc_floor_frac=0.1, soc_start_frac=0.5)


@pytest.fixture(scope="module")
def sound(technology, site_year, design_set):
    hours = np.arange(8784)
    site = site_year(
        np.full(8784, 20.0),
        np.maximum(np.sin((hours - 6) * np.pi / 12), 0.0),
        start_utc=datetime(2024, 1, 1),
        capacity_frac={"engine": np.full(8784, 0.9), "reactor": np.ones(8784)},
    )
    design = design_set(solar_mw=60.0, bess_mw=15.0, bess_mwh=60.0, firm_units=3, firm_unit_mw=4.0)
    trace = simulate_trace(site, design, 0, {"engine": technology(min_load_frac=0.3)}, BATTERY)
    return trace, trace_limits(site, design, 0, BATTERY)


def test_sound_trace_keeps_contract_and_leap_day(sound) -> None:
    trace, limits = sound
    validate(trace, "mart.dispatch_hourly")
    assert check_trace(trace, limits) == []
    assert trace["unserved_mw"].sum() > 0
    assert trace.filter(pl.col("hour_utc") == datetime(2024, 2, 29, 12)).height == 1
    assert trace["hour_utc"][-1] == datetime(2024, 12, 31, 23)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"load_mw": 1e-5}, "supply equals load"),
        ({"soc_mwh": 30.0}, "stored energy follows charge and discharge"),
        ({"soc_mwh": -1e3}, "stored energy is at least the floor"),
        ({"discharge_mw": 16.0}, "discharge is within its limit"),
        ({"charge_mw": 1.0, "discharge_mw": 1.0}, "no charge while discharging"),
        ({"firm_mw": 12.0}, "firm output is within its capacity"),
        ({"baseload_mw": 0.5}, "baseload is within its capacity"),
        ({"grid_mw": 0.5}, "grid import is within its limit"),
        ({"curtailed_mw": 0.5}, "solar used and curtailed is the potential"),
        ({"firm_units_on": -3}, "running units can give the firm output"),
        ({"unserved_mw": -50.0}, "no value is negative"),
        ({"unserved_mw": 50.0}, "unserved is at most the load"),
        ({"flexed_mw": 1.0}, "curtailed load is within its budget"),
        ({"flexed_mw": 1.0}, "curtailed load is within its share"),
    ],
)
def test_validator_finds_a_planted_fault(sound, changes, rule) -> None:
    trace, limits = sound
    trace = trace.with_columns(pl.lit(0.0).alias("flexed_mw"))
    row = trace.with_row_index().filter(pl.col("firm_units_on") == 3)["index"][40]
    at = pl.int_range(pl.len()) == row
    broken = trace.with_columns(
        pl.when(at).then(pl.col(name) + value).otherwise(pl.col(name)).alias(name) for name, value in changes.items()
    )
    found = {violation.rule: violation for violation in check_trace(broken, limits)}
    assert found[rule].first_row == row
    assert rule in str(found[rule])


def test_validator_finds_idle_sources_beside_unserved_load(sound) -> None:
    trace, limits = sound
    at = pl.int_range(pl.len()) == trace.with_row_index().filter(pl.col("firm_mw") > 5)["index"][40]
    broken = trace.with_columns(
        pl.when(at).then(pl.col("firm_mw") - 5.0).otherwise(pl.col("firm_mw")).alias("firm_mw"),
        pl.when(at).then(pl.col("unserved_mw") + 5.0).otherwise(pl.col("unserved_mw")).alias("unserved_mw"),
    )
    assert {violation.rule for violation in check_trace(broken, limits)} >= {"no unserved load beside idle firm unit"}


def test_weeks_add_up_to_the_year(sound) -> None:
    trace, _ = sound
    weeks = validate(weekly(trace), "mart.dispatch_weekly")
    assert weeks["week"].to_list() == list(range(1, 54))
    assert weeks["week_start_utc"][1] == datetime(2024, 1, 8)
    for name in ("load_mw", "solar_mw", "firm_mw", "unserved_mw", "charge_mw"):
        assert weeks[f"{name}h"].sum() == pytest.approx(trace[name].sum(), rel=1e-12)
    assert weeks["unserved_hours"].sum() == (trace["unserved_mw"] > 1e-6).sum()
    assert weeks["firm_run_hours"].sum() == trace["firm_units_on"].sum()
