"""Sensors: failed runs and stale data, told over the webhook and by mail where these are set up."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg

from assets.closing import cause_of
from pipelines.alerts import AlertError, send, staleness
from pipelines.errors import UsageError, WarehouseError
from pipelines.settings import Settings
from pipelines.warehouse import release_info

_MINUTE = 60
SCHEDULE_TAG = "dagster/schedule_name"


def _cause(context: dg.RunFailureSensorContext) -> str:
    """Return the innermost cause of a failure as one line."""
    event = context.failure_event
    failed = context.get_step_failure_events()
    error = failed[0].step_failure_data.error if failed else event.job_failure_data.error
    return cause_of(error, event.message or "no message")


def _is_wrong_usage(context: dg.RunFailureSensorContext) -> bool:
    """Return whether a run was refused before it computed anything."""
    error = context.failure_event.job_failure_data.error
    while error is not None:
        if error.cls_name == UsageError.__name__:
            return True
        error = error.cause
    return False


@dg.run_failure_sensor(
    name="failed_runs",
    description="Posts and mails the cause of every run that fails.",
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=_MINUTE,
)
def failed_runs(context: dg.RunFailureSensorContext) -> None:
    """Tell of one failed run."""
    run = context.dagster_run
    if _is_wrong_usage(context) and SCHEDULE_TAG not in run.tags:
        # Whoever started it from the web interface sees why it was refused.
        context.log.info(f"not told, a wrong usage: {_cause(context)}")
        return
    lines = [
        _cause(context),
        f"run {run.run_id}, as of {run.tags.get('as_of', 'today')}; the release before stands.",
    ]
    try:
        context.log.info(f"told over {send(Settings(), f'{run.job_name} failed', lines) or 'no channel'}")
    except AlertError as error:
        # A message that is not delivered must not make the sensor send the next one twice.
        context.log.error(str(error))


@dg.sensor(
    name="stale_data",
    description="Posts and mails once when the current release or its inputs become stale.",
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=10 * _MINUTE,
)
def stale_data(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Tell once of a release that is stale."""
    settings = Settings()
    try:
        manifest = release_info(settings.data_dir.absolute()).manifest
    except (UsageError, WarehouseError):
        manifest = None
    told = staleness(manifest, datetime.now(UTC).replace(tzinfo=None), settings)
    about = f"{manifest['run_id'] if manifest else 'none'} {len(told)}"
    if not told or context.cursor == about:
        context.update_cursor(about)
        return dg.SkipReason("; ".join(told) or "the current release is fresh")
    try:
        send(settings, "stale data", told)
    except AlertError as error:
        return dg.SkipReason(str(error))
    context.update_cursor(about)
    return dg.SkipReason(f"told: {'; '.join(told)}")


SENSORS = [failed_runs, stale_data]
