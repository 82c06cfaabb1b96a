"""Memory stays bounded whatever is sent: parsers read bytes made to cost much, in a process under limits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.settings import Settings
from pipelines.sources.registry import connectors

# Twenty kinds of some megabytes each; a service with 4 GB holds a night beside it.
MOST_BYTES = 1_000_000_000
EVERY = [connector.source.source_id for connector in connectors(Settings())]


def _read(parser: str, repository: Path) -> list[dict[str, object]]:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("hostile.py")), parser],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    # What the process was at when it ended, for want of memory or time or by a fault of its own.
    assert done.returncode == 0, (seen[-1:], done.stderr[-500:])
    return [one for one in seen if "bytes" in one]


def _check(parser: str, repository: Path) -> None:
    seen = _read(parser, repository)
    assert len({str(one["kind"]) for one in seen}) == 20
    for one in seen:
        print(f"{one['parser']}: {one['kind']}: {one['bytes'] / 1e6:,.0f} MB, {one['seconds']} s: {one['answer']}")
        assert one["bytes"] < MOST_BYTES, one
        assert one["answer"] != "read", one


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks of memory are read from Linux's /proc")
def test_what_queues_are_published_as_stays_within_bounds(repository: Path) -> None:
    _check("queue_lbnl", repository)


@pytest.mark.campaign
@pytest.mark.parametrize("parser", [*EVERY, "weather files"])
def test_every_parser_stays_within_bounds(repository: Path, parser: str) -> None:
    _check(parser, repository)
