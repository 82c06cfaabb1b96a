"""The replay server for the tests of this folder."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _load(name: str) -> ModuleType:
    # The folder is no package: its helpers are loaded from their files.
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def replay_server() -> ModuleType:
    """Return the module of the replay server."""
    return _load("replay_server")


@pytest.fixture
def server(replay_server):
    """Run a replay server for one test."""
    with replay_server.serving() as running:
        yield running


@pytest.fixture(scope="session")
def publishers() -> ModuleType:
    """Return the module of what the publishers answer."""
    return _load("publishers")


@pytest.fixture(scope="session")
def weather_payloads() -> ModuleType:
    """Return the module of made-up weather answers."""
    return _load("weather_payloads")
