"""Months to power of regions and stacks: order, monotonicity, what depends on what."""

from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.errors import InputError
from pipelines.settings import Settings
from pipelines.timeline.durations import read_choices
from pipelines.timeline.time_to_power import TimelineResult, time_to_power
from pipelines.timeline.variants import permit_class

SEED = 11


@pytest.fixture(scope="session")
def run(tables, regions, designs, fast):
    """Return a function that draws chosen stacks in chosen regions, with overrides."""

    def call(
        region_ids=None, stacks=None, *, using: Settings = fast, lead_times=None, change=None, samples=None
    ) -> TimelineResult:
        here = regions if region_ids is None else regions.filter(pl.col("region_id").is_in(region_ids))
        chosen = designs if stacks is None else designs.filter(pl.col("stack_id").is_in(stacks))
        if change:
            chosen = chosen.with_columns(**{name: pl.lit(value) for name, value in change.items()})
        return time_to_power(
            here,
            here.select("region_id").join(chosen, how="cross", maintain_order="left_right"),
            tables["equipment_lead_times"] if lead_times is None else lead_times,
            tables["policy"],
            tables["queue_statistics"],
            using,
            SEED,
        )

    return call


@pytest.fixture(scope="module")
def everywhere(run) -> TimelineResult:
    return run()


@pytest.fixture(scope="module")
def new_orders(run, fast) -> TimelineResult:
    places = ["abilene_tx", "columbus_oh", "phoenix_az"]
    return run(places, using=fast.model_copy(update={"posture": "new_order"}))


def p50(result: TimelineResult) -> dict[tuple[str, str], float]:
    return {
        (row["region_id"], row["stack_id"]): row["first_mw_months_p50"]
        for row in result.time_to_power.iter_rows(named=True)
    }


def test_contracts_and_identities(everywhere, fast, regions):
    frame = everywhere.time_to_power
    validate(frame, "mart.time_to_power")
    validate(everywhere.critical_path, "mart.critical_path")
    assert len(frame) == len(regions) * 8
    for name in ("first_mw", "full_mw"):
        quantiles = frame.select(f"{name}_months_p10", f"{name}_months_p50", f"{name}_months_p90").to_numpy()
        assert (np.diff(quantiles, axis=1) >= 0).all()
    assert (frame["full_mw_months_p50"] >= frame["first_mw_months_p50"]).all()
    assert (frame["plant_complete_months_p50"] >= frame["full_mw_months_p50"] - 1e-9).all()
    sums = everywhere.critical_path.group_by("region_id", "stack_id").agg(pl.col("criticality_frac").sum())
    np.testing.assert_allclose(sums["criticality_frac"], 1.0)
    online = everywhere.online_share
    assert online.shape == (len(frame), fast.horizon_months)
    assert (np.diff(online, axis=1) >= -1e-12).all()
    assert (online[:, -1] <= frame["completion_probability"].to_numpy() + 1e-12).all()
    np.testing.assert_allclose(frame["usable_mw_months_60"], online[:, :60].sum(axis=1) * fast.site_it_mw)


def test_plant_idles_from_when_it_is_set_until_it_runs(everywhere):
    set_last = ["firm_installation", "standby_installation", "bess_installation"]
    ends = everywhere.critical_path.filter(
        pl.col("stack_id").is_in(["gas_recip", "grid"]) & pl.col("activity").is_in([*set_last, "commissioning"])
    )
    key = ["region_id", "stack_id"]
    waits = (
        ends.sort(*key, "activity_order")
        .group_by(key, maintain_order=True)
        .agg(
            (pl.col("finish_mean_months").last() - pl.col("finish_mean_months").slice(0, pl.len() - 1).max()).alias(
                "wait"
            )
        )
    )
    both = waits.join(everywhere.time_to_power, on=key)
    assert both["idle_months_mean"].to_numpy() == pytest.approx(both["wait"].to_numpy())
    # Standby sets wait for the connection, engines for their own tests.
    mean = dict(both.group_by("stack_id").agg(pl.col("idle_months_mean").mean()).iter_rows())
    assert mean["grid"] > 3.0 * mean["gas_recip"] > 0.0


def test_gas_stacks_order_as_the_facts_order_them(everywhere, run):
    """Fuel cells and small engines before small turbines, these before the heavy frame, the reactor last in full."""
    medians = everywhere.time_to_power.group_by("stack_id").agg(
        pl.col("first_mw_months_p50").median().alias("first"), pl.col("full_mw_months_p50").median().alias("full")
    )
    first = dict(medians.select("stack_id", "first").iter_rows())
    full = dict(medians.select("stack_id", "full").iter_rows())
    frame = run(["abilene_tx"], ["gas_turbine"], change={"firm_unit_mw": 380.0, "firm_units": 2})
    heavy = frame.time_to_power["first_mw_months_p50"][0]
    assert first["fuel_cell"] < first["gas_recip"] < first["gas_turbine"] < heavy
    assert full["fuel_cell"] < full["gas_recip"] < full["gas_turbine"] < full["smr_hybrid"]
    assert first["flexible_grid_bess"] < first["grid"]


def test_the_critical_activity_of_new_orders_is_the_cited_bottleneck(new_orders):
    critical = new_orders.time_to_power.group_by("stack_id").agg(pl.col("critical_activity").unique())
    named = {stack: set(activities) for stack, activities in critical.iter_rows()}
    assert named["gas_turbine"] == {"firm_delivery"}
    assert named["grid"] == {"grid_connection"}
    assert named["fuel_cell"] <= {"unit_transformers", "mv_switchgear"}
    assert named["gas_recip"] <= {"unit_transformers", "mv_switchgear", "firm_delivery"}


def test_nothing_is_sooner_than_the_fastest_published_project(everywhere, new_orders):
    """No on-site plant from a new order is quoted below the 52 weeks of its medium-voltage switchgear."""
    assert new_orders.time_to_power["first_mw_months_p10"].min() > 12.0
    grid = everywhere.time_to_power.filter(pl.col("stack_id") == "grid")
    assert grid["first_mw_months_p50"].min() > 687 / 30.4375


def test_load_side_waits_follow_the_region(everywhere, regions):
    grid = everywhere.time_to_power.filter(pl.col("stack_id") == "grid").join(regions, on="region_id")
    by_iso = grid.group_by("iso").agg(pl.col("first_mw_months_p50").median()).sort("first_mw_months_p50")
    assert by_iso["iso"][0] == "ERCOT" and by_iso["iso"][-1] == "SPP"
    pjm = grid.filter(pl.col("iso") == "PJM")
    virginia = pl.col("state") == "VA"
    assert pjm.filter(virginia)["first_mw_months_p50"].min() > pjm.filter(~virginia)["first_mw_months_p50"].max()
    pair = everywhere.time_to_power.pivot("stack_id", index="region_id", values="first_mw_months_p50")
    assert (pair["flexible_grid_bess"] < pair["grid"]).all()


def test_completion_scales_the_share_and_not_the_months(run):
    sure = run(["abilene_tx"], ["grid"], using=Settings(timeline_samples=2000, grid_completion_probability=1.0))
    half = run(["abilene_tx"], ["grid"], using=Settings(timeline_samples=2000, grid_completion_probability=0.5))
    np.testing.assert_allclose(half.online_share, sure.online_share / 2)
    assert p50(half) == p50(sure)
    assert half.time_to_power["p_first_mw_60_months"][0] == sure.time_to_power["p_first_mw_60_months"][0] / 2


def test_projects_given_up_follow_a_constant_hazard(run):
    """With no hazard all is built; with one, the share is the mean of exp(-h T) over what has come online by then."""
    base = Settings(timeline_samples=2000, cancellation_hazard_per_year=0.0)
    none, some = (
        run(["abilene_tx"], ["gas_recip"], using=using)
        for using in (base, base.model_copy(update={"cancellation_hazard_per_year": 0.2}))
    )
    assert none.online_share[0, -1] == pytest.approx(1.0)
    assert p50(some) == p50(none)
    steps = np.diff(none.online_share[0], prepend=0.0)
    expected = (steps * np.exp(-0.2 * np.arange(1, 121) / 12)).sum()
    assert some.online_share[0, -1] == pytest.approx(expected)
    assert expected < np.exp(-0.2 * none.time_to_power["first_mw_months_p10"][0] / 12)
    first = none.draws.first_mw_months[0]
    chance = some.time_to_power["p_first_mw_60_months"][0]
    assert chance == pytest.approx(np.mean(np.exp(-0.2 * first / 12) * (first <= 60)), abs=0.01)
    assert (some.draws.online_years < none.draws.online_years).all()


def test_same_inputs_same_result(run, everywhere):
    again = run()
    assert again.time_to_power.equals(everywhere.time_to_power)
    assert again.critical_path.equals(everywhere.critical_path)


def test_a_region_does_not_depend_on_its_company(run, everywhere):
    alone = run(["new_albany_oh"])
    together = everywhere.time_to_power.filter(pl.col("region_id") == "new_albany_oh")
    assert alone.time_to_power.equals(together)


def test_a_lead_time_moves_only_what_waits_for_it(run, tables):
    turbines = pl.col("equipment_class") == "gas_turbine_small_industrial"
    slower = tables["equipment_lead_times"].with_columns(
        (pl.col(name) + pl.when(turbines).then(6.0).otherwise(0.0)).alias(name)
        for name in ("low_months", "high_months")
    )
    before, after = p50(run(["abilene_tx"])), p50(run(["abilene_tx"], lead_times=slower))
    assert {key[1] for key in before if before[key] != after[key]} == {"gas_turbine"}
    assert after["abilene_tx", "gas_turbine"] > before["abilene_tx", "gas_turbine"] + 4


_USED = read_choices().filter((pl.col("table") == "equipment_lead_times") & (pl.col("weight") > 0))


@given(
    st.integers(0, len(_USED) - 1),
    st.sampled_from([("low_months", "mid_months", "high_months"), ("high_months",)]),
    st.floats(0.01, 24.0),
)
@settings(max_examples=25, deadline=None)
def test_p50_never_falls_when_a_lead_time_rises(run, tables, index, columns, months):
    row = _USED.row(index, named=True)
    match = (
        (pl.col("equipment_class") == row["row_key_1"])
        & (pl.col("scope") == row["row_key_2"])
        & (pl.col("as_of") == row["row_key_3"])
    )
    slower = tables["equipment_lead_times"].with_columns(
        pl.when(match).then(pl.col(name) + months).otherwise(pl.col(name)).alias(name) for name in columns
    )
    small = Settings(timeline_samples=400)
    places = ["abilene_tx", "new_albany_oh"]
    before = run(places, using=small).time_to_power
    after = run(places, using=small, lead_times=slower).time_to_power
    for name in ("first_mw_months_p50", "full_mw_months_p50", "first_mw_months_p90"):
        assert (after[name] >= before[name] - 1e-12).all()


def test_hybrids_wait_for_the_sun_or_the_reactor_where_the_engines_run_out(run, fast):
    # With slots held the electrical plant of the later modules does not hide the sun.
    held = fast.model_copy(update={"posture": "framework"})
    enough = run(["abilene_tx"], ["solar_bess_gas"], using=held, change={"firm_units": 12}).time_to_power
    few = run(["abilene_tx"], ["solar_bess_gas"], using=held, change={"firm_units": 5, "solar_mw": 200.0}).time_to_power
    assert few["first_mw_months_p50"][0] == enough["first_mw_months_p50"][0]
    assert few["full_mw_months_p50"][0] > enough["full_mw_months_p50"][0] + 1
    reactor = run(["abilene_tx"], ["smr_hybrid"]).time_to_power
    assert reactor["full_mw_months_p50"][0] > 80 > reactor["first_mw_months_p50"][0]


def test_texas_studies_large_loads(run):
    campus = Settings(timeline_samples=500, site_it_mw=100.0, module_mw=10.0)
    places = ["abilene_tx", "new_albany_oh"]
    path = run(places, ["grid"], using=campus).critical_path.filter(pl.col("activity") == "large_load_study")
    months = dict(path.select("region_id", "duration_p50_months").iter_rows())
    assert months["abilene_tx"] == pytest.approx(58 * 7 / 30.4375)
    assert months["new_albany_oh"] == 0
    small = run(places, ["grid"]).critical_path.filter(
        pl.col("activity").is_in(["large_load_study", "power_transformer"])
    )
    assert (small["duration_p50_months"] == 0).all()


def test_permits_by_technology_state_and_size(run):
    path = run(["abilene_tx", "new_albany_oh"], ["gas_recip"]).critical_path.filter(pl.col("activity") == "air_permit")
    assert dict(path.select("region_id", "duration_id").iter_rows()) == {
        "abilene_tx": "air_permit_texas",
        "new_albany_oh": "air_permit_minor",
    }
    using = Settings()
    assert permit_class("gas_turbine_small_industrial", 24.0, 250.0, using) == "minor"
    assert permit_class("gas_turbine_small_industrial", 120.0, 250.0, using) == "major"
    assert permit_class("recip_genset", 50.0, 250.0, using) == "minor"
    assert permit_class("recip_genset", 120.0, 250.0, using) == "major"
    assert permit_class("fuel_cell", 500.0, 250.0, using) == "none"
    assert permit_class("diesel_standby_genset", 500.0, 250.0, using) == "minor"


def test_months_saved_name_what_to_buy_first(everywhere):
    path = everywhere.critical_path.filter(pl.col("region_id") == "abilene_tx")
    turbine = path.filter(pl.col("stack_id") == "gas_turbine").sort("months_saved_if_free", descending=True)
    assert turbine["activity"][0] == "firm_delivery"
    assert (path.filter(pl.col("on_critical_path_frac") == 0)["months_saved_if_free"] == 0).all()
    assert path["months_saved_if_free"].min() >= 0
    shares = path.filter(pl.col("activity") == "commissioning")["on_critical_path_frac"]
    np.testing.assert_allclose(shares, 1.0)
    assert (path["source"] != "").all()


def test_an_unknown_region_is_named(tables, regions, designs, fast):
    chosen = designs.with_columns(pl.lit("atlantis").alias("region_id"))
    with pytest.raises(InputError, match="atlantis"):
        time_to_power(
            regions, chosen, tables["equipment_lead_times"], tables["policy"], tables["queue_statistics"], fast, SEED
        )


@pytest.mark.campaign
def test_all_markets_with_ten_thousand_samples_take_less_than_ten_seconds(run, tables, regions, designs):
    run(["abilene_tx"])
    # Sizes that differ by region, so that no two rows share a network.
    chosen = (
        regions.select("region_id")
        .with_row_index("n")
        .join(designs, how="cross", maintain_order="left_right")
        .with_columns(
            pl.col(name) * (1 + pl.col("n") / 1000) for name in ("firm_unit_mw", "solar_mw", "bess_mwh", "reserve_mwh")
        )
    )
    wall, core = time.perf_counter(), time.process_time()
    result = time_to_power(
        regions,
        chosen,
        tables["equipment_lead_times"],
        tables["policy"],
        tables["queue_statistics"],
        Settings(timeline_samples=10_000),
        SEED,
    )
    wall, core = time.perf_counter() - wall, time.process_time() - core
    print(f"{len(result.time_to_power)} rows x 10,000 samples: {wall:.1f} s, {core:.1f} core-seconds")
    # Core-seconds do not depend on what else the machine does; two cores share them.
    assert core / 2 < 10
