"""Nights after the first: a new price runs no simulation, history is carried, the same night again is the same run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from assets.refresh import dagster_home
from pipelines.settings import REFERENCE_DIR
from pipelines.warehouse import Warehouse, current_run_id, open_release, release_info

REGIONS = "abilene_tx,columbus_oh,imperial_ca"
AS_OF, NEXT = "2026-11-22", "2026-11-23"
BATCHES = (
    *("core.weather_hourly", "sim.solar_hourly", "sim.grid_annual", "sim.grid_adequacy"),
    *("sim.phase_annual", "sim.phase_adequacy"),
)
METADATA = (*BATCHES, "core.gas_prices_by_region", "sim.finalists")
KEY = ["region_id", "stack_id"]


@pytest.fixture(scope="module")
def dearer_gas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return reference tables in which the newest month of Henry Hub costs half as much again."""
    folder = tmp_path_factory.mktemp("reference") / "reference"
    shutil.copytree(REFERENCE_DIR, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    path = folder / "gas_prices.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    month = ",monthly,2026-07,"
    newest = max(place for place, line in enumerate(lines) if line.startswith("RNGWHHD,") and month in line)
    price = lines[newest].split(month)[1].split(",")[0]
    lines[newest] = lines[newest].replace(f"{month}{price},", f"{month}{1.5 * float(price):.2f},")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def price_night(firstmw, night: Path, dearer_gas: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder in which the first night is followed by one on which only gas moved."""
    data_dir = tmp_path_factory.mktemp("price") / "data"
    shutil.copytree(night, data_dir, symlinks=True)
    ran = firstmw(
        "refresh", "--publish", "--regions", REGIONS, "--as-of", NEXT, data_dir=data_dir, reference_dir=str(dearer_gas)
    )
    assert ran.code == 0, ran.err
    return data_dir


def _table(data_dir: Path, name: str, run_id: str | None = None) -> pl.DataFrame:
    with open_release(data_dir, run_id) as release:
        return release.table(name)


def test_a_price_only_night_runs_no_batch_simulation(price_night: Path) -> None:
    with Warehouse(price_night / "build" / "firstmw.duckdb") as build:
        steps = build.read("ops.assets")
    hits = dict(steps.filter(pl.col("is_cache_hit").is_not_null()).select("asset", "is_cache_hit").iter_rows())
    assert {name: hits[name] for name in BATCHES} == dict.fromkeys(BATCHES, True)


def test_the_metadata_of_a_price_only_night_say_what_was_reused(price_night: Path) -> None:
    def shown(table: str, as_of: str) -> dict[str, Any]:
        with dagster_home(price_night), dg.DagsterInstance.get() as instance:
            records = instance.fetch_materializations(dg.AssetKey(table.split(".")), limit=20).records
        events = [record.asset_materialization for record in records]
        told = [{name: value.value for name, value in event.metadata.items()} for event in events if event]
        return next(one for one in told if one["as_of"] == as_of)

    first, after = ({name: shown(name, as_of) for name in METADATA} for as_of in (AS_OF, NEXT))
    assert after["core.gas_prices_by_region"]["source_hash"] != first["core.gas_prices_by_region"]["source_hash"]
    for name in BATCHES:
        assert (first[name]["is_reused"], after[name]["is_reused"]) == (False, True)
        assert after[name]["source_hash"] == first[name]["source_hash"]
    assert not after["core.gas_prices_by_region"]["is_reused"]
    assert not after["sim.finalists"]["is_reused"] or after["sim.finalists"]["designs_worked_out_anew"] == 0
    # No size is tried anew; a design that may be chosen now and could not before is worked out once.
    assert first["sim.finalists"]["designs_tried_anew"] > 0
    assert after["sim.finalists"]["designs_tried_anew"] == 0
    assert after["sim.finalists"]["designs_worked_out_anew"] <= after["sim.finalists"]["dagster/row_count"]


def test_a_night_on_tables_that_stand_is_the_one_made_anew(
    firstmw, night: Path, price_night: Path, dearer_gas: Path, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    shutil.copytree(night, data_dir, symlinks=True)
    shutil.rmtree(data_dir / "build")
    ran = firstmw(
        "refresh", "--publish", "--regions", REGIONS, "--as-of", NEXT, data_dir=data_dir, reference_dir=str(dearer_gas)
    )
    assert ran.code == 0, ran.err
    standing, anew = (release_info(folder) for folder in (price_night, data_dir))
    assert standing.run_id == anew.run_id
    assert standing.manifest["tables"] == anew.manifest["tables"]


def test_a_price_only_night_holds_newly_chosen_designs_alone_against_foresight(night: Path, price_night: Path) -> None:
    key = ["region_id", "stack_id", "design_id"]
    before, after = (_table(folder, "dispatch_regret") for folder in (night, price_night))
    newly = after.select(key).unique().join(before, on=key, how="anti")
    kept = {path.name for path in (night / "cache" / "regret").glob("*.parquet")}
    made = {path.name for path in (price_night / "cache" / "regret").glob("*.parquet")} - kept
    assert len(kept) == before.select(key).unique().height
    assert len(made) == newly.height
    same = after.join(newly, on=key, how="anti")
    assert same.equals(before.join(same, on=key, how="semi"))


def test_the_moved_input_is_named_and_the_parts_sum(price_night: Path) -> None:
    changes = _table(price_night, "rank_changes")
    burns_gas = changes.filter(pl.col("stack_id").is_in(["gas_recip", "gas_turbine", "fuel_cell"]))
    at_hub = burns_gas.filter(pl.col("gas_price_usd_per_mw") != 0.0)
    assert at_hub.height > 0
    assert set(at_hub["moved_by"]) == {"gas price"}
    assert at_hub["changed_inputs"].str.contains("reference/gas_prices").all()
    assert (at_hub["value_change_usd_per_mw"] < 0.0).all()
    parts = [f"{name}_usd_per_mw" for name in ("lead_times", "gas_price", "power_price", "plant", "other_costs")]
    parts += [f"{name}_usd_per_mw" for name in ("energy", "availability", "margin")]
    off = changes.select((pl.sum_horizontal(parts) - pl.col("value_change_usd_per_mw")).abs().max()).item()
    assert off < 1e-3
    runs = _table(price_night, "run_changes").filter(pl.col("kind") == "input")
    assert runs["name"].to_list() == ["reference/gas_prices"]


def test_history_holds_both_nights_as_they_were_published(night: Path, price_night: Path) -> None:
    history = _table(price_night, "ranking_history")
    assert history["night_number"].unique().sort().to_list() == [1, 2]
    first = _table(night, "ranked_sites").select(*KEY, "rank", "value_usd_per_mw")
    kept = history.filter(pl.col("night_number") == 1).select(first.columns)
    assert kept.sort("rank").equals(first.sort("rank"))
    assert history.filter(pl.col("night_number") == 2)["run_id"].unique().to_list() == [current_run_id(price_night)]


def test_every_night_again_is_verified_and_reused(firstmw, night: Path, price_night: Path, dearer_gas: Path) -> None:
    published = current_run_id(price_night)
    scrap = price_night / "releases" / ".old-20261101-000000000000-1"
    scrap.mkdir()
    again = firstmw(
        "refresh",
        "--publish",
        "--regions",
        REGIONS,
        "--as-of",
        NEXT,
        "--json",
        data_dir=price_night,
        reference_dir=str(dearer_gas),
    )
    assert again.code == 0, again.err
    assert (json.loads(again.out)["run_id"], json.loads(again.out)["is_reused"]) == (published, True)
    assert not scrap.exists()
    # The night before, asked for once more, is the release that stands and not a new one after its successor.
    earlier = firstmw(
        "refresh", "--publish", "--allow-older", "--regions", REGIONS, "--as-of", AS_OF, "--json", data_dir=price_night
    )
    answer = json.loads(earlier.out)
    assert (answer["run_id"], answer["is_reused"]) == (current_run_id(night), True)


def test_a_night_after_another_release_has_another_name(firstmw, night: Path, tmp_path: Path) -> None:
    alone_dir, after_dir = tmp_path / "alone", tmp_path / "after"
    shutil.copytree(night / "cache", alone_dir / "cache")
    shutil.copytree(night, after_dir, symlinks=True)
    names = []
    for data_dir in (alone_dir, after_dir):
        ran = firstmw("refresh", "--publish", "--regions", REGIONS, "--as-of", NEXT, "--json", data_dir=data_dir)
        assert ran.code == 0, ran.err
        names.append(json.loads(ran.out)["run_id"])
    assert names[0] != names[1]
    assert _table(alone_dir, "rank_changes")["moved_by"].unique().to_list() == ["new row"]


def test_the_base_scenario_is_the_ranking_and_carbon_costs_by_the_kilogram(night: Path) -> None:
    ranked = _table(night, "ranked_sites").select(*KEY, "rank", "value_usd_per_mw", "lcoe_usd_per_mwh")
    scenarios = _table(night, "scenario_rankings")
    base = scenarios.filter(pl.col("scenario_id") == "base").select(ranked.columns)
    assert base.sort("rank").equals(ranked.sort("rank"))
    assert set(scenarios["scenario_id"]) == set(_table(night, "scenarios")["scenario_id"]) | {"base"}
    assert scenarios.group_by("scenario_id").len()["len"].unique().to_list() == [ranked.height]
    carbon = scenarios.filter(pl.col("scenario_id") == "carbon_100").join(ranked, on=KEY)
    # A design that the price does not displace costs a tenth of a dollar more per kilogram.
    same = carbon.filter(~pl.col("is_other_design"))
    rise = same["lcoe_usd_per_mwh"] - same["lcoe_usd_per_mwh_right"]
    assert rise.to_numpy() == pytest.approx(0.1 * same["co2_kg_per_mwh"].to_numpy(), abs=1e-6)


def test_ranks_by_margin_are_whole_in_every_case(night: Path) -> None:
    cases = _table(night, "rank_sensitivity")
    height = _table(night, "ranked_sites").height
    by_case = cases.group_by("margin_usd_per_mw_year").agg(pl.col("rank").sort())
    assert by_case.height == 3
    assert set(cases["margin_usd_per_mw_year"]) == {2e6, 4e6, 11e6}
    assert all(ranks == list(range(1, height + 1)) for ranks in by_case["rank"].to_list())


def test_shares_of_the_draws_add_up(night: Path) -> None:
    ranked = _table(night, "ranked_sites")
    assert (ranked["rank_p05"] <= ranked["rank_p95"]).all()
    for _, firm in _table(night, "rank_acceptability").group_by("ordered_by"):
        assert firm["top1_frac"].sum() == pytest.approx(1.0)
        assert firm["top10_frac"].sum() == pytest.approx(10.0)
        by_region = firm.group_by("region_id").agg(pl.col("region_first_frac").sum())
        assert by_region["region_first_frac"].to_numpy() == pytest.approx(1.0)
