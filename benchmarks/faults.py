"""The fault campaign: run `make faults`; it writes docs/reliability_of_the_night.md from what it saw.

Nights and publications are killed at moments chosen by a seed, disks fill, files rot, clocks jump, sources lie, readers
query through publications. Each part appends what it saw to `WORK/seen.jsonl`, so that it can be run in slices:

  python -m benchmarks.faults kills --seconds 280      kills for so long, on from the last
  python -m benchmarks.faults cases                    disk full, read-only, corrupt, clock, two at once, sources
  python -m benchmarks.faults readers                  24 readers through 100 publications
  python -m benchmarks.faults report                   the page, from everything seen so far
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks import fault_cases, fault_kills, fault_report
from benchmarks.fault_kills import STEPS
from pipelines.identity import stable_seed
from pipelines.warehouse import current_run_id

FIRST_DAY = date(2026, 1, 1)
LINES = 95
_WRITING = threading.Lock()


def note(work: Path, part: str, seen: dict[str, Any]) -> None:
    """Append one record."""
    with _WRITING, (work / "seen.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"part": part, **seen}) + "\n")


def records(work: Path) -> list[dict[str, Any]]:
    """Return everything seen so far."""
    path = work / "seen.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def seed_folder(work: Path) -> Path:
    """Return a data folder with a warm cache and a release, made once."""
    folder = work / "seed"
    if current_run_id(folder) is None:
        made = fault_kills.night(folder, FIRST_DAY.isoformat(), "--json")
        _, told = made.communicate()
        if made.returncode != 0:
            raise SystemExit(f"the first night failed: {told}")
    return folder


def kill_nights(work: Path, seed: Path, until: float, limit: int) -> None:
    """Kill nights until the time is over; every tenth begins without any release."""
    done = sum(record["part"] == "kill" and record["kind"] == "night" for record in records(work))
    folder = work / "night"
    while time.monotonic() < until and done < limit:
        rng = random.Random(stable_seed("night kill", done))
        if not folder.is_dir() or done % 10 == 9:
            fault_kills.fresh_folder(seed, folder, has_release=False)
        aim = STEPS[done // 2 % len(STEPS)] if done % 2 else f"line {rng.randrange(LINES)} +{rng.uniform(0, 0.5):.3f}"
        as_of = (FIRST_DAY + timedelta(days=1 + done)).isoformat()
        note(work, "kill", asdict(fault_kills.kill_night(folder, as_of, aim, rng)))
        done += 1


def kill_publications(work: Path, seed: Path, until: float, limit: int) -> None:
    """Kill publications until the time is over: every other one at a named step, the rest at any moment."""
    done = sum(record["part"] == "kill" and record["kind"] == "publication" for record in records(work))
    folder = work / "publication"
    if not folder.is_dir():
        fault_kills.fresh_folder(seed, folder)
    while time.monotonic() < until and done < limit:
        rng = random.Random(stable_seed("publication kill", done))
        aim = STEPS[done // 2 % len(STEPS)] if done % 2 else f"line 1 +{rng.uniform(0, 3.0):.3f}"
        note(work, "kill", asdict(fault_kills.kill_publication(folder, aim, rng)))
        done += 1


def kills(work: Path, seconds: float, nights: int, publications: int) -> None:
    """Kill nights and publications side by side, each in a data folder of its own."""
    seed, until = seed_folder(work), time.monotonic() + seconds
    threads = [
        threading.Thread(target=kill_nights, args=(work, seed, until, nights)),
        threading.Thread(target=kill_publications, args=(work, seed, until, publications)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def readers(work: Path, publications: int, older_client: str) -> None:
    """Let 24 readers query while releases are published, and note what each saw."""
    folder = fault_kills.fresh_folder(seed_folder(work), work / "reading")
    first = fault_kills.publisher(folder, 1)
    first.communicate()
    stop, releases = folder / "stop", folder / "releases"
    script = str(Path(__file__).with_name("fault_reader.py"))
    plan = [(sys.executable, "short", 8), (sys.executable, "long", 4), (sys.executable, "parquet", 2)]
    plan += [(sys.executable, "short", 1), (sys.executable, "long", 1)]
    older = older_client if older_client and Path(older_client).exists() else sys.executable
    plan += [(older, "short", 3), (older, "short", 1), (older, "long", 2), (older, "long", 1), (older, "parquet", 1)]
    running = [
        subprocess.Popen(
            [python, script, str(releases), mode, str(threads), str(stop)], stdout=subprocess.PIPE, text=True
        )
        for python, mode, threads in plan
    ]
    publishing = fault_kills.publisher(folder, publications)
    out, told = publishing.communicate()
    stop.touch()
    published = len(out.splitlines())
    for process in running:
        seen, _ = process.communicate(timeout=120)
        note(work, "reader", {"publications": published, **json.loads(seen)})
    if publishing.returncode != 0:
        raise SystemExit(f"the publisher failed: {told}")


def main() -> None:
    """Run the parts that are asked for, all of them without a name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=["kills", "cases", "readers", "report", "all"], default="all")
    parser.add_argument("--work", type=Path, default=Path("data") / "faults", help="folder of the campaign")
    parser.add_argument("--only", nargs="*", default=[], help="cases by name, for a slice")
    parser.add_argument("--seconds", type=float, default=1e9, help="how long to kill")
    parser.add_argument("--nights", type=int, default=200, help="nights to kill in all")
    parser.add_argument("--publications", type=int, default=200, help="publications to kill in all")
    parser.add_argument("--read-through", type=int, default=100, help="publications to read through")
    parser.add_argument(
        "--older-client", default=os.environ.get("FIRSTMW_OLDER_CLIENT", ""), help="Python with DuckDB 1.4"
    )
    parser.add_argument("--anew", action="store_true", help="forget what was seen before")
    given = parser.parse_args()
    work: Path = given.work.absolute()
    if given.anew:
        shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    if given.part in {"kills", "all"}:
        kills(work, given.seconds, given.nights, given.publications)
    if given.part in {"cases", "all"}:
        for seen in fault_cases.run(seed_folder(work), work / "case", given.only):
            note(work, "case", seen)
    if given.part in {"readers", "all"}:
        readers(work, given.read_through, given.older_client)
    if given.part in {"report", "all"}:
        fault_report.write(records(work))


if __name__ == "__main__":
    main()
