from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelines.cli import ui as module


@pytest.fixture
def started(monkeypatch, tmp_path):
    """Record what would be run instead of running it, from a folder with a relative data folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "unset")
    calls: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, arguments: calls.append(arguments))
    monkeypatch.setattr(os, "chdir", lambda _: None)
    return calls


def test_the_orchestrator_starts_on_the_checkout_with_its_home_in_the_data_folder(run, started, monkeypatch, tmp_path):
    monkeypatch.setattr(module.shutil, "which", lambda *_, **__: "dagster-webserver")
    monkeypatch.setattr(Path, "exists", lambda _: True)
    result = run("ui", "--port", "3333", folder=Path("data"))
    assert result.exit_code == 0, result.stderr
    assert started[0][1:] == ["dev", "-w", "workspace.yaml", "-p", "3333"]
    assert os.environ["DAGSTER_HOME"] == str(tmp_path / "data" / "dagster")
    assert os.environ["FIRSTMW_DATA_DIR"] == str(tmp_path / "data")
    assert os.environ["DAGSTER_DISABLE_TELEMETRY"] == "1"
    assert (tmp_path / "data" / "dagster" / "dagster.yaml").is_file()


def test_without_the_web_server_the_way_to_it_is_told(run, started, monkeypatch):
    monkeypatch.setattr(module.shutil, "which", lambda *_, **__: None)
    result = run("ui")
    assert result.exit_code == 2
    assert "make setup" in result.stderr
    assert started == []
