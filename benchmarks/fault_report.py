"""The page of the fault campaign, written from its records alone."""

from __future__ import annotations

import platform
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.fault_kills import BEFORE, BUILDING, ENDED_FIRST, STEPS, UNTIL_SWAP

PAGE = Path(__file__).parents[1] / "docs" / "reliability_of_the_night.md"
_MEANING = {
    BEFORE: "no table of the build is written yet",
    BUILDING: "tables of the build being made and written",
    "tables": "Parquet files being written out of sight",
    "database": "the released database being written",
    "manifest": "checksums written, modes not yet set",
    "durable": "files and folders being forced to the disk",
    "installed": "the release has its name, `current` is the old one",
    "swapped": "`current` is the new one",
    "retention": "old releases being deleted",
    ENDED_FIRST: "the process ended before the kill (not counted as a kill)",
}


def write(records: list[dict[str, Any]]) -> None:
    """Write the page."""
    kills = [record for record in records if record["part"] == "kill"]
    cases = [record for record in records if record["part"] == "case"]
    readers = [record for record in records if record["part"] == "reader"]
    parts = [
        "# Reliability of the night",
        "Written by `make faults` from what it saw; not edited by hand. The campaign runs the real command as processes "
        "of their own, watches them from outside (their lines of progress, the names in the folder of the releases) and "
        f"kills them with SIGKILL. Python {platform.python_version()}, DuckDB {version('duckdb')}, Dagster "
        f"{version('dagster')}, {platform.system()}.",
        *_kills(kills),
        *_cases(cases),
        *_readers(readers),
    ]
    PAGE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    print(f"{PAGE.name}: {len(kills)} kills, {len(cases)} cases, {len(readers)} reader processes")


def _table(header: list[str], rows: list[list[Any]]) -> str:
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    return "\n".join(lines + [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows])


def _kills(kills: list[dict[str, Any]]) -> list[str]:
    if not kills:
        return ["## Kills", "Not run yet."]
    struck = [kill for kill in kills if kill["found"] != ENDED_FIRST]
    nights = [kill for kill in struck if kill["kind"] == "night"]
    others = len(struck) - len(nights)
    found = {
        kind: Counter(kill["found"] for kill in kills if kill["kind"] == kind) for kind in ("night", "publication")
    }
    order = [BEFORE, BUILDING, *STEPS, ENDED_FIRST]
    rows = [
        [step, _MEANING[step], found["night"][step], found["publication"][step]]
        for step in order
        if found["night"][step] + found["publication"][step]
    ]
    if not others:
        rows = [row[:-1] for row in rows]
    faulty = [kill for kill in kills if kill["faults"]]
    between = sum(kill["found"] in UNTIL_SWAP for kill in nights)
    unmet = [step for step in STEPS if not found["night"][step]]
    told = (
        f"{len(nights)} kills (SIGKILL) of a whole five-region night (`firstmw refresh`, warm cache, fewer Monte Carlo "
        f"draws and one scenario), {between} of them ({between / max(len(nights), 1):.0%}) between the first write of a "
        "table of the build and the swap of `current`, "
        + (
            f"and at each named step of publication but {', '.join(unmet)}. "
            if unmet
            else "and at each named step of publication. "
        )
        + "A third is aimed at a named step, the rest at a random moment; the step is the one found on the disk after the "
        "process was dead. After each: `current` verified byte for byte or absent, no process of the session left; where the "
        "killed night's release stood already, the same night again, which verifies and shows it; then "
        "the next whole night to its end, without a hand, its release verified, no open run of the orchestrator, nothing "
        "left behind. Every tenth night begins without any release."
    )
    if others:
        told += f" Besides, {others} kills of a process that publishes that night's tables again under a new run id."
    took = [kill["seconds"] + kill["seconds_next"] for kill in nights]
    if took:
        told += f" A killed night and the one after it took {sum(took) / len(took):.0f} seconds, two such pairs side by side."
    result = (
        f"**{len(struck)} kills; broken or partial `current`, runs that needed a hand, orphan processes, runs left "
        f"started, leftovers: {len(faulty)}.**"
    )
    header = ["step reached", "which is", "nights", *(["publications"] if others else [])]
    parts = ["## Kills", told, result, _table(header, rows)]
    if faulty:
        shown = [[kill["kind"], kill["found"], "; ".join(kill["faults"])[:300]] for kill in faulty]
        parts.append(_table(["kind", "step reached", "fault"], shown))
    return parts


def _cases(cases: list[dict[str, Any]]) -> list[str]:
    if not cases:
        return ["## Other faults", "Not run yet."]
    rows = [
        [
            case["case"],
            "-" if case["exit_code"] is None else case["exit_code"],
            (case["said"] or "(nothing: a whole release)").replace("|", "\\|"),
            "; ".join(case["faults"]) or "none",
        ]
        for case in {case["case"]: case for case in cases}.values()
    ]
    told = (
        "Exit code 1 names what is wrong and leaves `current` as it was; the same night without the fault then succeeds. "
        "Exit code 3 is a release from what is left, marked as stale. Clock jumps are set up in the files that a wrong "
        "clock would have written."
    )
    return ["## Other faults", told, _table(["fault", "exit code", "what it said", "wrong afterwards"], rows)]


def _kind(reader: dict[str, Any]) -> tuple[Any, ...]:
    return reader["client"], reader["mode"], reader["threads"]


def _readers(readers: list[dict[str, Any]]) -> list[str]:
    if not readers:
        return ["## Readers through publications", "Not run yet."]
    # The last round of readers is the one that is told.
    rounds = [number for number, reader in enumerate(readers) if _kind(reader) == _kind(readers[0])]
    readers = readers[rounds[-1] :]
    last, took = readers[-1]["publications"], readers[-1]["seconds"]
    threads = sum(reader["threads"] for reader in readers)
    rows = [
        [
            f"DuckDB {reader['client']}",
            {"short": "a connection per query", "long": "one connection", "parquet": "Parquet view"}[reader["mode"]],
            reader["threads"],
            f"{reader['queries']:,}",
            len(reader["errors"]),
            reader["mixed"],
            reader["back"],
            reader["releases"],
        ]
        for reader in readers
    ]
    errors = Counter(error for reader in readers for error in reader["errors"])
    told = (
        f"{threads} readers in {len(readers)} processes that ask without a pause, through {last} publications in {took:.0f} "
        "seconds, each of which carries its run id in "
        f"three tables. In all {sum(reader['queries'] for reader in readers):,} queries, "
        f"{sum(errors.values())} errors, {sum(reader['mixed'] for reader in readers)} answers that mixed releases, "
        f"{sum(reader['back'] for reader in readers)} that went back to an earlier one."
    )
    promise = (
        "What is promised: a database connection stays on the release it opened. Connections of one process to the same "
        "path share one instance, so a pool sees a new release once all its connections are closed and opened again; "
        "`firstmw` and `open_release` resolve `current` themselves and see it at once. A Parquet view is whole per query "
        "on one table; two tables queried through `current` may be of two releases."
    )
    header = ["client", "how", "threads", "queries", "errors", "mixed", "went back", "releases seen"]
    parts = ["## Readers through publications", told, promise, _table(header, rows)]
    if errors:
        parts.append(_table(["error", "times"], [[error.replace("|", "\\|"), n] for error, n in errors.most_common(5)]))
    return parts
