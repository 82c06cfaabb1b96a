"""One reader of the fault campaign: queries the current release until told to stop, and counts what it saw.

Needs nothing but DuckDB, so that clients of other versions run it: `python fault_reader.py RELEASES MODE THREADS STOP`
with MODE one of
  short    a connection per query, by the path of `current`
  long     one connection for the whole time
  parquet  a connection of its own with a view on a Parquet file of `current`, per query one table
It writes one JSON object: queries, errors, answers that mixed releases, answers that went back, releases seen.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import duckdb

ONE_ANSWER = (
    "select distinct r.run_id, d.note, s.licence from {p}ranked_sites r, {p}data_status d, "
    "(select distinct licence from {p}sources) s"
)


class Counted:
    """What all threads of this reader saw."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.queries = self.mixed = self.back = 0
        self.errors: list[str] = []
        self.seen: set[str] = set()

    def take(self, rows: list[tuple[str, ...]], last: str) -> str:
        """Count one answer and return its release."""
        names = {name for row in rows for name in row}
        with self.lock:
            self.queries += 1
            self.seen |= names
            self.mixed += len(names) != 1
            newest = max(names)
            self.back += newest < last
        return newest


def read(releases: Path, mode: str, stop: Path, counted: Counted) -> None:
    """Query until the stop file is there."""
    database, last = str(releases / "current" / "firstmw.duckdb"), ""
    con = duckdb.connect(database, read_only=True) if mode == "long" else None
    while not stop.exists():
        try:
            if con is not None:
                with con.cursor() as cursor:
                    last = counted.take(cursor.execute(ONE_ANSWER.format(p="")).fetchall(), last)
            elif mode == "short":
                with duckdb.connect(database, read_only=True) as fresh:
                    last = counted.take(fresh.execute(ONE_ANSWER.format(p="")).fetchall(), last)
            else:
                with duckdb.connect() as fresh:
                    file = str(releases / "current" / "parquet" / "ranked_sites.parquet")
                    fresh.execute(f"create view ranked_sites as select * from read_parquet('{file}')")
                    last = counted.take(fresh.execute("select distinct run_id from ranked_sites").fetchall(), last)
        except Exception as error:  # what any client may meet is what is counted
            with counted.lock:
                counted.errors.append(f"{type(error).__name__}: {str(error).splitlines()[0][:200]}")
    if con is not None:
        con.close()


def main() -> None:
    """Read with as many threads as asked."""
    releases, mode, threads, stop = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    counted = Counted()
    running = [threading.Thread(target=read, args=(releases, mode, stop, counted)) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    print(
        json.dumps(
            {
                "client": duckdb.__version__,
                "mode": mode,
                "threads": threads,
                "queries": counted.queries,
                "errors": counted.errors,
                "mixed": counted.mixed,
                "back": counted.back,
                "releases": len(counted.seen),
            }
        )
    )


if __name__ == "__main__":
    main()
