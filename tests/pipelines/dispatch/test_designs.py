"""The design grid: stacks keep their parts, no design is of two stacks, reserve covers the largest unit."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.dispatch.designs import design_grid, peak_load_mw
from pipelines.plant.catalogue import stacks
from pipelines.plant.firm import firm_technologies
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.settings import REFERENCE_DIR, Settings


def grid_of(settings: Settings) -> pl.DataFrame:
    technologies = firm_technologies(
        parameters(load_reference("technology", REFERENCE_DIR)),
        load_reference("temperature_outage", REFERENCE_DIR),
        settings,
    )
    return design_grid(technologies, settings)


@pytest.fixture(scope="module")
def grid() -> pl.DataFrame:
    return grid_of(Settings())


def test_every_stack_has_designs_and_ids_are_unique(grid: pl.DataFrame) -> None:
    assert set(grid["stack_id"]) == set(stacks(Settings()))
    assert grid["design_id"].is_unique().all()


def test_no_two_designs_have_the_same_parts(grid: pl.DataFrame) -> None:
    parts = grid.drop("design_id", "stack_id")
    assert parts.unique().height == grid.height


def test_islanded_firm_stacks_hold_a_reserve_for_their_largest_unit(grid: pl.DataFrame) -> None:
    firm = grid.filter(
        pl.col("stack_id").is_in([name for name, stack in stacks(Settings()).items() if "reserve" in stack.parts])
    )
    assert firm.filter(pl.col("reserve_mw") < pl.max_horizontal("firm_unit_mw", "baseload_unit_mw")).is_empty()


def test_the_reserve_follows_the_swings_by_prime_mover(grid: pl.DataFrame) -> None:
    # SemiAnalysis (2026): half the capacity of gas engines and turbines, two thirds of that of fuel cells.
    published = {"recip_genset": 0.5, "gas_turbine_5mw": 0.5, "gas_turbine_small_industrial": 0.5, "fuel_cell": 0.667}
    settings = Settings()
    peak = peak_load_mw(settings)
    alone = grid.filter(pl.col("stack_id").is_in(["gas_recip", "gas_turbine", "fuel_cell"]))
    assert set(alone["firm_technology"]) == set(published)
    for technology, unit_mw, reserve_mw, reserve_mwh in alone.select(
        "firm_technology", "firm_unit_mw", "reserve_mw", "reserve_mwh"
    ).iter_rows():
        trip = unit_mw + settings.load_step_frac * peak
        assert reserve_mw == pytest.approx(max(published[technology] * peak, trip))
        assert reserve_mwh == pytest.approx(reserve_mw * settings.start_minutes / 60.0)
    # The trip of a large turbine needs more than the swings, that of an engine less.
    by_technology = dict(alone.select("firm_technology", "reserve_mw").iter_rows())
    assert by_technology["gas_turbine_small_industrial"] > 0.5 * peak
    assert by_technology["recip_genset"] == pytest.approx(0.5 * peak)


def test_without_swings_the_reserve_is_for_a_unit_and_a_step() -> None:
    settings = Settings(swing_reserve_factor=0.0)
    cells = grid_of(settings).filter(pl.col("stack_id") == "fuel_cell")
    trip = cells["firm_unit_mw"][0] + settings.load_step_frac * peak_load_mw(settings)
    assert cells["reserve_mw"].to_list() == pytest.approx([trip] * cells.height)


def test_stacks_keep_the_parts_that_name_them(grid: pl.DataFrame) -> None:
    def rows(stack: str) -> pl.DataFrame:
        return grid.filter(pl.col("stack_id") == stack)

    assert (rows("solar_bess_gas").select(pl.min_horizontal("solar_mw", "bess_mwh", "firm_units").min()).item()) > 0
    assert rows("gas_recip").select(pl.sum_horizontal("solar_mw", "bess_mwh", "grid_mw").max()).item() == 0
    assert rows("solar_bess").select(pl.sum_horizontal("firm_units", "grid_mw").max()).item() == 0
    assert rows("smr_hybrid")["baseload_units"].min() >= 1
    assert rows("flexible_grid_bess")["is_grid_flexible"].all()


def test_every_firm_stack_reaches_past_the_peak(grid: pl.DataFrame) -> None:
    peak = peak_load_mw(Settings())
    most = (
        grid.filter(pl.col("stack_id").is_in(["gas_recip", "gas_turbine", "fuel_cell"]))
        .group_by("stack_id")
        .agg((pl.col("firm_units") * pl.col("firm_unit_mw")).max().alias("most_mw"))
    )
    assert (most["most_mw"] >= 1.5 * peak).all()
