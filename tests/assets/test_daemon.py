"""The schedule under a real daemon and webserver: it ticks, the run succeeds, GraphQL answers, all of it shuts down."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.nightlog import last_night
from pipelines.warehouse import current_run_id, verify_release

TICKING = """
import dagster as dg
import assets.definitions
from assets.jobs import nightly

@dg.schedule(job=nightly, cron_schedule="* * * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def every_minute(context):
    # A key of a run is one of its tick only: where the machine is busy, the next tick comes before the run has ended.
    if context.instance.get_runs(limit=1):
        return dg.SkipReason("asked for already")
    config = {"as_of": "2026-11-22", "regions": ["abilene_tx", "columbus_oh"], "is_published": True}
    return dg.RunRequest(run_config=dg.RunConfig(resources={"night": {"config": config}}))

defs = dg.Definitions.merge(assets.definitions.defs, dg.Definitions(schedules=[every_minute]))
"""
QUICK = {
    "FIRSTMW_TIMELINE_SAMPLES": "200",
    "FIRSTMW_MONTE_CARLO_YEARS": "2",
    "FIRSTMW_ROBUSTNESS_DRAWS": "100",
    "FIRSTMW_REGRET_REGIONS": "0",
}
pytestmark = pytest.mark.campaign


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[tuple[str, Path]]:
    """Run webserver and daemon on a data folder of their own; give the address and the folder."""
    folder = tmp_path_factory.mktemp("daemon")
    home = folder / "data" / "dagster"
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text((repository / "dagster.yaml").read_text())
    code = folder / "ticking.py"
    code.write_text(TICKING)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FIRSTMW_")}
    environment = kept | QUICK | {"FIRSTMW_DATA_DIR": str(folder / "data"), "DAGSTER_HOME": str(home)}
    environment |= {"DAGSTER_DISABLE_TELEMETRY": "1", "PYTHONPATH": str(repository)}
    # Two processes that make the same records at once damage them; `dagster dev` and the build's lock do it in one.
    make = "import dagster; dagster.DagsterInstance.get().dispose()"
    subprocess.run([sys.executable, "-c", make], cwd=repository, env=environment, check=True, timeout=120)
    port = _port()
    commands = [
        [sys.executable, "-m", "dagster_webserver", "-h", "127.0.0.1", "-p", str(port), "-f", str(code)],
        [sys.executable, "-m", "dagster._daemon", "run", "-f", str(code)],
    ]
    logs = [(folder / name).open("w") for name in ("webserver.log", "daemon.log")]
    running = [
        subprocess.Popen(
            command, cwd=repository, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        for command, log in zip(commands, logs, strict=True)
    ]
    try:
        yield f"http://127.0.0.1:{port}/graphql", folder / "data"
        for process in running:
            process.send_signal(signal.SIGTERM)
        # A clean end is one that needs no second signal, and leaves no process of the session.
        for process in running:
            process.wait(60)
        deadline = time.monotonic() + 30
        while any(_session(process.pid) for process in running) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert [_session(process.pid) for process in running] == [[], []]
    finally:
        for process, log in zip(running, logs, strict=True):
            if process.poll() is None or _session(process.pid):
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(30)
            log.close()


def _session(leader: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def _ask(address: str, query: str) -> dict[str, Any]:
    asked = urllib.request.Request(
        address, json.dumps({"query": query}).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=60) as answer:
        told = json.load(answer)
    assert "errors" not in told, told
    return dict(told["data"])


def _wait(seconds: float, ready: Callable[[], Any], told: Callable[[], str]) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            answer = ready()
        except OSError:
            answer = None
        if answer:
            return answer
        time.sleep(2)
    raise AssertionError(told())


def test_the_schedule_ticks_the_run_succeeds_and_graphql_answers(served: tuple[str, Path]) -> None:
    address, data_dir = served

    def logs() -> str:
        return "\n".join(path.read_text()[-3000:] for path in sorted(data_dir.parent.glob("*.log")))

    assert _wait(300, lambda: _ask(address, "{ version }")["version"], logs)

    def ended() -> str | None:
        runs = _ask(address, "{ runsOrError { ... on Runs { results { status } } } }")["runsOrError"]["results"]
        states = [run["status"] for run in runs]
        return states[0] if states and states[0] in {"SUCCESS", "FAILURE", "CANCELED"} else None

    assert _wait(900, ended, logs) == "SUCCESS", logs()
    ticks = _ask(
        address,
        '{ schedulesOrError(repositorySelector: {repositoryLocationName: "ticking.py", repositoryName: '
        '"__repository__"}) { ... on Schedules { results { name scheduleState { status ticks { status } } } } } }',
    )["schedulesOrError"]["results"]
    states = {one["name"]: one["scheduleState"] for one in ticks}
    assert {"nightly_schedule", "hourly_prices", "weekly_queues", "monthly_lead_times"} <= set(states)
    assert "SUCCESS" in [tick["status"] for tick in states["every_minute"]["ticks"]]
    nodes = _ask(
        address,
        "{ assetNodes { assetKey { path } assetMaterializations(limit: 1) { runId } assetChecksOrError { "
        "... on AssetChecks { checks { name executionForLatestMaterialization { status } } } } } }",
    )["assetNodes"]
    assert len(nodes) > 80
    assert [node["assetKey"]["path"] for node in nodes if not node["assetMaterializations"]] == []
    checks = [check for node in nodes for check in node["assetChecksOrError"].get("checks", [])]
    assert len(checks) > 80
    assert {check["executionForLatestMaterialization"]["status"] for check in checks} == {"SUCCEEDED"}
    assert (current_run_id(data_dir) or "").startswith("20261122-")
    assert verify_release(data_dir) == []
    last = last_night(data_dir)
    assert last is not None
    assert (last["outcome"], last["as_of"], last["run_id"]) == ("published", "2026-11-22", current_run_id(data_dir))
