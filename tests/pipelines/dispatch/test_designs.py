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


@pytest.fixture(scope="module")
def grid() -> pl.DataFrame:
    settings = Settings()
    technologies = firm_technologies(
        parameters(load_reference("technology", REFERENCE_DIR)),
        load_reference("temperature_outage", REFERENCE_DIR),
        settings,
    )
    return design_grid(technologies, settings)


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
