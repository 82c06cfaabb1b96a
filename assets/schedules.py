"""Schedules: the night, once a day; the date of a run is the date of its tick."""

from __future__ import annotations

import dagster as dg

from assets.jobs import nightly


@dg.schedule(
    job=nightly,
    cron_schedule="30 5 * * *",
    execution_timezone="UTC",
    description="The whole night at 05:30 UTC, after the sources of the day before have settled.",
)
def nightly_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Ask for the night of the tick's date."""
    as_of = context.scheduled_execution_time.date().isoformat()
    return dg.RunRequest(
        run_key=as_of,
        run_config=dg.RunConfig(resources={"night": {"config": {"as_of": as_of}}}),
        tags={"as_of": as_of},
    )
