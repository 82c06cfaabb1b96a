"""The asset that asks the sources: retried by Dagster for what is late, never for what is broken."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.raw.fetches import FRESH_CHECK, fetches
from assets.resources import NightResource
from pipelines.settings import Settings
from pipelines.sources.archive import Archive
from pipelines.sources.registry import connectors
from pipelines.warehouse import RawStore

SERVER = Path(__file__).parents[1] / "pipelines" / "sources" / "replay_server.py"
ONE = "queue_miso"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: Path) -> Iterator[Any]:
    """Run a server for one source; the others are switched off."""
    if "replay_server" not in sys.modules:
        spec = importlib.util.spec_from_file_location("replay_server", SERVER)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["replay_server"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["replay_server"])
    module = sys.modules["replay_server"]
    with module.serving() as running:
        content = (shared / "real" / "queue_miso" / "getprojects_2026-07-01.json").read_bytes()
        running.add("/api/giqueue/getprojects", module.Reply(content, "application/json"))
        others = [one.source.source_id for one in connectors(Settings()) if one.source.source_id != ONE]
        for name, value in {
            "DATA_DIR": str(tmp_path),
            "SOURCE_OFF": ",".join(others),
            f"{ONE.upper()}_URL": running.url,
            "HTTP_ATTEMPTS": "1",
            "SOURCE_LATE_RETRIES": "2",
            "SOURCE_LATE_WAIT_MINUTES": "0",
        }.items():
            monkeypatch.setenv(f"FIRSTMW_{name}", value)
        yield running


def run(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    night = NightResource(as_of="2026-11-22", profile="live", regions=["abilene_tx"])
    return dg.materialize([fetches], resources={"night": night}, instance=instance)


def fresh(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    return next(found for found in result.get_asset_check_evaluations() if found.check_name == FRESH_CHECK)


def retries(result: dg.ExecuteInProcessResult) -> int:
    return sum(event.event_type == dg.DagsterEventType.STEP_UP_FOR_RETRY for event in result.all_events)


def test_a_good_source_is_asked_once(server: Any) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(instance)
    assert result.success
    assert fresh(result).passed
    assert len(server.asked) == 1
    metadata = result.asset_materializations_for_node("raw__fetches")[0].metadata
    assert metadata["dagster/row_count"].value == 1


def test_what_is_late_is_asked_again_and_then_left(server: Any) -> None:
    server.disturb("/api/giqueue/getprojects", "204")
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(instance)
    assert result.success
    assert retries(result) == 2
    assert len(server.asked) == 3
    assert not fresh(result).passed
    assert fresh(result).severity == dg.AssetCheckSeverity.WARN


def test_what_is_broken_is_not_asked_again(server: Any, tmp_path: Path) -> None:
    server.disturb("/api/giqueue/getprojects", "html")
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(instance)
    assert result.success
    assert retries(result) == 0
    assert len(server.asked) == 1
    assert not fresh(result).passed
    assert "a page of markup" in (fresh(result).description or "")
    assert Archive(RawStore(tmp_path)).good(ONE, "getprojects") == []


def test_every_table_waits_for_the_sources(server: Any) -> None:
    # The answers are part of the run's name, so nothing may be written before they are there.
    from assets.definitions import defs

    graph = defs.resolve_asset_graph()
    first = dg.AssetKey(["raw", "fetches"])
    assert {key for key in graph.get_all_asset_keys() if first not in graph.get_ancestor_asset_keys(key)} <= {first}
