"""When a night departs from the one before: counted, measured, and held only where ranks move by themselves."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from pipelines.ranking.drift import SHIFTED, churn_frac, distance, drift
from pipelines.settings import Settings

_FIGURES = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30)


def ranked(names: list[str], shift: float = 0.0) -> pl.DataFrame:
    rows = len(names)
    frame = pl.DataFrame({"region_id": names, "region_rank": range(1, rows + 1), "is_region_best": [True] * rows})
    return frame.with_columns(pl.Series(name, np.linspace(0.0, 1.0, rows) + shift) for name in SHIFTED)


@given(_FIGURES, _FIGURES)
def test_the_distance_is_the_kolmogorov_smirnov_statistic_of_scipy(one: list[float], other: list[float]) -> None:
    expected = ks_2samp(one, other, method="asymp").statistic
    assert distance(np.array(one), np.array(other)) == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.text("abc", min_size=1), unique=True), st.lists(st.text("abc", min_size=1), unique=True))
def test_churn_is_a_share_and_zero_for_the_same_names(before: list[str], after: list[str]) -> None:
    assert 0.0 <= churn_frac(before, after) <= 1.0
    assert churn_frac(before, before[::-1]) == 0.0


OLD = [f"r{number:02d}" for number in range(40)]


@pytest.mark.parametrize(("is_same_code", "is_held"), [(True, True), (False, False)])
def test_ranks_that_move_by_themselves_hold_the_release(is_same_code: bool, is_held: bool) -> None:
    found = drift({}, {}, ranked(OLD), ranked(OLD[::-1]), Settings(), is_same_code=is_same_code)["rank_churn"]
    assert found.is_held == is_held
    assert "100 % of the 20 best regions" in found.told
    # Half of them is still within the limit.
    half = drift({}, {}, ranked(OLD), ranked(OLD[10:]), Settings(), is_same_code=True)["rank_churn"]
    assert (half.told, half.figures["churn_frac"]) == ("", 0.5)


def test_a_few_regions_say_nothing_about_the_order() -> None:
    found = drift({}, {}, ranked(OLD[:5]), ranked(OLD[5:10]), Settings(), is_same_code=True)
    assert not any(finding.told for finding in found.values())


def test_rows_and_distributions_that_move_are_told_and_hold_nothing() -> None:
    found = drift(
        {"regions": 100, "small": 3, "gone": 50},
        {"regions": 79, "small": 9, "new": 1},
        ranked(OLD),
        ranked(OLD, shift=0.5),
        Settings(),
        is_same_code=True,
    )
    assert found["row_counts"].told == "regions has 79 rows after 100"
    assert "lcoe_usd_per_mwh moved by 0.50" in found["distribution_shift"].told
    assert not any(finding.is_held for finding in found.values())
