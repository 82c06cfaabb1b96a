"""The value of a fact: closed forms, what must be worth nothing, and draws of places that agree with their ranges."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.places.permit_months import mixed
from pipelines.ranking.fact_value import Options
from pipelines.ranking.place_draws import PlaceDraws, PlaceRanges
from pipelines.settings import Settings

_DRAWS = 1000
_ONE = np.array([0])


def options(*figures: np.ndarray) -> Options:
    return Options.of(np.array(figures), [np.arange(len(figures))])


@pytest.mark.parametrize("correlation", [0.3, 0.7, 1.0])
def test_a_normal_stake_has_the_closed_form(correlation: float) -> None:
    # B is worth N(0, s^2) and A nothing: knowing x with correlation r gains E[max(r s x, 0)] = r s / sqrt(2 pi).
    rng = np.random.default_rng(7)
    x, noise = rng.standard_normal((2, _DRAWS))
    stake = correlation * x + sqrt(1.0 - correlation**2) * noise
    stake -= stake.mean()
    gain, switches, other = options(np.zeros(_DRAWS), 1e6 * stake).gain(_ONE, x[None, :], is_class=False)
    assert gain[0] == pytest.approx(1e6 * correlation / sqrt(2.0 * pi), rel=0.15)
    assert switches[0] == pytest.approx(0.5, abs=0.1)
    assert other[0] == 1


def test_a_fact_of_two_classes_is_summed_by_class() -> None:
    is_major = np.arange(_DRAWS) % 4 == 0
    worth = np.where(is_major, -8.0, 2.0)
    gain, switches, _ = options(np.ones(_DRAWS) * 0.5, worth).gain(_ONE, is_major[None, :].astype(float), is_class=True)
    # Without knowing 0.5 against -0.5; with it 0.25 x 0.5 + 0.75 x 2.
    assert gain[0] == pytest.approx(0.25 * 0.5 + 0.75 * 2.0 - 0.5, rel=2e-3)
    assert switches[0] == pytest.approx(0.75)


def test_a_fact_that_moves_nothing_is_worth_next_to_nothing() -> None:
    rng = np.random.default_rng(3)
    found = options(*rng.standard_normal((4, _DRAWS)))
    gains = [found.gain(_ONE, rng.standard_normal((1, _DRAWS)), is_class=False)[0][0] for _ in range(20)]
    assert np.mean(gains) < 0.02


@given(seed=st.integers(0, 10_000), options_count=st.integers(1, 6), is_class=st.booleans())
def test_knowing_is_never_worth_less_than_nothing_nor_more_than_all(seed, options_count, is_class) -> None:
    rng = np.random.default_rng(seed)
    figures = rng.normal(size=(options_count, 200)) * rng.uniform(0.1, 5.0, (options_count, 1))
    fact = figures[rng.integers(options_count)] + rng.normal(size=200)
    classes = (fact > 0).astype(float)
    gain, switches, _ = options(*figures).gain(_ONE, (classes if is_class else fact)[None, :], is_class=is_class)
    perfect = figures.max(axis=0).mean() - figures.mean(axis=1).max()
    assert 0.0 <= gain[0] <= perfect + 1e-9
    assert 0.0 <= switches[0] <= 1.0


def _ranges(*, weight: float = 0.6, minor: float = 0.6) -> PlaceRanges:
    own, major = (2.5, 4.8, 9.2), (9.0, 13.0, 18.0)
    mixture = mixed([(own, minor), (major, 1.0 - minor)], Settings().duration_tail_per_sigma)
    return PlaceRanges(
        region=np.array(["a", "b"]),
        lateral_usd_per_mwh=np.array([2.0, 2.0]),
        length_km=np.array([[1.0, 3.0, 9.0], [3.0, 3.0, 3.0]]),
        length_weight=np.array([weight, 0.0]),
        minor_prob=np.array([minor, 1.0]),
        permit_months=np.array([[mixture, own, major], np.zeros((3, 3))]),
        major_usd_per_mwh=np.array([1.5, 1.5]),
    )


def test_a_place_that_is_known_moves_no_cost_and_one_that_is_not_moves_it_around_the_night() -> None:
    draws = PlaceDraws(_ranges(), _DRAWS, Settings())
    moved = draws.lcoe(np.array([0, 1]))
    assert (moved[1] == 0.0).all()
    assert moved[0].std() > 0.3
    assert np.corrcoef(draws.lengths(_ONE)[0], moved[0])[0, 1] > 0.5


def test_the_class_of_a_permit_keeps_its_probability_and_goes_with_its_months() -> None:
    draws = PlaceDraws(_ranges(minor=0.6), _DRAWS, Settings())
    is_major = draws.is_major(np.array([0, 1]))
    assert not is_major[1].any()
    assert is_major[0].mean() == pytest.approx(0.4, abs=0.08)
    assert draws._permit[is_major[0]].mean() > draws._permit[~is_major[0]].mean() + 1.0


def test_a_region_has_the_same_draws_in_any_company() -> None:
    draws = PlaceDraws(_ranges(), _DRAWS, Settings())
    assert (draws.lcoe(_ONE)[0] == draws.lcoe(np.array([1, 0]))[1]).all()
