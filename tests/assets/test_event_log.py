"""What the night's event log writes, Dagster's own log reads."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log import SqliteEventLogStorage

from assets.refresh import dagster_home


@dg.asset
def turbines() -> int:
    return 3


def test_dagster_reads_the_runs_of_the_night(tmp_path: Path) -> None:
    with dagster_home(tmp_path) as home, dg.DagsterInstance.get() as instance:
        run = dg.materialize([turbines], instance=instance)
        assert run.success
        assert type(instance.event_log_storage).__name__ == "NightEventLog"
    own = SqliteEventLogStorage(str(home / "history" / "runs"))
    assert own.get_latest_materialization_events([turbines.key])[turbines.key] is not None
    assert {record.dagster_event_type for record in own.get_logs_for_run(run.run_id)} >= {
        dg.DagsterEventType.RUN_SUCCESS,
        dg.DagsterEventType.ASSET_MATERIALIZATION,
    }
