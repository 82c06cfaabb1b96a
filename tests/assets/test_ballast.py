"""The last word of a run: kept room is given back for it, and a damaged log of events does not leave a run open."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets.ballast import BALLAST_BYTES, ballast_path, end_run, take_ballast
from assets.refresh import dagster_home


@dg.job
def night() -> None:
    """A job of nothing."""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dagster_home(tmp_path), dg.DagsterInstance.get() as made:
        yield made


def _started(instance: dg.DagsterInstance) -> str:
    run = instance.create_run_for_job(night, status=dg.DagsterRunStatus.STARTED)
    return run.run_id


def test_an_open_run_is_ended_and_the_room_given_back(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    take_ballast(tmp_path)
    assert ballast_path(tmp_path).stat().st_blocks * 512 >= BALLAST_BYTES
    run_id = _started(instance)
    assert end_run(instance, tmp_path, run_id, "no space left on device")
    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status == dg.DagsterRunStatus.FAILURE
    assert not ballast_path(tmp_path).exists()
    assert "no space left" in instance.all_logs(run_id)[-1].dagster_event.message
    # What is ended stays as it is.
    assert end_run(instance, tmp_path, run_id, "again")
    assert len(instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE)) == 1


def test_a_run_is_ended_where_its_events_cannot_be_written(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    run_id = _started(instance)
    for file in (tmp_path / "dagster" / "history" / "runs").glob("*.db"):
        with sqlite3.connect(file) as damaged:
            damaged.execute("drop table if exists event_logs")
        damaged.close()
    assert end_run(instance, tmp_path, run_id, "no space left on device")
    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status == dg.DagsterRunStatus.FAILURE
