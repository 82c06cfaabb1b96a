"""Availability: causes add up, reserves carry trips, and no independence claims nines that shared failures forbid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipelines.contracts import reliability as _contracts  # noqa: F401 - registers sim.adequacy
from pipelines.contracts.base import validate
from pipelines.dispatch.inputs import DesignSet
from pipelines.plant.technology import FirmTechnology
from pipelines.reference.parameters import Parameters
from pipelines.reliability.adequacy import adequacy_of_need
from pipelines.reliability.availability import CAUSES, Operation, availability
from pipelines.reliability.common_mode import GridService, common_mode, grid_unavailability, unavailability
from pipelines.settings import Settings

HOURS = 8760
LOAD = 20.0
CITED = {"source_title": "a table", "publisher": "a publisher", "url": "", "as_of": "2026"}
ENGINE = FirmTechnology("engine", 2.5, 8.5, 0.1, 0.4, 0.025, (), 0.05, 3000, 16, 0.0, 40.0, 0.0, "natural_gas", 0.002)
STANDBY = replace(
    ENGINE, technology="standby", fuel="diesel", forced_outage_rate=0.005, start_failure=0.005, planned_outage_rate=0.0
)
TECHNOLOGIES = {"engine": ENGINE, "standby": STANDBY}
GRID = GridService(routine_events=1.3, routine_hours=2.3, major_events=0.5, major_hours=4.45, source=CITED)


def _parameters(transformer_mtbf: float = 200_000.0, switchgear_mtbf: float = 500_000.0) -> Parameters:
    figures = {
        ("transformer", "mtbf"): transformer_mtbf,
        ("transformer", "mttr"): 168.0,
        ("mv_switchgear", "mtbf"): switchgear_mtbf,
        ("mv_switchgear", "mttr"): 24.0,
    }
    return Parameters(
        {key: {"mid": value, "low": None, "high": None, "unit": "hours", **CITED} for key, value in figures.items()}
    )


def _design(technology: str, units: int, **parts: float) -> DesignSet:
    def one(name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.array([parts.get(name, 0.0)])

    return DesignSet(
        design_id=["d"],
        stack_id=["stack"],
        solar_mw=one("solar_mw"),
        bess_mw=one("bess_mw"),
        bess_mwh=one("bess_mwh"),
        reserve_mw=one("reserve_mw"),
        reserve_mwh=one("reserve_mwh"),
        grid_mw=one("grid_mw"),
        is_grid_flexible=np.array([False]),
        baseload_technology=[""],
        baseload_units=np.array([0]),
        baseload_unit_mw=np.array([0.0]),
        firm_technology=[technology],
        firm_units=np.array([units]),
        firm_unit_mw=np.array([2.5]),
        rule=["load_following"],
    )


def _row(
    designs: DesignSet,
    causes: pl.DataFrame,
    *,
    technologies: dict[str, FirmTechnology] | None = None,
    settings: Settings | None = None,
    reserve_unavailability: float = 0.02,
) -> dict[str, Any]:
    """Return the adequacy row of one design that serves a flat load, from the grid if it has one."""
    units = technologies or TECHNOLOGIES
    load = np.full(HOURS, LOAD)
    has_grid = designs.grid_mw[0] > 0
    need = adequacy_of_need(
        np.full((HOURS, 1), 0.0 if has_grid else LOAD),
        designs,
        units,
        {name: np.ones(HOURS) for name in units},
        np.full(HOURS, 15.0),
        second_mw=np.full((HOURS, 1), LOAD),
        grid_unavailability=grid_unavailability(causes, 0.0),
        series_unavailability=unavailability(causes, "unit_transformer"),
    )
    running = 0.0 if has_grid else HOURS * np.ceil(LOAD / 2.5)
    frame = availability(
        designs,
        need,
        Operation(load, 1.0, np.array([running]), np.zeros(1)),
        causes,
        units,
        settings or Settings(),
        reserve_unavailability=reserve_unavailability,
    )
    keyed = frame.with_columns(pl.lit("region").alias("region_id"), pl.lit(2025, dtype=pl.Int64).alias("weather_year"))
    return validate(keyed, "sim.adequacy").row(0, named=True)


RESERVE = {"reserve_mw": 4.5, "reserve_mwh": 1.125}


def test_causes_add_up_to_the_total() -> None:
    causes = common_mode(_parameters(), Settings(), fuels=["natural_gas"], grid=GRID)
    for designs in (_design("engine", 9, **RESERVE), _design("engine", 7), _design("standby", 8, grid_mw=25.0)):
        row = _row(designs, causes)
        total = sum(row[f"unserved_{cause}_mwh"] for cause in CAUSES)
        assert row["eue_mwh_per_year"] == pytest.approx(total, rel=1e-12)
        assert row["availability_frac"] == pytest.approx(1 - total / (LOAD * HOURS), rel=1e-12)
        assert row["unserved_" + row["largest_cause"] + "_mwh"] == max(row[f"unserved_{c}_mwh"] for c in CAUSES)
        assert row["lolh_hours_per_year"] >= row["eue_mwh_per_year"] / LOAD - 1e-9


def test_a_perfect_fleet_is_no_better_than_its_gas_and_its_switchgear() -> None:
    causes = common_mode(_parameters(), Settings(), fuels=["natural_gas"])
    perfect = replace(ENGINE, forced_outage_rate=0.0, planned_outage_rate=0.0, mtbf_hours=1e15)
    row = _row(_design("engine", 30, **RESERVE), causes, technologies={"engine": perfect})
    # 0.1 losses of gas a year of 8 h at 20 MW, and 24 h in 500,024 h of switchgear.
    assert row["unserved_gas_supply_mwh"] == pytest.approx(0.1 * 8 * LOAD, rel=1e-9)
    lost = 24 / 500_024
    assert row["unserved_switchgear_mwh"] == pytest.approx(lost * LOAD * HOURS * (1 - 0.8 / 8760), rel=1e-9)
    assert row["availability_frac"] == pytest.approx((1 - lost) * (1 - 0.8 / 8760), rel=1e-9)
    assert row["largest_cause"] == "gas_supply"
    assert row["full_service_hours_frac"] == pytest.approx(row["availability_frac"], rel=1e-9)
    # Another fuel does not come through the gas lateral.
    nuclear = _row(_design("engine", 30, **RESERVE), causes, technologies={"engine": replace(perfect, fuel="uranium")})
    assert nuclear["unserved_gas_supply_mwh"] == 0.0


def test_without_reserve_every_trip_interrupts_the_site() -> None:
    causes = common_mode(_parameters(), Settings(), fuels=["natural_gas"])
    trips = 8 * HOURS / 3000
    events = 0.1 + 8760 / 500_024
    bare = _row(_design("engine", 12), causes)
    assert bare["trips_per_year"] == pytest.approx(trips)
    assert bare["interruptions_per_year"] == pytest.approx(trips + events, rel=1e-9)
    assert bare["unserved_trips_mwh"] == pytest.approx(trips * 0.25 * LOAD, rel=1e-3)
    assert bare["largest_cause"] == "trips"
    carried = _row(_design("engine", 12, **RESERVE), causes)
    assert carried["interruptions_per_year"] == pytest.approx(0.02 * trips + events, rel=1e-9)
    assert carried["unserved_trips_mwh"] == pytest.approx(0.02 * bare["unserved_trips_mwh"], rel=1e-3)
    # Power enough, energy for a third of the start time: no reserve at all.
    brief = _row(_design("engine", 12, reserve_mw=4.5, reserve_mwh=0.3), causes)
    assert brief["interruptions_per_year"] == pytest.approx(bare["interruptions_per_year"])


def test_a_fleet_that_is_too_small_is_short() -> None:
    causes = common_mode(_parameters(), Settings(), fuels=["natural_gas"])
    row = _row(_design("engine", 6, **RESERVE), causes)
    assert row["unserved_shortage_mwh"] == pytest.approx(5.0 * HOURS)
    assert row["largest_cause"] == "shortage"
    # Rates of units that fail do not run the site's hours: all of them see unserved load.
    assert row["lolh_hours_per_year"] == pytest.approx(HOURS)
    assert row["full_service_hours_frac"] == pytest.approx(0.0, abs=1e-9)


def test_grid_with_standby_units() -> None:
    causes = common_mode(_parameters(), Settings(), grid=GRID)
    alone = _row(_design("", 0, grid_mw=25.0), causes)
    outage = float(grid_unavailability(causes, 0.0))
    assert alone["unserved_baseload_or_grid_mwh"] == pytest.approx(outage * LOAD * HOURS, rel=1e-9)
    assert alone["largest_cause"] == "baseload_or_grid"
    backed = _row(_design("standby", 10, grid_mw=25.0), causes)
    assert backed["unserved_baseload_or_grid_mwh"] < 0.01 * alone["unserved_baseload_or_grid_mwh"]
    events = 1.3 + 0.5 + 8760 / 200_168
    assert backed["trips_per_year"] == pytest.approx(events)
    ups = Settings().ups_failure_frac
    assert backed["interruptions_per_year"] == pytest.approx(events * ups + 8760 / 500_024)


def test_with_nothing_that_fails_all_is_served() -> None:
    calm = Settings(gas_interruptions_per_year=0.0)
    causes = common_mode(_parameters(1e18, 1e18), calm, fuels=["natural_gas"])
    perfect = replace(ENGINE, forced_outage_rate=0.0, planned_outage_rate=0.0, mtbf_hours=1e18)
    row = _row(_design("engine", 8, **RESERVE), causes, technologies={"engine": perfect}, settings=calm)
    assert row["availability_frac"] == pytest.approx(1.0, abs=1e-12)
    assert row["eue_mwh_per_year"] == pytest.approx(0.0, abs=1e-6)
