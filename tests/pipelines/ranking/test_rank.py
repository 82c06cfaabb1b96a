"""The order of the list, and the published table."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipelines.contracts.base import REGISTRY
from pipelines.contracts.costs import Phased
from pipelines.economics.value import margin_usd_per_mw_year, value_columns
from pipelines.errors import ContractError
from pipelines.ranking.dominance import is_pareto
from pipelines.ranking.rank import rank_sites, ranked_sites, tie_ids, tiers, valued_sites
from pipelines.settings import Settings

SETTINGS = Settings()
AS_OF = datetime(2026, 11, 22)
MONTHS = SETTINGS.horizon_months

row = st.tuples(st.booleans(), st.booleans(), st.sampled_from([-1e6, 0.0, 1e6, 2e6, 3e6]))


@given(values=st.lists(row, min_size=1, max_size=24), seed=st.integers(0, 100))
def test_eligible_first_then_target_met_then_value_then_names(values, seed) -> None:
    frame = pl.DataFrame(
        {
            "region_id": [f"r{place // 4}" for place in range(len(values))],
            "stack_id": [f"s{place % 4}" for place in range(len(values))],
            "is_eligible": [eligible for eligible, _, _ in values],
            "is_target_met": [met for _, met, _ in values],
            "value_usd_per_mw": [value for _, _, value in values],
        }
    )
    ranked = rank_sites(frame.sample(fraction=1.0, shuffle=True, seed=seed))
    assert ranked["rank"].to_list() == list(range(1, len(values) + 1))
    keys = list(
        zip(
            [not eligible for eligible in ranked["is_eligible"]],
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
    blank = {name: kinds[type(column.dtype)] for name, column in Phased.columns().items()}
    return blank | {
        "region_id": region,
        "stack_id": stack,
        "design_id": f"{stack}-1",
        "load_mwh": 196_000.0,
        "served_mwh": 195_900.0,
        "availability_frac": 0.9995,
        "online_availability_frac": 0.9995,
        "full_service_hours_frac": 0.999,
        "lcoe_usd_per_mwh": lcoe,
        "is_target_met": is_met,
        "is_composition_met": True,
    }


def firm(designs: pl.DataFrame) -> pl.DataFrame:
    """Return an acceptability of every row, by value and by score."""
    rows = designs.select("region_id", "stack_id").with_columns(
        pl.lit(0.5).alias("top10_frac"), pl.lit(1.0).alias("rank_p05"), pl.lit(4.0).alias("rank_p95")
    )
    return pl.concat([rows.with_columns(pl.lit(name).alias("ordered_by")) for name in ("value", "score")])


def sampled(designs: pl.DataFrame) -> pl.DataFrame:
    """Return what outages do to every row; a row is told by its unserved energy."""
    names = ("p50", "p95", "p99")
    return designs.select("region_id", "stack_id").with_columns(
        pl.lit("units").alias("largest_cause"),
        pl.lit(3.3).alias("nines"),
        pl.int_range(pl.len()).cast(pl.Float64).alias("mc_eue_mwh_per_year"),
        *(
            pl.lit(1.0).alias(f"mc_{name}")
            for name in ("lole_events_per_year", "eue_mwh_per_year_se", "longest_outage_hours")
        ),
        pl.lit(90.0).alias("mc_unserved_mwh_cvar95"),
        pl.lit(0.999).alias("worst_years_served_frac"),
        pl.lit("gas_supply").alias("survival_of"),
        pl.lit(0.0).alias("survives_24h_frac"),
        *(pl.lit(90.0).alias(f"mc_unserved_mwh_{name}") for name in names),
    )


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
            "is_eligible": [True, True],
            "blocked_by": ["", ""],
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
    ranked = ranked_sites(
        regions,
        designs,
        times,
        share,
        SETTINGS,
        acceptability=firm(designs),
        adequacy=sampled(designs),
        as_of_utc=AS_OF,
        run_id="20261122-abc",
    )
    assert ranked.columns == REGISTRY["mart.ranked_sites"].schema.column_names()
    order = ranked.select("region_id", "stack_id").rows()
    assert order == [("a", "gas_recip"), ("b", "gas_recip"), ("a", "grid"), ("b", "grid")]
    assert ranked["region_rank"].to_list() == [1, 2, 1, 2]
    assert ranked["is_region_best"].to_list() == [True, True, False, False]
    assert ranked["weather_source"].to_list() == ["synthetic", "file", "synthetic", "file"]
    assert ranked["mc_eue_mwh_per_year"].to_list() == [0.0, 2.0, 1.0, 3.0]


def test_shares_follow_the_rows_of_the_time_to_power(night) -> None:
    regions, designs, times, share = night
    straight = ranked_sites(
        regions,
        designs,
        times,
        share,
        SETTINGS,
        acceptability=firm(designs),
        adequacy=sampled(designs),
        as_of_utc=AS_OF,
        run_id="r",
    )
    turned = ranked_sites(
        regions,
        designs[::-1],
        times[[2, 0, 3, 1]],
        share[[2, 0, 3, 1]],
        SETTINGS,
        acceptability=firm(designs),
        adequacy=sampled(designs),
        as_of_utc=AS_OF,
        run_id="r",
    )
    assert straight.equals(turned)


def test_gas_out_of_reach_rules_out_what_burns_gas_and_nothing_else(night) -> None:
    regions, designs, times, share = night
    far = {"gas_evidence": "none_mapped", "gas_pipeline_distance_km": 70.0, "share_area_gas_8km": 0.0}
    placed = regions.with_columns(
        *(pl.when(pl.col("region_id") == "a").then(pl.lit(value)).alias(name) for name, value in far.items()),
        pl.lit(None, dtype=pl.Float64).alias("gas_plant_nearest_km"),
        pl.lit(False).alias("metro_2013"),
    )
    burning = pl.when(pl.col("stack_id") == "gas_recip").then(1.7e6).otherwise(0.0)
    designs = designs.with_columns(burning.alias("gas_mmbtu_per_year"))
    valued = valued_sites(placed, designs, times, share, SETTINGS)
    by_row = {(row["region_id"], row["stack_id"]): row for row in valued.iter_rows(named=True)}
    out = by_row["a", "gas_recip"]
    assert (out["is_eligible"], out["gas_lateral_km"], out["is_gas_reachable"]) == (False, 70.0, False)
    assert out["blocked_by"] == "no gas within 50 km of a site"
    assert by_row["a", "grid"]["is_eligible"] and by_row["a", "grid"]["gas_lateral_km"] is None
    assert by_row["b", "gas_recip"]["is_eligible"]


def test_a_row_without_time_to_power_is_named(night) -> None:
    regions, designs, times, share = night
    with pytest.raises(ContractError, match="region b, stack grid"):
        ranked_sites(
            regions,
            designs,
            times[:3],
            share[:3],
            SETTINGS,
            acceptability=firm(designs),
            adequacy=sampled(designs),
            as_of_utc=AS_OF,
            run_id="r",
        )


def test_the_value_is_the_product_of_its_published_factors(night) -> None:
    regions, designs, times, share = night
    ranked = ranked_sites(
        regions,
        designs,
        times,
        share,
        SETTINGS,
        acceptability=firm(designs),
        adequacy=sampled(designs),
        as_of_utc=AS_OF,
        run_id="r",
    )
    product = ranked["online_years_discounted"] * ranked["net_usd_per_mw_year"]
    assert ranked["value_usd_per_mw"].to_numpy() == pytest.approx(product.to_numpy(), rel=1e-12)
    margin = (ranked["net_usd_per_mw_year"] + ranked["restart_usd_per_mw_year"]) / ranked["availability_frac"]
    margin += ranked["power_usd_per_mw_year"]
    assert margin.to_numpy() == pytest.approx([margin_usd_per_mw_year(SETTINGS)] * 4, rel=1e-12)


@given(values=st.lists(st.floats(-1e7, 1e7), min_size=1, max_size=40), frac=st.floats(0.0, 0.1))
def test_rows_of_a_tie_lie_within_its_share_and_the_next_one_does_not(values, frac) -> None:
    ordered = sorted(values, reverse=True)
    frame = pl.DataFrame({"value_usd_per_mw": ordered}).with_columns(is_target_met=True, is_eligible=True)
    ties = tie_ids(frame, frac)
    assert ties[0] == 1
    assert set(np.diff(ties)) <= {0, 1}
    for tie in np.unique(ties):
        inside = np.array(ordered)[ties == tie]
        assert inside[0] - inside[-1] <= frac * abs(inside[0])
        after = np.array(ordered)[ties == tie + 1]
        if len(after):
            assert inside[0] - after[0] > frac * abs(inside[0])


def test_a_row_that_misses_the_target_never_ties_with_one_that_meets_it() -> None:
    frame = pl.DataFrame({"value_usd_per_mw": [5.0, 5.0, 5.0], "is_target_met": [True, True, False]})
    assert tie_ids(frame.with_columns(is_eligible=True), 0.005).tolist() == [1, 1, 2]


def test_a_row_where_no_site_may_be_built_never_ties_with_one_where_it_may() -> None:
    frame = pl.DataFrame({"value_usd_per_mw": [5.0, 5.0, 9.0], "is_eligible": [True, False, False]})
    frame = frame.with_columns(is_target_met=True)
    assert tiers(frame).tolist() == [0, 2, 2]
    assert tie_ids(frame, 0.005).tolist()[:2] == [1, 2]


better = st.tuples(
    st.floats(20, 300), st.floats(0, 100), st.floats(0.9, 0.9999), st.floats(0, 0.0005), st.integers(1, 60)
)


@given(site=better, months=st.integers(0, 20), frac=st.floats(1.0, 3.0))
def test_a_site_better_in_every_component_never_ranks_below(site, months, frac) -> None:
    lcoe, extra, available, more, start = site
    pair = pl.DataFrame(
        {
            "region_id": ["a", "b"],
            "stack_id": ["s", "s"],
            "lcoe_usd_per_mwh": [lcoe + extra, lcoe],
            "online_availability_frac": [available, min(available + more, 1.0)],
            "online_interruptions_per_year": [frac, 1.0],
            "load_mwh": [9_800.0 * SETTINGS.site_it_mw] * 2,
            "is_target_met": [True, True],
            "is_eligible": [True, True],
        }
    )
    share = np.array([[float(m >= begin) for m in range(1, MONTHS + 1)] for begin in (start + months, start)])
    worth = value_columns(pair, share, SETTINGS)
    # Below zero a later start loses less: order then speaks of sites that nobody would build.
    assume(worth["net_usd_per_mw_year"].min() > 0.0)
    ranked = rank_sites(pair.hstack(worth))
    values = dict(ranked.select("region_id", "value_usd_per_mw").iter_rows())
    assert values["b"] >= values["a"]
    if values["b"] > values["a"]:
        assert ranked["region_id"].to_list() == ["b", "a"]


points = st.lists(st.tuples(*[st.integers(0, 4)] * 4), min_size=1, max_size=40)


@given(rows=points)
def test_the_front_is_what_nothing_dominates(rows) -> None:
    names = ["first_mw_months_p50", "lcoe_usd_per_mwh", "availability_frac", "co2_kg_per_mwh"]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Float64), orient="row")
    points = np.array(rows, float) * np.array([1.0, 1.0, -1.0, 1.0])
    expected = [not any((q <= p).all() and (q < p).any() for q in points) for p in points]
    assert is_pareto(frame).tolist() == expected
