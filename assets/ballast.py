"""Room kept for the last word of a night: given back on a full disk, so that the run can be ended in the records."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import dagster as dg
from dagster import DagsterEventType
from dagster._core.events import DagsterEvent
from sqlalchemy.exc import DBAPIError

BALLAST_BYTES = 2_000_000


def ballast_path(data_dir: Path) -> Path:
    """Return where the ballast lies: beside the orchestrator's records, on their disk."""
    return data_dir / "dagster" / "ballast"


def take_ballast(data_dir: Path) -> None:
    """Fill the ballast where it is not whole; where there is no room for it the night says so by itself."""
    path = ballast_path(data_dir)
    with suppress(OSError):
        if not path.is_file() or path.stat().st_size != BALLAST_BYTES:
            # Bytes that no file system stores in less room.
            path.write_bytes(os.urandom(BALLAST_BYTES))


def end_run(instance: dg.DagsterInstance, data_dir: Path, run_id: str, told: str) -> bool:
    """Mark a run as failed if the orchestrator still holds it for open; return whether it is ended now.

    Where its log of events can no longer be written, the list of the runs may be: that is what holds up a queue.

    Parameters
    ----------
    instance : dg.DagsterInstance
    data_dir : Path
        The data folder, whose ballast is given back.
    run_id : str
        The orchestrator's id of the run.
    told : str
        Why it ended.
    """
    with suppress(OSError):
        ballast_path(data_dir).unlink(missing_ok=True)
    with suppress(DBAPIError, OSError):
        run = instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return True
        with suppress(DBAPIError, OSError):
            instance.report_run_failed(run, told)
            return True
        failed = DagsterEvent(DagsterEventType.RUN_FAILURE.value, job_name=run.job_name, message=told)
        instance.run_storage.handle_run_event(run_id, failed)
        return True
    return False
