"""The schedule with ranges: it fits the months to power, its order, its chain, its modules."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.plant.catalogue import stacks
from pipelines.settings import Settings
from pipelines.timeline.network import read_network
from pipelines.timeline.schedule import quantiles
from pipelines.timeline.time_to_power import TimelineResult, time_to_power

SEED = 11
PLACES = ["abilene_tx", "new_albany_oh"]


@pytest.fixture(scope="module")
def result(tables, regions, designs) -> TimelineResult:
    here = regions.filter(pl.col("region_id").is_in(PLACES))
    return time_to_power(
        here,
        here.select("region_id").join(designs, how="cross", maintain_order="left_right"),
        tables["equipment_lead_times"],
        tables["policy"],
        tables["queue_statistics"],
        Settings(timeline_samples=2000),
        SEED,
    )


def test_the_last_activity_ends_when_the_first_module_runs(result):
    validate(result.gantt, "mart.timeline_gantt")
    last = result.gantt.filter(pl.col("activity") == "commissioning").join(
        result.time_to_power, on=["region_id", "stack_id"], maintain_order="left"
    )
    for point in (10, 50, 90):
        assert (last[f"finish_months_p{point}"] == last[f"first_mw_months_p{point}"]).all()
    assert (last["complete_months_p50"] == last["plant_complete_months_p50"]).all()


def test_activities_start_when_the_last_of_their_predecessors_ends(result):
    rows = {(r["region_id"], r["stack_id"], r["activity"]): r for r in result.gantt.iter_rows(named=True)}
    for (region, stack, _), row in rows.items():
        before = [rows[region, stack, name] for name in row["predecessors"].split("; ") if name]
        for point in ("p10", "p50", "p90"):
            latest = max((p[f"finish_months_{point}"] for p in before if p["scope"] != "full"), default=0.0)
            assert row[f"start_months_{point}"] >= latest - 1e-9 or row["activity"] == "commissioning"
            assert row[f"start_months_{point}"] <= row[f"finish_months_{point}"] + 1e-9
        if len(before) == 1:
            assert row["start_months_p50"] == before[0]["finish_months_p50"]
        assert row["complete_months_p50"] >= row["finish_months_p50"] - 1e-9


@pytest.mark.parametrize("stack", list(stacks(Settings())))
def test_the_usual_chain_hangs_together_from_start_to_end(result, stack):
    chain = result.gantt.filter(
        (pl.col("region_id") == PLACES[0]) & (pl.col("stack_id") == stack) & pl.col("is_critical")
    )
    names = chain.sort("activity_order")["activity"].to_list()
    before = {activity.activity: activity.predecessors for activity in read_network(stack).activities}
    assert not before[names[0]]
    assert names[-1] == "commissioning"
    assert all(earlier in before[later] for earlier, later in pairwise(names))


def test_modules_follow_one_another_from_first_to_full(result):
    curve = validate(result.energisation, "mart.energisation")
    assert (curve.group_by("region_id", "stack_id").len()["len"] == 20).all()
    for name in ("p10", "p50", "p90"):
        steps = curve.with_columns(
            pl.col(f"energised_months_{name}").diff().over("region_id", "stack_id").fill_null(0.0).alias("step")
        )
        assert steps["step"].min() >= -1e-12
        ends = (
            curve.group_by("region_id", "stack_id", maintain_order=True)
            .agg(
                pl.col(f"energised_months_{name}").first().alias("first"),
                pl.col(f"energised_months_{name}").last().alias("last"),
            )
            .join(result.time_to_power, on=["region_id", "stack_id"], maintain_order="left")
        )
        assert (ends["first"] == ends[f"first_mw_months_{name}"]).all()
        assert (ends["last"] == ends[f"full_mw_months_{name}"]).all()


def test_the_curve_is_the_expected_share_turned_round(result):
    """The median month of module k is where the chance that k modules run passes one half: shares and curve agree."""
    share = result.online_share[0]
    curve = result.energisation.filter(
        (pl.col("region_id") == result.time_to_power["region_id"][0])
        & (pl.col("stack_id") == result.time_to_power["stack_id"][0])
    )
    middle = curve["energised_months_p50"].to_numpy()
    half = np.interp(0.5, share, np.arange(1, len(share) + 1))
    assert middle[0] - 1.5 <= half <= middle[-1] + 1.5


@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_quantiles_are_those_of_numpy(n, seed):
    rows = np.random.default_rng(seed).gamma(2.0, 3.0, (3, n))
    assert np.array_equal(quantiles(rows), np.quantile(rows, [0.1, 0.5, 0.9], axis=1))
