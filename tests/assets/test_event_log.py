"""The event log over open connections: the same files as Dagster's own, read and cleaned up alike."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from assets.event_log import EventLog


@dg.asset(check_specs=[dg.AssetCheckSpec("whole", asset="table")])
def table() -> dg.MaterializeResult:
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True)])


@pytest.fixture
def instance(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    shutil.copyfile(repository / "dagster.yaml", tmp_path / "dagster.yaml")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with dg.DagsterInstance.get() as made:
        yield made


def test_dagsters_own_log_reads_what_was_written(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    log = instance.event_log_storage
    assert isinstance(log, EventLog)
    runs = [dg.materialize([table], instance=instance).run_id for _ in range(9)]
    assert len(log._engines) <= 6
    own = SqliteEventLogStorage(str(tmp_path / "history" / "runs"))
    for run_id in runs:
        assert len(own.get_logs_for_run(run_id)) == len(log.get_logs_for_run(run_id)) > 10
    for storage in (own, log):
        (record,) = storage.get_asset_records([dg.AssetKey("table")])
        assert record.asset_entry.last_run_id == runs[-1]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda run_id: len(log.get_logs_for_run(run_id)), runs * 5))
    assert len(set(found)) == 1


def test_a_run_that_is_deleted_leaves_no_file_open(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    log = instance.event_log_storage
    run_id = dg.materialize([table], instance=instance).run_id
    path = tmp_path / "history" / "runs" / f"{run_id}.db"
    assert path.is_file()
    instance.delete_run(run_id)
    assert log.get_logs_for_run(run_id) == []
    path.unlink()
    # What takes its place is a new file, not the one that is gone.
    assert log.get_logs_for_run(run_id) == []
    assert path.is_file()
