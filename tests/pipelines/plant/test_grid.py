"""The flexible grid service takes away the stated share of energy, in the hottest hours."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.plant.grid import curtailed_hours_per_year, flexible_available_frac

_FACTS = pl.DataFrame(
    {
        "subject": ["hours with some curtailment"] * 2,
        "condition": ["0.25% annual curtailment", "0.5% annual curtailment"],
        "mid": [85.0, 177.0],
    }
)


def test_published_pairs_come_back_and_are_joined_linearly() -> None:
    assert curtailed_hours_per_year(_FACTS, 0.005) == pytest.approx(177.0)
    assert curtailed_hours_per_year(_FACTS, 0.00375) == pytest.approx((85 + 177) / 2)


@given(share=st.floats(0.001, 0.02), hours=st.floats(200, 2000), seed=st.integers(0, 99))
def test_curtailed_energy_is_the_stated_share_and_falls_in_the_hottest_hours(
    share: float, hours: float, seed: int
) -> None:
    temperature = np.random.default_rng(seed).normal(15, 10, 8760)
    available = flexible_available_frac(temperature, share, hours)
    assert (1 - available).mean() == pytest.approx(share, rel=1e-9)
    assert temperature[available < 1].min() >= temperature[available == 1].max()
