"""Readers beside the warehouse: DuckDB processes on the chunks while a writer adds to them, and the documented SQL."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.national.chunk import RESULTS
from pipelines.national.store import Store

ROWS = 500
STORE = "/shared/chunks"

_WRITER = """
import sys, time
from pathlib import Path
import numpy as np, polars as pl
from pipelines.national.store import Store
store, rows, until = Store(sys.argv[1]), int(sys.argv[2]), time.monotonic() + float(sys.argv[3])
at = 0
while time.monotonic() < until:
    # Every third chunk is written again over itself, as a chunk that two workers ran is.
    key = f"{at - at // 3 if at % 3 else max(0, at - at // 3 - 1):032x}"
    frame = pl.DataFrame({"region_id": [key] * rows, "design_id": [str(n) for n in range(rows)],
                          "unserved_mwh": np.arange(rows, dtype=float)})
    store.write(key, "results", frame)
    at += 1
print(at)
"""
_READER = """
import sys, time, duckdb
con, seen, asked = duckdb.connect(), 0, 0
con.execute("set threads = 1")
until = time.monotonic() + float(sys.argv[3])
while time.monotonic() < until:
    found, regions, energy = con.execute(
        "select count(*), count(distinct region_id), sum(unserved_mwh) from read_parquet(?)",
        [sys.argv[1] + "/results/*.parquet"]).fetchone()
    rows = int(sys.argv[2])
    assert found == regions * rows, (found, regions)
    assert energy == regions * rows * (rows - 1) / 2, energy
    assert regions >= seen, (regions, seen)
    seen, asked = regions, asked + 1
print(asked, seen)
"""


def test_processes_read_whole_chunks_while_a_writer_adds_more(tmp_path: Path, repository: Path) -> None:
    store = Store(str(tmp_path))
    first = pl.DataFrame(
        {
            "region_id": ["f" * 32] * ROWS,
            "design_id": [str(n) for n in range(ROWS)],
            "unserved_mwh": [float(n) for n in range(ROWS)],
        }
    )
    store.write("f" * 32, RESULTS, first)

    def start(code: str) -> subprocess.Popen[str]:
        arguments = [sys.executable, "-c", code, str(tmp_path), str(ROWS), "2"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(arguments, cwd=repository, text=True, **pipes)  # type: ignore[call-overload, no-any-return]

    writer, readers = start(_WRITER), [start(_READER) for _ in range(3)]
    until = time.monotonic() + 120
    said = [process.communicate(timeout=until - time.monotonic()) for process in (writer, *readers)]
    for process, (_, err) in zip((writer, *readers), said, strict=True):
        assert process.returncode == 0, err
    assert int(said[0][0]) > 5
    for out, _ in said[1:]:
        asked, _ = (int(count) for count in out.split())
        assert asked > 1
    assert not [path for path in (tmp_path / "results").iterdir() if path.suffix not in {".parquet", ".json"}]


@pytest.fixture(scope="module")
def documented(repository: Path) -> list[str]:
    """Return the SQL blocks of docs/scale.md."""
    text = (repository / "docs" / "scale.md").read_text()
    return re.findall(r"```sql\n(.*?)```", text, re.DOTALL)


def statements(block: str) -> list[duckdb.Statement]:
    return duckdb.extract_statements(block)


def test_every_documented_statement_is_sql_that_duckdb_knows(documented: list[str]) -> None:
    assert len(documented) >= 3
    kinds = [str(statement.type).rpartition(".")[2] for block in documented for statement in statements(block)]
    assert {"SELECT", "ATTACH", "CALL", "CREATE"} <= set(kinds)


def test_what_needs_no_extension_runs_on_a_store(documented: list[str], tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    for at, regions in enumerate((["01001", "01003"], ["02020"], ["04013"])):
        store.write(f"{at:032x}", RESULTS, _results(regions))
    # The night rests on the first two; the third is of earlier designs.
    store.write_night("20261122-0123456789ab", [f"{at:032x}" for at in range(2)])
    ran = 0
    with duckdb.connect() as con:
        for block in documented:
            if "lake" in block or "md:" in block:
                continue
            for statement in statements(block.replace(STORE, str(tmp_path))):
                answer = con.execute(statement).fetchall()
                ran += 1
            regions = {row[0] for row in answer}
            assert regions >= {"01001", "01003", "02020"}
            assert ("04013" in regions) == ("*.parquet" in block)
    assert ran >= 3


@pytest.mark.campaign
def test_a_catalogue_takes_the_chunks_where_they_lie(documented: list[str], tmp_path: Path) -> None:
    """Run the documented statements in an interpreter that has the ducklake extension, its catalogue a local file."""
    python = os.environ.get("FIRSTMW_TEST_LAKE_PYTHON")
    if not python:
        pytest.skip("FIRSTMW_TEST_LAKE_PYTHON names no interpreter with duckdb and duckdb-extension-ducklake")
    store = Store(str(tmp_path / "store"))
    keys = [f"{at:032x}" for at in range(3)]
    for at, key in enumerate(keys):
        store.write(key, RESULTS, _results([f"0100{at}"]))
    (block,) = [one for one in documented if "ducklake:" in one]
    catalogue = re.sub(r"ducklake:postgres:[^']*", f"ducklake:{tmp_path}/catalogue.ducklake", block)
    catalogue = catalogue.replace("s3://bucket/lake/", f"{tmp_path}/lake/").replace(STORE, store.address)
    code = """
import glob, json, os, sys, duckdb, duckdb_extension_ducklake
con = duckdb.connect()
place = os.path.dirname(duckdb_extension_ducklake.__file__)
con.execute(f"load '{glob.glob(place + '/extensions/*/ducklake.duckdb_extension')[0]}'")
store, keys = sys.argv[2], sys.argv[3].split(",")
for statement in sys.argv[1].split(";"):
    words = statement.split("--")[-1].partition(chr(10))[2] if statement.strip().startswith("--") else statement
    if words.strip() and not words.strip().upper().startswith(("INSTALL", "LOAD")):
        con.execute(words.replace("<key>", keys[0]))
seen = [con.sql("select count(*) from lake.results").fetchone()[0]]
before = con.sql("select max(snapshot_id) from ducklake_snapshots('lake')").fetchone()[0]
con.execute("begin")
for key in keys[1:]:
    con.execute(f"call ducklake_add_data_files('lake', 'results', '{store}/results/{key}.parquet')")
con.execute("rollback")
seen.append(con.sql("select count(*) from lake.results").fetchone()[0])
con.execute("begin")
for key in keys[1:]:
    con.execute(f"call ducklake_add_data_files('lake', 'results', '{store}/results/{key}.parquet')")
con.execute("commit")
seen.append(con.sql("select count(*) from lake.results").fetchone()[0])
seen.append(con.sql(f"select count(*) from lake.results at (version => {before})").fetchone()[0])
print(json.dumps(seen))
"""
    arguments = [python, "-c", code, catalogue, store.address, ",".join(keys)]
    ran = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == [2, 2, 6, 2]


def _results(regions: list[str]) -> pl.DataFrame:
    rows = [(region, f"d{at}", 2024, 0.9 + at / 100) for region in regions for at in range(2)]
    schema = ["region_id", "design_id", "weather_year", "availability_frac"]
    return pl.DataFrame(rows, schema=schema, orient="row")
