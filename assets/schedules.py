"""Schedules: the night, and between nights the sources that move faster; the date of a run is the date of its tick.

They compose: runs queue one behind the other, on the coordinator and on the build's own lock, and each publishes a
whole night or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from assets.jobs import LEAD_TIMES, PRICES, QUEUES, nightly
from pipelines.settings import Settings


def _tick(context: dg.ScheduleEvaluationContext) -> datetime:
    moment: datetime = context.scheduled_execution_time
    return moment.astimezone(UTC)


def _request(context: dg.ScheduleEvaluationContext, run_key: str, sources: Sequence[str] = ()) -> dg.RunRequest:
    as_of = _tick(context).date().isoformat()
    config: dict[str, Any] = {"as_of": as_of, **({"sources": list(sources)} if sources else {})}
    return dg.RunRequest(
        run_key=run_key,
        run_config=dg.RunConfig(resources={"night": {"config": config}}),
        tags={"as_of": as_of},
    )


@dg.schedule(
    job=nightly,
    cron_schedule="30 5 * * *",
    execution_timezone="UTC",
    description="The whole night at 05:30 UTC, after the sources of the day before have settled.",
)
def nightly_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Ask for the night of the tick's date."""
    return _request(context, _tick(context).date().isoformat())


def _again(name: str, cron: str, sources: Sequence[str], what: str) -> dg.ScheduleDefinition:
    """Return the schedule that asks some sources again and rebuilds the night of the date on their answers."""

    @dg.schedule(job=nightly, name=name, cron_schedule=cron, execution_timezone="UTC", description=what)
    def again(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if Settings().profile != "live":
            return dg.SkipReason("the reference profile asks no source; set FIRSTMW_PROFILE=live.")
        return _request(context, f"{name} {_tick(context):%Y-%m-%dT%H:%M}", sources)

    return again


hourly_prices = _again(
    "hourly_prices",
    "10 6-23 * * *",
    PRICES,
    "Prices of gas and power asked again every hour of the day after the night.",
)
weekly_queues = _again(
    "weekly_queues", "20 13 * * 1", QUEUES, "Interconnection queues asked again on Mondays, also those met yesterday."
)
monthly_lead_times = _again(
    "monthly_lead_times",
    "40 14 5 * *",
    LEAD_TIMES,
    "Orders, shipments and prices of equipment asked again on the fifth, after their monthly editions.",
)
SCHEDULES = [nightly_schedule, hourly_prices, weekly_queues, monthly_lead_times]
