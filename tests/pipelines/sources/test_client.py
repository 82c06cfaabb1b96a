"""The client keeps its limits and its secrets, whatever the other side does."""

from __future__ import annotations

import itertools
import json
import logging
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from pipelines.settings import Settings
from pipelines.sources.base import (
    NotPublishedYet,
    Request,
    SourceBroken,
    SourceDown,
    SourceError,
    SourceInfo,
    SourceRefused,
)
from pipelines.sources.bodies import check_body
from pipelines.sources.client import Answer, Client, Validators

KEY = "MARKED+FAKE/KEY==0123456789"
SOURCE = SourceInfo(
    "thing",
    "Thing",
    "Someone",
    "public domain",
    "https://thing.example",
    key_setting="eia_api_key",
    calls_per_second=1000.0,
)
BODY = b'{"rows": [1, 2, 3], "text": "' + b"x" * 20_000 + b'"}'


@pytest.fixture
def ask(server, replay_server):
    """Return a function that asks the server and gives the answer, and the answers that were kept."""
    server.add("/data", replay_server.Reply(BODY, "application/json"))
    server.add("/gzip", replay_server.Reply(BODY, "application/json", is_gzip=True))
    server.add("/echo", lambda path, query, body: replay_server.Reply(json.dumps([query, body.decode()]).encode()))

    def run(
        path: str = "/data",
        settings: dict | None = None,
        source: SourceInfo = SOURCE,
        clock: Callable[[], float] = time.monotonic,
        **request,
    ) -> Answer:
        chosen = {"http_timeout": 20.0, "http_attempts": 3, "http_backoff_seconds": 0.01, "http_deadline_seconds": 1.0}
        chosen |= {"eia_api_key": SecretStr(KEY)}
        client = Client(
            Settings(**(chosen | (settings or {}))),
            environment={"FIRSTMW_THING_URL": server.url},
            now=lambda: datetime(2026, 11, 22, tzinfo=UTC),
            clock=clock,
        )
        held = request.pop("held", None)
        run.kept = []
        return client.fetch(source, Request("thing", "k", path, **request), held=held, keep=run.kept.append)

    return run


def test_an_answer_comes_whole_with_what_is_needed_to_ask_again(ask, server):
    answer = ask()
    assert (answer.status, answer.content) == (200, BODY)
    assert answer.etag
    assert answer.media_type == "application/json"
    assert answer.retrieved_at_utc == datetime(2026, 11, 22, tzinfo=UTC)
    assert "Mozilla" in server.asked[0].headers["User-Agent"]
    again = ask(held=Validators(answer.etag))
    assert (again.status, again.content) == (304, b"")


def test_compressed_answers_are_unpacked(ask):
    assert ask("/gzip").content == BODY


@pytest.mark.parametrize("mode", ["429_once", "500_once", "cut_once"])
def test_what_passes_is_tried_again(ask, server, mode):
    server.disturb("/data", mode)
    started = time.monotonic()
    assert ask().content == BODY
    assert len(server.asked) == 2
    if mode == "429_once":
        assert time.monotonic() - started >= 1.0, "Retry-After was not honoured"


@pytest.mark.parametrize(
    ("mode", "kind", "calls"),
    [
        ("500", SourceDown, 3),
        ("503", SourceDown, 3),
        ("429_for_long", SourceDown, 1),
        ("slow", SourceDown, 3),
        ("hang_up", SourceDown, 3),
        ("drip", SourceDown, 1),
        ("cut", SourceBroken, 3),
        ("endless", SourceBroken, 1),
        ("403", SourceRefused, 1),
        ("403_html", SourceRefused, 1),
        ("404", SourceBroken, 1),
        ("204", NotPublishedYet, 1),
        ("redirect_loop", SourceBroken, 6),
        ("redirect_away", SourceBroken, 1),
    ],
)
def test_every_bad_day_has_its_error(ask, server, mode, kind, calls):
    server.disturb("/data", mode)
    server.slow_seconds = 0.8
    # Only one that is slow is given little time, and only one that drips makes the deadline pass: piece by piece on a
    # clock of its own, so that a busy machine changes nothing.
    timeout = {"http_timeout": 0.5} if mode == "slow" else {}
    clock = itertools.count(0.0, 0.3).__next__ if mode == "drip" else lambda: 0.0
    with pytest.raises(SourceError) as raised:
        ask(secret_param="api_key", max_bytes=200_000, settings=timeout, clock=clock)
    assert type(raised.value) is kind
    assert str(raised.value).startswith("thing: ")
    assert str(raised.value).count("\n") == 0
    server.wait_for(calls)
    assert len(server.asked) == calls
    # Nothing of the key: neither in the sentence nor in what a traceback would show.
    shown = "".join(traceback.format_exception(raised.value)) + "".join(map(repr, ask.kept))
    assert "MARKED" not in shown


def test_an_edition_that_is_not_there_is_not_published_yet(ask, server):
    server.disturb("/data", "404")
    yearly = SourceInfo("thing", "T", "P", "L", "https://x.example", cadence="yearly", calls_per_second=1000)
    with pytest.raises(NotPublishedYet):
        ask(source=yearly)


def test_an_error_is_kept_before_it_is_raised(ask, server):
    server.disturb("/data", "403")
    with pytest.raises(SourceRefused, match=r"invalid api_key.*check FIRSTMW_EIA_API_KEY"):
        ask(secret_param="api_key")
    assert [answer.status for answer in ask.kept] == [403]
    assert "api_key=***" in ask.kept[0].url or "api_key=%2A" in ask.kept[0].url


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("api_key", lambda asked: asked.query["api_key"][0]),
        ("header:x-api-key", lambda asked: asked.headers["x-api-key"]),
        ("json:registrationkey", lambda asked: json.loads(asked.body)["registrationkey"]),
    ],
)
def test_keys_go_where_they_belong_and_nowhere_else(ask, server, where, found):
    method = "POST" if where.startswith("json") else "GET"
    body = {"a": 1} if method == "POST" else None
    answer = ask("/echo", secret_param=where, method=method, json_body=body)
    assert found(server.asked[0]) == KEY
    # The service sends the request back: the key does not reach the disk that way either.
    assert b"MARKED" not in answer.content
    assert "MARKED" not in answer.url


def test_no_key_no_call(ask, server):
    with pytest.raises(SourceRefused, match="set FIRSTMW_EIA_API_KEY"):
        ask(secret_param="api_key", settings={"eia_api_key": None})
    assert server.asked == []


def test_a_key_is_not_sent_in_the_clear(server):
    client = Client(Settings(eia_api_key=SecretStr(KEY)), environment={"FIRSTMW_THING_URL": "http://thing.example"})
    with pytest.raises(SourceRefused, match="TLS"):
        client.fetch(SOURCE, Request("thing", "k", "data", secret_param="api_key"))


def test_a_key_does_not_follow_to_another_host(ask, server, replay_server):
    with replay_server.serving() as other:
        other.add("/data", replay_server.Reply(BODY))
        server.add("/away", replay_server.Reply(b"", status=302, headers={"Location": f"{other.url}/data"}))
        assert ask("/away", secret_param="header:x-api-key").content == BODY
        assert "x-api-key" not in other.asked[0].headers


def test_redirects_are_followed(ask, server):
    server.disturb("/data", "redirect")
    assert ask(params=(("a", "b c"),)).content == BODY
    assert [asked.path for asked in server.asked] == ["/data", "/elsewhere/data"]


def test_retries_do_not_write_the_key_to_the_log(ask, server, caplog):
    server.disturb("/data", "hang_up")
    with caplog.at_level(logging.DEBUG), pytest.raises(SourceDown):
        ask(secret_param="api_key")
    assert any("Retry" in record.getMessage() for record in caplog.records)
    assert "MARKED" not in caplog.text
    assert "MARKED" not in "".join(str(vars(record)) for record in caplog.records)


def test_the_pace_of_a_host_is_kept(server, replay_server):
    server.add("/data", replay_server.Reply(BODY))
    source = SourceInfo("thing", "T", "P", "L", "https://x.example", calls_per_second=20.0)
    client = Client(Settings(), environment={"FIRSTMW_THING_URL": server.url})
    started = time.monotonic()
    for _ in range(5):
        client.fetch(source, Request("thing", "k", "data"))
    assert time.monotonic() - started >= 4 / 20.0


def test_a_proxy_password_or_netrc_is_not_used(ask, server, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password MARKED\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    ask()
    assert "Authorization" not in server.asked[0].headers


@pytest.mark.parametrize(
    ("expects", "content", "is_fine"),
    [
        ("json", b'\xef\xbb\xbf {"a": 1}', True),
        ("json", b"[1]", True),
        ("json", b"<!DOCTYPE html>", False),
        ("json", b"error", False),
        ("csv", b"a,b\n1,2\n", True),
        ("csv", b'\xef\xbb\xbf"a",b\n', True),
        ("csv", b'{"error": "no"}', False),
        ("csv", b"\n\n  <html>", False),
        ("csv", b"PK\x03\x04", False),
        ("csv", b"a\x00b\x00c", False),
        ("text", b"|a|b|", True),
        ("xlsx", b"PK\x03\x04....", True),
        ("xlsx", b"a,b\n", False),
        ("zip", b"", False),
        ("xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1..", True),
        ("xls", b"PK\x03\x04", False),
        ("json", b"  \n ", False),
    ],
)
def test_the_first_bytes_tell_what_an_answer_cannot_be(expects, content, is_fine):
    request = Request("thing", "k", "data", expects=expects)
    if is_fine:
        check_body(request, content)
    else:
        with pytest.raises(SourceBroken, match="thing: the answer for 'k' is"):
            check_body(request, content)
