"""Swings and flips on a model small enough to check by putting the figures back in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ranking.model import SiteModel
from pipelines.ranking.sensitivity import neighbours, rank_flips, site_sensitivity
from pipelines.ranking.uncertainty import Uncertain
from pipelines.settings import Settings
from pipelines.timeline.draws import Draws

SETTINGS = Settings()
MONTHS = SETTINGS.horizon_months
EFFECTS = {
    "engines": ("capital", "recip_genset", "ratio", 0.8, 1.0, 1.3),
    "gas_price": ("gas", "outlook", "USD/MMBtu", 3.0, 4.0, 7.0),
    "power_price": ("power", "state", "ratio", 0.8, 1.0, 1.3),
    "revenue": ("revenue", "all", "USD/MW/year", 1.0e7, 1.1e7, 1.2e7),
    "carbon_price": ("carbon", "all", "USD/tonne", 0.0, 0.0, 100.0),
}


def uncertain() -> list[Uncertain]:
    return [
        Uncertain(name, effect, target, unit, "meaning", "reason", low, base, high, True)
        for name, (effect, target, unit, low, base, high) in EFFECTS.items()
    ]


def small_model(capital: list[float], gas: list[float], power: list[float], carbon: list[float]) -> SiteModel:
    n = len(capital)
    charges = np.array(capital)
    lcoe = charges + 3.0 * np.array(gas) + np.array(power) + 10.0
    years = np.linspace(4.0, 3.5, n)
    rows = pl.DataFrame(
        {
            "region_id": [f"r{place}" for place in range(n)],
            "stack_id": ["gas_recip"] * n,
            "state": ["TX"] * n,
            "gas_hub": ["waha"] * n,
            "gas_rule": [f"rule_{place}" for place in range(n)],
            "firm_technology": ["recip_genset"] * n,
            "lcoe_usd_per_mwh": lcoe,
            "first_mw_months_p50": [20.0] * n,
            "first_mw_months_p90": [26.0] * n,
        }
    )
    return SiteModel(
        rows=rows,
        capital={"recip_genset": charges},
        capital_at={},
        uncredited=np.zeros(n),
        gas_mmbtu=np.array(gas),
        gas_usd_per_mmbtu=np.full(n, 3.0),
        power=np.array(power),
        operation=np.full(n, 10.0),
        variable_operation=np.full(n, 6.0),
        carbon_kg=np.array(carbon),
        bus_mwh=np.full(n, 9_800.0),
        availability=np.full(n, 0.9995),
        restart_years=np.full(n, 1e-4),
        online_years=years,
        completion=np.ones(n),
        settings=SETTINGS,
    )


def test_operation_of_one_technology_is_moved_apart_from_that_of_all() -> None:
    two = small_model([40.0, 50.0], [8.0, 7.0], [0.0, 0.0], [400.0, 350.0])
    names = pl.Series("firm_technology", ["recip_genset", "fuel_cell"])
    two = replace(two, rows=two.rows.with_columns(names))
    assert two.operation_of("fuel_cell").tolist() == [0.0, 6.0]
    assert two.operation_of("all").tolist() == [10.0, 10.0]
    # Its variable part is drawn once, by its own range.
    assert two.operation_of("all", {"fuel_cell"}).tolist() == [10.0, 4.0]
    moved = two.lcoe_at("operation", "fuel_cell", np.full(2, 1.5)) - two.lcoe
    assert moved.tolist() == pytest.approx([0.0, 3.0])


def shares(model: SiteModel) -> np.ndarray:
    """Return monthly shares that are worth the model's years online, roughly."""
    start = np.array([18 + 4 * place for place in range(len(model.online_years))])
    return (np.arange(1, MONTHS + 1)[None, :] >= start[:, None]).astype(float)


figures = st.lists(st.floats(5.0, 60.0), min_size=2, max_size=2)


@settings(deadline=None)
@given(capital=figures, gas=st.lists(st.floats(0.0, 10.0), min_size=2, max_size=2), power=figures)
def test_at_a_flip_both_rows_are_worth_the_same(capital, gas, power) -> None:
    model = small_model(capital, gas, power, [450.0, 300.0])
    value = model.value_at(model.lcoe)
    order = np.argsort(-value, kind="stable")
    pairs = pl.DataFrame({"pair": ["regions"], "first": [int(order[0])], "second": [int(order[1])]})
    flips = rank_flips(model, pairs, shares(model), uncertain(), {}).filter(pl.col("assumption_id") != "delay")
    for row in flips.iter_rows(named=True):
        effect, target, *_ = EFFECTS[row["assumption_id"]]
        figure = np.full(2, row["flip"] - (EFFECTS["gas_price"][4] if effect == "gas" else 0.0))
        margin = model.margin(revenue=row["flip"]) if effect == "revenue" else None
        there = model.value_at(model.lcoe_at(effect, target, figure), margin=margin)
        assert there[0] == pytest.approx(there[1], abs=1e-6 * max(1.0, abs(value).max()))
        assert row["is_within_range"] == (row["ranges_away"] <= 1.0)


def test_a_delay_that_flips_costs_exactly_the_gap() -> None:
    model = small_model([20.0, 26.0], [8.0, 8.0], [0.0, 0.0], [450.0, 450.0])
    share = shares(model)
    pairs = pl.DataFrame({"pair": ["regions"], "first": [0], "second": [1]})
    row = rank_flips(model, pairs, share, [], {}).row(0, named=True)
    assert row["assumption_id"] == "delay"
    assert 0.0 < row["flip"] < 60.0
    from pipelines.economics.value import online_years_discounted

    whole = int(row["flip"])
    years = [
        online_years_discounted(np.concatenate([np.zeros((1, k)), share[:1, : MONTHS - k]], axis=1), SETTINGS)[0]
        for k in (0, whole, whole + 1)
    ]
    value = model.value_at(model.lcoe)
    left = np.interp(row["flip"] - whole, [0.0, 1.0], years[1:]) / years[0]
    assert value[0] * left == pytest.approx(value[1], rel=1e-9)


def test_swings_are_ordered_and_leave_out_what_does_not_move() -> None:
    model = small_model([20.0, 26.0], [8.0, 0.0], [0.0, 30.0], [450.0, 300.0])
    draws = Draws(np.array([0, 0]), np.array([[15.0, 20.0, 30.0]]), np.array([[4.5, 4.0, 3.0]]))
    found = site_sensitivity(model, draws, uncertain(), {})
    gas_site = found.filter(pl.col("region_id") == "r0")
    assert "power_price" not in gas_site["assumption_id"]
    assert "gas_price" not in found.filter(pl.col("region_id") == "r1")["assumption_id"]
    for _, rows in found.group_by("region_id"):
        assert rows.sort("importance")["swing_usd_per_mw"].is_sorted(descending=True)
        assert rows["importance"].sort().to_list() == list(range(1, rows.height + 1))
    engines = gas_site.filter(pl.col("assumption_id") == "engines").row(0, named=True)
    assert engines["lcoe_at_high_usd_per_mwh"] - engines["lcoe_at_low_usd_per_mwh"] == pytest.approx(20.0 * 0.5)


def test_gas_swings_by_the_range_of_the_hub_and_of_the_place() -> None:
    model = small_model([20.0, 26.0], [8.0, 8.0], [0.0, 0.0], [450.0, 450.0])
    draws = Draws(np.array([0, 0]), np.array([[15.0, 20.0, 30.0]]), np.array([[4.5, 4.0, 3.0]]))
    items = [
        Uncertain(f"gas_{name}", f"gas_{name}", target, "USD/MMBtu", "m", "r", -0.5, 0.0, 0.5, True)
        for name, target in (("basis", "hub"), ("adder", "gas_rule"))
    ]
    ranges = {"gas_basis": {"waha": (-1.0, 0.25)}, "gas_adder": {"rule_1": (-0.1, 0.3)}}
    found = site_sensitivity(model, draws, items, ranges)
    ends = {(row["assumption_id"], row["region_id"]): (row["low"], row["high"]) for row in found.iter_rows(named=True)}
    assert ends["gas_basis", "r0"] == ends["gas_basis", "r1"] == (-1.0, 0.25)
    # A place without a range of its own has the common one.
    assert (ends["gas_adder", "r0"], ends["gas_adder", "r1"]) == ((-0.5, 0.5), (-0.1, 0.3))
    moved = found.with_columns(
        (pl.col("lcoe_at_high_usd_per_mwh") - pl.col("lcoe_at_low_usd_per_mwh")).alias("rise"),
        (8.0 * (pl.col("high") - pl.col("low"))).alias("heat"),
    )
    assert moved["rise"].to_numpy() == pytest.approx(moved["heat"].to_numpy())


def test_neighbours_follow_each_other_and_meet_the_target() -> None:
    ranked = pl.DataFrame(
        {
            "region_id": ["a", "b", "a", "c", "d"],
            "stack_id": ["s", "s", "t", "s", "s"],
            "rank": [1, 2, 3, 4, 5],
            "region_rank": [1, 2, 1, 3, 4],
            "is_region_best": [True, True, False, True, True],
            "is_target_met": [True, True, True, True, False],
            "row": [0, 1, 2, 3, 4],
        }
    ).with_columns(is_eligible=True)
    blocked = ranked.with_columns(is_eligible=pl.col("region_id") != "c")
    assert neighbours(blocked).rows() == [("regions", 0, 1), ("stacks", 0, 2)]
    assert neighbours(ranked).rows() == [("regions", 0, 1), ("regions", 1, 3), ("stacks", 0, 2)]
