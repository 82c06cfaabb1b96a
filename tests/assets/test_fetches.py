"""The asset that asks the sources: retried by Dagster for what is late, never for what is broken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from queue_payloads import miso_projects

from assets.fetching import fetch_sources
from assets.night import Scope, identify
from assets.raw.fetches import FRESH_CHECK, fetches
from assets.resources import NightResource
from pipelines.errors import UsageError
from pipelines.settings import Settings
from pipelines.sources.archive import Archive
from pipelines.sources.registry import connectors
from pipelines.warehouse import RawStore

ONE = "queue_miso"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Run a server for one source; the others are switched off."""
    import replay_server

    with replay_server.serving() as running:
        running.add("/api/giqueue/getprojects", replay_server.Reply(miso_projects(), "application/json"))
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


def test_the_users_files_are_read_in_the_reference_profile_and_nothing_is_asked(
    server: Any, tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRSTMW_SOURCE_OFF", "")
    files = {
        "NRI_FILE": shared / "real" / "hazards" / "NRI_Table_Counties_2021_first36cols.csv",
        "EIA861_FILE": shared / "real" / "reliability" / "Reliability_2024.xlsx",
        "QUEUE_LBNL_FILE": shared / "real" / "queue_lbnl" / "queues_2020_clean_data.xlsx",
        "QUEUE_PJM_FILE": shared / "real" / "queue_pjm" / "PJM_Queue_ExportToXls_2025-01.xlsx",
    }
    for name, path in files.items():
        monkeypatch.setenv(f"FIRSTMW_{name}", str(path))

    def rows(**changed: str) -> tuple[str, dict[str, tuple[str, int]]]:
        for name, value in changed.items():
            monkeypatch.setenv(f"FIRSTMW_{name}", value)
        night, scope = Settings(), Scope(date(2026, 11, 22), ("abilene_tx",))
        record = fetch_sources(night, scope)
        found = {one.source_id: (one.profile, sum(good.rows for good in one.good)) for one in record.sources}
        return identify(night, scope, record)[0], found

    run_id, found = rows()
    assert found == {
        "nri": ("user_file", 3142),
        "eia861": ("user_file", 1024),
        "queue_lbnl": ("user_file", 14222),
        "queue_pjm": ("user_file", 8190),
    }
    assert rows()[0] == run_id, "the same files make the same night"
    # A file that is not there leaves what was read of it before, in a night of its own.
    missing, found = rows(NRI_FILE=str(tmp_path / "gone.csv"))
    assert found["nri"] == ("last_good", 3142)
    assert missing != run_id
    assert server.asked == []
    with dg.DagsterInstance.ephemeral() as instance:
        night = NightResource(as_of="2026-11-22", profile="reference", regions=["abilene_tx"])
        result = dg.materialize([fetches], resources={"night": night}, instance=instance)
    assert not fresh(result).passed
    assert "FIRSTMW_NRI_FILE" in (fresh(result).description or "")
    # The record of a live night of that date is another one.
    with pytest.raises(UsageError):
        Archive(RawStore(tmp_path)).read_night(date(2026, 11, 22), Scope(date(2026, 11, 22), ("abilene_tx",)).named())


def test_every_table_waits_for_the_sources(server: Any) -> None:
    # The answers are part of the run's name, so nothing may be written before they are there.
    from assets.definitions import defs

    graph = defs.resolve_asset_graph()
    first = dg.AssetKey(["raw", "fetches"])
    assert {key for key in graph.get_all_asset_keys() if first not in graph.get_ancestor_asset_keys(key)} <= {first}
