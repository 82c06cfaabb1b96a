"""Fleets that always suffice: one dispatch is that of them all, bit by bit."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pipelines.dispatch.batch import simulate_batch
from pipelines.dispatch.same_need import same_dispatch
from pipelines.plant.technology import Battery

BATTERY = Battery(0.95, 0.93, soc_floor_frac=0.1, soc_start_frac=0.5)
COUNTS = np.arange(4, 9)


@pytest.fixture(scope="module")
def plant(technology, site_year, design_set):
    """Return a site, designs of five fleets by six sizes, and their technologies."""
    rng = np.random.default_rng(11)
    n_hours, n_sizes = 24 * 60, 6
    site = site_year(
        rng.uniform(15.0, 22.0, n_hours),
        np.maximum(np.sin((np.arange(n_hours) - 6) * np.pi / 12), 0) * rng.uniform(0.3, 1.0, n_hours),
        capacity_frac={"engine": rng.uniform(0.9, 1.0, n_hours), "reactor": np.ones(n_hours)},
    )
    size = np.repeat(np.arange(n_sizes), len(COUNTS))
    designs = design_set(
        len(size),
        solar_mw=20.0 * size, bess_mw=3.0 * size, bess_mwh=9.0 * size, baseload_units=np.where(size == 2, 1, 0),
        baseload_unit_mw=5.0, grid_mw=np.where(size == 1, 8.0, 0.0), firm_units=np.tile(COUNTS, n_sizes),
        firm_unit_mw=4.0,
    )  # fmt: skip
    return site, designs, {"engine": technology(min_load_frac=0.3), "reactor": technology("reactor")}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_dispatch_is_that_of_all_fleets_that_suffice(plant, dtype) -> None:
    site, designs, technologies = plant
    first, column = same_dispatch(designs, site)
    assert len(first) < len(designs)
    every = simulate_batch([site], designs, technologies, BATTERY, dtype=dtype)
    some = simulate_batch([site], designs.take(first), technologies, BATTERY, dtype=dtype).take(column)
    for field in dataclasses.fields(every):
        np.testing.assert_array_equal(getattr(some, field.name), getattr(every, field.name), err_msg=field.name)


def test_fleets_that_may_fall_short_are_dispatched_each(plant) -> None:
    site, designs, _ = plant
    first, column = same_dispatch(designs, site)
    # 22 MW at 90 % of the rating takes seven units of 4 MW.
    assert set(np.flatnonzero(designs.firm_units < 6)) <= set(first)
    assert np.array_equal(column[first], np.arange(len(first)))
    large = designs.firm_units == 8
    assert len(np.unique(column[large])) == 6


@pytest.mark.parametrize("rule", ["cycle_charging", "look_ahead"])
def test_rules_that_plan_with_the_units_share_nothing(plant, rule) -> None:
    site, designs, _ = plant
    first, _ = same_dispatch(dataclasses.replace(designs, rule=[rule] * len(designs)), site)
    assert len(first) == len(designs)
