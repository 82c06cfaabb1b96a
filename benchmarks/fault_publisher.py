"""Publishes the tables of a release again and again, each time as another run; what the fault campaign kills and reads.

Run as `python -m benchmarks.fault_publisher DATA_DIR COUNT`: it writes one line per publication. Every publication
carries its run id in three tables (ranked_sites.run_id, data_status.note, sources.licence), so that a reader can tell
an answer that mixes two releases.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

import pipelines.contracts  # noqa: F401 - registers every table
from pipelines.contracts.base import REGISTRY
from pipelines.warehouse import BuildLock, Publication, Warehouse, list_releases, publish, release_info

ROOT = Path(__file__).parents[1]
KEPT = 3


def next_run_id(data_dir: Path, day: date) -> str:
    """Return a run id of the day that no release has; they rise in the order of publication."""
    numbers = [
        int(info.run_id[9:], 16) for info in list_releases(data_dir) if info.run_id.startswith(f"{day:%Y%m%d}-0")
    ]
    return f"{day:%Y%m%d}-{max(numbers, default=0) + 1:012x}"


def publish_again(data_dir: Path, source: Path, day: date) -> str:
    """Build the tables of a release's Parquet files under a new run id and publish them."""
    run_id = next_run_id(data_dir, day)
    path = data_dir / "build" / "firstmw.duckdb"
    with BuildLock(data_dir, wait_seconds=60.0), Warehouse(path, run_id=run_id, as_of=day, is_fresh=True) as warehouse:
        for file in sorted(source.glob("*.parquet")):
            name = f"mart.{file.stem}"
            if name not in REGISTRY:
                continue
            marked = {"ranked_sites": "run_id", "data_status": "note", "sources": "licence"}.get(file.stem)
            if marked is None:
                warehouse.link(name, file)
                continue
            warehouse.write(name, pl.read_parquet(file).with_columns(pl.lit(run_id).alias(marked)))
        now = datetime.now(UTC).replace(tzinfo=None)
        macros = sorted((ROOT / "sql" / "macros").glob("*.sql"))
        publication = Publication(run_id, day, now, macros=macros, changelog=ROOT / "CHANGELOG.md")
        publish(warehouse, data_dir, publication, keep=KEPT)
    return run_id


def main() -> None:
    """Publish as often as asked."""
    data_dir, count = Path(sys.argv[1]).absolute(), int(sys.argv[2])
    source = data_dir / "seed" / "parquet"
    day = date.fromisoformat(release_info(data_dir).manifest["as_of"])
    for _ in range(count):
        started = time.perf_counter()
        print(publish_again(data_dir, source, day), f"{time.perf_counter() - started:.2f}", flush=True)


if __name__ == "__main__":
    main()
