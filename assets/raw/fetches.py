"""raw.fetches: every source asked once, its bytes stored, and what the night has of it."""

import dagster as dg
import polars as pl

from assets.fetching import fetch_sources, round_before
from assets.night import Night, log, record_scope
from assets.resources import NightResource
from assets.table_asset import CONTRACT_CHECK, key_of, materialise
from pipelines.contracts.base import REGISTRY
from pipelines.sources.archive import Archive
from pipelines.sources.live import fetched_requests

TABLE = "raw.fetches"
FRESH_CHECK = "fresh"
_EVERY = 50


def fetched(night: Night) -> pl.DataFrame:
    """Ask the sources of a live night, unless that is done; list what there is."""
    if night.must_fetch and night.live is None:
        night.use(fetch_sources(night.settings, night.scope, earlier=round_before(night), on_county=_told))
    return fetched_requests(night.live.record if night.live else None)


def _told(source_id: str, done: int, planned: int, seconds: float) -> None:
    """Say in the night's log how far the weather of counties is."""
    if done == planned or done % _EVERY == 0:
        log.info("%s: weather of %s of %s counties in %.0f s", source_id, done, planned, seconds)


def ask_again(night: Night, retry_number: int) -> dg.RetryRequested | None:
    """Return Dagster's order to ask again where a source has not published yet; a broken source is not asked again."""
    settings = night.settings
    if not night.must_fetch or night.live is None or retry_number >= settings.source_late_retries:
        return None
    if not any(outcome.is_late for outcome in night.live.record.sources):
        return None
    return dg.RetryRequested(
        max_retries=settings.source_late_retries, seconds_to_wait=settings.source_late_wait_minutes * 60.0
    )


@dg.asset(
    key=key_of(TABLE),
    group_name="raw",
    kinds={"http"},
    description=REGISTRY[TABLE].comment,
    check_specs=[
        dg.AssetCheckSpec(CONTRACT_CHECK, asset=key_of(TABLE), blocking=True, description="The table is as described."),
        dg.AssetCheckSpec(
            FRESH_CHECK, asset=key_of(TABLE), description="Every source gave what was wanted of it, or is not due."
        ),
    ],
)
def fetches(context: dg.AssetExecutionContext, night: NightResource) -> dg.MaterializeResult:
    """Fetch, store, and say what is missing."""
    open_night = night.night
    if open_night.must_fetch and context.retry_number:
        # What was found late a while ago is asked again; what was found then stays.
        before = Archive(open_night.raw).read_night(
            open_night.as_of, record_scope(open_night.settings, open_night.scope)
        )
        open_night.use(fetch_sources(open_night.settings, open_night.scope, earlier=before))
    result = materialise(open_night, TABLE, fetched)
    again = ask_again(open_night, context.retry_number)
    if again is not None:
        raise again
    stale = [outcome for outcome in open_night.live.record.sources if outcome.is_stale] if open_night.live else []
    check = dg.AssetCheckResult(
        passed=not stale,
        check_name=FRESH_CHECK,
        asset_key=key_of(TABLE),
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(reason for outcome in stale for reason in outcome.reasons)[:2000],
        metadata={"stale": [outcome.source_id for outcome in stale]},
    )
    progress = open_night.live.record.progress if open_night.live else {}
    metadata = {**(result.metadata or {}), **{f"county_weather_{name}": value for name, value in progress.items()}}
    return dg.MaterializeResult(
        asset_key=key_of(TABLE), metadata=metadata, check_results=[*(result.check_results or []), check]
    )
