"""The score: anchors are hit exactly, and nothing better ever scores lower."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.ranking.score import add_scores, score_anchors


def site(months: float, lcoe: float, availability: float, co2: float) -> dict[str, float]:
    return {
        "first_mw_months_p50": months,
        "lcoe_usd_per_mwh": lcoe,
        "availability_frac": availability,
        "co2_kg_per_mwh": co2,
    }


def test_anchors_keep_their_contract_and_weigh_one() -> None:
    anchors = validate(score_anchors(), "mart.score_anchors")
    assert anchors["weight"].sum() == pytest.approx(1.0)


def test_anchors_score_0_and_100() -> None:
    anchors = {row["component"]: row for row in score_anchors().to_dicts()}
    ends = []
    for end in ("anchor_low", "anchor_high"):
        nines = anchors["reliability"][end]
        ends.append(site(anchors["speed"][end], anchors["cost"][end], 1.0 - 10.0**-nines, anchors["carbon"][end]))
    scored = add_scores(pl.DataFrame(ends))
    assert scored["score"].to_list() == pytest.approx([0.0, 100.0])


def test_a_full_year_of_service_scores_at_most_100() -> None:
    scored = add_scores(pl.DataFrame([site(1.0, 10.0, 1.0, 0.0)]))
    assert scored["score"].item() == pytest.approx(100.0)


figures = st.tuples(st.floats(0.0, 120.0), st.floats(20.0, 400.0), st.floats(0.0, 1.0), st.floats(0.0, 1200.0))
gains = st.tuples(st.floats(0.0, 50.0), st.floats(0.0, 100.0), st.floats(0.0, 0.5), st.floats(0.0, 500.0))


@given(figures=figures, gains=gains)
def test_better_in_every_part_never_scores_lower(figures, gains) -> None:
    months, lcoe, availability, co2 = figures
    worse = site(months + gains[0], lcoe + gains[1], max(availability - gains[2], 0.0), co2 + gains[3])
    scored = add_scores(pl.DataFrame([site(*figures), worse]))
    for name in ("speed_score", "cost_score", "reliability_score", "carbon_score", "score"):
        better, other = scored[name]
        assert better >= other - 1e-9
        assert 0.0 <= other <= 100.0


def test_weights_are_relative() -> None:
    anchors = score_anchors()
    doubled = anchors.with_columns(pl.col("weight") * 2.0)
    frame = pl.DataFrame([site(30.0, 100.0, 0.999, 400.0)])
    assert add_scores(frame, doubled)["score"].item() == pytest.approx(add_scores(frame, anchors)["score"].item())
