"""Shared failures: from the records to unavailability, and what a battery rides through."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipelines.contracts import reliability as _contracts  # noqa: F401 - registers core.outage_causes
from pipelines.contracts.base import validate
from pipelines.dispatch.inputs import DesignSet
from pipelines.errors import InputError, UsageError
from pipelines.plant.technology import Battery
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import Parameters
from pipelines.reliability.common_mode import (
    GridService,
    bridge_hours,
    common_mode,
    grid_service,
    grid_unavailability,
    unavailability,
)
from pipelines.settings import REFERENCE_DIR, Settings

CITED = {"source_title": "a table", "publisher": "a publisher", "url": "https://example.org/table", "as_of": "2026"}
FIGURES = MappingProxyType(
    {
        ("transformer", "mtbf"): 200_000.0,
        ("transformer", "mttr"): 168.0,
        ("mv_switchgear", "mtbf"): 500_000.0,
        ("mv_switchgear", "mttr"): 24.0,
    }
)


def parameters(**changed: float) -> Parameters:
    """Return a technology table with three figures; `mv_switchgear__mttr=0.0` changes one."""
    figures = {**FIGURES, **{tuple(name.split("__")): value for name, value in changed.items()}}
    rows: dict[Any, dict[str, Any]] = {
        key: {"mid": value, "low": None, "high": None, "unit": "hours", **CITED} for key, value in figures.items()
    }
    return Parameters(rows)


def _grid() -> GridService:
    return GridService(routine_events=1.3, routine_hours=2.3, major_events=0.5, major_hours=4.45, source=CITED)


def test_every_cause_is_events_times_hours_with_its_citation() -> None:
    causes = common_mode(parameters(), Settings(), fuels=["natural_gas", "uranium"], grid=_grid())
    assert causes["cause"].to_list() == [
        "gas_supply",
        "unit_transformer",
        "switchgear",
        "grid_routine",
        "grid_major",
        "grid_transformer",
    ]
    validate(causes.with_columns(pl.lit("here").alias("region_id")), "core.outage_causes")
    product = causes["events_per_year"] * causes["hours_per_event"] / 8760.0
    np.testing.assert_allclose(causes["unavailability_frac"].to_numpy(), product.to_numpy(), rtol=1e-12)
    # An up-and-down process: repair / (running + repair).
    assert unavailability(causes, "switchgear") == pytest.approx(24.0 / 500_024.0, rel=1e-12)
    assert unavailability(causes, "unit_transformer") == pytest.approx(24.0 / 200_024.0, rel=1e-12)
    # The spare on site is for the units; the grid's transformer takes its repair.
    assert unavailability(causes, "grid_transformer") == pytest.approx(168.0 / 200_168.0, rel=1e-12)
    assert causes.filter(pl.col("cause") != "gas_supply")["url"].to_list() == [CITED["url"]] * 5
    assert "setting" in causes.filter(pl.col("cause") == "gas_supply")["source_title"][0]


def test_a_stack_without_gas_or_grid_has_neither_cause() -> None:
    causes = common_mode(parameters(), Settings(), fuels=["none"])
    assert causes["cause"].to_list() == ["unit_transformer", "switchgear"]
    assert unavailability(causes, "gas_supply") == 0.0
    assert grid_unavailability(causes, 0.0) == 0.0


def test_grid_without_bridge_is_out_for_saidi() -> None:
    causes = common_mode(parameters(transformer__mtbf=1e15), Settings(), grid=_grid())
    either = 1 - (1 - 2.3 / 8760) * (1 - 4.45 / 8760)
    assert float(grid_unavailability(causes, 0.0)) == pytest.approx(either, rel=1e-6)


def test_what_a_battery_bridges_agrees_with_drawn_interruptions() -> None:
    causes = common_mode(parameters(transformer__mtbf=1e15), Settings(), grid=_grid())
    rng = np.random.default_rng(11)
    samples = 400_000
    for hours in (0.5, 4.0, 12.0):
        left = 0.0
        for events, total in ((1.3, 2.3), (0.5, 4.45)):
            durations = rng.exponential(total / events, samples)
            left += events * np.maximum(durations - hours, 0.0).mean() / 8760.0
        assert float(grid_unavailability(causes, hours)) == pytest.approx(left, rel=0.03)
    bridged = grid_unavailability(causes, np.linspace(0, 48, 20))
    assert np.all(np.diff(bridged) < 0)
    with pytest.raises(UsageError, match="negative"):
        grid_unavailability(causes, -1.0)


def test_reference_record_of_every_state_is_usable() -> None:
    table = load_reference("grid_reliability", REFERENCE_DIR)
    for state in table["state"].unique(maintain_order=True):
        grid = grid_service(table, state)
        rows = table.filter(pl.col("state") == state)
        saidi = rows.drop_nulls("saidi_all_events_minutes")["saidi_all_events_minutes"].mean()
        assert grid.unavailability * 8760 * 60 == pytest.approx(saidi, rel=0.15)
        # Major events are the longer ones wherever a state has had any.
        if grid.major_events > 0.05:
            assert grid.major_hours / grid.major_events > grid.routine_hours / grid.routine_events
    with pytest.raises(InputError, match=r"grid_reliability\.csv, column state: no complete year for the state 'XX'"):
        grid_service(table, "XX")


def test_only_a_battery_that_carries_the_peak_bridges() -> None:
    nothing = np.zeros(3)
    designs = DesignSet(
        design_id=["a", "b", "c"],
        stack_id=["s"] * 3,
        solar_mw=nothing,
        bess_mw=np.array([25.0, 25.0, 10.0]),
        bess_mwh=np.array([100.0, 0.0, 100.0]),
        reserve_mw=nothing,
        reserve_mwh=nothing,
        grid_mw=np.full(3, 30.0),
        is_grid_flexible=np.full(3, True),
        baseload_technology=[""] * 3,
        baseload_units=np.zeros(3, dtype=np.int64),
        baseload_unit_mw=nothing,
        firm_technology=[""] * 3,
        firm_units=np.zeros(3, dtype=np.int64),
        firm_unit_mw=nothing,
        rule=["load_following"] * 3,
    )
    hours = bridge_hours(designs, Battery(0.95, 0.9, 0.1, 0.5), np.array([20.0, 25.0, 15.0, 20.0]))
    assert hours == pytest.approx([100.0 * 0.9 * 0.9 / 20.0, 0.0, 0.0])
