"""The score: anchors are hit exactly, and nothing better ever scores lower."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.contracts.economics import SCORE_COMPONENTS, RankedSites
from pipelines.ranking.rank import riding_through
from pipelines.ranking.score import add_scores, score_anchors


def site(
    months: float, lcoe: float, availability: float, co2: float, worst: float | None = 0.99, through: float | None = 0.5
) -> dict[str, float | None]:
    return {
        "first_mw_months_p50": months,
        "lcoe_usd_per_mwh": lcoe,
        "availability_frac": availability,
        "co2_kg_per_mwh": co2,
        "worst_years_served_frac": worst,
        "rides_through_24h_frac": through,
    }


def test_anchors_keep_their_contract_weigh_one_and_name_published_columns() -> None:
    anchors = validate(score_anchors(), "mart.score_anchors")
    assert anchors["weight"].sum() == pytest.approx(1.0)
    assert set(anchors["column_name"]) <= set(RankedSites.column_names())
    assert set(anchors["component"]) == set(SCORE_COMPONENTS)


def test_anchors_score_0_and_100() -> None:
    ends = []
    for end in ("anchor_low", "anchor_high"):
        rows = score_anchors().iter_rows(named=True)
        ends.append(
            {row["column_name"]: 1.0 - 10.0 ** -row[end] if row["transform"] == "nines" else row[end] for row in rows}
        )
    scored = add_scores(pl.DataFrame(ends))
    assert scored["score"].to_list() == pytest.approx([0.0, 100.0])


def test_a_full_year_of_service_scores_at_most_100() -> None:
    scored = add_scores(pl.DataFrame([site(1.0, 10.0, 1.0, 0.0, 1.0, 1.0)]))
    assert scored["score"].item() == pytest.approx(100.0)


figures = st.tuples(
    st.floats(0.0, 120.0), st.floats(20.0, 400.0), st.floats(0.0, 1.0), st.floats(0.0, 1200.0),
    st.floats(0.0, 1.0), st.floats(0.0, 1.0),
)  # fmt: skip
gains = st.tuples(
    st.floats(0.0, 50.0), st.floats(0.0, 100.0), st.floats(0.0, 0.5), st.floats(0.0, 500.0),
    st.floats(0.0, 0.5), st.floats(0.0, 0.5),
)  # fmt: skip


@given(figures=figures, gains=gains)
def test_better_in_every_part_never_scores_lower(figures, gains) -> None:
    months, lcoe, availability, co2, worst, through = figures
    worse = site(
        months + gains[0], lcoe + gains[1], max(availability - gains[2], 0.0), co2 + gains[3],
        max(worst - gains[4], 0.0), max(through - gains[5], 0.0),
    )  # fmt: skip
    scored = add_scores(pl.DataFrame([site(*figures), worse]))
    for name in (*(f"{component}_score" for component in SCORE_COMPONENTS), "score"):
        better, other = scored[name]
        assert better >= other - 1e-9
        assert 0.0 <= other <= 100.0


def test_weights_are_relative() -> None:
    anchors = score_anchors()
    doubled = anchors.with_columns(pl.col("weight") * 2.0)
    frame = pl.DataFrame([site(30.0, 100.0, 0.999, 400.0)])
    assert add_scores(frame, doubled)["score"].item() == pytest.approx(add_scores(frame, anchors)["score"].item())


def test_resilience_is_half_the_worst_years_and_half_a_day_without_supply() -> None:
    scored = add_scores(pl.DataFrame([site(30.0, 100.0, 0.999, 400.0, 0.99, 0.2)]))
    # Two nines are a third of the way from one to four.
    assert scored["resilience_score"].item() == pytest.approx(0.5 * 100.0 / 3.0 + 0.5 * 20.0)


def test_a_row_that_is_not_sampled_is_scored_on_its_other_parts() -> None:
    scored = add_scores(pl.DataFrame([site(30.0, 100.0, 0.999, 400.0), site(30.0, 100.0, 0.999, 400.0, None, None)]))
    known, missing = scored.to_dicts()
    weights = dict(score_anchors().group_by("component").agg(pl.col("weight").sum()).iter_rows())
    others = [name for name in SCORE_COMPONENTS if name != "resilience"]
    mean = np.average([known[f"{name}_score"] for name in others], weights=[weights[name] for name in others])
    assert missing["resilience_score"] is None
    assert missing["score"] == pytest.approx(mean)


def test_a_site_that_nothing_supplies_from_outside_rides_through_always() -> None:
    adequacy = pl.DataFrame(
        {"survival_of": ["grid", "gas_supply", "nothing", None], "survives_24h_frac": [0.9, 0.0, None, None]},
        schema={"survival_of": pl.String, "survives_24h_frac": pl.Float64},
    )
    assert riding_through(adequacy)["rides_through_24h_frac"].to_list() == [0.9, 0.0, 1.0, None]
