"""A what-if from the command line: it moves what depends on it, says why, and leaves the base as it was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from pipelines.warehouse import current_run_id, open_release, release_info

REGIONS = "abilene_tx,columbus_oh,imperial_ca"
AS_OF = "2026-11-22"
ENGINES = {"gas_recip", "solar_bess_gas", "smr_hybrid"}
KEY = ["region_id", "stack_id"]


@pytest.fixture(scope="module")
def what_if(firstmw, night: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, dict]:
    """Return a data folder in which engines take 30 months, the base's run id, and the command's answer."""
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
    before, after = (table(data_dir, "time_to_power", run).select(*KEY, *months) for run in (base, None))
    differs = after.join(before, on=KEY, suffix="_before").filter(
        pl.any_horizontal(pl.col(name) != pl.col(f"{name}_before") for name in months)
    )
    assert set(differs["stack_id"]) == ENGINES
    for name in ("designs", "dispatch_annual", "fuel_prices", "adequacy"):
        assert table(data_dir, name).equals(table(data_dir, name, base)), name


def test_the_change_shows_with_its_reason(what_if) -> None:
    data_dir, base, _ = what_if
    changes = table(data_dir, "rank_changes")
    assert changes["previous_run_id"].unique().to_list() == [base]
    engines = changes.filter(pl.col("stack_id").is_in(sorted(ENGINES)))
    assert set(engines["moved_by"]) == {"lead times"}
    assert engines["changed_inputs"].str.contains("lead_times.recip_high_speed", literal=True).all()
    assert engines["movement"].str.contains("months to the first MW").all()
    assert (engines["value_change_usd_per_mw"] < 0).all()
    assert set(changes.filter(~pl.col("stack_id").is_in(sorted(ENGINES)))["moved_by"]) <= {"other rows", "nothing"}
    named = table(data_dir, "run_changes").filter(pl.col("kind") == "lead_time")
    assert named["name"].to_list() == ["lead_times.recip_high_speed", "lead_times.recip_medium_speed"]


def test_it_is_marked_and_the_base_returns_untouched(firstmw, what_if, tmp_path: Path) -> None:
    data_dir, base, answer = what_if
    marked = firstmw("status", data_dir=data_dir)
    assert "What-if: lead_times.recip_engine.mid=30" in marked.out
    assert release_info(data_dir).what_if == ["lead_times.recip_engine.mid=30"]
    back = firstmw("refresh", "--regions", REGIONS, "--as-of", AS_OF, "--json", data_dir=data_dir)
    assert json.loads(back.out)["is_reused"]
    assert current_run_id(data_dir) == base
    # The next night follows the base, also when the what-if is what is shown.
    nights = table(data_dir, "ranking_history", answer["run_id"])["run_id"].unique()
    assert set(nights) == {base, answer["run_id"]}
