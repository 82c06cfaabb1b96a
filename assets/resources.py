"""Dagster resources: the night that a run works on."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import dagster as dg
from pydantic import PrivateAttr

from assets.closing import ending, write_line
from assets.night import Night, Scope, names, open_night
from pipelines.counties.scope import of_counties
from pipelines.errors import UsageError
from pipelines.ranking.what_if import all_changes, changed_settings
from pipelines.settings import Settings
from pipelines.warehouse import RunMark, Wish, is_run_alive
from pipelines.warehouse.sqltext import first_line

# Runs of the schedules queue on the build for as long as a slow night may take.
QUEUE_SECONDS = 4 * 3600.0
_MARK_SECONDS = 60.0


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


class NightResource(dg.ConfigurableResource):
    """Opens the night when a run starts and closes it when the run ends; holds the build lock in between."""

    as_of: str = ""
    regions: list[str] = []  # noqa: RUF012 - a pydantic field, copied per instance
    states: list[str] = []  # noqa: RUF012
    weather_dir: str = ""
    profile: str = ""
    scope: Literal["markets", "counties"] = "markets"
    what_if: list[str] = []  # noqa: RUF012
    is_fetched: bool = False
    # Negative: as the command line waits where nothing is said.
    wait_seconds: float = QUEUE_SECONDS
    is_accepted: bool = False
    sources: list[str] = []  # noqa: RUF012
    # Where the release is wanted: see `pipelines.warehouse.Wish`.
    name: str = ""
    is_published: bool = False
    allows_older: bool = False
    allows_future: bool = False
    # Date of the clock (UTC); the system's where empty.
    today: str = ""
    # The command line writes the closing line itself.
    is_logged: bool = True
    _told: dict[str, Any] = PrivateAttr(default_factory=dict)
    _started: datetime = PrivateAttr(default_factory=_now)
    _open: AbstractContextManager[Night] | None = PrivateAttr(default=None)
    _night: Night | None = PrivateAttr(default=None)
    _mark: RunMark | None = PrivateAttr(default=None)

    @property
    def night(self) -> Night:
        """Return the open night."""
        if self._night is None:
            raise RuntimeError("the night is open only while a run executes")
        return self._night

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Take the build lock, open the build database, and end runs that a kill left open."""
        day = date.fromisoformat(self.as_of) if self.as_of else datetime.now(UTC).date()
        settings = Settings()
        if self.weather_dir:
            settings = settings.model_copy(update={"weather_dir": Path(self.weather_dir)})
        if self.profile:
            settings = settings.model_copy(update={"profile": self.profile})
        what_if = all_changes(settings, self.what_if)
        settings = changed_settings(settings, what_if)
        is_counties = self.scope == "counties"
        if is_counties:
            settings = of_counties(settings)
        scope = Scope(day, names(self.regions), names(self.states), what_if, is_counties)
        self._started, self._told = _now(), {"as_of": day, "profile": settings.profile}
        run_id = context.run.run_id if context.run else None
        if run_id is not None and is_run_alive(settings.data_dir.absolute(), run_id) is None:
            # Seen by others while it waits for the build: a run that waits is not one that a kill left open.
            self._mark = RunMark(settings.data_dir.absolute(), run_id).__enter__()
        self._open = open_night(
            settings,
            scope,
            wait_seconds=self.wait_seconds if self.wait_seconds >= 0 else None,
            must_fetch=not self.is_fetched,
            is_accepted=self.is_accepted,
            ask_again=names(self.sources),
            wish=Wish(self.name, self.is_published, self.allows_older, self.allows_future),
            today=date.fromisoformat(self.today) if self.today else None,
            must_be_base=context.instance is not None and not context.instance.is_ephemeral,
        )
        try:
            self._night = self._open.__enter__()
        except BaseException as error:
            self._open = None
            self._unmark()
            if not isinstance(error, UsageError):
                self._close(settings.data_dir, {"outcome": "failed", "problem": first_line(error)})
            raise
        if context.instance is not None:
            end_abandoned_runs(context.instance, settings.data_dir.absolute(), run_id)

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Write how the night ended, close the build database and free the lock."""
        if self._night is not None and context.run is not None and context.instance is not None:
            told = ending(self._night, self._started, context.run, context.instance) if self.is_logged else None
            if told is not None:
                self._close(self._night.settings.data_dir, told)
        if self._open is not None:
            self._open.__exit__(None, None, None)
        self._open = self._night = None
        self._unmark()

    def _close(self, data_dir: Path, told: dict[str, Any]) -> None:
        if self.is_logged:
            seconds = round((_now() - self._started).total_seconds(), 3)
            write_line(data_dir.absolute(), {**self._told, **told, "seconds": seconds})

    def _unmark(self) -> None:
        if self._mark is not None:
            self._mark.__exit__(None, None, None)
            self._mark = None


def end_abandoned_runs(instance: dg.DagsterInstance, data_dir: Path, own_run_id: str | None) -> list[str]:
    """Mark runs as failed that are open although their process is gone; the caller holds the build lock.

    A run that waits for the build has a living process, which its mark shows. One without a mark is given the time
    that a worker needs to set it.

    Returns
    -------
    list[str]
        Ids of the runs that were ended.
    """
    open_states = [
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    ]
    ended = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=open_states)):
        run = record.dagster_run
        if run.run_id == own_run_id:
            continue
        is_alive = is_run_alive(data_dir, run.run_id)
        if is_alive is None:
            is_alive = (datetime.now(UTC) - record.update_timestamp).total_seconds() < _MARK_SECONDS
        if not is_alive:
            instance.report_run_failed(run, "The process of this run ended without a word; its mark was free.")
            ended.append(run.run_id)
    return ended
