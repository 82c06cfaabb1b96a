"""Weather of counties over nights: limits that hold across nights, order, resumption, what is left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

from pipelines.counties.fetching import fetch_counties, in_order_of_worth
from pipelines.counties.hours import county_choice, fetched_years
from pipelines.counties.progress import Progress, progress_of
from pipelines.counties.status import county_status
from pipelines.errors import UsageError
from pipelines.national.store import Store
from pipelines.settings import Settings
from pipelines.sources.archive import Archive, NightRecord
from pipelines.sources.asking import Asking
from pipelines.sources.client import Client
from pipelines.sources.limits import CallBudget, call_limits
from pipelines.sources.live import LiveInputs
from pipelines.sources.night import Round
from pipelines.sources.open_meteo import SOURCE as OPEN_METEO
from pipelines.sources.parsing import Parser
from pipelines.sources.registry import connectors
from pipelines.warehouse import Cache, RawStore

NAMES = [f"4800{at}" for at in range(1, 9)]
# Around the place that the made-up sky of Open-Meteo is over.
COUNTIES = pl.DataFrame(
    {
        "region_id": NAMES,
        "latitude": [32.30 + 0.04 * at for at in range(8)],
        "longitude": [-99.90 + 0.04 * at for at in range(8)],
    }
)
FIRST_NIGHT = datetime(2025, 12, 19, 5, 30)


class _Killed(BaseException):
    """A process that ends in mid-night."""


class Nights:
    """Runs the weather of a night of counties against the server, on a clock that only pauses and answers move."""

    def __init__(self, data_dir: Path, server: Any) -> None:
        self.data_dir, self.server, self.now = data_dir, server, FIRST_NIGHT
        self.paused: list[float] = []

    def settings(self, **changes: Any) -> Settings:
        usual = {
            "weather_sources": "open_meteo",
            "source_limits": f"open_meteo={3 * OPEN_METEO.call_weight}/day",
            "http_pause_factor": 0.0,
            "http_attempts": 1,
            "http_timeout": 60,
            "data_dir": self.data_dir / "counties",
            **changes,
        }
        return Settings(**usual)

    def run(
        self,
        *,
        counties: pl.DataFrame = COUNTIES,
        after: int = 0,
        days: float = 1.0,
        earlier: NightRecord | None = None,
        **changes: Any,
    ) -> Progress:
        """Run a night, killed once so many answers came, and put the clock forward to the next."""
        settings = self.settings(**changes)
        environment = {f"FIRSTMW_{name.upper()}_URL": self.server.url for name in ("open_meteo", "nasa_power")}
        client = Client(settings, environment=environment, now=lambda: self.now.replace(tzinfo=UTC))
        raw = RawStore(settings.data_dir)
        self.parser = Parser(raw, Cache(settings.data_dir / "cache"))
        asking = Asking(self.now.date(), counties, settings)
        work = Round(asking, client, Archive(raw), self.parser, now=lambda: self.now)
        self.seen: list[tuple[str, int, int]] = []

        def pause(seconds: float) -> None:
            self.paused.append(seconds)
            self.now += timedelta(seconds=seconds)

        def on_county(source_id: str, done: int, planned: int, _: float) -> None:
            self.seen.append((source_id, done, planned))
            if after and done == after:
                raise _Killed

        chosen = [one for one in connectors(settings) if one.source.source_id in settings.weather_sources]
        self.chosen = chosen
        started = self.now
        try:
            self.record: NightRecord = fetch_counties(
                work,
                chosen,
                counties,
                scope={"scope": ["counties"]},
                earlier=earlier,
                on_county=on_county,
                pause=pause,
            )
        finally:
            self.now = started + timedelta(days=days)
        found = progress_of(self.record.progress)
        assert found is not None
        return found

    def asked(self) -> list[str]:
        """Return the counties that were asked for since the last look, in order."""
        places = {(f"{la:.4f}", f"{lo:.4f}"): name for name, la, lo in COUNTIES.iter_rows()}
        found = [places[one.query["latitude"][0], one.query["longitude"][0]] for one in self.server.asked]
        self.server.asked.clear()
        return found

    def years(self) -> pl.DataFrame:
        live = LiveInputs(self.record, self.chosen, self.parser, [one.source.source_id for one in self.chosen])
        return fetched_years(live, Store(str(self.data_dir / "chunks")))


@pytest.fixture
def nights(tmp_path: Path, server: Any, replay_server: ModuleType, weather_payloads: ModuleType) -> Nights:
    """Return a data folder and a server that has the year asked for in Open-Meteo's format."""

    # Made before anybody waits for it.
    weather_payloads.open_meteo_year(2024)

    def archive(path: str, query: dict[str, list[str]], body: bytes) -> Any:
        year = int(query["start_date"][0][:4])
        return replay_server.Reply(weather_payloads.open_meteo_year(year), "application/json")

    server.add("/v1/archive", archive)
    return Nights(tmp_path, server)


def test_eight_counties_are_complete_after_three_nights_of_three_calls(nights: Nights) -> None:
    worth = pl.DataFrame({"region_id": ["48006", "48002", "48002"], "region_rank": [1, 5, 2]})
    counties = in_order_of_worth(COUNTIES, worth)
    first = nights.run(counties=counties)
    assert nights.asked() == ["48006", "48002", "48001"]
    assert nights.seen == [("open_meteo", 1, 3), ("open_meteo", 2, 3), ("open_meteo", 3, 3)]
    assert (first.fetched, first.without, first.requests_left, first.requests_a_night) == (3, 5, 5, 3)
    assert (first.nights_left, first.complete_on) == (2, "2025-12-21")
    assert first.sentence() == (
        "3 of 8 counties have fetched weather; 5 requests are left, at 3 a night 2 nights, until 2025-12-21"
    )
    (source,) = [one for one in nights.record.sources if one.source_id == "open_meteo"]
    assert not source.is_stale
    assert source.reasons == ("5 requests are left for another night, as the limit of the day is reached",)
    second = nights.run(counties=counties)
    assert nights.asked() == ["48003", "48004", "48005"]
    assert second.complete_on == "2025-12-21"
    third = nights.run(counties=counties)
    assert nights.asked() == ["48007", "48008"]
    assert (third.fetched, third.nights_left, third.complete_on) == (8, 0, "2025-12-21")
    assert nights.run(counties=counties).sentence() == ("8 of 8 counties have fetched weather; none is left to fetch")
    assert nights.asked() == []
    assert nights.years()["weather_year"].to_list() == [2024] * 8


def test_a_kill_loses_nothing_that_came_and_the_same_day_has_only_the_rest_of_its_calls(nights: Nights) -> None:
    with pytest.raises(_Killed):
        nights.run(after=2, days=0.1)
    assert nights.asked() == NAMES[:2]
    found = nights.run(days=0.1)
    assert nights.asked() == NAMES[2:3]
    assert found.fetched == 3
    assert nights.run(days=0.8).fetched == 3
    assert nights.asked() == []
    assert nights.run().fetched == 6


def test_calls_of_the_markets_count_towards_the_same_limits(nights: Nights) -> None:
    beside = RawStore(nights.data_dir)
    for at in range(2):
        beside.put("open_meteo", b"x", url=f"https://example.org/{at}", retrieved_at_utc=nights.now, request_key="m")
    nights.run()
    assert nights.asked() == NAMES[:1]


def test_the_limit_of_an_hour_is_waited_for_and_the_time_of_a_night_is_kept(nights: Nights) -> None:
    limits = f"open_meteo={2 * OPEN_METEO.call_weight}/hour"
    found = nights.run(source_limits=limits, source_county_minutes=1e6)
    assert found.fetched == 8
    assert nights.asked() == NAMES
    assert nights.paused == pytest.approx([3600.0] * 3)
    assert found.requests_left == 0


def test_a_night_that_has_no_time_leaves_the_rest(nights: Nights) -> None:
    limits = f"open_meteo={2 * OPEN_METEO.call_weight}/hour"
    found = nights.run(source_limits=limits, source_county_minutes=30)
    assert nights.asked() == NAMES[:2]
    assert nights.paused == []
    assert "the time of a night is over" in nights.record.sources[0].reasons[0]
    # Half an hour of two calls an hour is one call; the estimate says so.
    assert (found.requests_a_night, found.nights_left) == (1, 6)


def test_an_older_year_stands_until_the_new_one_comes_oldest_first(nights: Nights) -> None:
    nights.run(source_limits="open_meteo=1000/day")
    nights.asked()
    nights.now = datetime(2026, 2, 20, 5, 30)
    found = nights.run()
    assert nights.asked() == NAMES[:3]
    assert (found.fetched, found.older, found.without) == (3, 5, 0)
    years = nights.years()
    assert years["weather_year"].to_list() == [2025] * 3 + [2024] * 5
    profiles = {group.key: group.profile for group in nights.record.sources[0].groups}
    assert profiles["48001/2025"] == "live"
    assert profiles["48008/2024"] == "last_good"
    assert not nights.record.sources[0].is_stale


def test_an_answer_that_is_never_good_does_not_hold_up_the_others(
    nights: Nights, replay_server: ModuleType, weather_payloads: ModuleType
) -> None:
    def archive(path: str, query: dict[str, list[str]], body: bytes) -> Any:
        # Cut in content: the second half of the year is missing.
        content = weather_payloads.open_meteo_year(2024)
        is_bad = query["latitude"][0] == f"{COUNTIES['latitude'][0]:.4f}"
        return replay_server.Reply(content[:2000] if is_bad else content, "application/json")

    nights.server.add("/v1/archive", archive)
    nights.run()
    assert nights.asked() == NAMES[:3]
    (outcome,) = nights.record.sources
    assert "48001/2024" in outcome.reasons[0]
    assert not outcome.is_stale
    assert {group.key for group in outcome.groups if group.good is None} == {"48001/2024"}
    nights.run()
    assert nights.asked() == NAMES[3:6]
    nights.run()
    assert nights.asked() == [*NAMES[6:], NAMES[0]]
    # Nothing else is left, and nothing comes.
    nights.run()
    assert nights.asked() == NAMES[:1]
    assert nights.record.sources[0].is_stale


def test_a_source_that_is_down_is_given_up_and_the_next_one_serves(nights: Nights, publishers: ModuleType) -> None:
    nights.server.disturb("/api/temporal/hourly/point", "500")
    found = nights.run(
        weather_sources="nasa_power,open_meteo", source_limits=f"open_meteo={9 * OPEN_METEO.call_weight}/day"
    )
    assert found.fetched == 8
    nasa, meteo = nights.record.sources
    assert len(nights.server.calls("/api/temporal")) == 3
    assert any("given up for tonight" in reason for reason in nasa.reasons)
    assert not nasa.is_stale
    assert {group.profile for group in meteo.groups} == {"live"}


def test_a_second_round_of_a_night_keeps_the_weather_of_the_first(nights: Nights) -> None:
    first = nights.run(days=0.01)
    before = nights.record
    nights.asked()
    assert nights.run(earlier=before, source_limits="open_meteo=1000/day") == first
    assert nights.asked() == []
    assert nights.record.sources == before.sources


def test_no_source_that_can_be_asked_is_said(nights: Nights) -> None:
    found = nights.run(source_limits="open_meteo=0/day")
    assert nights.asked() == []
    assert found.nights_left is None
    assert found.sentence().endswith("8 requests are left, and no source can be asked for them")


def test_whose_weather_a_county_has_is_said_per_row(nights: Nights) -> None:
    progress = nights.run()
    years = nights.years()
    choice = county_choice(COUNTIES, years)
    assert choice["weather_source"].to_list() == ["open_meteo"] * 3 + ["synthetic"] * 5
    assert choice["retrieved_at_utc"].to_list() == [FIRST_NIGHT] * 3 + [None] * 5
    row = county_status(choice, progress, True).row(0, named=True)
    assert row["rows"] == 3
    assert row["note"].endswith("5 run on climatology interpolated between stations")


def test_hours_are_laid_into_the_store_once_and_named_by_their_content(nights: Nights) -> None:
    nights.run()
    first = nights.years()
    store = Store(str(nights.data_dir / "chunks"))
    frame = store.read(first["hours_key"][0], "hours")
    assert frame.height == 8784
    assert frame["region_id"].unique().to_list() == ["48001"]
    stamp = (nights.data_dir / "chunks" / "hours" / f"{first['hours_key'][0]}.json").stat().st_mtime_ns
    assert nights.years().equals(first)
    assert (nights.data_dir / "chunks" / "hours" / f"{first['hours_key'][0]}.json").stat().st_mtime_ns == stamp
    # The same sky over every place, but each county's own rows.
    assert first["hours_hash"].n_unique() == 3


@pytest.mark.parametrize("entry", ["open_meteo", "open_meteo=3", "open_meteo=3/week", "open_meteo=x/day", "a=-1/day"])
def test_a_limit_that_cannot_be_read_is_refused(entry: str) -> None:
    with pytest.raises(UsageError, match="FIRSTMW_SOURCE_LIMITS"):
        call_limits(OPEN_METEO, Settings(source_limits=entry))


def test_a_limit_of_a_source_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="'nasa'"):
        connectors(Settings(source_limits="nasa=3/day"))


def test_the_publishers_limits_stand_where_the_settings_are_silent() -> None:
    found = call_limits(OPEN_METEO, Settings(source_limits="open_meteo=100/hour,nsrdb=1/day"))
    assert found == {"minute": 600, "hour": 100, "day": 10_000}
    budget = CallBudget(call_limits(OPEN_METEO, Settings()), OPEN_METEO.call_weight)
    # 10,000 a day in years of 367 days and five quantities.
    assert budget.left_today(FIRST_NIGHT) == 762
    # 381 of them fit into the 5,000 calls of an hour.
    count, took = budget.in_a_night(7200.0, OPEN_METEO.calls_per_second)
    assert (count, round(took)) == (762, 7200)


def test_no_window_ever_holds_more_than_its_limit() -> None:
    moment: Callable[[float], datetime] = lambda seconds: FIRST_NIGHT + timedelta(seconds=seconds)  # noqa: E731
    budget = CallBudget({"second": 2, "minute": 5, "hour": 40, "day": 60})
    now, sent = 0.0, []
    while (pause := budget.pause_seconds(moment(now))) is not None:
        now += pause
        budget.spend(moment(now))
        sent.append(now)
    assert len(sent) == 60
    for span, most in ((1.0, 2), (60.0, 5), (3600.0, 40)):
        assert max(sum(at - span < other <= at for other in sent) for at in sent) <= most
    # Nothing is waited for longer than it must be: forty in the first hour, then twenty in the next.
    assert sent[39] < 3600.0 <= sent[40]
