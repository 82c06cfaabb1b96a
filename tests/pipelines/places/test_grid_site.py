"""Line of a grid connection by distance, and what the site of a closed plant saves."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.places.grid_site import BROWNFIELD, FACTS, brownfields, grid_columns, grid_sites
from pipelines.reference.load import load_reference
from pipelines.settings import REFERENCE_DIR, Settings
from pipelines.timeline.durations import durations
from pipelines.timeline.time_to_power import time_to_power

ON = Settings()
SOUGHT = Settings(is_brownfield_sought=True)


def county(substation: float | None = 2.0, closed: float | None = 100.0) -> pl.DataFrame:
    frame = pl.DataFrame([("here", substation, closed)], schema=["region_id", *FACTS], orient="row")
    return frame.with_columns(pl.lit("TX").alias("state"), pl.lit("ERCOT").alias("iso"))


def site(*args, settings: Settings = ON) -> dict:
    return grid_sites(county(*args), settings).row(0, named=True)


@given(st.floats(0.0, 200.0), st.floats(0.0, 200.0))
def test_a_longer_line_costs_no_less_and_one_that_is_included_nothing(a: float, b: float) -> None:
    near, far = sorted((a, b))
    assert site(near)["line_usd"] <= site(far)["line_usd"]
    assert (site(far)["line_usd"] == 0.0) == (far <= ON.grid_line_included_km)


def test_an_unknown_distance_costs_what_the_connection_costs() -> None:
    found = site(None, None)
    assert (found["grid_line_km"], found["line_usd"], found["has_brownfield"]) == (None, 0.0, False)


def test_a_closed_site_within_reach_is_taken_where_it_is_sought() -> None:
    assert site(30.0, 10.0)["has_brownfield"] and site(30.0, 10.0)["line_usd"] > 0.0
    found = site(30.0, 10.0, settings=SOUGHT)
    assert (found["line_usd"], found["connection_cost_frac"]) == (0.0, SOUGHT.brownfield_connection_cost_frac)
    assert site(30.0, 90.0, settings=SOUGHT)["connection_cost_frac"] == 1.0
    assert brownfields(county(30.0, 10.0), SOUGHT) == {"here"}
    assert brownfields(county(30.0, 10.0), ON) == frozenset()


def test_only_designs_on_the_grid_have_a_line() -> None:
    rows = pl.DataFrame({"region_id": ["here", "here"], "grid_mw": [20.0, 0.0]})
    assert grid_columns(rows, county(), ON)["grid_line_km"].to_list() == [2.0, None]


@pytest.mark.parametrize("stack", ["grid", "flexible_grid_bess"])
def test_the_wait_at_a_closed_site_is_its_share_of_the_wait_elsewhere(stack: str) -> None:
    tables = [load_reference(name, REFERENCE_DIR) for name in ("equipment_lead_times", "policy", "queue_statistics")]
    used = durations(*tables, SOUGHT)
    months = dict(used.select("duration_id", "mid").iter_rows())
    for name in ("grid_firm_ercot", "grid_flexible"):
        assert months[f"{name}{BROWNFIELD}"] == pytest.approx(SOUGHT.brownfield_wait_frac * months[name])
    chosen = pl.DataFrame(
        [("here", stack, "diesel_standby_genset", 11, 2.5, 0.0, 20.0, 0.0)],
        schema=[
            *("region_id", "stack_id", "firm_technology", "firm_units", "firm_unit_mw"),
            *("solar_mw", "bess_mwh", "reserve_mwh"),
        ],
        orient="row",
    )
    few = SOUGHT.model_copy(update={"timeline_samples": 500, "robustness_draws": 100})
    first = [
        time_to_power(county(2.0, closed), chosen, *tables, few, seed=1).time_to_power["first_mw_months_p50"][0]
        for closed in (10.0, 90.0)
    ]
    assert first[0] < first[1]
