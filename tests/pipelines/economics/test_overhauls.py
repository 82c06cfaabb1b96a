"""Overhauls: dates from running hours, shortage against enumeration, the fade of cells against spare units."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest

from pipelines.economics.overhauls import expected_shortage_mw, overhauls
from pipelines.plant.firm import firm_technologies
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.settings import REFERENCE_DIR, Settings

SETTINGS = Settings()
FIGURES = parameters(load_reference("technology", REFERENCE_DIR))
UNITS = firm_technologies(FIGURES, load_reference("temperature_outage", REFERENCE_DIR), SETTINGS)
LOAD_MW = 19.0


def table(*plants: tuple[str, int, float], load_mw: float = LOAD_MW, running: float = 0.8) -> pl.DataFrame:
    chosen = pl.DataFrame(
        [
            {
                "region_id": "here", "stack_id": f"stack {place}", "design_id": f"design {place}",
                "firm_technology": name, "firm_units": count, "firm_unit_mw": unit_mw, "load_mwh": load_mw * 8760.0,
                "baseload_mwh": 0.0, "availability_frac": 0.9995,
            }
            for place, (name, count, unit_mw) in enumerate(plants)
        ]
    )  # fmt: skip
    hours = chosen.select("region_id", "design_id", (running * 8760.0 * pl.col("firm_units")).alias("firm_run_hours"))
    return overhauls(chosen, hours, UNITS, FIGURES, SETTINGS)


def test_engines_fall_due_by_running_hours_and_keep_their_mean_outage() -> None:
    row = table(("recip_genset", 8, 3.75)).row(0, named=True)
    # 60,000 h at 0.8 of the year are 8.6 years.
    assert row["first_overhaul_year"] == 9.0
    assert row["overhauls_in_project"] == int(np.ceil(SETTINGS.project_years / (60_000.0 / 7008.0))) - 1
    years = 60_000.0 / 7008.0
    mean = row["planned_outage_other_years_frac"] + SETTINGS.engine_overhaul_days / 365.0 / years
    assert mean == pytest.approx(row["planned_outage_mean_frac"])
    assert row["planned_outage_overhaul_year_frac"] > row["planned_outage_mean_frac"]


def test_shortage_is_that_of_every_state_of_the_units() -> None:
    forced, unit_mw, load_mw = 0.07, 3.75, 15.0
    total = 0.0
    for states in itertools.product((0, 1), repeat=5):
        up = sum(states)
        total += (1.0 - forced) ** up * forced ** (5 - up) * max(load_mw - up * unit_mw, 0.0)
    one = expected_shortage_mw(np.array([5.0]), np.array([unit_mw]), np.array([forced]), np.array([load_mw]))
    assert one[0] == pytest.approx(total)


def test_a_spare_unit_carries_the_year_of_the_overhaul() -> None:
    lost = table(*(("recip_genset", count, 3.75) for count in (6, 7, 8)))["overhaul_year_unserved_mwh"].to_list()
    assert lost[0] > 5.0 * lost[1] > 25.0 * lost[2] >= 0.0


def test_cells_are_exchanged_in_five_to_six_years_and_spare_blocks_carry_their_fade() -> None:
    few, many = table(("fuel_cell", 16, 1.3), ("fuel_cell", 20, 1.3), running=1.0).iter_rows(named=True)
    assert few["first_overhaul_year"] == 6.0
    # 65 to 53 % efficiency: half the loss in a fleet of all ages.
    assert few["faded_output_frac"] == pytest.approx(0.5 * (1.0 + 5811.0 / 7127.0))
    assert many["faded_availability_frac"] > 0.999 > few["faded_availability_frac"]


def test_reactors_and_standby_sets_have_no_interval() -> None:
    assert table(("diesel_standby_genset", 10, 2.0)).is_empty()
