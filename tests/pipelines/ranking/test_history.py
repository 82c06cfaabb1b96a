"""The ranking over the nights: carried whole, split exactly, named by what moved."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contracts.base import REGISTRY
from pipelines.contracts.history import RankingHistory
from pipelines.ranking.history import (
    CAUSES,
    NEW,
    OTHERS,
    UNMOVED,
    carried_history,
    compatible_history,
    night_before,
    rank_changes,
    run_changes,
)

FIRST = datetime(2026, 11, 22)


def night(number: int = 1, *, regions: int = 2, scope: str = "all", **figures: float | str) -> pl.DataFrame:
    """Return a night whose rows hang together: value follows from its factors."""
    rows = []
    for place in range(regions):
        own = {
            "years": 4.0 - place,
            "margin": 2.8e6,
            "bus": 9_800.0,
            "plant": 55.0,
            "gas_mmbtu": 8.5,
            "gas_price": 3.0,
            "grid_mwh": 0.1,
            "power_price": 70.0,
            "rest": 12.0,
            "available": 0.9995,
            "restart": 500.0,
            "design": "d1",
            **(figures if place == 0 else {}),
        }
        lcoe = own["plant"] + own["gas_mmbtu"] * own["gas_price"] + own["grid_mwh"] * own["power_price"] + own["rest"]
        power = lcoe * own["bus"]
        net = own["available"] * (own["margin"] - power) - own["restart"]
        rows.append(
            {
                "night_number": number,
                "as_of_utc": FIRST + timedelta(days=number - 1),
                "run_id": f"run-{number}",
                "scope": scope,
                "region_id": f"r{place}",
                "stack_id": "gas_recip",
                "design_id": own["design"],
                "region_rank": place + 1,
                "is_region_best": True,
                "is_target_met": True,
                "value_usd_per_mw": own["years"] * net,
                "online_years_discounted": own["years"],
                "net_usd_per_mw_year": net,
                "margin_usd_per_mw_year": own["margin"],
                "power_usd_per_mw_year": power,
                "restart_usd_per_mw_year": own["restart"],
                "bus_mwh_per_mw_year": own["bus"],
                "lcoe_usd_per_mwh": lcoe,
                "plant_usd_per_mwh": own["plant"],
                "gas_mmbtu_per_mwh": own["gas_mmbtu"],
                "gas_level_usd_per_mmbtu": own["gas_price"],
                "grid_mwh_per_mwh": own["grid_mwh"],
                "power_level_usd_per_mwh": own["power_price"],
                "availability_frac": own["available"],
                "first_mw_months_p50": 20.0,
                "co2_kg_per_mwh": 450.0,
                "weather_source": "synthetic",
            }
        )
    frame = pl.DataFrame(rows).sort("value_usd_per_mw", descending=True)
    columns = RankingHistory.column_names()
    return frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("rank")).select(columns)


def changed(*names: str) -> pl.DataFrame:
    rows = [("input", name, "a", "b") for name in names]
    return pl.DataFrame(rows, schema=dict.fromkeys(("kind", "name", "before", "after"), pl.String), orient="row")


@settings(deadline=None)
@given(
    years=st.floats(0.5, 5.0),
    margin=st.floats(1e6, 1e7),
    bus=st.floats(9_000.0, 11_000.0),
    plant=st.floats(30.0, 90.0),
    gas_mmbtu=st.floats(0.0, 12.0),
    gas_price=st.floats(1.0, 9.0),
    power_price=st.floats(30.0, 200.0),
    rest=st.floats(0.0, 40.0),
    available=st.floats(0.95, 1.0),
)
def test_the_parts_of_a_change_sum_to_it_whatever_moved(**figures) -> None:
    row = rank_changes(night(2, **figures), night(1), changed()).filter(pl.col("region_id") == "r0").row(0, named=True)
    parts = sum(row[f"{name}_usd_per_mw"] for name in CAUSES)
    scale = max(1.0, abs(row["value_usd_per_mw"]), abs(row["previous_value_usd_per_mw"]))
    assert parts == pytest.approx(row["value_change_usd_per_mw"], abs=1e-9 * scale)


@pytest.mark.parametrize(
    ("figures", "cause", "inputs", "named"),
    [
        ({"gas_price": 4.0}, "gas price", ("reference/gas_prices", "reference/policy"), "reference/gas_prices"),
        ({"years": 3.0}, "lead times", ("reference/equipment_lead_times",), "reference/equipment_lead_times"),
        ({"plant": 60.0}, "cost of plant", ("setting.debt_years",), "setting.debt_years"),
        ({"power_price": 90.0}, "grid energy price", ("reference/power_prices",), "reference/power_prices"),
        ({"available": 0.99}, "availability", ("reference/temperature_outage",), "reference/temperature_outage"),
        ({"gas_mmbtu": 9.5}, "dispatch and load", ("weather/abilene.csv",), "weather/abilene.csv"),
        ({"margin": 3e6}, "margin of compute", ("setting.revenue_usd_per_mw_year",), "setting.revenue_usd_per_mw_year"),
        ({"rest": 20.0}, "other costs", ("setting.carbon_price_usd_per_tonne",), "setting.carbon_price_usd_per_tonne"),
    ],
)
def test_what_moved_is_named_with_its_input(figures, cause, inputs, named) -> None:
    row = (
        rank_changes(night(2, **figures), night(1), changed(*inputs))
        .filter(pl.col("region_id") == "r0")
        .row(0, named=True)
    )
    assert row["moved_by"] == cause
    assert row["changed_inputs"] == named
    assert "->" in row["movement"]


def test_a_row_that_only_others_moved_says_so() -> None:
    before = night(1)
    after = night(2, years=2.0)
    row = rank_changes(after, before, changed()).filter(pl.col("region_id") == "r1").row(0, named=True)
    assert (row["previous_rank"], row["rank"]) == (2, 1)
    assert row["rank_change"] == -1
    assert row["moved_by"] == OTHERS
    still = rank_changes(night(2), night(1), changed())
    assert set(still["moved_by"]) == {UNMOVED}


def test_a_first_night_and_a_new_row_are_new() -> None:
    first = rank_changes(night(1), None, changed())
    assert set(first["moved_by"]) == {NEW}
    assert first["previous_rank"].null_count() == first.height
    grown = rank_changes(night(2, regions=3), night(1), changed())
    assert grown.filter(pl.col("region_id") == "r2")["moved_by"].item() == NEW


def test_history_keeps_whole_nights_and_always_tonight() -> None:
    history = night(1)
    for number in (2, 3, 4):
        history = carried_history(history, night(number), most_rows=6)
    assert history["night_number"].unique().sort().to_list() == [2, 3, 4]
    assert carried_history(history, night(5), most_rows=1)["night_number"].unique().to_list() == [5]
    assert carried_history(None, night(1), most_rows=1).height == 2


def test_nights_of_another_scope_are_kept_and_not_compared() -> None:
    history = pl.concat([night(1), night(2, scope="states NM")])
    tonight, regions = FIRST + timedelta(days=5), night()["region_id"]
    assert night_before(history, "all", "run-2", tonight, regions)["run_id"].unique().to_list() == ["run-1"]
    assert night_before(history, "states NM", "run-2", tonight, regions)["run_id"].unique().to_list() == ["run-2"]
    assert night_before(history, "states TX", None, tonight, regions) is None
    assert night_before(None, "all", None, tonight, regions) is None


def test_a_part_is_compared_with_its_own_regions_of_a_larger_night() -> None:
    before, part = night(1, regions=4), night(2, regions=4, scope="states NM").filter(pl.col("rank").is_in([2, 4]))
    tonight = part.with_columns(pl.int_range(1, 3, dtype=pl.Int64).alias("rank"))
    found = night_before(before, "states NM", "run-1", FIRST + timedelta(days=1), tonight["region_id"])
    assert found.select("region_id", "rank", "region_rank").rows() == [("r1", 1, 1), ("r3", 2, 2)]
    changes = rank_changes(tonight, found, changed())
    assert set(changes["moved_by"]) == {UNMOVED}
    assert changes["rank_change"].to_list() == [0, 0]
    # A night with regions that the release before does not have is compared with none.
    more = pl.concat([tonight["region_id"], pl.Series(["r9"])])
    assert night_before(before, "states NM", "run-1", FIRST + timedelta(days=1), more) is None


def test_an_older_form_of_the_history_is_not_carried_on() -> None:
    assert compatible_history(night(1).drop("gas_mmbtu_per_mwh")) is None
    assert compatible_history(night(1)).columns == REGISTRY["mart.ranking_history"].schema.column_names()


def test_changes_of_a_run_name_files_settings_and_code() -> None:
    assumptions = pl.DataFrame({"assumption_id": ["setting.a", "setting.b"], "value": ["1", "2"]})
    manifest = {"run_id": "run-1", "as_of": "2026-11-21", "code": "c", "inputs": {"reference/x": "1", "gone": "2"}}
    found = run_changes(
        {"reference/x": "9", "new": "3", "previous_release": "run-1"},
        assumptions,
        "d",
        manifest,
        assumptions.with_columns(pl.Series("value", ["1", "7"])),
        "2026-11-22",
    )
    rows = {(row["kind"], row["name"]): (row["before"], row["after"]) for row in found.iter_rows(named=True)}
    assert rows == {
        ("release", "run_id"): ("", "run-1"),
        ("input", "gone"): ("2", ""),
        ("input", "new"): ("", "3"),
        ("input", "reference/x"): ("1", "9"),
        ("code", "code"): ("c", "d"),
        ("as_of", "as_of"): ("2026-11-21", "2026-11-22"),
        ("assumption", "setting.b"): ("7", "2"),
    }
    assert run_changes({}, assumptions, "d", None, None, "2026-11-22").is_empty()
