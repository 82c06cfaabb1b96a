"""The Aalen-Johansen estimate against a hand computation, another library, and what must always hold."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.timeline.competing_risk import cumulative_incidence

TIMES = [3, 5, 5, 6, 8, 8, 8, 12, 15, 15, 20, 24]
CAUSES = [1, 2, 0, 1, 2, 1, 0, 2, 1, 0, 2, 0]
# scikit-survival 0.28.0, cumulative_incidence_competing_risks(var_type="Dinse_Approx", conf_type="log-log").
AT = [3, 5, 6, 8, 12, 15, 20, 24]
FIRST = [0.0833333333, 0.0833333333, 0.1759259259, 0.2685185185, 0.2685185185, 0.3796296296, 0.3796296296, 0.3796296296]
SECOND = [0.0, 0.0833333333, 0.0833333333, 0.1759259259, 0.2870370370, 0.2870370370, 0.4537037037, 0.4537037037]


def test_against_another_library():
    found = cumulative_incidence(TIMES, CAUSES)
    np.testing.assert_allclose(found.at(AT, 0), FIRST, atol=1e-10)
    np.testing.assert_allclose(found.at(AT, 1), SECOND, atol=1e-10)
    low, high = found.band(AT, 0)
    np.testing.assert_allclose(low[[0, 2, 5]], [0.00505284, 0.02750044, 0.11357659], atol=1e-8)
    np.testing.assert_allclose(high[[0, 2, 5]], [0.31107041, 0.43159167, 0.64969101], atol=1e-8)


def test_by_hand():
    """12 wait; by month 8: 1/12 + (10/12)(1/9) + (10/12)(8/9)(1/8), and 11/12 x 1/11 + (10/12)(8/9)(1/8)."""
    found = cumulative_incidence(TIMES, CAUSES)
    assert found.at_risk.tolist() == [12, 11, 9, 8, 5, 4, 2]
    assert found.at(8, 0) == pytest.approx(
        float(Fraction(1, 12) + Fraction(10, 12) * Fraction(1, 9) + Fraction(10, 12) * Fraction(8, 9) * Fraction(1, 8))
    )
    assert found.at(8, 1) == pytest.approx(float(Fraction(1, 12) + Fraction(10, 12) * Fraction(8, 9) * Fraction(1, 8)))
    assert found.months_to(0.3, 0) == 15.0
    assert found.months_to(0.5, 0) is None


def test_without_open_waits_it_is_the_share_counted():
    rng = np.random.default_rng(5)
    times, causes = rng.integers(1, 60, 300), rng.integers(1, 3, 300)
    found = cumulative_incidence(times, causes)
    for month in (1, 7, 30, 59):
        for cause in (0, 1):
            counted = np.mean((times <= month) & (causes == cause + 1))
            assert found.at(month, cause) == pytest.approx(counted)
            share = found.at([month], cause)[0]
            # Then the variance is that of a share, too.
            place = np.searchsorted(found.times, month, side="right") - 1
            assert found.variance[cause][place] == pytest.approx(share * (1 - share) / 300, rel=1e-9)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2)), min_size=1, max_size=60))
def test_shares_sum_to_one_rise_and_lie_in_their_bands(waits):
    times, causes = zip(*waits, strict=True)
    found = cumulative_incidence(times, causes)
    months = np.arange(0, 45)
    total = found.waiting_at(months) + found.at(months, 0) + found.at(months, 1)
    np.testing.assert_allclose(total, 1.0, atol=1e-12)
    for cause in (0, 1):
        share = found.at(months, cause)
        low, high = found.band(months, cause)
        assert (np.diff(share) >= -1e-15).all()
        assert ((low <= share + 1e-12) & (share <= high + 1e-12)).all()
        assert ((low >= 0.0) & (high <= 1.0)).all()


def test_withdrawal_counted_as_an_open_wait_would_overstate_completion():
    rng = np.random.default_rng(3)
    done, gone = rng.exponential(60, 2000), rng.exponential(30, 2000)
    times, causes = np.minimum(done, gone), np.where(done < gone, 1, 2)
    competing = cumulative_incidence(times, causes).at(120, 0)
    naive = 1.0 - cumulative_incidence(times, np.where(causes == 1, 1, 0)).waiting_at(120)
    # Exponential hazards a and b: a / (a + b) x (1 - exp(-(a + b) t)).
    rate = 1 / 60 + 1 / 30
    assert competing == pytest.approx((1 / 60) / rate * (1 - np.exp(-rate * 120)), abs=0.03)
    assert naive > competing + 0.4


@pytest.mark.parametrize(("times", "causes"), [([-1.0], [1]), ([np.nan], [1]), ([1.0], [3]), ([1.0, 2.0], [1])])
def test_what_cannot_be_is_refused(times, causes):
    with pytest.raises(ValueError, match=r"time|cause"):
        cumulative_incidence(times, causes)
