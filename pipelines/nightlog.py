"""The log of the nights: one JSON line per finished step and one per night, under the data folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MOST_BYTES = 20_000_000
"""Length after which the log is put aside as `night.jsonl.1` and begun anew."""


COUNTY_WEATHER = "county_weather"
"""Event that says how far the weather of counties is."""


def log_path(data_dir: Path) -> Path:
    """Return where the log is: `logs/night.jsonl` in the data folder."""
    return Path(data_dir) / "logs" / "night.jsonl"


def append(data_dir: Path, event: str, fields: Mapping[str, Any]) -> None:
    """Add one line; the caller holds the build lock.

    Parameters
    ----------
    data_dir : Path
        The data folder.
    event : str
        "step" for an asset, "night" for the end of a refresh, `COUNTY_WEATHER`.
    fields : Mapping[str, Any]
        What happened; no secrets.
    """
    path = log_path(data_dir)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    written = {"at_utc": datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds"), "event": event}
    line = json.dumps(written | dict(fields), default=str, sort_keys=True) + "\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        # One write per line: a line is whole, or it is the last one and cut short by a crash.
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def events(data_dir: Path) -> list[dict[str, Any]]:
    """Return the lines of the log, the one put aside first; lines cut short by a crash are left out."""
    found = []
    path = log_path(data_dir)
    for file in (path.with_name(f"{path.name}.1"), path):
        if not file.is_file():
            continue
        for line in file.read_bytes().splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict) and "event" in event:
                found.append(event)
    return found


def steps_of(data_dir: Path, run_id: str) -> list[dict[str, Any]]:
    """Return the steps that made a run, each asset's last."""
    return list(
        {
            event["asset"]: event
            for event in events(data_dir)
            if event["event"] == "step" and event.get("run_id") == run_id and "asset" in event
        }.values()
    )


def last_night(data_dir: Path) -> dict[str, Any] | None:
    """Return how the last refresh of the base line ended, if there was one; side releases are left out."""
    found = (event for event in reversed(events(data_dir)) if event["event"] == "night" and "side" not in event)
    return next(found, None)


def county_weather(data_dir: Path) -> dict[str, Any] | None:
    """Return how far the weather of counties was after it was last asked for, None where it never was."""
    found = (event for event in reversed(events(data_dir)) if event["event"] == COUNTY_WEATHER)
    last = next(found, None)
    return {name: value for name, value in last.items() if name != "event"} if last is not None else None


def summary(steps: list[dict[str, Any]]) -> dict[str, Any]:
    """Return durations, rows, rejects, cache hits and peak memory of a run's steps."""
    kept = [step for step in steps if step.get("is_cache_hit") is not None]
    slowest = sorted(steps, key=lambda step: (-step["seconds"], step["asset"]))[:5]
    return {
        "steps": len(steps),
        "seconds": round(sum(step["seconds"] for step in steps), 3),
        "rows": sum(step["rows"] or 0 for step in steps),
        "rejects": sum(step.get("rejects") or 0 for step in steps),
        "cache_hits": sum(bool(step["is_cache_hit"]) for step in kept),
        "cache_lookups": len(kept),
        "peak_memory_mb": round(max((step["peak_memory_mb"] or 0.0 for step in steps), default=0.0), 1),
        "slowest": [{"asset": step["asset"], "seconds": round(step["seconds"], 3)} for step in slowest],
    }
