"""The Monte Carlo against closed forms, and its bookkeeping."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pipelines.timeline.kernel import first_if_free, run_network

SAMPLES = 200_000


def draw(
    months, predecessors, *, multiple=None, complete=None, from_module=None, is_full=None, modules=1, horizon=60,
    ends=(), survival=None,
):  # fmt: skip
    """Run a network given as lists of predecessor indices; activity i draws row i."""
    n = len(predecessors)
    multiple = np.ones((n, modules)) if multiple is None else np.asarray(multiple, float)
    varies = np.zeros(n, dtype=bool)
    for a in range(n):
        varies[a] = np.ptp(multiple[a]) > 0 or any(varies[p] for p in predecessors[a])
    starts = np.concatenate([[0], np.cumsum([len(p) for p in predecessors])]).astype(np.int64)
    links = np.array([p for row in predecessors for p in row], dtype=np.int64)
    waits = np.ones(n, np.int64) if from_module is None else np.asarray(from_module, np.int64)
    arguments = (np.ascontiguousarray(months, float), np.arange(n), multiple)
    result = run_network(
        *arguments,
        multiple[:, -1].copy() if complete is None else np.asarray(complete, float),
        starts,
        links,
        waits,
        np.zeros(n, bool) if is_full is None else np.asarray(is_full),
        varies,
        horizon,
        np.arange(horizon, -1.0, -1.0) + 1.0,
        np.array(ends, np.int64),
        np.ones(horizon + 1) if survival is None else survival,
    )
    names = ("first", "full", "complete", "earned", "online", "time_share", "on_chain", "start_mean", "finish_mean")
    names += ("later", "ended")
    return dict(zip(names, result, strict=True)), lambda free: first_if_free(*arguments, starts, links, waits, free)


def test_serial_normals_add_means_and_variances():
    rng = np.random.default_rng(1)
    means, deviations = np.array([6.0, 10.0, 4.0]), np.array([1.0, 2.0, 0.5])
    months = rng.normal(means[:, None], deviations[:, None], (3, SAMPLES))
    result, _ = draw(months, [[], [0], [1]])
    exact = stats.norm(means.sum(), np.sqrt((deviations**2).sum()))
    assert np.quantile(result["first"], [0.1, 0.5, 0.9]) == pytest.approx(exact.ppf([0.1, 0.5, 0.9]), abs=0.03)
    np.testing.assert_allclose(result["on_chain"], 1.0)
    assert result["online"][22 - 1] == pytest.approx(exact.cdf(22), abs=0.004)


@pytest.mark.parametrize("count", [2, 5])
def test_parallel_exponentials_wait_for_the_harmonic_sum(count):
    rng = np.random.default_rng(2)
    months = np.vstack([rng.exponential(8.0, (count, SAMPLES)), np.zeros(SAMPLES)])
    result, _ = draw(months, [[] for _ in range(count)] + [list(range(count))])
    assert result["first"].mean() == pytest.approx(8.0 * sum(1 / k for k in range(1, count + 1)), rel=0.01)
    assert np.median(result["first"]) == pytest.approx(-8.0 * np.log(1 - 0.5 ** (1 / count)), rel=0.01)
    np.testing.assert_allclose(result["on_chain"][:-1], 1 / count, atol=0.005)


def test_unequal_exponentials_share_the_chain_by_their_rates():
    rng = np.random.default_rng(3)
    months = np.vstack([rng.exponential(4.0, SAMPLES), rng.exponential(12.0, SAMPLES), np.zeros(SAMPLES)])
    result, free = draw(months, [[], [], [0, 1]])
    # P(the slow one is the later) = its mean over the sum of the means.
    assert result["on_chain"][1] == pytest.approx(12 / 16, abs=0.005)
    assert np.median(free(1)) == pytest.approx(4 * np.log(2), rel=0.02)


def test_criticality_adds_up_and_follows_the_longest_chain():
    months = np.array([[2.0], [3.0], [9.0], [1.0]]).repeat(7, axis=1)
    result, free = draw(months, [[], [0], [0], [1, 2]])
    np.testing.assert_allclose(result["time_share"], [2 / 12, 0, 9 / 12, 1 / 12])
    np.testing.assert_allclose(result["start_mean"], [0, 2, 2, 11])
    np.testing.assert_allclose(result["finish_mean"], [2, 5, 11, 12])
    np.testing.assert_allclose(free(2), 6.0)
    np.testing.assert_allclose(free(1), 12.0)


def test_modules_come_online_one_by_one_and_later_ones_wait_for_more():
    # Activity 0 sets units at 2 months each; activity 1 (10 months) is needed from the third module on.
    months = np.array([[2.0], [10.0], [1.0]]).repeat(3, axis=1)
    multiple = [[1, 2, 3, 4], [1, 1, 1, 1], [1, 1, 1, 1]]
    result, _ = draw(
        months, [[], [], [0, 1]], multiple=multiple, complete=[6, 1, 1], from_module=[1, 3, 1], is_full=[0, 1, 0]
    )
    np.testing.assert_allclose(result["first"], 3.0)
    np.testing.assert_allclose(result["full"], 11.0)
    np.testing.assert_allclose(result["complete"], 13.0)
    np.testing.assert_allclose(result["online"][[1, 2, 3, 4, 9, 10]], [0, 1, 1, 2, 2, 4])


def test_modules_run_in_a_later_phase_once_it_has_begun_and_they_are_online():
    # As above: modules online in months 3, 5, 11, 11; the complete plant, which ends the phase, in month 13.
    months = np.array([[2.0], [10.0], [1.0]]).repeat(700, axis=1)
    multiple = [[1, 2, 3, 4], [1, 1, 1, 1], [1, 1, 1, 1]]
    survival = np.linspace(1.0, 0.4, 61)
    arguments = {"multiple": multiple, "complete": [6, 1, 1], "from_module": [1, 3, 1], "is_full": [0, 1, 0]}
    result, _ = draw(months, [[], [], [0, 1]], **arguments, ends=(2,), survival=survival)
    np.testing.assert_allclose(result["ended"], 13.0)
    later = np.zeros(61)
    later[13] = survival[[3, 5, 11, 11]].sum()
    np.testing.assert_allclose(result["later"], later[None])
    # A phase that the second activity ends: two modules run before its month 10, two begin after it.
    result, _ = draw(months, [[], [], [0, 1]], **arguments, ends=(1, 2))
    np.testing.assert_allclose(result["ended"][:, 0], [10.0, 13.0])
    np.testing.assert_allclose(result["later"][0].cumsum()[[9, 10, 11]], [0.0, 2.0, 4.0])
    np.testing.assert_allclose(result["later"][1].cumsum()[[12, 13]], [0.0, 4.0])
    assert draw(months, [[], [], [0, 1]], **arguments)[0]["later"].shape == (0, 61)


def test_blocks_do_not_change_a_sample():
    months = np.random.default_rng(4).exponential(5.0, (3, 1300))
    whole, _ = draw(months, [[], [0], [0, 1]])
    tail, _ = draw(months[:, 1290:], [[], [0], [0, 1]])
    np.testing.assert_array_equal(whole["first"][1290:], tail["first"])
