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


def test_events_stored_at_once_are_those_stored_one_by_one(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = dg.materialize([table], instance=instance).run_id
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "1000")
    batches = []
    store = EventLog.store_event_batch
    monkeypatch.setattr(
        EventLog, "store_event_batch", lambda log, events: (batches.append(len(events)), store(log, events))
    )
    together = dg.materialize([table], instance=instance).run_id
    assert max(batches) >= 2
    own = SqliteEventLogStorage(str(tmp_path / "history" / "runs"))
    kinds = [
        [entry.dagster_event_type for entry in own.get_logs_for_run(run_id) if entry.is_dagster_event]
        for run_id in (alone, together)
    ]
    assert sorted(kinds[0], key=str) == sorted(kinds[1], key=str)
    (record,) = own.get_asset_records([dg.AssetKey("table")])
    assert record.asset_entry.last_run_id == together
    key = dg.AssetCheckKey(dg.AssetKey("table"), "whole")
    assert [check.run_id for check in own.get_asset_check_execution_history(key, limit=5)] == [together, alone]


def test_a_batch_that_cannot_be_stored_leaves_nothing_and_the_log_usable(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = instance.event_log_storage
    run_id = dg.materialize([table], instance=instance).run_id
    entries = [entry for entry in instance.all_logs(run_id)]
    before = len(entries)
    store, stored = EventLog.store_event, []

    def second_fails(self: EventLog, event: object) -> None:
        if stored:
            raise OSError("no space left")
        stored.append(event)
        store(self, event)

    with monkeypatch.context() as patched:
        patched.setattr(EventLog, "store_event", second_fails)
        with pytest.raises(OSError, match="no space"):
            log.store_event_batch(entries[:2])
    assert stored
    assert len(instance.all_logs(run_id)) == before
    log.store_event_batch(entries[:2])
    assert len(instance.all_logs(run_id)) == before + 2
