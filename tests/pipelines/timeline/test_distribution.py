"""Durations as quantile functions: what they promise for every figure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from pipelines.errors import InputError
from pipelines.timeline.distribution import Z90, lognormal_points, pool, quantile, scores, three_points

MONTHS = st.floats(0.1, 120)
FIGURE = st.tuples(MONTHS, MONTHS, MONTHS).map(lambda values: tuple(sorted(values)))


def test_published_figures_become_three_points():
    complete = {"single_spread": 0.25, "place": "a row"}
    assert three_points(12, None, 18, **complete) == (12, 15, 18)
    assert three_points(None, 8, None, **complete) == (6, 8, 10)
    assert three_points(60, None, None, **complete) == (60, 75, 90)
    assert three_points(None, None, 48, **complete) == (24, 36, 48)
    assert three_points(4, None, 4, **complete) == (4, 4, 4)


@pytest.mark.parametrize("figure", [(None, None, None), (5, 4, None), (-1, 2, 3)])
def test_figures_that_make_no_sense_are_named(figure):
    with pytest.raises(InputError, match="the row"):
        three_points(*figure, single_spread=0.25, place="the row")


def test_lognormal_keeps_median_and_mean():
    low, mid, high = lognormal_points(687.0, 825.0)
    sigma = np.log(high / mid) / Z90
    draws = mid * np.exp(sigma * ndtri((np.arange(200_000) + 0.5) / 200_000))
    assert np.median(draws) == pytest.approx(687, rel=1e-4)
    assert draws.mean() == pytest.approx(825, rel=1e-3)
    assert low * high == pytest.approx(mid**2)
    with pytest.raises(InputError, match="does not exceed"):
        lognormal_points(800, 700)


@given(FIGURE)
def test_quantile_hits_the_three_points_and_never_falls(figure):
    z = np.array([-4, -Z90, -0.5, 0, 0.5, Z90, 4])
    values = quantile(z, *figure, tail=0.15)
    assert values[[1, 3, 5]] == pytest.approx(figure)
    assert (np.diff(values) >= 0).all()
    assert values[0] > 0


@given(st.lists(FIGURE, min_size=2, max_size=4), st.data())
@settings(max_examples=40, deadline=None)
def test_pool_lies_within_its_sources_and_rises_with_each(figures, data):
    weights = data.draw(
        st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=len(figures), max_size=len(figures)), label="weights"
    )
    pooled = pool(figures, weights, tail=0.15)
    assert list(pooled) == sorted(pooled)
    for figure, place in zip(pooled, range(3), strict=True):
        ends = [source[place] for source in figures]
        assert min(ends) * 0.98 <= figure <= max(ends) * 1.02
    raised = [(low, mid, high + 3) if i == 0 else (low, mid, high) for i, (low, mid, high) in enumerate(figures)]
    assert all(after >= before for before, after in zip(pooled, pool(raised, weights, tail=0.15), strict=True))


def test_pool_of_sources_that_disagree_is_wide():
    low, mid, high = pool([(10, 11, 12), (30, 33, 36)], [1, 1], tail=0.15)
    assert low < 12 and high > 30 and 11 < mid < 33


def test_scores_depend_on_name_and_seed_alone():
    both = scores(["a", "b"], 5000, 1, 0.3)
    np.testing.assert_array_equal(both[1], scores(["b"], 5000, 1, 0.3)[0])
    assert not np.array_equal(both[1], scores(["b"], 5000, 2, 0.3)[0])
    np.testing.assert_allclose([both.mean(), both.std()], [0, 1], atol=0.03)
    assert np.corrcoef(both)[0, 1] == pytest.approx(0.3, abs=0.05)
    assert np.corrcoef(scores(["a", "b"], 5000, 1, 0.0))[0, 1] == pytest.approx(0.0, abs=0.05)
