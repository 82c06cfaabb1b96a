"""Programmes under supply limits: turns in closed form, one node as alone, waits that grow, a campus that may win."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import InputError
from pipelines.reference.load import load_reference
from pipelines.settings import REFERENCE_DIR, Settings
from pipelines.timeline.durations import durations
from pipelines.timeline.programme import Programme, programme
from pipelines.timeline.supply import CLASSES_FILE, crew_waits, read_classes, waits_in_turn
from pipelines.timeline.time_to_power import time_to_power

SEED = 11
PLACES = ["abilene_tx", "new_albany_oh", "imperial_ca"]
FAST = Settings(programme_samples=300, timeline_samples=300, programme_nodes=(1, 5, 20))


@pytest.fixture(scope="module")
def capacity() -> pl.DataFrame:
    return load_reference("industrial_capacity", REFERENCE_DIR)


@pytest.fixture(scope="module")
def run(tables, regions, designs, capacity):
    def call(settings: Settings = FAST, places: list[str] = PLACES) -> Programme:
        here = regions.filter(pl.col("region_id").is_in(places))
        chosen = here.select("region_id").join(designs, how="cross", maintain_order="left_right")
        ranked = chosen.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("rank"))
        used = durations(tables["equipment_lead_times"], tables["policy"], tables["queue_statistics"], settings)
        return programme(ranked, here, used, tables["policy"], capacity, settings, SEED)

    return call


@pytest.fixture(scope="module")
def base(run) -> Programme:
    return run()


def test_turns_are_the_arithmetic_of_a_steady_flow():
    # 240 a year, a tenth of it claimed: 2 a month; nodes of 10 wait 5 months per node before them.
    assert waits_in_turn(np.full(4, 10.0), 240.0, 0.1).tolist() == [0.0, 5.0, 10.0, 15.0]
    assert waits_in_turn(np.array([4.0, 0.0, 6.0]), 240.0, 0.1).tolist() == [0.0, 0.0, 2.0]
    assert crew_waits(5, Settings(epc_crews=2, crew_months_per_site=8)).tolist() == [0, 0, 8, 8, 16]


@given(st.lists(st.floats(0.0, 50.0), min_size=1, max_size=30), st.floats(0.01, 1.0))
def test_a_larger_claim_never_lengthens_a_wait(needs, claim):
    small, large = (waits_in_turn(np.array(needs), 100.0, share) for share in (claim / 2, claim))
    assert (large <= small + 1e-9).all()


def test_one_node_is_the_site_alone(base, tables, regions, designs):
    alone = time_to_power(
        regions,
        designs.select(pl.lit(PLACES[0]).alias("region_id"), pl.all()),
        tables["equipment_lead_times"],
        tables["policy"],
        tables["queue_statistics"],
        FAST,
        SEED,
    )
    first = base.curve.filter(pl.col("nodes") == 1)
    order = {stack: row for row, stack in enumerate(alone.time_to_power["stack_id"])}
    for stack, group in first.group_by("stack_id", maintain_order=True):
        usable = group.sort("month")["usable_frac"].to_numpy()
        np.testing.assert_allclose(usable, alone.online_share[order[str(stack[0])]], atol=1e-12)
    assert (first["binding_class"] == "none").all()


def test_shares_never_rise_with_the_size_of_the_programme(base, run):
    # In one place all nodes are alike, so nothing but the turn tells them apart.
    alike = run(places=PLACES[:1])
    wide = alike.curve.pivot("nodes", index=["stack_id", "month"], values="usable_frac")
    assert (wide["20"] <= wide["5"] + 1e-9).all()
    assert (wide["5"] <= wide["1"] + 1e-9).all()
    power = base.curve.pivot("nodes", index=["stack_id", "month"], values="usable_mw")
    assert (power["20"] >= power["5"] - 1e-9).all()
    assert (power["5"] >= power["1"] - 1e-9).all()
    steps = base.curve.sort("stack_id", "nodes", "month").with_columns(
        pl.col("usable_mw").diff().over("stack_id", "nodes").fill_null(0.0).alias("step")
    )
    assert steps["step"].min() >= -1e-9


def test_the_binding_class_is_the_one_whose_plenty_helps_most(base, run):
    limits = base.limits.filter((pl.col("stack_id") == "gas_turbine") & (pl.col("nodes") == 20))
    binding = limits.filter("is_binding")
    assert binding["class_id"].to_list() == ["small_turbines"]
    assert binding["last_node_delay_months"][0] == limits["last_node_delay_months"].max()
    whole = run(FAST.model_copy(update={"supply_claim_frac": 1.0}))
    power = {}
    for name, result in (("part", base), ("whole", whole)):
        at = result.curve.filter((pl.col("nodes") == 20) & (pl.col("month") == 60)).sort("stack_id")
        power[name] = at["usable_mw"].to_numpy()
    assert (power["whole"] >= power["part"] - 1e-9).all()
    assert power["whole"].sum() > power["part"].sum() + 50
    outputs = dict(base.limits.select("class_id", "yearly_output").iter_rows())
    # Published: 50 GWh of cells, 2 + 0.0371 GW of fuel cells a year.
    assert outputs["batteries"] == 50_000.0
    assert outputs["fuel_cells"] == pytest.approx(2037.1)


def test_needs_and_years_hang_together(base):
    rows = base.limits
    np.testing.assert_allclose(rows["years_of_claim"], rows["needed"] / (rows["claim_frac"] * rows["yearly_output"]))
    assert (rows.filter(pl.col("nodes") == 1)["last_node_wait_months"] == 0).all()
    assert (rows["last_node_delay_months"] <= rows["last_node_wait_months"] + 1e-9).all()


def test_neither_way_of_building_wins_by_design(base, run):
    ways = base.against_campus
    assert ways.group_by("planned_mw").agg(pl.col("is_best").sum())["is_best"].min() >= 1
    # Makers and crews without limit and hardly anything on site: then many small sites with small units win ...
    plenty = run(FAST.model_copy(update={"supply_claim_frac": 1.0, "epc_crews": 100}))
    best = plenty.against_campus.filter("is_best")
    assert best.filter(pl.col("planned_mw") == 20.0)["build"].to_list() == ["modular"]
    # ... and turbines of the large class, of which more are made, carry a campus where the small class is short.
    turbines = ways.filter((pl.col("stack_id") == "gas_turbine") & (pl.col("planned_mw") == 400.0))
    power = dict(turbines.select("build", "usable_mw_months_120").iter_rows())
    assert power["campus"] > power["modular"]
    # A campus on the grid waits for a substation and a study; nodes at medium voltage do not.
    grid = ways.filter((pl.col("stack_id") == "grid") & (pl.col("planned_mw") == 400.0))
    first = dict(grid.select("build", "first_mw_months_p50").iter_rows())
    assert first["modular"] < first["campus"]


def test_a_class_without_its_fact_is_named(capacity, tmp_path):
    path = tmp_path / "classes.csv"
    path.write_text(CLASSES_FILE.read_text(encoding="utf-8").replace("Bloom Energy", "Boom Energy"), encoding="utf-8")
    with pytest.raises(InputError, match="0 rows of industrial_capacity"):
        read_classes(capacity, path)
    with pytest.raises(InputError, match="missing"):
        read_classes(capacity, tmp_path / "none.csv")
