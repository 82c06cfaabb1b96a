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
from pipelines.warehouse.parquet import check_types, is_sorted_by, join_parquet
from pipelines.warehouse.row_groups import moved_groups, row_groups

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


@pytest.mark.parametrize("moved", [None, 0, 4])
def test_the_rows_of_many_files_are_joined_and_a_part_that_stays_keeps_its_row_group(
    tmp_path: Path, moved: int | None
) -> None:
    pieces = [
        pl.DataFrame({"region_id": [f"r{number}"] * 4_000, "x": np.linspace(number, number + 1.0, 4_000)})
        for number in range(7)
    ]
    groups = {}
    for name in ("before", "after"):
        if name == "after" and moved is not None:
            pieces[moved] = pieces[moved].with_columns(pl.col("x") + 1.0)
        files = [tmp_path / f"{number}.parquet" for number in range(7)]
        for piece, file in zip(pieces, files, strict=True):
            write_parquet(piece, file)
        join_parquet(files, tmp_path / name)
        assert pl.read_parquet(tmp_path / name).equals(pl.concat(pieces))
        groups[name] = row_groups(tmp_path / name)
        assert [(group.offset, group.rows) for group in groups[name]] == [(4_000 * place, 4_000) for place in range(7)]
    found = moved_groups(tmp_path / "before", tmp_path / "after", ["region_id"])
    assert found == ([] if moved is None else [groups["after"][moved]])
    assert (tmp_path / "before").read_bytes() != (tmp_path / "after").read_bytes() or moved is None


def test_row_groups_of_other_keys_or_lengths_are_not_compared(tmp_path: Path) -> None:
    frame = pl.DataFrame({"region_id": ["a", "b"], "x": [1.0, 2.0]})
    write_parquet(frame, tmp_path / "before")
    write_parquet(frame.with_columns(region_id=pl.Series(["a", "c"])), tmp_path / "renamed")
    write_parquet(frame.head(1), tmp_path / "shorter")
    assert moved_groups(tmp_path / "before", tmp_path / "renamed", ["region_id"]) is None
    assert moved_groups(tmp_path / "before", tmp_path / "shorter", ["region_id"]) is None
