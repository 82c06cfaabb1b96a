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


_LAKE = """
import glob, json, os, sys, time, duckdb
from importlib import import_module
role, lake, work = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
con = duckdb.connect()
con.execute("set autoinstall_known_extensions = false; set threads = 1")
for name in ("ducklake", "postgres_scanner") if "postgres:" in lake else ("ducklake",):
    place = os.path.dirname(import_module(f"duckdb_extension_{name}").__file__)
    con.execute(f"load '{glob.glob(place + f'/extensions/*/{name}.duckdb_extension')[0]}'")
count = lambda: con.execute("select count(*) from lake.results").fetchone()[0]
if role == "documented":
    for statement in work:
        con.execute(statement)
    print(json.dumps([count()]))
else:
    con.execute(lake)
if role == "read":
    seen, until = [], time.monotonic() + 4.0
    while time.monotonic() < until:
        seen.append(count())
    print(json.dumps(seen))
if role in ("write", "give_up"):
    for files in work:
        con.execute("begin")
        for file in files:
            con.execute(f"call ducklake_add_data_files('lake', 'results', '{file}')")
        con.execute("commit" if role == "write" else "rollback")
    print(json.dumps([count()]))
if role == "before":
    print(json.dumps(con.execute(f"select count(*) from lake.results at (version => {work[0]})").fetchone()))
"""


@pytest.mark.campaign
@pytest.mark.parametrize("kind", ["local", "postgres"])
def test_a_catalogue_takes_the_chunks_where_they_lie(kind: str, documented: list[str], tmp_path: Path) -> None:
    """Run the documented statements in an interpreter that has the extensions, then write and read in processes."""
    python, server = (os.environ.get(f"FIRSTMW_TEST_LAKE_{name}") for name in ("PYTHON", "POSTGRES"))
    if not python:
        pytest.skip("FIRSTMW_TEST_LAKE_PYTHON names no interpreter with duckdb and duckdb-extension-ducklake")
    if kind == "postgres" and not server:
        pytest.skip("FIRSTMW_TEST_LAKE_POSTGRES names no empty database, such as 'dbname=firstmw host=/tmp/socket'")
    store = Store(str(tmp_path / "store"))
    keys = [f"{at:032x}" for at in range(13)]
    for at, key in enumerate(keys):
        store.write(key, RESULTS, _results([f"{at:05d}"]))
    files = [f"{store.address}/results/{key}.parquet" for key in keys]
    (block,) = [one for one in documented if "ducklake:" in one]
    block = re.sub(r"--.*", "", block).replace("s3://bucket/lake/", f"{tmp_path}/lake/").replace(STORE, store.address)
    address = f"postgres:{server}" if kind == "postgres" else f"{tmp_path}/catalogue.ducklake"
    block = re.sub(r"ducklake:postgres:[^']*", f"ducklake:{address}", block).replace("<key>", keys[0])
    said = [part.strip() for part in block.split(";") if part.strip() and not part.strip().startswith("INSTALL")]
    (attach,) = [part for part in said if part.startswith("ATTACH")]

    def start(role: str, work: object = ()) -> subprocess.Popen[str]:
        arguments = [str(python), "-c", _LAKE, role, attach, json.dumps(work)]
        return subprocess.Popen(arguments, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def done(process: subprocess.Popen[str]) -> list[int]:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        return list(json.loads(out))

    # Two rows to a chunk.
    assert done(start("documented", said)) == [2]
    assert done(start("give_up", [files[1:4]])) == [2]
    batches = [files[at : at + 3] for at in range(1, 13, 3)]
    if kind == "local":
        assert done(start("write", batches)) == [26]
    else:
        readers = [start("read") for _ in range(2)]
        writers = [start("write", batches[:2]), start("write", batches[2:])]
        for writer in writers:
            done(writer)
        for seen in map(done, readers):
            assert seen == sorted(seen)
            # Never a part of the three chunks of a transaction.
            assert set(seen) <= {2, 8, 14, 20, 26}
    assert done(start("write")) == [26]
    # The snapshots: the catalogue, the table, the first chunk.
    assert done(start("before", [2])) == [2]


def _results(regions: list[str]) -> pl.DataFrame:
    rows = [(region, f"d{at}", 2024, 0.9 + at / 100) for region in regions for at in range(2)]
    schema = ["region_id", "design_id", "weather_year", "availability_frac"]
    return pl.DataFrame(rows, schema=schema, orient="row")
