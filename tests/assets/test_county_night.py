"""A night of counties through the real command: whole, in a folder of its own, and never simulated twice."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from assets.night import Scope, check_scope
from pipelines.errors import UsageError
from pipelines.settings import Settings
from pipelines.warehouse import open_release

pytest.importorskip("_plotly_geo", reason="needs the extra firstmw[counties]")
pytest.importorskip("airportsdata", reason="needs the extra firstmw[counties]")

# What is sampled, traced and drawn is the business of the markets' night.
LEAN = {
    "chunk_workers": "1",
    "trace_sites": "2",
    "sample_sites": "1",
    "regret_regions": "0",
    "monte_carlo_years": "2",
    "timeline_samples": "100",
    "robustness_draws": "100",
}


@pytest.mark.parametrize(
    ("settings", "scope", "said"),
    [
        ({}, {"states": ("AK",)}, "contiguous states"),
        ({}, {"regions": ("09110",)}, "09003"),
        ({"profile": "live"}, {"states": ("PR",)}, "Alaska and Hawaii"),
        ({"profile": "live"}, {"regions": ("72001",)}, "72001"),
    ],
)
def test_what_is_no_county_is_refused_in_one_sentence(
    settings: dict[str, Any], scope: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        check_scope(Settings(**settings), Scope(date(2026, 11, 22), is_counties=True, **scope))


def test_the_live_profile_may_ask_for_counties_that_only_their_own_weather_makes_rankable() -> None:
    for scope in ({"states": ("AK",)}, {"regions": ("15003",)}, {}):
        check_scope(Settings(profile="live"), Scope(date(2026, 11, 22), is_counties=True, **scope))


def test_a_lean_night_of_two_counties_is_whole_and_marked_as_a_part(firstmw, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    quick = {"programme_samples": "100", "portfolio_years": "200", "dispatch_years": "1", "trace_sites": "1"}
    scope = ("--scope", "counties", "--regions", "44001,44003", "--as", "mine")
    ran = firstmw("refresh", *scope, "--as-of", "2026-11-22", data_dir=tmp_path, **(LEAN | quick))
    assert ran.code == 0, ran.err
    assert not (tmp_path / "counties" / "releases" / "current").exists()
    with open_release(tmp_path / "counties", "mine") as release:
        ranked = release.table("ranked_sites")
        # What the next night's scope is compared with.
        assert release.info.scope == Scope(date(2026, 11, 22), ("44001", "44003"), is_counties=True).named()
        assert release.table("dispatch_hourly").height == 8 * 8760
    assert ranked["region_id"].unique().sort().to_list() == ["44001", "44003"]
    assert ranked.height == 2 * 8
    assert ranked["rank"].to_list() == list(range(1, ranked.height + 1))


@pytest.mark.campaign
def test_counties_are_ranked_beside_the_markets_and_simulated_once(firstmw, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    ran = firstmw(
        "refresh",
        "--publish",
        "--scope",
        "counties",
        "--state",
        "RI",
        "--as-of",
        "2026-11-22",
        data_dir=tmp_path,
        **LEAN,
    )
    assert ran.code == 0, ran.err
    assert not (tmp_path / "releases").exists()
    folder = tmp_path / "counties"
    with open_release(folder) as release:
        ranked, hours = release.table("ranked_sites"), release.table("dispatch_hourly")
        months = release.table("weather_monthly")
    assert ranked.height == 5 * 8
    assert ranked["region_id"].unique().sort().to_list() == ["44001", "44003", "44005", "44007", "44009"]
    assert hours.height == 2 * 8 * 8760
    assert months.height == 5 * 12
    sampled = ranked.filter(pl.col("mc_eue_mwh_per_year").is_not_null())
    assert sampled["region_id"].n_unique() == 1
    again = firstmw(
        "refresh", "--publish", "--scope", "counties", "--regions", "44001,44003,44005,44007,44009",
        "--as-of", "2026-11-23", data_dir=tmp_path, **LEAN,
    )  # fmt: skip
    assert again.code == 0, again.err
    with duckdb.connect(str(folder / "build" / "firstmw.duckdb"), read_only=True) as build:
        hit = build.sql("select is_cache_hit from ops.assets where asset = 'sim.grid_annual'").fetchall()
    assert hit == [(True,)]
