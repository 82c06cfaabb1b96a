"""Runs a night from the command line: the same job as the schedule's, in this process, with progress."""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
from dagster import DagsterResourceFunctionError
from dagster._core.errors import DagsterAssetCheckFailedError
from dagster._core.utils import make_new_run_id
from sqlalchemy.exc import DBAPIError

from assets.ballast import end_run, take_ballast
from assets.closing import write_line
from assets.fetching import fetch_sources
from assets.night import (
    REPOSITORY,
    Scope,
    check_scope,
    has_sources,
    identify,
    log,
    names,
    record_scope,
)
from assets.resources import end_abandoned_runs
from pipelines.counties.scope import of_counties
from pipelines.errors import BrokenBuildError, ContractError, FirstmwError, HeldError, UsageError, WarehouseError
from pipelines.ranking.what_if import all_changes, changed_settings
from pipelines.settings import Settings
from pipelines.sources.archive import Archive, NightRecord, SourceOutcome
from pipelines.warehouse import (
    BuildLock,
    RawStore,
    ReleaseInfo,
    RunMark,
    clean_leftovers,
    release_info,
    reuse_release,
)
from pipelines.warehouse.sqltext import first_line

# Lines that tell how far the weather of counties is.
_LINES = 40
Event = Callable[[str, int | None, float], None]


@dataclass(frozen=True)
class RefreshOutcome:
    """What a refresh did."""

    run_id: str
    release_dir: Path
    is_reused: bool
    is_stale: bool
    seconds: float
    assets: list[tuple[str, int | None, float]]


def refresh_night(
    settings: Settings,
    as_of: date,
    *,
    regions: list[str] | None = None,
    states: list[str] | None = None,
    weather_dir: Path | None = None,
    wait_seconds: float = 0.0,
    on_event: Event | None = None,
    on_wait: Callable[[str], None] | None = None,
    is_replay: bool = False,
    is_accepted: bool = False,
    what_if: Sequence[str] = (),
    is_counties: bool = False,
) -> RefreshOutcome:
    """Run the night and publish its release; a release of the same run that is whole is verified and reused.

    A live night first asks the sources, then names itself after their answers.

    Parameters
    ----------
    settings : Settings
    as_of : date
        Logical date.
    regions, states : list[str] | None
        Only these; all where absent.
    weather_dir : Path | None
        Folder of weather files instead of the settings' one.
    wait_seconds : float
        How long to wait for another refresh to end.
    on_event : Callable[[str, int | None, float], None] | None
        Called with name, rows and seconds of every finished asset, and of every source that was asked.
    on_wait : Callable[[str], None] | None
        Called with a sentence when there is another refresh to wait for.
    is_replay : bool
        Build a live night from the answers that are held of it, without any network.
    is_accepted : bool
        Show the release even where it departs so far from the last one that it would be held for review.
    what_if : Sequence[str]
        What is set for a what-if, as `name=value`. A live what-if rests on the answers held of its night.
    is_counties : bool
        Rank counties instead of markets, in a data folder of their own.

    Raises
    ------
    FirstmwError
        What stopped the night; the release before is untouched.
    """
    started = time.monotonic()
    if is_counties:
        settings = of_counties(settings)
        regions = [code.zfill(5) if code.isdigit() else code for code in regions or []]
    told: dict[str, Any] = {"as_of": as_of, "profile": settings.profile, "outcome": "failed"}
    try:
        outcome = _refreshed(
            settings,
            Scope(as_of, names(regions or []), names(states or []), all_changes(settings, what_if), is_counties),
            weather_dir,
            wait_seconds,
            on_event,
            on_wait,
            is_replay=is_replay,
            is_accepted=is_accepted,
        )
        told |= {"outcome": "reused" if outcome.is_reused else "published", "run_id": outcome.run_id}
        return replace(outcome, seconds=time.monotonic() - started)
    except DBAPIError as error:
        problem = WarehouseError(
            f"{settings.data_dir / 'dagster'}: the orchestrator's records cannot be read or written "
            f"({first_line(error.orig or error)}); make room or give access there, or move that folder away."
        )
        told["problem"] = str(problem)
        raise problem from error
    except FirstmwError as error:
        told |= {"problem": str(error), "outcome": "held" if isinstance(error, HeldError) else "failed"}
        raise
    finally:
        told["seconds"] = round(time.monotonic() - started, 3)
        # A wrong question leaves no trace.
        write_line(settings.data_dir.absolute(), told)


def _refreshed(
    settings: Settings,
    scope: Scope,
    weather_dir: Path | None,
    wait_seconds: float,
    on_event: Event | None,
    on_wait: Callable[[str], None] | None,
    *,
    is_replay: bool,
    is_accepted: bool,
) -> RefreshOutcome:
    if weather_dir is not None:
        settings = settings.model_copy(update={"weather_dir": weather_dir})
    settings = changed_settings(settings, scope.what_if)
    check_scope(settings, scope)
    data_dir = settings.data_dir.absolute()
    with BuildLock(data_dir, wait_seconds=wait_seconds, on_wait=on_wait):
        _end_what_a_kill_left(data_dir)
        record = _live_record(settings, scope, on_event, is_replay=is_replay or bool(scope.what_if))
        run_id, _, _ = identify(settings, scope, record)
        release = reuse_release(data_dir, run_id, is_accepted=is_accepted)
    listener = _Listener(on_event)
    if release is None:
        try:
            release = _run_job(settings, scope, wait_seconds, listener, is_accepted=is_accepted)
        except BrokenBuildError as error:
            log.warning(str(error))
            release = _run_job(settings, scope, wait_seconds, listener, is_accepted=is_accepted)
        is_reused = False
    else:
        is_reused = True
    if release.held and not release.is_current:
        raise HeldError(release.run_id, release.held)
    return RefreshOutcome(
        run_id=release.run_id,
        release_dir=release.path,
        is_reused=is_reused,
        is_stale=bool(release.manifest.get("is_stale", False)),
        seconds=0.0,
        assets=listener.steps,
    )


def _live_record(settings: Settings, scope: Scope, on_event: Event | None, *, is_replay: bool) -> NightRecord | None:
    """Return what the sources gave, tonight or when the night was; None where none is read."""
    if not has_sources(settings):
        return None
    if is_replay:
        return Archive(RawStore(settings.data_dir)).read_night(scope.as_of, record_scope(settings, scope))
    started = time.monotonic()

    def on_source(outcome: SourceOutcome) -> None:
        if on_event is not None and outcome.is_asked:
            rows = sum(good.rows for good in outcome.good)
            on_event(f"{outcome.source_id} ({outcome.profile})", rows, time.monotonic() - started)

    def on_county(source_id: str, done: int, planned: int, seconds: float) -> None:
        if on_event is not None and (done == planned or done % max(1, planned // _LINES) == 0):
            left = seconds / done * (planned - done)
            on_event(f"{source_id} {done:,} of {planned:,}, {left:.0f} s left", None, time.monotonic() - started)

    return fetch_sources(settings, scope, on_source=on_source, on_county=on_county)


def _end_what_a_kill_left(data_dir: Path) -> None:
    """End the runs whose process is gone and clear away its scraps, also on a night that only reuses a release.

    Where there are no records yet they are made here, under the lock: made by two processes at once they are damaged.
    """
    with dagster_home(data_dir), dg.DagsterInstance.get() as instance:
        end_abandoned_runs(instance, data_dir, None)
    clean_leftovers(data_dir)


def _run_job(
    settings: Settings, scope: Scope, wait_seconds: float, listener: _Listener, *, is_accepted: bool
) -> ReleaseInfo:
    from assets.definitions import defs  # noqa: PLC0415 - loads every asset module

    resource = {
        "as_of": scope.as_of.isoformat(),
        "regions": list(scope.regions),
        "states": list(scope.states),
        "weather_dir": str(settings.weather_dir or ""),
        "profile": settings.profile,
        "scope": "counties" if scope.is_counties else "markets",
        "what_if": list(scope.what_if),
        "is_fetched": True,
        "wait_seconds": wait_seconds,
        "is_accepted": is_accepted,
        "is_logged": False,
    }
    job = defs.resolve_job_def("nightly")
    own = make_new_run_id()
    with (
        listener.listening(),
        dagster_home(settings.data_dir),
        dg.DagsterInstance.get() as instance,
        RunMark(settings.data_dir.absolute(), own),
        _ended_whatever_happens(instance, settings.data_dir.absolute(), own),
    ):
        try:
            job.execute_in_process(
                instance=instance,
                run_config={
                    "resources": {"night": {"config": resource}},
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
                tags={"as_of": scope.as_of.isoformat()},
                run_id=own,
            )
        except DagsterAssetCheckFailedError as error:
            held = _held(settings.data_dir.absolute(), listener.run_id)
            if held is not None:
                return held
            raise ContractError(listener.broken[0] if listener.broken else str(error)) from error
        except DagsterResourceFunctionError as error:
            if isinstance(error.__cause__, FirstmwError):
                raise error.__cause__ from None
            raise
    # The night names its own run: an input edited since it was identified gives it another name.
    return release_info(settings.data_dir.absolute(), listener.run_id)


@contextmanager
def _ended_whatever_happens(instance: dg.DagsterInstance, data_dir: Path, run_id: str) -> Iterator[None]:
    """Leave no run open that this process began, also where a full disk took the orchestrator its last words."""
    take_ballast(data_dir)
    try:
        yield
    except Exception as error:
        end_run(instance, data_dir, run_id, first_line(error))
        raise


def _held(data_dir: Path, run_id: str) -> ReleaseInfo | None:
    """Return the release of a run if it was published and is held for review."""
    try:
        info = release_info(data_dir, run_id) if run_id else None
    except (UsageError, WarehouseError):
        return None
    return info if info is not None and info.held else None


@contextmanager
def dagster_home(data_dir: Path) -> Iterator[Path]:
    """Set DAGSTER_HOME to the data folder's own, with this checkout's dagster.yaml, for as long as needed."""
    home = data_dir.absolute() / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(REPOSITORY / "dagster.yaml", home / "dagster.yaml")
    before = os.environ.get("DAGSTER_HOME")
    os.environ["DAGSTER_HOME"] = str(home)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    # What a run plans to do, two events per table, is stored at once.
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "1000")
    try:
        yield home
    finally:
        if before is None:
            del os.environ["DAGSTER_HOME"]
        else:
            os.environ["DAGSTER_HOME"] = before


class _Listener(logging.Handler):
    """Hears every asset that finishes while the job runs, and the contracts that are broken."""

    def __init__(self, on_event: Event | None) -> None:
        super().__init__()
        self.steps: list[tuple[str, int | None, float]] = []
        self.run_id = ""
        self.broken: list[str] = []
        self._on_event = on_event

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record of the night's log."""
        progress = getattr(record, "progress", None)
        if progress is not None and self._on_event is not None:
            self._on_event(*progress)
        step = getattr(record, "step", None)
        if step is None:
            return
        if record.levelno >= logging.ERROR:
            self.broken.append(step["problem"])
            return
        self.run_id = step["run_id"]
        self.steps.append((step["asset"], step["rows"], step["seconds"]))
        if self._on_event is not None:
            self._on_event(*self.steps[-1])

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen for as long as the block lasts."""
        level = log.level
        log.addHandler(self)
        log.setLevel(logging.INFO)
        try:
            yield
        finally:
            log.removeHandler(self)
            log.setLevel(level)
