"""People within reach of sites: the choice against all choices, and counts against a published figure."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import UsageError
from pipelines.portfolio.coverage import covering, people_reached

MANHATTAN = pl.DataFrame({"latitude": [40.78], "longitude": [-73.97]})


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), places=st.integers(2, 7), count=st.integers(1, 3))
def test_no_other_choice_reaches_more(seed: int, places: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    count = min(count, places)
    within, people = rng.random((places, 12)) < 0.3, rng.integers(1, 1000, 12).astype(float)
    within[0, 0] = True
    names = {"state": [str(place % 2) for place in range(places)]}
    chosen = covering(within, people, rng.random(places), count, names, max_per_domain=2)
    assert len(chosen) == count

    def total(some) -> float:
        return float(people[within[list(some)].any(axis=0)].sum())

    def keeps(some) -> bool:
        return max(sum(place % 2 == side for place in some) for side in (0, 1)) <= 2

    best = max(total(some) for some in combinations(range(places), count) if keeps(some))
    assert total(chosen) >= best - 2e-4 * people.sum()


def test_of_choices_that_reach_as_many_the_more_valuable_is_taken() -> None:
    within = np.array([[True, False], [True, False], [False, True]])
    chosen = covering(within, np.array([5.0, 5.0]), np.array([1.0, 3.0, 2.0]), 2, {}, max_per_domain=9)
    assert chosen.tolist() == [1, 2]


def test_the_limit_on_domains_is_loosened_where_it_leaves_no_choice() -> None:
    within = np.eye(3, dtype=np.bool_)
    chosen = covering(within, np.ones(3), np.ones(3), 3, {"state": ["TX"] * 3}, max_per_domain=1)
    assert len(chosen) == 3


def test_more_sites_than_regions_are_refused() -> None:
    with pytest.raises(UsageError, match="fewer nodes"):
        covering(np.eye(2, dtype=np.bool_), np.ones(2), np.ones(2), 3, {}, max_per_domain=1)


def test_people_around_new_york_are_those_of_the_census() -> None:
    # The metropolitan area, most of which lies within 100 km, had 19.5 million people in 2023 (Census Bureau).
    assert people_reached(MANHATTAN, 100.0) == pytest.approx(19.5e6, rel=0.2)
    assert people_reached(MANHATTAN, 100.0) < people_reached(MANHATTAN, 250.0) < people_reached(MANHATTAN, 500.0)
    assert people_reached(pl.concat([MANHATTAN, MANHATTAN]), 100.0) == people_reached(MANHATTAN, 100.0)
