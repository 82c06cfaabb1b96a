"""The page of the fault campaign, written from its records alone."""

from __future__ import annotations

import platform
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.fault_kills import STEPS

PAGE = Path(__file__).parents[1] / "docs" / "reliability_of_the_night.md"
_IN_PUBLICATION = ("tables", "database", "manifest", "durable", "installed")
_MEANING = {
    "before publication": "a table of the build being made or written",
    "tables": "Parquet files being written out of sight",
    "database": "the released database being written",
    "manifest": "checksums written, modes not yet set",
    "durable": "files and folders being forced to the disk",
    "installed": "the release has its name, `current` is the old one",
    "swapped": "`current` is the new one",
    "retention": "old releases being deleted",
    "between steps": "a rename was under way",
    "ended first": "the process ended before the kill (not counted as a kill)",
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
    struck = [kill for kill in kills if kill["found"] != "ended first"]
    found = {
        kind: Counter(kill["found"] for kill in kills if kill["kind"] == kind) for kind in ("night", "publication")
    }
    order = ["before publication", *STEPS, "between steps", "ended first"]
    rows = [
        [step, _MEANING[step], found["night"][step], found["publication"][step]]
        for step in order
        if found["night"][step] + found["publication"][step]
    ]
    faulty = [kill for kill in kills if kill["faults"]]
    between = sum(kill["found"] in ("before publication", *_IN_PUBLICATION, "between steps") for kill in struck)
    nights = sum(kill["kind"] == "night" for kill in struck)
    told = (
        f"{len(struck)} kills: {nights} of a whole two-region night (`firstmw refresh`, warm cache, fewer Monte Carlo "
        f"draws), {len(struck) - nights} of a process that publishes that night's tables again under a new run id. "
        f"{between} fell before the swap of `current`. Half are aimed at a random moment, half at a named step; the step "
        "is the one found on the disk after the process was dead. After each: `current` verified byte for byte or absent, "
        "no process of the session left; then the next run to its end, without a hand, its release verified, no open run "
        "of the orchestrator, nothing left behind."
    )
    result = f"**Broken or partial `current`, runs that needed a hand, orphans, open runs, leftovers: {len(faulty)}.**"
    parts = ["## Kills", told, result, _table(["step reached", "which is", "nights", "publications"], rows)]
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


def _readers(readers: list[dict[str, Any]]) -> list[str]:
    if not readers:
        return ["## Readers through publications", "Not run yet."]
    last = readers[-1]["publications"]
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
        f"{threads} readers in {len(readers)} processes, through {last} publications, each of which carries its run id in "
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
