"""The lattice: the design grid lies on it, names come from sizes, neighbours surround their centre."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.dispatch.basis import Layout, stack_layout
from pipelines.dispatch.designs import design_grid
from pipelines.dispatch.inputs import DesignSet
from pipelines.dispatch.lattice import (
    SUBSTEPS,
    axis_points,
    grid_points,
    lattice_designs,
    lattice_set,
    neighbours,
    place_of,
)
from pipelines.plant.catalogue import stacks
from pipelines.plant.firm import firm_technologies
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.settings import REFERENCE_DIR, Settings

SIZED = {name: stack for name, stack in stacks(Settings()).items() if stack.axes is not None}
AXES = {name: stack.continuous() for name, stack in SIZED.items()}


@pytest.fixture(scope="module")
def layouts() -> dict[str, Layout]:
    figures = parameters(load_reference("technology", REFERENCE_DIR))
    technologies = firm_technologies(figures, load_reference("temperature_outage", REFERENCE_DIR), Settings())
    return {name: stack_layout(stack, technologies, Settings()) for name, stack in SIZED.items()}


@pytest.fixture(scope="module")
def grid() -> pl.DataFrame:
    figures = parameters(load_reference("technology", REFERENCE_DIR))
    technologies = firm_technologies(figures, load_reference("temperature_outage", REFERENCE_DIR), Settings())
    return design_grid(technologies, Settings())


@pytest.mark.parametrize("stack", list(AXES))
def test_every_design_of_the_grid_is_a_point_of_the_lattice(grid, layouts, stack) -> None:
    own = grid.filter(pl.col("stack_id") == stack)
    places = np.array([place_of(AXES[stack], row, layouts[stack].load_mw) for row in own.iter_rows(named=True)])
    assert (places % SUBSTEPS == 0).all()
    again = lattice_designs(SIZED[stack], places, own["firm_units"].to_numpy(), layouts[stack])
    assert validate(again, "sim.designs").equals(own)


@pytest.mark.parametrize("stack", list(AXES))
def test_designs_without_names_are_the_same_designs(layouts, stack) -> None:
    places = grid_points(AXES[stack])
    units = np.resize(np.array(layouts[stack].counts), len(places))
    named = DesignSet.from_frame(lattice_designs(SIZED[stack], places, units, layouts[stack]))
    bare = lattice_set(SIZED[stack], places, units, layouts[stack])
    assert bare.to_frame().drop("design_id").equals(named.to_frame().drop("design_id"))


@pytest.mark.parametrize("stack", list(AXES))
def test_a_grid_four_times_finer_holds_the_grid_and_names_every_size(layouts, stack) -> None:
    fine = grid_points(AXES[stack], 4)
    coarse = {tuple(place) for place in grid_points(AXES[stack], 1)}
    assert coarse <= {tuple(place) for place in fine}
    gaps = [len(values) - 1 for values in AXES[stack].values.values()]
    assert len(fine) == np.prod([4 * gap + 1 for gap in gaps])
    designs = lattice_designs(SIZED[stack], fine, np.zeros(len(fine), np.int64), layouts[stack])
    assert designs["design_id"].is_unique().all()
    assert designs.drop("design_id").unique().height == designs.height


@settings(max_examples=30, deadline=None, derandomize=True)
@given(stack=st.sampled_from(list(AXES)), step=st.sampled_from([1, 4]), seed=st.integers(0, 2**32 - 1))
def test_neighbours_surround_their_centre_within_the_ends(stack, step, seed) -> None:
    last = np.array([(len(values) - 1) * SUBSTEPS for values in AXES[stack].values.values()])
    centre = np.random.default_rng(seed).integers(0, last + 1)
    places = neighbours(AXES[stack], centre.tolist(), step, 4)
    assert (places >= 0).all()
    assert (places <= last).all()
    assert (np.abs(places - centre) <= 4 * step).all()
    assert len(np.unique(places, axis=0)) == len(places)
    assert (places == centre).all(axis=1).any()


def test_points_keep_the_values_of_the_grid_exactly() -> None:
    points = axis_points((1.0, 2.0, 3.0, 4.0, 6.0))
    assert points[::SUBSTEPS].tolist() == [1.0, 2.0, 3.0, 4.0, 6.0]
    assert np.diff(points).min() > 0
