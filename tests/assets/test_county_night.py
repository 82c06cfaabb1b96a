"""A night of counties through the real command: whole, in a folder of its own, and never simulated twice.

With the night of markets it shows that every asset declares the tables that it reads.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl
import pytest

from assets.definitions import defs
from assets.night import Scope, check_scope
from assets.standing import inputs_of, tables_read
from assets.table_asset import FIRST
from pipelines.errors import UsageError
from pipelines.settings import Settings
from pipelines.warehouse import Stamp, Warehouse, open_release

pytest.importorskip("_plotly_geo", reason="needs the extra firstmw[counties]")
pytest.importorskip("airportsdata", reason="needs the extra firstmw[counties]")


@pytest.mark.parametrize(
    ("settings", "scope", "said"),
    [
        ({}, {"states": ("PR",)}, "fifty states"),
        ({}, {"regions": ("09110",)}, "09003"),
        ({"profile": "live"}, {"states": ("PR",)}, "fifty states"),
        ({"profile": "live"}, {"regions": ("72001",)}, "72001"),
    ],
)
def test_what_is_no_county_is_refused_in_one_sentence(
    settings: dict[str, Any], scope: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        check_scope(Settings(**settings), Scope(date(2026, 11, 22), is_counties=True, **scope))


def test_counties_of_alaska_and_hawaii_may_be_named_in_either_profile() -> None:
    for profile in ("reference", "live"):
        for scope in ({"states": ("AK",)}, {"regions": ("15003",)}, {}):
            check_scope(Settings(profile=profile), Scope(date(2026, 11, 22), is_counties=True, **scope))


def test_every_county_is_ranked_and_the_best_are_traced(county_night: Path) -> None:
    with open_release(county_night / "counties") as release:
        ranked, hours = release.table("ranked_sites"), release.table("dispatch_hourly")
        months = release.table("weather_monthly")
        # What the next night's scope is compared with.
        assert release.info.scope == Scope(date(2026, 11, 22), (), ("RI",), is_counties=True).named()
    assert ranked.height == 5 * 8
    assert sorted(ranked["rank"]) == list(range(1, ranked.height + 1))
    assert ranked["region_id"].unique().sort().to_list() == ["44001", "44003", "44005", "44007", "44009"]
    assert hours.height == 2 * 8 * 8760
    assert months.height == 5 * 12
    sampled = ranked.filter(pl.col("mc_eue_mwh_per_year").is_not_null())
    assert sampled["region_id"].n_unique() == 1


@pytest.mark.campaign
def test_counties_are_simulated_once(firstmw, lean, county_night: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    data_dir = tmp_path / "data"
    shutil.copytree(county_night, data_dir, symlinks=True)
    again = firstmw(
        "refresh", "--publish", "--scope", "counties", "--regions", "44001,44003,44005,44007,44009",
        "--as-of", "2026-11-23",
        data_dir=data_dir, **lean,
    )  # fmt: skip
    assert again.code == 0, again.err
    with duckdb.connect(str(data_dir / "counties" / "build" / "firstmw.duckdb"), read_only=True) as build:
        hit = build.sql("select is_cache_hit from ops.assets where asset = 'sim.grid_annual'").fetchall()
    assert hit == [(True,)]


def _stamps(data_dir: Path) -> dict[str, Stamp]:
    with Warehouse(data_dir / "build" / "firstmw.duckdb") as build:
        known = {name: build.stamp(name) for name in build.tables()["table_name"]}
    return {name: stamp for name, stamp in known.items() if stamp is not None and stamp.made_from is not None}


def test_every_asset_declares_the_tables_that_it_reads(night: Path, county_night: Path) -> None:
    nights = [_stamps(night), _stamps(county_night / "counties")]
    graph = defs.resolve_asset_graph()
    wrong: dict[str, tuple[list[str], list[str]]] = {}
    for key in graph.get_all_asset_keys() - {dg.AssetKey(["release"])}:
        name = ".".join(key.path)
        made = [stamps[name] for stamps in nights]
        read = set().union(*(tables_read(stamp) for stamp in made))
        declared = {".".join(parent.path) for parent in graph.get(key).parent_keys}
        if any(what == "live" or what.startswith("reference ") for stamp in made for what in inputs_of(stamp)):
            # Read through the night: the bytes of the inputs have to be there first.
            declared.discard("raw.ledger")
        if not read:
            declared -= set(FIRST)
        if read != declared:
            wrong[name] = (sorted(declared - read), sorted(read - declared))
    assert wrong == {}, "by asset, what it declares and never reads, and what it reads and does not declare"
