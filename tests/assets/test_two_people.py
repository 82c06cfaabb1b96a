"""Two people, one folder: a what-if and a night at the same time, in processes of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from pipelines.warehouse import current_run_id, open_release, release_info, verify_release

REGIONS = ("--regions", "abilene_tx,columbus_oh,imperial_ca")


def test_both_come_right_and_neither_is_lost(night: Path, repository: Path, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    shutil.copytree(night, data_dir, symlinks=True)
    base = current_run_id(night)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FIRSTMW_")}
    environment |= {"FIRSTMW_DATA_DIR": str(data_dir)}

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli.main", "refresh", *REGIONS, *arguments, "--json"],
            cwd=repository,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    running = [
        start("--as-of", "2026-11-22", "--set", "grid_completion_probability=1", "--as", "mine"),
        start("--as-of", "2026-11-23", "--publish"),
    ]
    ended = [process.communicate(timeout=600) for process in running]
    assert [process.returncode for process in running] == [0, 0], [err[-500:] for _, err in ended]
    what_if, tonight = (json.loads(out) for out, _ in ended)
    # One of the two waited for the other, and said so.
    assert any("another refresh holds" in err and "waiting for it to end" in err for _, err in ended)
    assert current_run_id(data_dir) == tonight["run_id"]
    assert release_info(data_dir, "mine").run_id == what_if["run_id"]
    assert [verify_release(data_dir, run_id) for run_id in ("mine", tonight["run_id"], base)] == [[], [], []]
    with open_release(data_dir) as release:
        nights = release.table("ranking_history")["run_id"].unique().to_list()
        assert sorted(nights) == sorted([base, tonight["run_id"]])
        assert release.table("rank_changes")["previous_run_id"].unique().to_list() == [base]
    with open_release(data_dir, "mine") as release:
        assert release.table("rank_changes")["previous_run_id"].unique().to_list() == [base]
