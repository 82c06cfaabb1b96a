"""Weather of counties from the public sources, a little every night, as far as each source's limits go.

What is fetched stays. The next night goes on with the counties that have no weather yet, then with those whose year is
the oldest, each group in the order that the last release ranks them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import polars as pl

from pipelines.counties.progress import Progress
from pipelines.sources.archive import Archive, Good, GroupOutcome, SourceOutcome
from pipelines.sources.asking import Asking
from pipelines.sources.base import NotPublishedYet, Request, SourceError
from pipelines.sources.client import secret_of
from pipelines.sources.limits import CallBudget
from pipelines.sources.night import PATIENCE, Round, fetch_request, relieved, requests_of, summary
from pipelines.sources.parsing import Connector
from pipelines.sources.weather_common import TYPICAL_KEY, published_years, region_of, region_year_key
from pipelines.warehouse.raw import RawStore

OnCounty = Callable[[str, int, int, float], None]
"""Called after each request: source, how many are done, of how many tonight, seconds since the first."""


class _Held:
    """The county-years that are held: by region and year the first source in order, and the answer."""

    def __init__(self, archive: Archive, connectors: Sequence[Connector], region_ids: Iterable[str]) -> None:
        self._archive = archive
        self._order = [connector.source.source_id for connector in connectors]
        self.years: dict[str, dict[int, tuple[str, Good]]] = {region_id: {} for region_id in region_ids}
        for source_id in self._order:
            for key in archive.held(source_id):
                self.look(source_id, key)

    def look(self, source_id: str, key: str) -> None:
        """Take in what is held under a key, where its bytes are still there."""
        region_id, year = region_of(key), key.rpartition("/")[2]
        if region_id not in self.years or year == TYPICAL_KEY:
            return
        for good in self._archive.good(source_id, key):
            if all(self._archive.raw.path(kept.sha256).is_file() for kept in good.payloads):
                self.years[region_id].setdefault(int(year), (source_id, good))
                return

    def has(self, region_id: str, year: int) -> bool:
        """Return whether a county-year is held."""
        return year in self.years[region_id]

    def newest(self, region_id: str) -> int:
        """Return the newest year held of a county, 0 for none."""
        return max(self.years[region_id], default=0)


def fetch_county_weather(
    work: Round,
    connectors: Sequence[Connector],
    counties: pl.DataFrame,
    *,
    ledgers: Sequence[RawStore] = (),
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    on_county: OnCounty | None = None,
) -> tuple[tuple[SourceOutcome, ...], Progress]:
    """Ask for the weather of counties as far as the limits and the time of a night go.

    Every answer is kept as it comes, so that a night that is killed loses the call in flight and no other.

    Parameters
    ----------
    work : Round
        Its asking has the night's date and settings.
    connectors : Sequence[Connector]
        Of weather, in the order of preference.
    counties : pl.DataFrame
        region_id, latitude, longitude; the most valuable first.
    ledgers : Sequence[RawStore]
        Other ledgers whose calls count towards the same limits.
    pause : Callable[[float], None]
        Waits so many seconds.
    clock : Callable[[], float]
        Seconds since any moment, for the time of the night.
    on_county : OnCounty | None

    Returns
    -------
    tuple[tuple[SourceOutcome, ...], Progress]
        Per source the county-years to run on, and what failed tonight; how far all of it is.
    """
    settings = work.asking.settings
    count = settings.county_weather_years
    own = settings.model_copy(update={"live_weather_years": count, "live_weather_typical_year": False})
    work = replace(work, asking=Asking(work.asking.as_of, counties, own))
    years = published_years(work.asking.as_of, count)
    held = _Held(work.archive, connectors, counties["region_id"])
    budgets = {
        one.source.source_id: CallBudget.of(one.source, settings, [work.archive.raw, *ledgers]) for one in connectors
    }
    order = _order(counties["region_id"].to_list(), years, held, _tried(work, connectors))
    began, until = clock(), settings.source_county_minutes * 60.0
    outcomes: list[SourceOutcome] = []
    servable: dict[str, Mapping[str, Request]] = {}
    for connector in connectors:
        turn = _Turn(work, connector, budgets[connector.source.source_id], held, pause, lambda: clock() - began, until)
        turn.run(order, on_county)
        outcomes.append(turn.outcome(_used(held, count, set(years))))
        servable[connector.source.source_id] = turn.requests
    progress = _progress(work, connectors, budgets, servable, held, years)
    return tuple(relieved(outcome, outcomes) for outcome in outcomes), progress


class _Turn:
    """One source's turn: the county-years that are missing, one request after another."""

    def __init__(
        self,
        work: Round,
        connector: Connector,
        budget: CallBudget,
        held: _Held,
        pause: Callable[[float], None],
        spent: Callable[[], float],
        until: float,
    ) -> None:
        self.requests: Mapping[str, Request] = {}
        self._work, self._connector, self._budget, self._held = work, connector, budget, held
        self._pause, self._spent, self._until = pause, spent, until
        self._errors: list[SourceError] = []
        self._failed: dict[str, str] = {}
        self._unasked = self._rest = ""
        self._calls = self._served = 0
        self._is_given_up = False

    def run(self, order: Sequence[tuple[str, int]], on_county: OnCounty | None) -> None:
        """Send the requests that the limits let through."""
        source, work = self._connector.source, self._work
        missing = [(region_id, year) for region_id, year in order if not self._held.has(region_id, year)]
        try:
            self.requests = {one.key: one for one in requests_of(work, self._connector, frozenset())} if missing else {}
        except SourceError as error:
            self._errors.append(error)
            return
        has_key = bool(secret_of(work.asking.settings, source))
        if self.requests and not has_key and all(request.secret_param for request in self.requests.values()):
            self._unasked = f"not asked: FIRSTMW_{source.key_setting.upper()} is not set"
            self.requests = {}
        wanted = [(*item, key) for item in missing if (key := region_year_key(*item)) in self.requests]
        left = self._budget.left_today(work.moment())
        planned = len(wanted) if left is None else min(left, len(wanted))
        in_a_row, first = 0, self._spent()
        for done, (_, _, key) in enumerate(wanted):
            wait = self._budget.pause_seconds(work.moment())
            if wait is None:
                self._leave(len(wanted) - done, "as the limit of the day is reached")
                return
            if self._spent() + wait >= self._until:
                self._leave(len(wanted) - done, "as the time of a night is over (FIRSTMW_SOURCE_COUNTY_MINUTES)")
                return
            if in_a_row >= PATIENCE:
                self._is_given_up = True
                self._rest = f"given up for tonight after {PATIENCE} failures in a row"
                return
            if wait > 0:
                self._pause(wait)
            in_a_row = 0 if self._asked(key) else in_a_row + 1
            if on_county is not None:
                on_county(source.source_id, done + 1, planned, self._spent() - first)

    def _asked(self, key: str) -> bool:
        """Ask for one county-year; return whether the source did what it should."""
        source_id, work = self._connector.source.source_id, self._work
        before = work.client.calls[source_id]
        try:
            fetch_request(work, self._connector, self.requests[key])
        except SourceError as error:
            self._errors.append(error)
            self._failed[key] = str(error)
            return isinstance(error, NotPublishedYet)
        finally:
            sent = work.client.calls[source_id] - before
            self._calls += sent
            self._budget.spend(work.moment(), sent)
        self._held.look(source_id, key)
        self._served += 1
        return True

    def _leave(self, count: int, why: str) -> None:
        self._rest = f"{count:,} requests are left for another night, {why}"

    def outcome(self, used: Mapping[str, list[GroupOutcome]]) -> SourceOutcome:
        """Return what the night has of the source."""
        source_id = self._connector.source.source_id
        groups = list(used.get(source_id, []))
        groups += [
            GroupOutcome(key, "reference", None, reason)
            for key, reason in self._failed.items()
            if not self._held.has(region_of(key), int(key.rpartition("/")[2]))
        ]
        if not groups and not self._errors:
            said = self._unasked or self._rest or "nothing to ask"
            return SourceOutcome(source_id, "reference", is_stale=False, is_asked=False, reasons=(said,))
        found = summary(
            self._work,
            self._connector,
            sorted(groups, key=lambda group: group.key),
            self._errors,
            calls=self._calls,
            unasked=self._unasked,
            rest=self._rest,
        )
        # Among thousands some are refused on any night: that is one county's matter, and its row says so.
        is_serving = self._served > 0 and not self._is_given_up
        return replace(found, is_stale=found.is_stale and not is_serving)


def _tried(work: Round, connectors: Sequence[Connector]) -> dict[str, datetime]:
    """Return when each county-year was last asked for, whatever came of it."""
    asked = {connector.source.source_id for connector in connectors}
    return {row.request_key: row.retrieved_at_utc for row in work.archive.raw.rows() if row.source_id in asked}


def _order(
    region_ids: Sequence[str], years: Sequence[int], held: _Held, tried: Mapping[str, datetime]
) -> list[tuple[str, int]]:
    """Return the county-years to ask for: the newest year first; in it counties without weather, then the oldest.

    Those that failed before come after the others of their kind, the one that failed last at the end: a county whose
    answer is never good does not hold up the rest.
    """
    never = datetime.min
    items = [
        (at, held.newest(region_id), tried.get(region_year_key(region_id, year), never), rank, region_id, year)
        for at, year in enumerate(years)
        for rank, region_id in enumerate(region_ids)
        if not held.has(region_id, year)
    ]
    return [(region_id, year) for *_, region_id, year in sorted(items)]


def _used(held: _Held, count: int, wanted: set[int]) -> dict[str, list[GroupOutcome]]:
    """Return by source the county-years to run on: the newest that are held, as many as are wanted."""
    groups: dict[str, list[GroupOutcome]] = {}
    for region_id, years in held.years.items():
        for year in sorted(years, reverse=True)[:count]:
            source_id, good = years[year]
            key = region_year_key(region_id, year)
            is_wanted = year in wanted
            reason = "" if is_wanted else f"{max(wanted)} is not held yet"
            groups.setdefault(source_id, []).append(
                GroupOutcome(key, "live" if is_wanted else "last_good", good, reason)
            )
    return groups


def _progress(
    work: Round,
    connectors: Sequence[Connector],
    budgets: Mapping[str, CallBudget],
    servable: Mapping[str, Mapping[str, Request]],
    held: _Held,
    years: Sequence[int],
) -> Progress:
    settings, as_of = work.asking.settings, work.asking.as_of
    missing = {
        region_year_key(region_id, year) for region_id in held.years for year in years if not held.has(region_id, year)
    }
    whole = sum(all(year in own for year in years) for own in held.years.values())
    without = sum(not own for own in held.years.values())
    seconds, a_night = settings.source_county_minutes * 60.0, 0
    for connector in connectors:
        source = connector.source
        open_requests = len(missing & servable[source.source_id].keys())
        if open_requests:
            pace = source.calls_per_second / max(settings.http_pause_factor, 1e-9)
            count, took = budgets[source.source_id].in_a_night(seconds, pace)
            a_night, seconds = a_night + count, max(0.0, seconds - took)
    nights = math.ceil(len(missing) / a_night) if a_night else None if missing else 0
    return Progress(
        counties=len(held.years),
        fetched=whole,
        older=len(held.years) - whole - without,
        without=without,
        requests_left=len(missing),
        requests_a_night=a_night,
        nights_left=nights,
        complete_on=_after(as_of, nights),
    )


def _after(as_of: date, nights: int | None) -> str | None:
    return None if nights is None else (as_of + timedelta(days=nights)).isoformat()
