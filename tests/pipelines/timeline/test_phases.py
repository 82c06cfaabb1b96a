"""Phases as designs: scaled up to the site they cost, fail and emit per MWh what they do at the size they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import polars as pl
import pytest

from pipelines.contracts.base import validate
from pipelines.dispatch.batch import simulate_batch
from pipelines.dispatch.designs import design_grid
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.plant.catalogue import stacks
from pipelines.plant.firm import battery, firm_technologies
from pipelines.plant.load import load_mw
from pipelines.plant.technology import FirmTechnology
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.settings import REFERENCE_DIR, Settings
from pipelines.timeline.phases import phase_designs, phases_of
from pipelines.timeline.plant import module_count, modules_on_firm_units
from pipelines.timeline.rows import sizes_of

SETTINGS = Settings()


@pytest.fixture(scope="module")
def technologies() -> dict[str, FirmTechnology]:
    figures = parameters(load_reference("technology", REFERENCE_DIR))
    return firm_technologies(figures, load_reference("temperature_outage", REFERENCE_DIR), SETTINGS)


@pytest.fixture(scope="module")
def grid(technologies) -> pl.DataFrame:
    return design_grid(technologies, SETTINGS)


@pytest.fixture(scope="module")
def phases(grid, technologies) -> pl.DataFrame:
    return phase_designs(grid, technologies, SETTINGS)


def site(technologies, share: float) -> SiteYear:
    """Return a year with a share of the site's load."""
    hours = np.arange(8760)
    temperature = 15.0 + 20.0 * np.sin(2 * np.pi * hours / 8760) + 5.0 * np.sin(2 * np.pi * hours / 24)
    capacity = {name: unit.capacity_frac(temperature, 300.0) for name, unit in technologies.items()}
    load = share * load_mw(temperature, SETTINGS)
    return SiteYear("s", 1, datetime(2025, 1, 1), 1.0, np.zeros(8760), load, np.ones(8760), temperature, capacity)


def test_only_stacks_that_are_built_in_phases_have_them(grid, phases) -> None:
    validate(phases, "sim.designs")
    assert set(phases["stack_id"]) == {name for name, stack in stacks(SETTINGS).items() if stack.early}
    assert phases["design_id"].is_unique().all()
    assert set(phases["design_id"]).isdisjoint(grid["design_id"])


def test_a_phase_has_the_parts_that_it_names_and_no_other(phases) -> None:
    assert (phases.select("solar_mw", "bess_mw", "bess_mwh", "grid_mw", "baseload_units").sum_horizontal() == 0).all()
    assert (phases["baseload_technology"] == "").all()
    assert (phases.select(pl.min_horizontal("firm_units", "reserve_mw", "reserve_mwh")).to_series() > 0).all()


def test_the_scaled_phase_dispatches_like_the_units_at_the_load_they_carry(grid, phases, technologies) -> None:
    figures = parameters(load_reference("technology", REFERENCE_DIR))
    for stack in sorted(set(phases["stack_id"])):
        design = grid.filter(pl.col("stack_id") == stack).sort("firm_units").row(0, named=True)
        share = modules_on_firm_units(sizes_of(design), SETTINGS) / module_count(SETTINGS)
        assert 0.0 < share < 1.0
        chosen = pl.DataFrame([design]).with_columns(pl.lit("r").alias("region_id"))
        name = phases_of(chosen, SETTINGS)["phase_design_id"][0]
        scaled = DesignSet.from_frame(phases.filter(pl.col("design_id") == name))
        own = replace(
            scaled, **{part: getattr(scaled, part) * share for part in ("firm_unit_mw", "reserve_mw", "reserve_mwh")}
        )
        assert own.firm_unit_mw[0] == pytest.approx(design["firm_unit_mw"])
        assert own.reserve_mw[0] == pytest.approx(design["reserve_mw"])
        found = [
            simulate_batch([site(technologies, part)], designs, technologies, battery(figures, SETTINGS), dtype=float)
            for part, designs in ((1.0, scaled), (share, own))
        ]
        for name in ("firm_mwh", "firm_fuel_mmbtu", "unserved_mwh", "load_mwh"):
            whole, small = (getattr(result, name)[0] for result in found)
            np.testing.assert_allclose(small, whole * share, rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(*(result.firm_run_hours[0] for result in found))


def test_the_phases_of_a_design_are_listed_in_order_of_time(grid) -> None:
    chosen = grid.group_by("stack_id", maintain_order=True).last().with_columns(pl.lit("r").alias("region_id"))
    listed = phases_of(chosen, SETTINGS)
    for stack in stacks(SETTINGS).values():
        own = listed.filter(pl.col("stack_id") == stack.id)
        assert own["phase"].to_list() == list(range(1, len(stack.phases) + 1))
        assert own["phase_id"].to_list() == [phase.id for phase in stack.phases]
        design = chosen.filter(pl.col("stack_id") == stack.id)["design_id"][0]
        assert own["phase_design_id"][-1] == design
