"""Kills of the fault campaign: processes ended by SIGKILL at moments chosen by a seed, and what is found afterwards."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from pipelines.errors import FirstmwError
from pipelines.warehouse import current_run_id, release_info, verify_release

ROOT = Path(__file__).parents[1]
REGIONS = "abilene_tx,columbus_oh,imperial_ca,milam_tx,quincy_wa"
# The steps of a publication as the file system shows them, in their order.
STEPS = ("tables", "database", "manifest", "durable", "installed", "swapped", "retention")
BEFORE, BUILDING = "before the first write", "tables of the build"
ENDED_FIRST = "ended first"
# From the first write of a table of the build to the swap of `current`.
UNTIL_SWAP = (BUILDING, *STEPS[: STEPS.index("swapped")])
# A few regions are shown as if they were all, also where the night before is of a later date.
PUBLISHED = ("--publish", "--allow-older")
# A quick night: fewer draws, one scenario, the same steps; one thread for Polars, so that two nights share two cores.
QUICK = {
    "FIRSTMW_TIMELINE_SAMPLES": "200",
    "FIRSTMW_PROGRAMME_SAMPLES": "100",
    "FIRSTMW_MONTE_CARLO_YEARS": "2",
    "FIRSTMW_PORTFOLIO_YEARS": "200",
    "FIRSTMW_ROBUSTNESS_DRAWS": "100",
    "FIRSTMW_REGRET_REGIONS": "0",
    "FIRSTMW_SCENARIOS_FILE": str(Path(__file__).with_name("fault_scenarios.csv")),
    "FIRSTMW_KEEP_RELEASES": "2",
    "POLARS_MAX_THREADS": "1",
}
_TIMEOUT = 600.0
_POLL = 0.001
# What a process that ends with its parent may take to do so.
_GRACE = 2.0


@dataclass
class Kill:
    """One kill: what was killed, when, what was found, and what the next run did.

    Attributes
    ----------
    kind : str
        "night" or "publication".
    aim : str
        A step, or "line N +S": S seconds after the N-th line of progress.
    found : str
        The step that was reached, by what is on the disk after the process was dead.
    lines, lines_of_a_night : int
        Lines of progress (one per table that is written) of the killed run, and of the whole night after it.
    seconds, seconds_next : float
        What the killed run and the night after it took by the clock.
    """

    kind: str
    aim: str
    found: str = ""
    lines: int = 0
    lines_of_a_night: int = 0
    seconds: float = 0.0
    seconds_next: float = 0.0
    faults: list[str] = field(default_factory=list)


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    """Return the environment of a night of this campaign."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FIRSTMW_")}
    return kept | QUICK | {"FIRSTMW_DATA_DIR": str(data_dir), "DAGSTER_DISABLE_TELEMETRY": "1"} | more


def night(data_dir: Path, as_of: str, *arguments: str, **more: str) -> subprocess.Popen[str]:
    """Start a night in a session of its own."""
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "pipelines.cli.main",
            "refresh",
            *PUBLISHED,
            "--regions",
            REGIONS,
            "--as-of",
            as_of,
            *arguments,
        ],
        cwd=ROOT,
        env=environment(data_dir, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def publisher(data_dir: Path, count: int) -> subprocess.Popen[str]:
    """Start a process that publishes again and again, in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.fault_publisher", str(data_dir), str(count)],
        cwd=ROOT,
        env=environment(data_dir),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def state(releases: Path, before: set[str]) -> str:
    """Return the step that a publication has reached, from what stands on the disk; empty before there is one."""
    if not releases.is_dir():
        return ""
    try:
        names = set(os.listdir(releases))
        if any(name.startswith(".old-") for name in names):
            return "retention"
        fresh = {name for name in names if not name.startswith(".")} - before - {"current", "refs.json"}
        if fresh:
            return "swapped" if "current" in names and os.readlink(releases / "current") in fresh else "installed"
        for name in names:
            if name.startswith(".incoming-") and not name.endswith(".spill"):
                inside = os.listdir(releases / name)
                if "manifest.json" in inside:
                    # Made read-only and forced to the disk one by one; the page is the first, the manifest among the last.
                    own = (releases / name / place for place in ("report/index.html", "manifest.json"))
                    modes = [path.stat().st_mode for path in own if path.exists()]
                    return "manifest" if all(mode & 0o200 for mode in modes) else "durable"
                return "database" if "firstmw.duckdb" in inside else "tables"
    except FileNotFoundError:
        # The folder was renamed between two looks: the next look tells.
        return ""
    return ""


def after(releases: Path) -> set[str]:
    """Return the names of the releases."""
    return {path.name for path in releases.glob("[!.]*")} if releases.is_dir() else set()


def strike(process: subprocess.Popen[str], releases: Path, record: Kill, rng: random.Random) -> None:
    """Kill a process at its aim, and record the step that it had reached by what it left; none if it ended first."""
    aim, before, started = record.aim, after(releases), time.monotonic()
    lines = [0]

    def count() -> None:
        assert process.stdout is not None
        for _ in process.stdout:
            lines[0] += 1

    counting = threading.Thread(target=count, daemon=True)
    counting.start()
    deadline = started + _TIMEOUT
    delay = rng.random()
    _, line, wait = [*aim.split(), "+0"][:3] if aim.startswith("line ") else ("", "", "+0")
    while process.poll() is None and time.monotonic() < deadline:
        if aim.startswith("line "):
            if lines[0] >= int(line):
                if record.kind == "publication":
                    # What was published before this moment is not what the kill meets.
                    before |= after(releases)
                time.sleep(float(wait))
                break
            time.sleep(0.01)
            continue
        reached = state(releases, before)
        # A step too short to be met by a look is met by the next one.
        if reached and STEPS.index(reached) >= STEPS.index(aim):
            if reached == aim:
                time.sleep(0.02 * delay * delay)
            break
        time.sleep(_POLL if reached or lines[0] > 1 else 0.02)
    is_running = process.poll() is None
    if is_running:
        os.kill(process.pid, signal.SIGKILL)
    process.wait(30)
    counting.join(10)
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    record.lines, record.seconds = lines[0], round(time.monotonic() - started, 2)
    if not is_running or process.returncode != -signal.SIGKILL:
        record.found = ENDED_FIRST
    else:
        record.found = state(releases, before) or (BUILDING if lines[0] else BEFORE)


def orphans(session: int) -> list[int]:
    """Return the pids that are left of a session."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def left_of(session: int) -> list[str]:
    """Return what is left of a session and does not end by itself, as faults."""
    deadline = time.monotonic() + _GRACE
    while (found := orphans(session)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return [f"orphan process {pid}" for pid in found]


def open_runs(data_dir: Path) -> int:
    """Return how many runs of the orchestrator are neither finished nor failed."""
    database = data_dir / "dagster" / "history" / "runs.db"
    if not database.is_file():
        return 0
    con = sqlite3.connect(database)
    try:
        sql = "select count(*) from runs where status not in ('SUCCESS', 'FAILURE', 'CANCELED')"
        return int(con.execute(sql).fetchone()[0])
    finally:
        con.close()


def whole(data_dir: Path) -> list[str]:
    """Return what is wrong with `current`; one that is absent is no fault."""
    if not (data_dir / "releases" / "current").is_symlink():
        return []
    try:
        release_info(data_dir)
    except FirstmwError as error:
        return [str(error)]
    return verify_release(data_dir)


def leftovers(data_dir: Path) -> list[str]:
    """Return the names of what an interrupted publication left and the next run should have cleared away."""
    return sorted(path.name for path in (data_dir / "releases").glob(".*"))


def kill_night(data_dir: Path, day: date, aim: str, rng: random.Random) -> Kill:
    """Kill a night at its aim, look at what is left, run the next whole night to its end, and look again.

    The next night is the same one again. Where its release stands already, that is verified and shown, and the next
    whole night is that of the day after.
    """
    record = Kill("night", aim)
    process = night(data_dir, day.isoformat())
    strike(process, data_dir / "releases", record, rng)
    record.faults += left_of(process.pid)
    record.faults += [f"current after the kill: {fault}" for fault in whole(data_dir)]
    stands = any(name.startswith(f"{day:%Y%m%d}-") for name in after(data_dir / "releases"))
    if stands:
        record.faults += _next_night(data_dir, day, record, "verified and reused release")
    record.faults += _next_night(data_dir, day + timedelta(days=stands), record, "published release")
    return record


def _next_night(data_dir: Path, day: date, record: Kill, expected: str) -> list[str]:
    started = time.monotonic()
    process = night(data_dir, day.isoformat())
    out, told = process.communicate(timeout=_TIMEOUT)
    record.seconds_next = round(record.seconds_next + time.monotonic() - started, 2)
    record.lines_of_a_night = max(record.lines_of_a_night, out.count(" rows"))
    faults = []
    if process.returncode != 0:
        faults.append(f"the next refresh ended with {process.returncode}: {told.strip()[-300:]}")
    if expected not in out:
        faults.append(f"the next refresh has not {expected}: {out.strip()[-100:]}")
    faults += [f"current after the next refresh: {fault}" for fault in whole(data_dir)]
    if not (current_run_id(data_dir) or "").startswith(f"{day:%Y%m%d}-"):
        faults.append(f"current is {current_run_id(data_dir)} after the night of {day}")
    if open_runs(data_dir):
        faults.append(f"{open_runs(data_dir)} runs of the orchestrator are left open")
    return faults + [f"left behind: {name}" for name in leftovers(data_dir)] + left_of(process.pid)


def kill_publication(data_dir: Path, aim: str, rng: random.Random) -> Kill:
    """Kill a process that publishes; the next one has to publish without a hand."""
    record = Kill("publication", aim)
    before = current_run_id(data_dir) or ""
    process = publisher(data_dir, 3)
    strike(process, data_dir / "releases", record, rng)
    record.faults += left_of(process.pid)
    record.faults += [f"current after the kill: {fault}" for fault in whole(data_dir)]
    if "-0" in before and (current_run_id(data_dir) or "") < before:
        record.faults.append(f"current went back from {before} to {current_run_id(data_dir)}")
    started = time.monotonic()
    again = publisher(data_dir, 1)
    out, told = again.communicate(timeout=_TIMEOUT)
    record.seconds_next = round(time.monotonic() - started, 2)
    if again.returncode != 0 or current_run_id(data_dir) != out.split()[0]:
        record.faults.append(f"the next publication ended with {again.returncode}: {told.strip()[-300:]}")
    record.faults += [f"current after the next publication: {fault}" for fault in whole(data_dir)]
    record.faults += [f"left behind: {name}" for name in leftovers(data_dir)]
    return record


def fresh_folder(seed: Path, target: Path, *, has_release: bool = True) -> Path:
    """Return a data folder with the seed's cache, and its current release where asked."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    shutil.copytree(seed / "cache", target / "cache")
    if has_release:
        name = os.readlink(seed / "releases" / "current")
        (target / "releases").mkdir()
        shutil.copytree(seed / "releases" / name, target / "releases" / name)
        (target / "releases" / "current").symlink_to(name)
        shutil.copytree(seed / "releases" / name, target / "seed")
    return target
