"""The closing line of a night that the orchestrator started: how it ended, as the command line writes it of its own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg
from dagster import DagsterEventType
from dagster._utils.error import SerializableErrorInfo

from assets.night import Night
from pipelines import nightlog
from pipelines.errors import HeldError, UsageError, WarehouseError
from pipelines.warehouse import release_info

_LONGEST = 600


def cause_of(error: SerializableErrorInfo | None, otherwise: str) -> str:
    """Return the innermost cause of a failure as one line."""
    while error is not None and error.cause is not None:
        error = error.cause
    return " ".join(error.message.split())[:_LONGEST] if error is not None else otherwise


def ending(night: Night, started: datetime, run: dg.DagsterRun, instance: dg.DagsterInstance) -> dict[str, Any] | None:
    """Return how a night ended, None for a part of the assets that was to publish nothing and did not fail.

    Parameters
    ----------
    night : Night
        As its last step left it.
    started : datetime
        When it began, UTC without a zone.
    run : dg.DagsterRun
    instance : dg.DagsterInstance
        Where the failed steps of the run are recorded.
    """
    if night.steps and night.steps[-1]["asset"] == "release":
        with suppress(UsageError, WarehouseError):
            info = release_info(night.settings.data_dir.absolute(), night.run_id)
            if info.held and night.placement.is_shown and not info.is_current:
                return {"outcome": "held", "problem": str(HeldError(info.run_id, info.held))}
            outcome = "published" if info.published_at_utc >= started.replace(microsecond=0) else "reused"
            return {"outcome": outcome, "run_id": info.run_id}
    failed = instance.all_logs(run.run_id, of_type=DagsterEventType.STEP_FAILURE)
    if not failed and run.asset_selection:
        return None
    return {"outcome": "failed", "problem": night.problem or _told(failed)}


def _told(failed: Sequence[Any]) -> str:
    if not failed:
        return "the run was ended before its release"
    return cause_of(failed[0].dagster_event.step_failure_data.error, failed[0].user_message)


def write_line(data_dir: Path, told: dict[str, Any]) -> None:
    """Write the line; a log that cannot be written must not hide why the night failed."""
    if (data_dir / "build").is_dir():
        with suppress(OSError):
            nightlog.append(data_dir, "night", told)
