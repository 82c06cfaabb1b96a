"""Schedules that compose, and sensors that tell: each against a real instance or a real listener on loopback."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from pydantic import SecretStr

from assets.definitions import defs
from assets.jobs import LEAD_TIMES, PRICES, QUEUES
from assets.schedules import SCHEDULES, hourly_prices
from assets.sensors import failed_runs, stale_data
from pipelines.alerts import AlertError, message, send, staleness
from pipelines.settings import Settings
from pipelines.sources.registry import connectors

NOW = datetime(2026, 11, 22, 13, 10)


@pytest.fixture
def hook() -> Iterator[tuple[str, list[dict[str, str]], list[int]]]:
    """Give the address of a webhook, what it was told, and the status that it answers."""
    told: list[dict[str, str]] = []
    status = [200]

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status[0])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/services/T0/secret", told, status
        server.shutdown()


def _context(moment: datetime) -> dg.ScheduleEvaluationContext:
    return dg.build_schedule_context(scheduled_execution_time=moment.replace(tzinfo=UTC))


def test_the_sources_that_schedules_ask_again_exist() -> None:
    known = {connector.source.source_id for connector in connectors(Settings())}
    assert {*PRICES, *QUEUES, *LEAD_TIMES} <= known
    assert {name for name in known if name.startswith("queue_")} == set(QUEUES)


def test_between_nights_some_sources_are_asked_again_for_the_same_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRSTMW_PROFILE", "live")
    request = hourly_prices(_context(NOW))
    assert isinstance(request, dg.RunRequest)
    config = request.run_config["resources"]["night"]["config"]
    assert config == {"as_of": "2026-11-22", "sources": list(PRICES)}
    assert request.run_key == "hourly_prices 2026-11-22T13:10"
    monkeypatch.setenv("FIRSTMW_PROFILE", "reference")
    assert isinstance(hourly_prices(_context(NOW)), dg.SkipReason)


def test_every_schedule_runs_the_whole_night() -> None:
    # A part of a night is never published: every schedule's job ends in the release.
    assert {schedule.job_name for schedule in SCHEDULES} == {"nightly"}
    assert {schedule.name for schedule in SCHEDULES} == {
        "nightly_schedule",
        "hourly_prices",
        "weekly_queues",
        "monthly_lead_times",
    }


def test_a_message_reaches_the_webhook_and_its_address_stays_secret(hook) -> None:
    url, told, status = hook
    settings = Settings(alert_webhook_url=SecretStr(url))
    assert send(settings, "nightly failed", ["gas_prices.csv: <price> & more"]) == ["webhook"]
    assert told == [{"text": "*nightly failed*\ngas_prices.csv: &lt;price&gt; &amp; more"}]
    status[0] = 500
    with pytest.raises(AlertError, match="status 500") as refused:
        send(settings, "nightly failed", [])
    assert "secret" not in str(refused.value)
    with pytest.raises(AlertError, match="not https"):
        send(Settings(alert_webhook_url=SecretStr("http://example.org/x")), "t", [])
    assert send(Settings(), "t", []) == []
    assert len(message("t", ["x" * 9000])["text"]) < 4000


def test_staleness_is_age_or_inputs() -> None:
    fresh = {"run_id": "r", "published_at_utc": (NOW - timedelta(hours=29)).isoformat(), "is_stale": False}
    assert staleness(fresh, NOW, Settings()) == []
    assert "31 hours" in staleness(fresh, NOW + timedelta(hours=2), Settings())[0]
    assert "stale inputs" in staleness({**fresh, "is_stale": True}, NOW, Settings())[0]
    assert staleness(None, NOW, Settings()) == ["there is no release"]


def test_stale_data_is_told_once(hook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url, told, _ = hook
    monkeypatch.setenv("FIRSTMW_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("FIRSTMW_ALERT_WEBHOOK_URL", url)
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance)
        stale_data(context)
        stale_data(dg.build_sensor_context(instance=instance, cursor=context.cursor))
    assert [one["text"].splitlines()[1] for one in told] == ["there is no release"]


def test_the_cause_of_a_failed_run_is_told(hook, monkeypatch: pytest.MonkeyPatch) -> None:
    url, told, _ = hook
    monkeypatch.setenv("FIRSTMW_ALERT_WEBHOOK_URL", url)

    @dg.op
    def broken() -> None:
        raise ValueError("gas_prices.csv, row 7: price -5")

    @dg.job
    def night() -> None:
        broken()

    with dg.DagsterInstance.ephemeral() as instance:
        result = night.execute_in_process(instance=instance, raise_on_error=False, tags={"as_of": "2026-11-22"})
        failure = result.get_run_failure_event()
        context = dg.build_run_status_sensor_context(
            "failed_runs", failure, instance, result.dagster_run
        ).for_run_failure()
        failed_runs(context)
    assert "row 7: price -5" in told[0]["text"]
    assert "as of 2026-11-22" in told[0]["text"]


def test_published_tables_carry_a_freshness_policy() -> None:
    graph = defs.resolve_asset_graph()
    without = [
        key.to_user_string()
        for key in graph.get_all_asset_keys()
        if key.path[0] in {"mart", "release"} and graph.get(key).freshness_policy is None
    ]
    assert without == []
