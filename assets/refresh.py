"""Runs a night from the command line: the same job as the schedule's, in this process, with progress."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
from dagster import DagsterResourceFunctionError
from dagster._core.errors import DagsterAssetCheckFailedError, DagsterExecutionInterruptedError
from dagster._core.utils import make_new_run_id
from sqlalchemy.exc import DBAPIError

from assets.ballast import end_run, take_ballast
from assets.base_line import build_lock, placement_of
from assets.closing import write_line
from assets.fetching import fetch_sources
from assets.listening import Event, Listener
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
    Placement,
    RawStore,
    ReleaseInfo,
    RunMark,
    Wish,
    clean_leftovers,
    release_info,
    reuse_release,
)
from pipelines.warehouse.sqltext import first_line

Interrupted = DagsterExecutionInterruptedError
"""What the orchestrator makes of a signal while steps run."""

# Lines that tell how far the weather of counties is.
_LINES = 40


@dataclass(frozen=True)
class RefreshOutcome:
    """What a refresh did, and where its release went."""

    run_id: str
    placement: Placement
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
    wait_seconds: float | None = None,
    on_event: Event | None = None,
    on_notice: Callable[[str], None] | None = None,
    on_wait: Callable[[str], None] | None = None,
    is_replay: bool = False,
    is_accepted: bool = False,
    what_if: Sequence[str] = (),
    is_counties: bool = False,
    wish: Wish = Wish(),  # noqa: B008 - immutable
    today: date | None = None,
) -> RefreshOutcome:
    """Run the night and publish its release; a release of the same run that is whole is verified and reused.

    A live night first asks the sources, then names itself after their answers. A part, a what-if, a named night and one
    of an earlier date than the current release go beside it and leave no run in the orchestrator's records.

    Parameters
    ----------
    settings : Settings
    as_of : date
        Logical date.
    regions, states : list[str] | None
        Only these; all where absent.
    weather_dir : Path | None
        Folder of weather files instead of the settings' one.
    wait_seconds : float | None
        How long to wait for another refresh to end; see `build_lock`.
    on_event : Callable[[str, int | None, float], None] | None
        Called with name, rows and seconds of every finished asset, and of every source that was asked.
    on_notice : Callable[[str], None] | None
        Called with a sentence on names that were taken away.
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
    wish : Wish
        Where the release is wanted.
    today : date | None
        Date of the clock (UTC); the system's where absent.

    Raises
    ------
    FirstmwError
        What stopped the night; the release before is untouched.
    """
    started = time.monotonic()
    if is_counties:
        settings = of_counties(settings)
        regions = [code.zfill(5) if code.isdigit() else code for code in regions or []]
    scope = Scope(as_of, names(regions or []), names(states or []), all_changes(settings, what_if), is_counties)
    if weather_dir is not None:
        settings = settings.model_copy(update={"weather_dir": weather_dir})
    settings = changed_settings(settings, scope.what_if)
    check_scope(settings, scope)
    placed = placement_of(settings, scope, wish, today)
    told: dict[str, Any] = {"as_of": as_of, "profile": settings.profile, "outcome": "failed"}
    told |= {} if placed.is_shown else {"side": placed.name}
    try:
        outcome = _refreshed(
            settings,
            scope,
            wish,
            today,
            wait_seconds,
            Listener(on_event, on_notice),
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
    except UsageError:
        # A wrong question leaves no trace.
        told.clear()
        raise
    except FirstmwError as error:
        told |= {"problem": str(error), "outcome": "held" if isinstance(error, HeldError) else "failed"}
        raise
    finally:
        if told:
            told["seconds"] = round(time.monotonic() - started, 3)
            write_line(settings.data_dir.absolute(), told)


def _refreshed(
    settings: Settings,
    scope: Scope,
    wish: Wish,
    today: date | None,
    wait_seconds: float | None,
    listener: Listener,
    on_wait: Callable[[str], None] | None,
    *,
    is_replay: bool,
    is_accepted: bool,
) -> RefreshOutcome:
    data_dir = settings.data_dir.absolute()
    placed = placement_of(settings, scope, wish, today)
    with build_lock(data_dir, placed, wait_seconds, on_wait):
        # The current release may have changed during the wait.
        placed = placement_of(settings, scope, wish, today)
        if placed.is_shown:
            _end_what_a_kill_left(data_dir)
        clean_leftovers(data_dir)
        record = _live_record(settings, scope, listener.on_event, is_replay=is_replay or bool(scope.what_if))
        run_id, _, _ = identify(settings, scope, record)
        release = reuse_release(data_dir, run_id, placed, is_accepted=is_accepted)
    if release is None:
        run = partial(_run_job, settings, scope, wish, today, wait_seconds, listener, placed, is_accepted=is_accepted)
        try:
            release = run()
        except BrokenBuildError as error:
            log.warning(str(error))
            release = run()
        is_reused = False
    else:
        is_reused = True
    if release.held and placed.is_shown and not release.is_current:
        raise HeldError(release.run_id, release.held)
    return RefreshOutcome(
        run_id=release.run_id,
        placement=placed,
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
    """End the runs whose process is gone, also on a night that only reuses a release.

    Where there are no records yet they are made here, under the lock: made by two processes at once they are damaged.
    """
    with dagster_home(data_dir), dg.DagsterInstance.get() as instance:
        end_abandoned_runs(instance, data_dir, None)


def _run_job(
    settings: Settings,
    scope: Scope,
    wish: Wish,
    today: date | None,
    wait_seconds: float | None,
    listener: Listener,
    placed: Placement,
    *,
    is_accepted: bool,
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
        "wait_seconds": -1.0 if wait_seconds is None else wait_seconds,
        "is_accepted": is_accepted,
        "is_logged": False,
        "name": wish.name,
        "is_published": wish.is_published,
        "allows_older": wish.allows_older,
        "allows_future": wish.allows_future,
        "today": today.isoformat() if today else "",
    }
    job = defs.resolve_job_def("nightly")
    own = make_new_run_id()
    with (
        listener.listening(),
        _records(settings.data_dir, placed) as instance,
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
def _records(data_dir: Path, placed: Placement) -> Iterator[dg.DagsterInstance]:
    """Open the orchestrator's records; those of a side release are kept in memory and end with it.

    The catalogue of the base line then keeps its own row counts, dates and data versions, and no run of a side release
    has to be pruned or ended after a kill. What it took is in the log of the nights.
    """
    if placed.is_shown:
        with dagster_home(data_dir), dg.DagsterInstance.get() as instance:
            yield instance
        return
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


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
