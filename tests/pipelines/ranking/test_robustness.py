"""Ranks over draws: bookkeeping against plain loops, and what must and must not move a place."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from pipelines.contracts.economics import SCORE_COMPONENTS
from pipelines.ranking.model import at_load
from pipelines.ranking.robustness import InputDraws, quantile_around, rank_draws, weighted_score
from pipelines.ranking.score import add_scores, score_anchors, utility
from pipelines.ranking.uncertainty import Uncertain


def item(effect: str, low: float, base: float, high: float, target: str = "all") -> Uncertain:
    return Uncertain(f"{effect}_{target}", effect, target, "ratio", "meaning", "reason", low, base, high, True)


@given(seed=st.integers(0, 10_000), rows=st.integers(1, 12), draws=st.integers(1, 6))
def test_ranks_of_every_draw_are_those_of_sorting_it(seed, rows, draws) -> None:
    rng = np.random.default_rng(seed)
    figures = rng.normal(size=(rows, draws))
    tier = rng.integers(0, 4, rows)
    found = rank_draws(figures, tier)
    for draw in range(draws):
        key = figures[:, draw] - 1e6 * tier
        assert found[:, draw].tolist() == rankdata(-key, method="ordinal").tolist()


def test_equal_figures_keep_the_order_of_the_rows() -> None:
    assert rank_draws(np.zeros((3, 1)), np.zeros(3, dtype=np.int64)).ravel().tolist() == [1, 2, 3]


@given(low=st.floats(-5, 0), high=st.floats(0, 5))
def test_draws_pass_through_the_range_at_its_quantiles(low, high) -> None:
    z = np.array([-1.2815515655446004, 0.0, 1.2815515655446004])
    assert quantile_around(z, 1.0 + low, 1.0, 1.0 + high, tail=0.0) == pytest.approx([1.0 + low, 1.0, 1.0 + high])


def test_an_instance_has_its_own_draws_and_the_same_ones_in_any_company() -> None:
    inputs = InputDraws([item("location", 0.9, 1.0, 1.1, "state")], 500, 0.15, {})
    alone = inputs.by_instance("location", np.array(["TX"]))
    many = inputs.by_instance("location", np.array(["NM", "TX", "TX"]))
    assert (many[1] == alone[0]).all()
    assert (many[1] == many[2]).all()
    assert abs(np.corrcoef(many[0], many[1])[0, 1]) < 0.2
    assert np.quantile(alone[0], [0.1, 0.5, 0.9]) == pytest.approx([0.9, 1.0, 1.1], abs=0.02)


def test_a_hub_keeps_to_its_own_range() -> None:
    inputs = InputDraws([item("gas_basis", -0.75, 0.0, 0.75, "hub")], 2000, 0.0, {"gas_basis": {"waha": (0.0, 1.6)}})
    drawn = inputs.by_instance("gas_basis", np.array(["waha", "TX"]))
    assert drawn[0].min() >= 0.0
    assert np.quantile(drawn[0], 0.9) == pytest.approx(1.6, abs=0.1)
    assert np.quantile(drawn[1], [0.1, 0.9]) == pytest.approx([-0.75, 0.75], abs=0.08)


def test_policy_is_not_drawn() -> None:
    assert InputDraws([item("carbon", 0.0, 0.0, 100.0)], 10, 0.0, {}).of("carbon") is None


@given(months=st.floats(0.0, 200.0), through=st.floats(0.0, 1.0))
def test_a_drawn_score_at_the_published_weights_is_the_published_score(months, through) -> None:
    frame = pl.DataFrame(
        {
            "first_mw_months_p50": [months, months],
            "lcoe_usd_per_mwh": [100.0, 100.0],
            "availability_frac": [0.9995, 0.9995],
            "worst_years_served_frac": [0.997, None],
            "rides_through_24h_frac": [through, None],
            "co2_kg_per_mwh": [300.0, 300.0],
        }
    )
    scored, anchors = add_scores(frame), score_anchors()
    for anchor in anchors.filter(pl.col("component") != "resilience").iter_rows(named=True):
        own = utility(frame[anchor["column_name"]].to_numpy(), anchor)
        assert own[0] == pytest.approx(scored[f"{anchor['component']}_score"][0])
    weights = [anchors.filter(component=name)["weight"].sum() for name in SCORE_COMPONENTS]
    columns = {name: frame[name].to_numpy()[:, None].astype(float) for name in anchors["column_name"]}
    drawn = weighted_score(columns, np.array(weights)[:, None])
    assert drawn[:, 0] == pytest.approx(scored["score"].to_numpy())


@given(lcoe=st.floats(20.0, 300.0), part=st.floats(0.0, 1.0), share=st.floats(0.5, 1.5))
def test_the_same_plant_costs_the_same_a_year_but_for_what_it_burns(lcoe: float, part: float, share: float) -> None:
    varying = part * lcoe
    moved = at_load(np.array([lcoe]), np.array([varying]), np.array([share]))[0]
    assert moved * share == pytest.approx(lcoe + varying * (share - 1.0))
    assert (moved >= lcoe - 1e-9) == (share <= 1.0) or moved == pytest.approx(lcoe)
