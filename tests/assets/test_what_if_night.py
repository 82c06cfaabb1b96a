"""A what-if from the command line: it moves what depends on it, says why, and leaves the base as it was."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import polars as pl
import pytest

from pipelines.nightlog import last_night
from pipelines.warehouse import current_run_id, open_release, release_info

REGIONS = "abilene_tx,columbus_oh,imperial_ca"
AS_OF = "2026-11-22"
ENGINES = {"gas_recip", "solar_bess_gas", "smr_hybrid"}
KEY = ["region_id", "stack_id"]


@pytest.fixture(scope="module")
def what_if(firstmw, night: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, dict]:
    """Return a data folder with a side release in which engines take 30 months, the base's run id, and the answer."""
    data_dir = tmp_path_factory.mktemp("what_if") / "data"
    shutil.copytree(night, data_dir, symlinks=True)
    base = current_run_id(data_dir)
    assert base is not None
    change = ("--set", "lead_times.recip_engine.mid=30")
    ran = firstmw("refresh", "--regions", REGIONS, "--as-of", AS_OF, *change, "--json", data_dir=data_dir)
    assert ran.code == 0, ran.err
    return data_dir, base, json.loads(ran.out)


def table(data_dir: Path, name: str, run_id: str | None = None) -> pl.DataFrame:
    with open_release(data_dir, run_id) as release:
        return release.table(name)


def test_only_what_waits_for_engines_moves(what_if) -> None:
    data_dir, base, answer = what_if
    assert answer["run_id"] != base
    assert answer["moved"]["against_run_id"] == base
    assert set(answer["moved"]["stacks"]) == ENGINES
    months = ["first_mw_months_p10", "first_mw_months_p50", "full_mw_months_p90"]
    before, after = (table(data_dir, "time_to_power", run).select(*KEY, *months) for run in (base, answer["name"]))
    differs = after.join(before, on=KEY, suffix="_before").filter(
        pl.any_horizontal(pl.col(name) != pl.col(f"{name}_before") for name in months)
    )
    assert set(differs["stack_id"]) == ENGINES
    for name in ("designs", "dispatch_annual", "fuel_prices", "adequacy"):
        assert table(data_dir, name, answer["name"]).equals(table(data_dir, name, base)), name


def test_the_change_shows_with_its_reason(what_if) -> None:
    data_dir, base, answer = what_if
    changes = table(data_dir, "rank_changes", answer["name"])
    assert changes["previous_run_id"].unique().to_list() == [base]
    engines = changes.filter(pl.col("stack_id").is_in(sorted(ENGINES)))
    assert set(engines["moved_by"]) == {"lead times"}
    assert engines["changed_inputs"].str.contains("lead_times.recip_high_speed", literal=True).all()
    assert engines["movement"].str.contains("months to the first MW").all()
    assert (engines["value_change_usd_per_mw"] < 0).all()
    assert set(changes.filter(~pl.col("stack_id").is_in(sorted(ENGINES)))["moved_by"]) <= {"other rows", "nothing"}
    named = table(data_dir, "run_changes", answer["name"]).filter(pl.col("kind") == "lead_time")
    assert named["name"].to_list() == ["lead_times.recip_high_speed", "lead_times.recip_medium_speed"]


def test_it_is_marked_and_the_base_is_shown_as_before(firstmw, night: Path, what_if, tmp_path: Path) -> None:
    data_dir, base, answer = what_if
    assert (answer["is_current"], current_run_id(data_dir)) == (False, base)
    assert answer["name"].startswith("what-if-")
    marked = firstmw("status", "--release", answer["name"], data_dir=data_dir)
    assert "What-if: lead_times.recip_engine.mid=30" in marked.out
    assert answer["name"] in marked.out
    assert "What-if" not in firstmw("status", data_dir=data_dir).out
    assert release_info(data_dir, answer["name"]).what_if == ["lead_times.recip_engine.mid=30"]
    # What tomorrow's night reuses, and what the orchestrator knows of the tables, is as it was.
    assert (data_dir / "build" / "firstmw.duckdb").read_bytes() == (night / "build" / "firstmw.duckdb").read_bytes()
    assert _catalogue(data_dir) == _catalogue(night)
    # How the base ended is still what counts as the last refresh.
    assert last_night(data_dir) == last_night(night)
    nights = table(data_dir, "ranking_history", answer["run_id"])["run_id"].unique()
    assert set(nights) == {base, answer["run_id"]}


def _catalogue(data_dir: Path) -> list[tuple]:
    """Return every run and every materialisation that the orchestrator has recorded."""
    home = data_dir / "dagster" / "history" / "runs"
    with sqlite3.connect(home / "index.db") as index:
        return index.execute("select run_id, asset_key, event from event_logs order by id").fetchall()


def test_a_name_of_a_part_and_a_wrong_usage(firstmw, what_if) -> None:
    data_dir, base, _ = what_if
    ended = last_night(data_dir)
    part = ("refresh", "--regions", "abilene_tx", "--as-of", AS_OF, "--set", "grid_completion_probability=1")
    ran = firstmw(*part, "--as", "mine", "--json", data_dir=data_dir)
    assert ran.code == 0, ran.err
    answer = json.loads(ran.out)
    assert (answer["name"], answer["is_current"]) == ("mine", False)
    # Compared with its own region of the current release, ranked among its own rows.
    changes = table(data_dir, "rank_changes", "mine")
    assert changes["previous_run_id"].unique().to_list() == [base]
    assert changes["previous_rank"].sort().to_list() == list(range(1, changes.height + 1))
    listed = {
        row["run_id"]: row for row in json.loads(firstmw("releases", "--json", data_dir=data_dir).out)["releases"]
    }
    assert listed[answer["run_id"]]["names"] == ["mine"]
    assert listed[answer["run_id"]]["scope"]["regions"] == ["abilene_tx"]
    assert listed[answer["run_id"]]["what_if"] == ["grid_completion_probability=1"]
    assert [row["is_current"] for row in listed.values()].count(True) == 1
    for wrong, said in (
        (("--as", "../x"), "cannot name a release"),
        (("--as-of", "2099-01-01"), "--allow-future"),
        (("--as-of", "2026-11-21", "--publish"), "--allow-older"),
        (("--regions", "atlantis"), "atlantis"),
    ):
        refused = firstmw("refresh", *wrong, data_dir=data_dir)
        assert refused.code == 2
        assert said in refused.err
    assert last_night(data_dir) == ended
    assert current_run_id(data_dir) == base
