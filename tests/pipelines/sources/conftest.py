"""The replay server for the tests of this folder."""

from __future__ import annotations

from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def replay_server() -> ModuleType:
    """Return the module of the replay server."""
    import replay_server

    return replay_server


@pytest.fixture
def server(replay_server):
    """Run a replay server for one test."""
    with replay_server.serving() as running:
        yield running


@pytest.fixture(scope="session")
def publishers() -> ModuleType:
    """Return the module of what the publishers answer."""
    import publishers

    return publishers


@pytest.fixture(scope="session")
def weather_payloads() -> ModuleType:
    """Return the module of made-up weather answers."""
    import weather_payloads

    return weather_payloads
