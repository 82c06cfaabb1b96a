"""Faults other than kills: each night is run into one, and what it said and what stands afterwards is written down."""

from __future__ import annotations

import http.server
import json
import os
import resource
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.fault_kills import fresh_folder, leftovers, night, open_runs, orphans, whole
from pipelines.settings import Settings
from pipelines.sources.registry import connectors
from pipelines.warehouse import current_run_id, lock_holder, release_info

DAY, DAY_BEFORE = "2026-06-01", "2026-05-31"
# DuckDB's default size of a block.
_BLOCK = 262_144
# The first live night asks the sources whatever the weather they have: quick to give up, so that the night is.
HURRIED = {
    "FIRSTMW_HTTP_TIMEOUT": "1",
    "FIRSTMW_HTTP_ATTEMPTS": "1",
    "FIRSTMW_HTTP_DEADLINE_SECONDS": "3",
    "FIRSTMW_HTTP_PAUSE_FACTOR": "0",
    "FIRSTMW_HTTP_BACKOFF_SECONDS": "0",
}


def run(seed: Path, work: Path, only: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """Run every case, or those named, in a folder of its own and give what was seen."""
    cases = (
        disk_full,
        disk_fills_up,
        too_little_space,
        read_only_folder,
        corrupt_build,
        damaged_build,
        corrupt_release,
        corrupt_cache,
        clock_ahead,
        clock_back,
        two_at_once,
        two_that_queue,
        source_down,
        source_slow,
        source_lying,
    )
    for case in cases:
        if not only or case.__name__ in only:
            yield case(seed, work / case.__name__)
            shutil.rmtree(work / case.__name__, ignore_errors=True)


def outcome(
    name: str, data_dir: Path, process: subprocess.Popen[str], told: str, before: str | None, *, expected: int
) -> dict[str, Any]:
    """Return what a night that met a fault left, with everything that is not as it should be."""
    faults = [f"exit code {process.returncode} instead of {expected}"] if process.returncode != expected else []
    faults += [f"orphan process {pid}" for pid in orphans(process.pid)]
    faults += whole(data_dir)
    if "Traceback" in told:
        faults.append("a traceback")
    if expected == 1 and current_run_id(data_dir) != before:
        faults.append(f"current is {current_run_id(data_dir)} instead of {before}")
    if expected != 1 and (current_run_id(data_dir) or "")[:8] != DAY.replace("-", ""):
        faults.append(f"current is {current_run_id(data_dir)}")
    if open_runs(data_dir):
        faults.append(f"{open_runs(data_dir)} runs of the orchestrator are left open")
    said = [line for line in told.splitlines() if line.startswith("firstmw: ")]
    return {
        "case": name,
        "exit_code": process.returncode,
        "said": (said or [""])[-1].removeprefix("firstmw: ").replace(str(data_dir), "DATA")[:300],
        "faults": faults + [f"left behind: {found}" for found in leftovers(data_dir)],
    }


def _ended(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=900)
    return out + err


def _and_again(seen: dict[str, Any], data_dir: Path) -> dict[str, Any]:
    """Run the same night without the fault: it has to succeed without a hand."""
    process = night(data_dir, DAY)
    told = _ended(process)
    if process.returncode != 0:
        seen["faults"].append(f"the next refresh ended with {process.returncode}: {told[-200:]}")
    seen["faults"] += [f"after the next refresh: {fault}" for fault in whole(data_dir)]
    return seen


def disk_full(seed: Path, folder: Path) -> dict[str, Any]:
    """No file may grow beyond a megabyte, as on a full disk or over a quota."""
    data_dir = fresh_folder(seed, folder)
    before = current_run_id(data_dir)
    process = night(data_dir, DAY)
    # Python ignores SIGXFSZ: writes beyond the limit fail with "File too large".
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
    seen = outcome(
        "no file may grow (limit on the size of files)", data_dir, process, _ended(process), before, expected=1
    )
    return _and_again(seen, data_dir)


@contextmanager
def _own_disk(folder: Path, megabytes: int, seed: Path) -> Iterator[Path | None]:
    """Give a data folder on a disk of its own, or None where this user may not mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    try:
        yield fresh_folder(seed, folder / "data") if mounted.returncode == 0 else None
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


def too_little_space(seed: Path, folder: Path) -> dict[str, Any]:
    """A small disk with less free space than a night needs."""
    name = "a small disk with too little free space"
    with _own_disk(folder, 400, seed) as data_dir:
        if data_dir is None:
            return {"case": name, "exit_code": None, "said": "not run: no right to mount a disk", "faults": []}
        filler = data_dir / "filler"
        filler.write_bytes(bytes(200_000_000))
        before = current_run_id(data_dir)
        process = night(data_dir, DAY)
        seen = outcome(name, data_dir, process, _ended(process), before, expected=1)
        filler.unlink()
        return _and_again(seen, data_dir)


def disk_fills_up(seed: Path, folder: Path) -> dict[str, Any]:
    """A disk with room enough at the start that something else fills while the night is at work."""
    name = "a disk that something else fills during the night"
    with _own_disk(folder, 800, seed) as data_dir:
        if data_dir is None:
            return {"case": name, "exit_code": None, "said": "not run: no right to mount a disk", "faults": []}
        before = current_run_id(data_dir)
        process = night(data_dir, DAY)
        assert process.stdout is not None
        told = "".join(process.stdout.readline() for _ in range(20))
        filler = data_dir / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(65_536)):
                pass
        seen = outcome(name, data_dir, process, told + _ended(process), before, expected=1)
        filler.unlink()
        return _and_again(seen, data_dir)


def read_only_folder(seed: Path, folder: Path) -> dict[str, Any]:
    """A data folder on a disk that turned read-only."""
    name = "a data folder that cannot be written"
    with _own_disk(folder, 600, seed) as data_dir:
        if data_dir is None:
            return {"case": name, "exit_code": None, "said": "not run: no right to mount a disk", "faults": []}
        before = current_run_id(data_dir)
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        process = night(data_dir, DAY)
        seen = outcome(name, data_dir, process, _ended(process), before, expected=1)
        subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
        return _and_again(seen, data_dir)


def _served(name: str, data_dir: Path, before: str | None) -> dict[str, Any]:
    process = night(data_dir, DAY)
    return outcome(name, data_dir, process, _ended(process), before, expected=0)


def corrupt_build(seed: Path, folder: Path) -> dict[str, Any]:
    """A build database of noise, as a crash of the machine may leave."""
    data_dir = fresh_folder(seed, folder)
    build = data_dir / "build" / "firstmw.duckdb"
    build.parent.mkdir()
    build.write_bytes(bytes(range(256)) * 4096)
    return _served("a corrupt build file", data_dir, current_run_id(data_dir))


def damaged_build(seed: Path, folder: Path) -> dict[str, Any]:
    """A build of the night before in which a bit fell over in every other block; most of its tables would stand."""
    data_dir = fresh_folder(seed, folder)
    _ended(night(data_dir, DAY_BEFORE))
    build = data_dir / "build" / "firstmw.duckdb"
    damaged = bytearray(build.read_bytes())
    for place in range(3 * _BLOCK, len(damaged) - _BLOCK, 2 * _BLOCK):
        damaged[place + _BLOCK // 2] ^= 1
    build.write_bytes(damaged)
    return _served("a build of the night before with bits fallen over", data_dir, current_run_id(data_dir))


def corrupt_release(seed: Path, folder: Path) -> dict[str, Any]:
    """The same night again, after a bit of its published database fell over."""
    data_dir = fresh_folder(seed, folder)
    seen = _served("a corrupt published database: the same night again publishes it anew", data_dir, None)
    database = release_info(data_dir).database
    database.chmod(0o644)
    with database.open("r+b") as file:
        file.seek(database.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    if not whole(data_dir):
        seen["faults"].append("the damage was not seen")
    return _and_again(seen, data_dir)


def corrupt_cache(seed: Path, folder: Path) -> dict[str, Any]:
    """Every cached result cut in half."""
    data_dir = fresh_folder(seed, folder)
    for path in (data_dir / "cache").glob("*/*.parquet"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return _served("every cached result cut in half", data_dir, current_run_id(data_dir))


def _published_at(data_dir: Path, moment: datetime) -> None:
    manifest = release_info(data_dir).path / "manifest.json"
    manifest.chmod(0o644)
    told = json.loads(manifest.read_text()) | {"published_at_utc": moment.isoformat(timespec="seconds")}
    manifest.write_text(json.dumps(told))


def clock_ahead(seed: Path, folder: Path) -> dict[str, Any]:
    """The release before was published by a clock seventy years ahead, which was then set right."""
    data_dir = fresh_folder(seed, folder)
    _published_at(data_dir, datetime(2096, 1, 1))
    return _served("the clock fell back by seventy years since the last release", data_dir, None)


def clock_back(seed: Path, folder: Path) -> dict[str, Any]:
    """The lock's holder and the release before are of an hour that the clock has not reached; the night is past."""
    data_dir = fresh_folder(seed, folder)
    _published_at(data_dir, datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=1))
    (data_dir / "build").mkdir()
    (data_dir / "build" / "lock").write_text('{"pid": 1, "since_utc": "2096-01-01T00:00:00+00:00"}')
    return _served("a night of a past date, a lock file of the future", data_dir, None)


def _first_holds(data_dir: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 300
    while lock_holder(data_dir / "build" / "lock").get("pid") != str(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)


def two_at_once(seed: Path, folder: Path) -> dict[str, Any]:
    """A second refresh without --wait: it names the pid of the first, which is not disturbed."""
    data_dir = fresh_folder(seed, folder)
    first = night(data_dir, DAY)
    _first_holds(data_dir, first)
    second = night(data_dir, DAY, "--no-wait")
    told = _ended(second)
    first_told = _ended(first)
    seen = outcome("two refreshes at once, --no-wait", data_dir, second, told, current_run_id(data_dir), expected=1)
    if f"pid {first.pid}" not in told:
        seen["faults"].append("the holder's pid is not named")
    if first.returncode != 0:
        seen["faults"].append(f"the first refresh ended with {first.returncode}: {first_told[-200:]}")
    return seen


def two_that_queue(seed: Path, folder: Path) -> dict[str, Any]:
    """A second refresh of the same night with --wait: it runs after the first."""
    data_dir = fresh_folder(seed, folder)
    first = night(data_dir, DAY)
    _first_holds(data_dir, first)
    second = night(data_dir, DAY, "--wait")
    first_told = _ended(first)
    seen = outcome("two refreshes at once, --wait", data_dir, second, _ended(second), None, expected=0)
    if first.returncode != 0:
        seen["faults"].append(f"the first refresh ended with {first.returncode}: {first_told[-200:]}")
    return seen


class _Publisher(http.server.BaseHTTPRequestHandler):
    """A publisher that answers every request with a page that is no data."""

    def _answer(self) -> None:
        page = b"<!DOCTYPE html><html><body>All is well.</body></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    do_GET = do_POST = _answer

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _live(name: str, seed: Path, folder: Path, port: int) -> dict[str, Any]:
    data_dir = fresh_folder(seed, folder)
    urls = {
        f"FIRSTMW_{connector.source.source_id.upper()}_URL": f"http://127.0.0.1:{port}"
        for connector in connectors(Settings())
    }
    process = night(data_dir, DAY, "--profile", "live", **urls, **HURRIED)
    seen = outcome(name, data_dir, process, _ended(process), None, expected=3)
    if not release_info(data_dir).manifest.get("is_stale"):
        seen["faults"].append("the release is not marked as stale")
    return seen


def source_down(seed: Path, folder: Path) -> dict[str, Any]:
    """Every publisher refuses the connection."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return _live("every source down", seed, folder, free.getsockname()[1])


def source_slow(seed: Path, folder: Path) -> dict[str, Any]:
    """Every publisher takes the connection and never answers."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(256)
        return _live("every source silent", seed, folder, silent.getsockname()[1])


def source_lying(seed: Path, folder: Path) -> dict[str, Any]:
    """Every publisher answers 200 with a page that is no data."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Publisher) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        try:
            return _live("every source answers with a page that is no data", seed, folder, server.server_address[1])
        finally:
            server.shutdown()
