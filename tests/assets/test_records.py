"""The orchestrator's own records: damaged ones are named with the way out, and nothing is published over them."""

from __future__ import annotations

from pathlib import Path

from pipelines.nightlog import last_night
from pipelines.warehouse import current_run_id


def test_damaged_records_of_the_orchestrator_are_named(firstmw, tmp_path: Path) -> None:
    records = tmp_path / "dagster" / "history" / "runs.db"
    records.parent.mkdir(parents=True)
    records.write_bytes(bytes(range(256)) * 20)
    ran = firstmw("refresh", "--publish", "--regions", "abilene_tx", "--as-of", "2026-11-22", data_dir=tmp_path)
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert "records cannot be read or written" in ran.err
    assert "move that folder away" in ran.err
    assert current_run_id(tmp_path) is None
    ended = last_night(tmp_path)
    assert ended is not None
    assert ended["outcome"] == "failed"
    assert "file is not a database" in ended["problem"]
