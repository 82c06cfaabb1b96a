"""Parquet bytes depend on the rows alone."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import ContractError
from pipelines.warehouse import sorted_by_key, write_parquet
from pipelines.warehouse.parquet import check_types, is_sorted_by

WRITE = """
import sys
from pathlib import Path
import numpy as np, polars as pl
from pipelines.warehouse.parquet import write_parquet
n = 300_000
rng = np.random.default_rng(5)
frame = pl.DataFrame({"region_id": np.array(["oh", "tx", "va"])[np.arange(n) * 3 // n], "x_mw": rng.normal(size=n),
                      "n": rng.integers(0, 9, n), "is_on": rng.random(n) < 0.5})
pieces = int(sys.argv[2])
write_parquet(pl.concat([frame[i * n // pieces:(i + 1) * n // pieces] for i in range(pieces)], rechunk=False),
              Path(sys.argv[1]))
"""


def test_two_processes_with_other_threads_and_other_pieces_write_the_same_bytes(
    tmp_path: Path, repository: Path
) -> None:
    digests = []
    for threads, pieces in (("1", "1"), ("2", "7")):
        target = tmp_path / f"{threads}.parquet"
        subprocess.run(
            [sys.executable, "-c", WRITE, str(target), pieces],
            check=True,
            cwd=repository,
            env={**os.environ, "POLARS_MAX_THREADS": threads},
        )
        digests.append(sha256(target.read_bytes()).hexdigest())
    assert digests[0] == digests[1]


def test_rows_in_another_order_publish_the_same_bytes(tmp_path: Path) -> None:
    frame = pl.DataFrame({"region_id": [f"r{i:03d}" for i in range(500)], "x": np.linspace(0.0, 1.0, 500)})
    for name, rows in (("a", frame), ("b", frame.sample(fraction=1.0, shuffle=True, seed=3))):
        write_parquet(sorted_by_key(rows, ["region_id"]), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=12))
def test_strictly_rising_means_what_it_says_for_any_rows(rows: list[tuple[str, int]]) -> None:
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.Int64}, orient="row")
    assert is_sorted_by(frame, ["a", "b"]) == all(x < y for x, y in pairwise(rows))
    assert sorted_by_key(frame, ["a", "b"]).rows() == sorted(rows)


@pytest.mark.parametrize("dtype", [pl.Float32, pl.Int32, pl.Datetime("ns"), pl.Datetime("us", "UTC"), pl.Categorical])
def test_a_type_that_older_clients_do_not_read_is_named(dtype: pl.DataType) -> None:
    frame = pl.DataFrame(schema={"region_id": pl.String, "value": dtype})
    with pytest.raises(ContractError, match=r"core\.t, column value"):
        check_types(frame, "core.t")


def test_the_rows_of_many_files_pass_through_to_the_bytes_of_one_frame(tmp_path: Path) -> None:
    pieces = [
        pl.DataFrame({"region_id": [f"r{number}"] * 40_000, "x": np.linspace(number, number + 1.0, 40_000)})
        for number in range(7)
    ]
    files = [tmp_path / f"{number}.parquet" for number in range(7)]
    for piece, file in zip(pieces, files, strict=True):
        write_parquet(piece, file)
    rows = write_parquet(pl.scan_parquet(files, glob=False), tmp_path / "passed")
    assert rows == write_parquet(pl.concat(pieces), tmp_path / "whole") == 280_000
    assert (tmp_path / "passed").read_bytes() == (tmp_path / "whole").read_bytes()
