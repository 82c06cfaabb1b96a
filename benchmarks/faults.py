"""The fault campaign: run `make faults`; it writes docs/reliability_of_the_night.md from what it saw.

Nights and publications are killed at moments chosen by a seed, disks fill, files rot, clocks jump, sources lie, readers
query through publications. Each part appends what it saw to a file of its own in WORK (the kills one per lane), so that
it can be run in slices. Leave the clone alone while it runs: every night runs the code that is there.

  python -m benchmarks.faults kills --seconds 3600     two lanes of killed nights for so long, on from the last
  python -m benchmarks.faults cases                    disk full, read-only, corrupt, clock, two at once, sources
  python -m benchmarks.faults readers                  24 readers through 100 publications
  python -m benchmarks.faults report                   the page, from everything seen so far
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import fault_cases, fault_kills, fault_report
from benchmarks.fault_kills import STEPS, UNTIL_SWAP
from pipelines.identity import stable_seed
from pipelines.warehouse import current_run_id

FIRST_DAY = date(2026, 1, 1)
# Share of the kills aimed at a step of publication by its name; of the rest, the share before the first write.
AIMED, EARLY = 0.35, 0.08
_WRITING = threading.Lock()


def note(work: Path, part: str, seen: dict[str, Any], name: str | None = None) -> None:
    """Append one record to the part's file, or to one by name."""
    with _WRITING, (work / f"{name or part}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"part": part, **seen}) + "\n")


def records(work: Path, name: str = "*") -> list[dict[str, Any]]:
    """Return everything seen so far, or what is in one file."""
    return [
        json.loads(line)
        for path in sorted(work.glob(f"{name}.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def seed_folder(work: Path) -> Path:
    """Return a data folder with a warm cache and a release, made once: two nights, the second on the first's cache."""
    folder = work / "seed"
    days = [FIRST_DAY, FIRST_DAY + timedelta(days=1)]
    for day in days if (current_run_id(folder) or "")[:8] != f"{days[1]:%Y%m%d}" else []:
        made = fault_kills.night(folder, day.isoformat(), "--json")
        _, told = made.communicate()
        if made.returncode != 0:
            raise SystemExit(f"the night of {day} failed: {told}")
    return folder


def kill_nights(work: Path, seed: Path, until: float, lane: int, limit: int) -> None:
    """Kill nights in one lane until the time is over; every tenth begins without any release."""
    name = f"night-{lane}"
    folder, done = work / name, records(work, name)
    lines = max((record["lines_of_a_night"] for record in done), default=90)
    for number in range(len(done), limit):
        if time.monotonic() > until:
            return
        rng = random.Random(stable_seed(f"night kill of lane {lane}", number))
        if not folder.is_dir() or number % 10 == 9:
            fault_kills.fresh_folder(seed, folder, has_release=False)
        if rng.random() < AIMED:
            aim = STEPS[(number + lane) // 2 % len(STEPS)]
        elif rng.random() < EARLY:
            aim = f"line 0 +{rng.uniform(0, 4):.3f}"
        else:
            aim = f"line {rng.randint(1, lines)} +{rng.uniform(0, 0.3):.3f}"
        shown = current_run_id(folder)
        day = datetime.strptime(shown[:8], "%Y%m%d").date() if shown else FIRST_DAY
        kill = fault_kills.kill_night(folder, day + timedelta(days=1), aim, rng)
        lines = max(lines, kill.lines_of_a_night)
        note(work, "kill", asdict(kill), name)


def _cpu_seconds() -> float:
    """Return the processor time of this process and of those that it waited for."""
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def kill_publications(work: Path, seed: Path, until: float, limit: int) -> None:
    """Kill publications until the time is over: every other one at a named step, the rest at any moment."""
    folder = work / "publication"
    if not folder.is_dir():
        fault_kills.fresh_folder(seed, folder)
    for number in range(len(records(work, "publication")), limit):
        if time.monotonic() > until:
            return
        rng = random.Random(stable_seed("publication kill", number))
        aim = STEPS[number // 2 % len(STEPS)] if number % 2 else f"line 1 +{rng.uniform(0, 3.0):.3f}"
        note(work, "kill", asdict(fault_kills.kill_publication(folder, aim, rng)), "publication")


def kills(work: Path, seconds: float, lanes: int, nights: int, publications: int) -> None:
    """Kill nights in lanes side by side, each in a data folder of its own; then publications, where asked."""
    seed, started = seed_folder(work), time.monotonic()
    cpu_before = _cpu_seconds()
    until, before = started + seconds, len(records(work, "night-*"))
    each = [nights // lanes + (lane < nights % lanes) for lane in range(lanes)]
    running = [
        threading.Thread(target=kill_nights, args=(work, seed, until, lane, limit)) for lane, limit in enumerate(each)
    ]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    took, seen = time.monotonic() - started, records(work, "night-*")
    between = sum(record["found"] in UNTIL_SWAP for record in seen)
    print(
        f"{len(seen)} nights killed, {between} between the first write and the swap, "
        f"{sum(bool(record['faults']) for record in seen)} with a fault"
    )
    if len(seen) > before:
        each_took = took / (len(seen) - before)
        cpu = (_cpu_seconds() - cpu_before) / (len(seen) - before)
        print(
            f"a killed night and the one after it took {each_took:.1f} s in {lanes} lanes, {3600 / each_took:.0f} an "
            f"hour; of processor time {cpu:.1f} s, at most {3600 * lanes / cpu:.0f} an hour with a core per lane"
        )
    kill_publications(work, seed, until, publications)


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
    # Readers never pause; the publisher goes first, or two cores would be theirs.
    running = [
        subprocess.Popen(
            ["nice", "-n", "10", python, script, str(releases), mode, str(threads), str(stop)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for python, mode, threads in plan
    ]
    started = time.monotonic()
    publishing = fault_kills.publisher(folder, publications)
    out, told = publishing.communicate()
    took = time.monotonic() - started
    stop.touch()
    published = len(out.splitlines())
    for process in running:
        seen, _ = process.communicate(timeout=300)
        note(work, "reader", {"publications": published, "seconds": round(took, 1), **json.loads(seen)})
    print(f"{published} publications under 24 readers in {took:.0f} s")
    if publishing.returncode != 0:
        raise SystemExit(f"the publisher failed: {told}")


def main() -> None:
    """Run the parts that are asked for, all of them without a name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=["kills", "cases", "readers", "report", "all"], default="all")
    parser.add_argument("--work", type=Path, default=Path("data") / "faults", help="folder of the campaign")
    parser.add_argument("--only", nargs="*", default=[], help="cases by name, for a slice")
    parser.add_argument("--seconds", type=float, default=1e9, help="how long to kill")
    parser.add_argument("--lanes", type=int, default=2, help="nights killed side by side")
    parser.add_argument("--nights", type=int, default=220, help="nights to kill in all")
    parser.add_argument("--publications", type=int, default=0, help="publications to kill beyond the nights")
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
        kills(work, given.seconds, given.lanes, given.nights, given.publications)
    if given.part in {"cases", "all"}:
        for seen in fault_cases.run(seed_folder(work), work / "case", given.only):
            note(work, "case", seen)
    if given.part in {"readers", "all"}:
        readers(work, given.read_through, given.older_client)
    if given.part in {"report", "all"}:
        fault_report.write(records(work))


if __name__ == "__main__":
    main()
