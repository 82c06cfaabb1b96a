"""Dagster resources: the night that a run works on."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import dagster as dg
from pydantic import PrivateAttr

from assets.night import Night, Scope, names, of_counties, open_night
from pipelines.ranking.what_if import changed_settings
from pipelines.settings import Settings


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
    wait_seconds: float = 0.0
    _open: AbstractContextManager[Night] | None = PrivateAttr(default=None)
    _night: Night | None = PrivateAttr(default=None)

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
        settings = changed_settings(settings, self.what_if)
        is_counties = self.scope == "counties"
        if is_counties:
            settings = of_counties(settings)
        scope = Scope(day, names(self.regions), names(self.states), tuple(self.what_if), is_counties)
        self._open = open_night(settings, scope, wait_seconds=self.wait_seconds, must_fetch=not self.is_fetched)
        self._night = self._open.__enter__()
        if context.instance is not None:
            end_abandoned_runs(context.instance, context.run.run_id if context.run else None)

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Close the build database and free the lock."""
        if self._open is not None:
            self._open.__exit__(None, None, None)
        self._open = self._night = None


def end_abandoned_runs(instance: dg.DagsterInstance, own_run_id: str | None) -> list[str]:
    """Mark runs as failed that are open although their process is gone; the caller holds the build lock.

    Returns
    -------
    list[str]
        Ids of the runs that were ended.
    """
    statuses = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING]
    abandoned = [run for run in instance.get_runs(dg.RunsFilter(statuses=statuses)) if run.run_id != own_run_id]
    for run in abandoned:
        instance.report_run_failed(run, "The process of this run ended without a word; the build lock was free.")
    return [run.run_id for run in abandoned]
