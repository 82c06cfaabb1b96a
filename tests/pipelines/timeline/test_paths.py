"""Paths and postures: what they change, what never gets later, and what comes back when all is switched off."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.contracts.procurement import POSTURES
from pipelines.errors import InputError, UsageError
from pipelines.settings import Settings
from pipelines.timeline.buying import Buying, activities_of_premises
from pipelines.timeline.by_posture import time_to_power_by_posture
from pipelines.timeline.draws import DrawBook, draw_network
from pipelines.timeline.durations import durations
from pipelines.timeline.network import NETWORK_DIR, read_network
from pipelines.timeline.paths import CLASSES, POSTURES_FILE, posture_paths, procurement_paths, read_path_rules
from pipelines.timeline.rows import prepare
from pipelines.timeline.time_to_power import time_to_power

SEED = 11
REGION = "abilene_tx"
OFF = {
    "posture": "new_order",
    "is_module_rule": False,
    "is_transformer_by_size": False,
    "island_commissioning_months": 0.0,
    "has_slip": False,
}
# First MW (P10, P50, P90) and full (P50) of these designs before there were paths, at 2,000 samples and this seed.
BEFORE = Path(__file__).with_name("months_of_new_orders.csv")


@pytest.fixture(scope="module")
def used(tables) -> pl.DataFrame:
    names = ("equipment_lead_times", "policy", "queue_statistics")
    return durations(*(tables[name] for name in names), Settings())


@pytest.fixture(scope="module")
def draw(tables, regions, designs, used):
    """Return a function that draws the months to the first and to all modules of a stack as it is bought."""
    here = regions.filter(pl.col("region_id") == REGION)
    few = Settings(timeline_samples=400)

    def call(stack: str, buying: Buying, using: Settings = few) -> tuple[np.ndarray, np.ndarray]:
        book = DrawBook()
        chosen = here.select("region_id").join(designs.filter(pl.col("stack_id") == stack), how="cross")
        (row,) = prepare(here, chosen, used, tables["policy"], using, buying=buying)
        draw_rows = row.draw_rows(book)
        drawn = draw_network(book.months(400, SEED, using), draw_rows, row.arrays, using)
        return drawn.first, drawn.full

    return call


def months(tables, regions, designs, using: Settings, **options) -> pl.DataFrame:
    here = regions.filter(pl.col("region_id") == REGION)
    chosen = here.select("region_id").join(designs, how="cross", maintain_order="left_right")
    names = ("equipment_lead_times", "policy", "queue_statistics")
    found = time_to_power(here, chosen, *(tables[name] for name in names), using, SEED, **options)
    return found.time_to_power


def test_with_all_off_new_orders_give_the_months_from_before(tables, regions, designs):
    found = months(tables, regions, designs, Settings(timeline_samples=2000, **OFF))
    expected = pl.read_csv(BEFORE)
    assert found["stack_id"].to_list() == expected["stack_id"].to_list()
    for name in expected.columns[1:]:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "value", "column", "moves"),
    [
        ("is_module_rule", True, "first_mw_months_p50", -1),
        # Quotes for pad-mounts lie further apart than those for unit transformers as a whole.
        ("is_transformer_by_size", True, "first_mw_months_p10", -1),
        ("is_transformer_by_size", True, "first_mw_months_p90", 1),
        ("island_commissioning_months", 2.0, "first_mw_months_p50", 1),
        ("posture", "open", "first_mw_months_p50", -1),
    ],
)
def test_each_part_alone_moves_months_one_way(tables, regions, designs, name, value, column, moves):
    engines = designs.filter(pl.col("stack_id") == "gas_recip")
    off, on = (
        months(tables, regions, engines, Settings(timeline_samples=400, **change), is_path_wanted=False)
        for change in (OFF, OFF | {name: value})
    )
    assert (on[column] - off[column])[0] * moves > 0


def test_tables_of_paths_name_what_there_is(used):
    paths = validate(procurement_paths(used), "mart.procurement_paths")
    rules = validate(posture_paths(), "mart.posture_paths")
    assert set(paths["equipment_class"]) == set(CLASSES)
    # Every class can be ordered new, with the duration that the networks draw.
    assert set(paths.filter(pl.col("path") == "new_order")["equipment_class"]) == set(CLASSES)
    sold = set(paths.select("equipment_class", "path").iter_rows())
    assert set(rules.select("equipment_class", "path").iter_rows()) <= sold
    assert rules.filter(pl.col("path") == "rental").is_empty(), "no ranked row rents"
    # What no source says is called an assumption, and nothing else is.
    assumed = paths.filter(pl.col("is_months_assumed"))
    assert set(assumed["verification"]) == {"assumption"}
    priced = paths.filter(~pl.col("is_price_unknown"))
    assert priced.filter((pl.col("price_source_title") == "") | (pl.col("price_unit") == "")).is_empty()


def test_premises_name_activities_of_the_networks():
    known = {name for file in NETWORK_DIR.glob("*.csv") for name in read_network(file.stem, NETWORK_DIR).names}
    # Boards are in the networks of sites that take them.
    known.add("lv_switchgear")
    for activities in activities_of_premises().values():
        assert activities <= known


def test_a_wrong_row_is_named(tmp_path):
    text = POSTURES_FILE.read_text().replace("open,firm_delivery", "open,engines", 1)
    (tmp_path / "postures.csv").write_text(text)
    with pytest.raises(InputError, match=r"class 'engines' is not one of unit_transformers"):
        read_path_rules(postures=tmp_path / "postures.csv")


_PREMISES = sorted(activities_of_premises())


@given(
    stack=st.sampled_from(["gas_recip", "fuel_cell", "solar_bess_gas", "solar_bess", "flexible_grid_bess"]),
    premises=st.sets(st.sampled_from(_PREMISES)),
    further=st.sampled_from(_PREMISES),
    held=st.dictionaries(st.sampled_from(CLASSES), st.floats(0.0, 30.0), max_size=3),
    group=st.sampled_from(CLASSES),
    by=st.floats(0.0, 30.0),
)
@settings(max_examples=25)
def test_no_month_gets_later_by_a_path_an_item_held_or_a_premise_met(draw, stack, premises, further, held, group, by):
    by_posture = [draw(stack, Buying(posture, (), tuple(held.items()), frozenset(premises))) for posture in POSTURES]
    for slower, faster in pairwise(by_posture):
        for later, sooner in zip(slower, faster, strict=True):
            assert (sooner <= later + 1e-9).all()
    base = by_posture[1]
    more = [
        Buying("open", (), tuple(held.items()), frozenset(premises) | {further}),
        Buying("open", (), tuple((held | {group: min(by, held.get(group, by))}).items()), frozenset(premises)),
    ]
    for buying in more:
        for later, sooner in zip(base, draw(stack, buying), strict=True):
            assert (sooner <= later + 1e-9).all()


def test_compute_that_comes_late_caps_what_the_plant_gains(draw):
    soon, late = (draw("fuel_cell", Buying(compute_ready_months=ready)) for ready in (0.0, 40.0))
    assert (late[0] >= 40.0).all()
    assert (soon[0] <= draw("fuel_cell", Buying())[0] + 1e-9).all()


def test_a_path_that_is_not_sold_is_refused(draw):
    with pytest.raises(UsageError, match="is not sold by the path 'import'; there are new_order, stock, framework"):
        draw("gas_recip", Buying(paths=(("unit_transformers", "import"),)))


def test_months_by_posture_hold_those_of_the_night(tables, regions, designs):
    here = regions.filter(pl.col("region_id") == REGION)
    chosen = here.select("region_id").join(designs, how="cross", maintain_order="left_right")
    inputs = {
        "regions": here,
        "chosen": chosen,
        **{name: tables[name] for name in ("policy", "queue_statistics")},
        "lead_times": tables["equipment_lead_times"],
    }
    using = Settings(timeline_samples=400)
    own = time_to_power(**inputs, settings=using, seed=SEED, is_path_wanted=False)
    frame = time_to_power_by_posture(own, using, SEED, **inputs)
    opened = frame.filter(pl.col("posture") == "open")
    assert opened.select(own.time_to_power.columns).equals(own.time_to_power)
    wide = frame.pivot("posture", index="stack_id", values="first_mw_months_p50")
    assert (wide["open"] <= wide["new_order"] + 1e-9).all() and (wide["framework"] <= wide["open"] + 1e-9).all()
    assert wide.filter(pl.col("stack_id") == "fuel_cell").select(pl.col("new_order") - pl.col("open")).item() > 6
