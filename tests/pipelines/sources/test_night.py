"""A round of the sources: what is kept, what falls back to what, and what each bad day is called."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import polars as pl
import pytest
from rounds import DAY, TABLE, Nights, connector, only, parse, zones

from pipelines.contracts.base import REGISTRY
from pipelines.errors import UsageError
from pipelines.sources.archive import Archive
from pipelines.sources.asking import Asking
from pipelines.sources.base import NotPublishedYet, Parsed, Payload, Request
from pipelines.sources.live import fetched_requests, with_live_status
from pipelines.sources.observations import NO_FIGURE
from pipelines.sources.parsing import Connector
from pipelines.sources.user_files import UserFile

BAD_DAYS = [
    *("500", "503", "403", "403_html", "404", "429_for_long", "hang_up", "cut", "drip", "slow"),
    *("html", "empty", "half", "noise", "endless", "redirect_loop", "redirect_away"),
]


@pytest.fixture
def nights(tmp_path, server, replay_server) -> Nights:
    """Return a data folder and a server with one source of a hundred rows."""
    server.slow_seconds = 0.8
    server.add("/one/k", replay_server.Reply(zones(100), "application/json"))
    return Nights(tmp_path, server)


def test_a_good_answer_is_kept_and_read_back(nights):
    record = nights.run(connector())
    assert (only(record).profile, only(record).is_stale, only(record).calls) == ("live", False, 1)
    assert nights.rows(record) == 100
    (row,) = nights.raw.rows()
    assert (row.source_id, row.request_key, row.status) == ("one", "k", 200)
    assert nights.raw.get(row.sha256) == zones(100)
    assert Archive(nights.raw).read_night(DAY, {}) == record
    status = with_live_status(pl.DataFrame(schema=REGISTRY["mart.data_status"].schema.create_empty().schema),
                              nights.live(record), DAY)  # fmt: skip
    assert status.row(0, named=True)["note"] == "a note"
    assert status["rows"].item() == 100


def test_bytes_are_stored_before_they_are_read(nights):
    def crash(payload: Payload) -> Parsed:
        raise KeyError("a fault of the connector")

    record = nights.run(connector(parse=crash))
    assert [row.status for row in nights.raw.rows()] == [200]
    assert only(record).profile == "reference"
    assert only(record).is_stale
    assert "cannot be read (KeyError)" in only(record).reasons[0]


@pytest.mark.parametrize("mode", BAD_DAYS)
def test_a_bad_day_leaves_the_last_good_answer(nights, server, mode):
    good = nights.run(connector())
    server.disturb("/one/k", mode)
    bad = nights.run(connector())
    assert (only(bad).profile, only(bad).is_stale) == ("last_good", True)
    assert only(bad).reasons[0].startswith("one: ")
    assert nights.live(bad).rows(TABLE).equals(nights.live(good).rows(TABLE))
    assert only(bad).good[0].retrieved_at_utc == only(good).good[0].retrieved_at_utc
    assert good.input_hashes() != bad.input_hashes(), "a stale night is another night"
    server.calm()
    again = nights.run(connector())
    assert (only(again).profile, only(again).is_stale) == ("live", False)
    assert again.input_hashes() == good.input_hashes()


@pytest.mark.parametrize("mode", ["500", "html", "half"])
def test_a_bad_first_day_leaves_the_reference(nights, server, mode):
    server.disturb("/one/k", mode)
    record = nights.run(connector())
    assert (only(record).profile, only(record).is_stale) == ("reference", True)
    assert nights.rows(record) == 0
    assert fetched_requests(record)["reason"][0]


def test_an_absurd_answer_is_refused_until_the_limit_is_lowered(nights, server, replay_server):
    nights.run(connector())
    server.add("/one/k", replay_server.Reply(zones(49)))
    absurd = nights.run(connector())
    assert only(absurd).profile == "last_good"
    assert "49 rows" in only(absurd).reasons[0]
    assert nights.rows(absurd) == 100
    # The refused version is not what the source is asked about.
    server.add("/one/k", replay_server.Reply(zones(51)))
    assert nights.rows(nights.run(connector())) == 51
    server.add("/one/k", replay_server.Reply(zones(10)))
    lowered = nights.run(connector(), settings={"source_min_rows_frac": 0.1})
    assert nights.rows(lowered) == 10


def test_an_answer_of_rejects_is_refused(nights, server, replay_server):
    body = json.loads(zones(10))
    for row in body["rows"][:6]:
        row["state"] = "grape"
    server.add("/one/k", replay_server.Reply(json.dumps(body).encode()))
    record = nights.run(connector())
    assert only(record).profile == "reference"
    assert "6 of 10 rows" in only(record).reasons[0]
    accepted = nights.run(connector(), settings={"source_max_reject_frac": 0.7})
    rejects = nights.live(accepted).rejects()
    assert rejects.height == 6
    assert rejects["source_id"].unique().to_list() == ["one/k"]


def test_rows_that_break_the_contract_never_land(nights, server, replay_server):
    body = json.loads(zones(10))
    body["rows"][3]["zone"] = "not a zone"
    server.add("/one/k", replay_server.Reply(json.dumps(body).encode()))
    record = nights.run(connector())
    assert only(record).profile == "reference"
    assert "zone" in only(record).reasons[0]


def test_an_unchanged_answer_is_confirmed_without_its_bytes(nights, server):
    first = nights.run(connector())
    second = nights.run(connector())
    assert [row.status for row in nights.raw.rows()] == [200, 304]
    assert "If-None-Match" in server.asked[1].headers
    assert second.input_hashes() == first.input_hashes()
    good = only(second).good[0]
    assert good.retrieved_at_utc == datetime(2026, 11, 22, 5, 0)
    assert good.confirmed_at_utc == datetime(2026, 11, 23, 5, 0)


def test_other_bytes_make_another_night(nights, server, replay_server):
    first = nights.run(connector())
    server.add("/one/k", replay_server.Reply(zones(100, "p2")))
    assert nights.run(connector()).input_hashes() != first.input_hashes()


def test_late_is_not_broken(nights, server):
    monthly = connector(cadence="monthly")
    nights.run(monthly, days=40)
    server.disturb("/one/k", "404")
    late = nights.run(monthly, days=30)
    assert (only(late).profile, only(late).is_late, only(late).is_stale) == ("last_good", True, False)
    overdue = nights.run(monthly)
    assert (only(overdue).is_late, only(overdue).is_stale) == (True, True)
    daily = nights.run(connector("one", keys=("gone",)))
    assert (only(daily).is_late, only(daily).is_stale) == (False, True)


def test_only_what_is_late_is_asked_again(nights, server, replay_server):
    server.add("/two/k", replay_server.Reply(zones(5)))
    server.disturb("/one/k", "204")
    both = connector(), connector("two")
    first = nights.run(*both)
    assert [outcome.is_late for outcome in first.sources] == [True, False]
    server.calm()
    second = nights.run(*both, earlier=first)
    assert [asked.path for asked in server.asked] == ["/one/k"]
    assert [outcome.profile for outcome in second.sources] == ["live", "live"]


def test_a_connector_may_say_that_it_is_too_early(nights):
    def early(payload: Payload) -> Parsed:
        raise NotPublishedYet("one: the month is not out; ask again later.")

    assert only(nights.run(connector(parse=early))).is_late


def archive_of(*keys: str, name: str = "one", lane: str = "") -> Connector:
    """Return a source whose answers never change: what is held is not asked for again."""

    def requests(asking: Asking) -> list[Request]:
        return [Request(name, key, f"{name}/{key}") for key in keys if key not in asking.held]

    return connector(name, requests=requests, lane=lane)


def test_what_is_held_is_not_fetched_again_unless_it_is_lost(nights, server, replay_server):
    for key in ("2024", "2025"):
        server.add(f"/one/{key}", replay_server.Reply(zones(int(key) % 100)))
    nights.run(archive_of("2024"))
    record = nights.run(archive_of("2024", "2025"))
    assert [asked.path for asked in server.asked] == ["/one/2024", "/one/2025"]
    assert [good.rows for good in only(record).good] == [24, 25]
    digest = next(row.sha256 for row in nights.raw.rows() if row.request_key == "2024")
    nights.raw.path(digest).unlink()
    for cached in (nights.data_dir / "cache").rglob("*"):
        if cached.is_file():
            cached.unlink()
    again = nights.run(archive_of("2024", "2025"))
    assert [asked.path for asked in server.asked] == ["/one/2024", "/one/2025", "/one/2024"]
    assert only(again).profile == "live"


def test_a_limit_of_a_day_leaves_the_rest_for_other_nights(nights, server, replay_server):
    keys = [f"r{at}/2025" for at in range(7)]
    for key in keys:
        for name in ("one", "two"):
            server.add(f"/{name}/{key}", replay_server.Reply(zones(10)))
    limited = archive_of(*keys)
    limited = replace(limited, source=replace(limited.source, most_requests=3))
    had = []
    for _ in range(4):
        server.calm()
        record = nights.run(limited)
        had.append((len(server.asked), len(only(record).good), only(record).is_stale))
        left = len(keys) - len(only(record).good)
        assert only(record).reasons == (
            (f"{left} requests are left for another night, as the source takes 3 a day",) if left else ()
        )
    assert had == [(3, 3, False), (3, 6, False), (1, 7, False), (0, 7, False)]


def test_what_a_limit_leaves_the_next_source_serves(nights, server, replay_server):
    keys = [f"r{at}/2025" for at in range(5)]
    for key in keys:
        for name in ("one", "two"):
            server.add(f"/{name}/{key}", replay_server.Reply(zones(10)))
    first, second = (archive_of(*keys, name=name, lane="weather") for name in ("one", "two"))
    first = replace(first, source=replace(first.source, most_requests=3))
    record = nights.run(first, second)
    assert [[asked.path for asked in server.calls(f"/{name}")] for name in ("one", "two")] == [
        [f"/one/{key}" for key in keys[:3]],
        [f"/two/{key}" for key in keys[3:]],
    ]
    assert not any(outcome.is_stale for outcome in record.sources)
    # Years that another source gave are held; the limit does not bring them up again.
    server.calm()
    nights.run(first, second)
    assert server.asked == []


def test_rows_without_a_figure_are_no_fault_of_the_answer(nights, server, replay_server):
    def with_gaps(payload: Payload) -> Parsed:
        made = parse(payload)
        return replace(made, rejects=made.rejects.with_columns(pl.lit(f"TX: {NO_FIGURE}").alias("reason")))

    body = json.loads(zones(10))
    for row in body["rows"][:8]:
        row["state"] = "none"
    server.add("/one/k", replay_server.Reply(json.dumps(body).encode()))
    record = nights.run(connector(parse=with_gaps))
    assert (only(record).profile, only(record).good[0].rows, only(record).good[0].rejects) == ("live", 2, 8)
    assert only(nights.run(connector("two", parse=parse, keys=("k",)))).profile == "reference"
    for row in body["rows"]:
        row["state"] = "none"
    server.add("/three/k", replay_server.Reply(json.dumps(body).encode()))
    empty = only(nights.run(connector("three", parse=with_gaps)))
    assert (empty.is_late, "without a figure yet" in empty.reasons[0]) == (True, True)


def test_the_next_source_serves_what_the_first_cannot(nights, server, replay_server):
    for name in ("first", "second"):
        for key in ("a", "b"):
            server.add(f"/{name}/{key}", replay_server.Reply(zones(20 if name == "first" else 30)))
    server.disturb("/first/b", "500")
    pair = [archive_of("a", "b", name=name, lane="weather") for name in ("first", "second")]
    record = nights.run(*pair)
    assert [asked.path for asked in server.calls("/second")] == ["/second/b"]
    first, second = record.sources
    assert (first.profile, first.is_stale, second.profile) == ("last_good", False, "live")
    assert first.reasons
    # What the second holds is not fetched again from the first.
    server.calm()
    again = nights.run(*pair)
    assert server.asked == []
    assert [[group.key for group in outcome.groups] for outcome in again.sources] == [["a"], ["b"]]


def test_a_source_that_keeps_failing_is_left_alone(nights, server):
    server.disturb("/one/*", "404")
    record = nights.run(connector(keys=tuple("abcdefgh")))
    assert len(server.asked) == 3
    assert "given up for tonight" in " ".join(only(record).reasons)
    assert len(only(record).groups) == 8


def test_without_a_key_a_source_is_not_asked_and_not_stale(nights, server):
    def requests(asking: Asking) -> list[Request]:
        return [Request("one", "k", "one/k", secret_param="api_key")]

    record = nights.run(connector(requests=requests, key_setting="eia_api_key"))
    assert server.asked == []
    assert (only(record).profile, only(record).is_stale, only(record).is_asked) == ("reference", False, False)
    assert "FIRSTMW_EIA_API_KEY" in only(record).reasons[0]


def test_pages_are_followed_and_belong_together(nights, server, replay_server):
    pages = {"0": zones(60), "60": zones(40, "p2")}
    server.add("/one/k", lambda path, query, body: replay_server.Reply(pages[query["offset"][0]]))

    def request(offset: str) -> Request:
        return Request("one", "k" if offset == "0" else "k@60", "one/k", params=(("offset", offset),))

    def follow(asked: Request, payload: Payload) -> Request | None:
        return request("60") if asked.key == "k" else None

    paged = connector(requests=lambda asking: [request("0")], follow=follow)
    record = nights.run(paged)
    assert len(only(record).good[0].payloads) == 2
    assert only(record).good[0].rows == 100
    # A page that fails takes the whole answer with it.
    pages["60"] = b"<html>"
    assert only(nights.run(paged)).profile == "last_good"


def test_a_file_of_the_users_own_stands_for_the_answer(nights, server, tmp_path):
    path = tmp_path / "mine.json"
    path.write_bytes(zones(7))
    brings: Callable[[Asking], list[UserFile]] = lambda asking: [UserFile("one", "k", path, "nri_file")]  # noqa: E731
    record = nights.run(connector(user_files=brings))
    assert server.asked == []
    assert (only(record).profile, only(record).is_stale) == ("user_file", False)
    assert nights.rows(record) == 7
    path.unlink()
    gone = nights.run(connector(user_files=brings))
    assert (only(gone).profile, only(gone).is_stale) == ("last_good", True)
    assert "FIRSTMW_NRI_FILE" in only(gone).reasons[0]


def test_a_night_that_was_not_fetched_cannot_be_replayed(nights):
    nights.run(connector())
    with pytest.raises(UsageError, match=r"no night of 2025-01-01 .* nights held: 2026-11-22"):
        Archive(nights.raw).read_night(date(2025, 1, 1), {})
    with pytest.raises(UsageError):
        Archive(nights.raw).read_night(DAY, {"regions": ["a"]})


def test_the_night_before_is_the_last_of_the_same_scope(nights):
    days = [date(2026, 11, day) for day in (20, 21, 23)]
    for day in days:
        nights.run(connector(), as_of=day)
    nights.run(connector(), as_of=date(2026, 11, 22), scope={"regions": ["a"]})
    before = Archive(nights.raw).night_before(date(2026, 11, 23), {})
    assert before is not None
    assert before.as_of == date(2026, 11, 21)
    assert Archive(nights.raw).night_before(date(2026, 11, 20), {}) is None


def test_a_record_cut_short_by_a_crash_loses_nothing_else(nights):
    nights.run(connector())
    path = nights.raw.folder / "accepted.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"source_id": "one", "ke')
    assert len(Archive(nights.raw).good("one", "k")) == 1
    nights.run(connector())
    assert len(Archive(nights.raw).good("one", "k")) == 2
