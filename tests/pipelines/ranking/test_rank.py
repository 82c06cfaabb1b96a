"""The order of the list, and the published table."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts.base import REGISTRY
from pipelines.contracts.economics import Chosen
from pipelines.errors import ContractError
from pipelines.ranking.rank import rank_sites, ranked_sites
from pipelines.settings import Settings

SETTINGS = Settings()
AS_OF = datetime(2026, 11, 22)
MONTHS = SETTINGS.horizon_months

row = st.tuples(st.booleans(), st.sampled_from([-1e6, 0.0, 1e6, 2e6, 3e6]))


@given(values=st.lists(row, min_size=1, max_size=24), seed=st.integers(0, 100))
def test_target_met_first_then_value_then_names(values, seed) -> None:
    frame = pl.DataFrame(
        {
            "region_id": [f"r{place // 4}" for place in range(len(values))],
            "stack_id": [f"s{place % 4}" for place in range(len(values))],
            "is_target_met": [met for met, _ in values],
            "value_usd_per_mw": [value for _, value in values],
        }
    )
    ranked = rank_sites(frame.sample(fraction=1.0, shuffle=True, seed=seed))
    assert ranked["rank"].to_list() == list(range(1, len(values) + 1))
    keys = list(
        zip(
            [not met for met in ranked["is_target_met"]],
            [-value for value in ranked["value_usd_per_mw"]],
            ranked["region_id"],
            ranked["stack_id"],
            strict=True,
        )
    )
    assert keys == sorted(keys)
    best = ranked.filter("is_region_best")
    assert best["region_id"].n_unique() == best.height == frame["region_id"].n_unique()
    assert best["region_rank"].to_list() == list(range(1, best.height + 1))
    # A region has one place, and it is that of its first row.
    by_region = ranked.group_by("region_id").agg(pl.col("region_rank").n_unique(), pl.col("rank").min().alias("first"))
    assert (by_region["region_rank"] == 1).all()
    assert sorted(by_region["first"]) == sorted(best["rank"])


def chosen(region: str, stack: str, lcoe: float, *, is_met: bool = True) -> dict:
    kinds = {pl.String: "", pl.Int64: 0, pl.Boolean: False, pl.Float64: 0.0}
    blank = {name: kinds[type(column.dtype)] for name, column in Chosen.columns().items()}
    return blank | {
        "region_id": region,
        "stack_id": stack,
        "design_id": f"{stack}-1",
        "load_mwh": 196_000.0,
        "served_mwh": 195_900.0,
        "availability_frac": 0.9995,
        "full_service_hours_frac": 0.999,
        "lcoe_usd_per_mwh": lcoe,
        "is_target_met": is_met,
        "is_composition_met": True,
    }


@pytest.fixture
def night() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, np.ndarray]:
    regions = pl.DataFrame(
        {
            "region_id": ["a", "b"],
            "region_name": ["A", "B"],
            "state": ["TX", "OH"],
            "iso": ["ERCOT", "PJM"],
            "latitude": [32.0, 40.0],
            "longitude": [-99.0, -83.0],
            "weather_source": ["synthetic", "file"],
        }
    )
    designs = pl.DataFrame(
        [
            chosen("a", "gas_recip", 90.0),
            chosen("a", "grid", 100.0),
            chosen("b", "gas_recip", 110.0),
            chosen("b", "grid", 80.0, is_met=False),
        ]
    )
    months = [18.0, 60.0, 20.0, 50.0]
    times = designs.select("region_id", "stack_id").with_columns(
        *(
            pl.Series(name, [value * factor for value in months])
            for name, factor in (
                ("first_mw_months_p10", 0.8),
                ("first_mw_months_p50", 1.0),
                ("first_mw_months_p90", 1.4),
                ("full_mw_months_p50", 1.3),
            )
        ),
        pl.lit("switchgear").alias("critical_activity"),
        pl.lit(0.5).alias("p_first_mw_24_months"),
        pl.lit(0.8).alias("p_first_mw_36_months"),
        pl.lit(1.0).alias("completion_probability"),
        pl.lit(500.0).alias("usable_mw_months_60"),
    )
    share = np.array([[float(month >= start) for month in range(1, MONTHS + 1)] for start in months])
    return regions, designs, times, share


def test_published_rows(night) -> None:
    regions, designs, times, share = night
    ranked = ranked_sites(regions, designs, times, share, SETTINGS, as_of_utc=AS_OF, run_id="20261122-abc")
    assert ranked.columns == REGISTRY["mart.ranked_sites"].schema.column_names()
    order = ranked.select("region_id", "stack_id").rows()
    assert order == [("a", "gas_recip"), ("b", "gas_recip"), ("a", "grid"), ("b", "grid")]
    assert ranked["region_rank"].to_list() == [1, 2, 1, 2]
    assert ranked["is_region_best"].to_list() == [True, True, False, False]
    assert ranked["weather_source"].to_list() == ["synthetic", "file", "synthetic", "file"]


def test_shares_follow_the_rows_of_the_time_to_power(night) -> None:
    regions, designs, times, share = night
    straight = ranked_sites(regions, designs, times, share, SETTINGS, as_of_utc=AS_OF, run_id="r")
    turned = ranked_sites(
        regions, designs[::-1], times[[2, 0, 3, 1]], share[[2, 0, 3, 1]], SETTINGS, as_of_utc=AS_OF, run_id="r"
    )
    assert straight.equals(turned)


def test_a_row_without_time_to_power_is_named(night) -> None:
    regions, designs, times, share = night
    with pytest.raises(ContractError, match="region b, stack grid"):
        ranked_sites(regions, designs, times[:3], share[:3], SETTINGS, as_of_utc=AS_OF, run_id="r")
