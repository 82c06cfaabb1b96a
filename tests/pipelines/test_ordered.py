"""Sums of columns are added in one order, whatever the threads do."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl

import pipelines
from pipelines.ordered import group_mean, group_sum, plain, row_sum


def test_columns_are_added_from_left_to_right_and_a_missing_value_adds_nothing() -> None:
    rows = np.random.default_rng(7).normal(size=(20_000, 9)) * 10.0 ** np.arange(9)
    frame = pl.DataFrame(rows, schema=[f"c{i}" for i in range(9)])
    wanted = np.zeros(len(rows))
    for column in rows.T:
        wanted = wanted + column
    for _ in range(20):
        found = frame.select(row_sum(frame.columns).alias("sum"))["sum"].to_numpy()
        assert np.array_equal(found, wanted)
    holes = pl.DataFrame({"a": [1.0, None], "b": [None, None]}, schema={"a": pl.Float64, "b": pl.Float64})
    assert holes.select(row_sum(("a", pl.col("b"))).alias("sum"))["sum"].to_list() == [1.0, 0.0]


def test_no_code_sums_columns_in_the_order_of_the_threads() -> None:
    folder = Path(pipelines.__file__).parent
    sources = [*folder.rglob("*.py"), *folder.with_name("assets").rglob("*.py")]
    using = [
        path.name for path in sources if "sum_horizontal(" in path.read_text() or "mean_horizontal(" in path.read_text()
    ]
    assert using == []


def test_rows_made_now_and_rows_read_give_the_same_bits() -> None:
    rng = np.random.default_rng(7)
    made = pl.DataFrame({"group": np.repeat(np.arange(400), 9), "value": rng.normal(size=3600)}).sort("group")
    read = pl.concat([made[:1000], made[1000:]], rechunk=False)
    read = read.with_columns(pl.from_arrow(read["group"].to_arrow()).alias("group"))

    def sums(frame: pl.DataFrame) -> list[float]:
        return frame.group_by("group", maintain_order=True).agg(pl.col("value").sum())["value"].to_list()

    assert sums(plain(made)) == sums(plain(read))
    assert not plain(made)["group"].flags["SORTED_ASC"]
    assert plain(read).n_chunks() == 1


GROUPS = """
import json, polars as pl, numpy as np
from pipelines.ordered import group_mean, group_sum
found = []
for rows, groups in ((5_000, 10), (200_000, 40)):
    rng = np.random.default_rng(7)
    frame = pl.DataFrame({"group": np.sort(rng.integers(0, groups, rows)), "value": rng.normal(size=rows) * 1e6})
    by_group = frame.group_by("group", maintain_order=True).agg(
        group_sum(pl.col("value") * 0.1).alias("sum"), group_mean("value").alias("mean")
    )
    found.append([by_group["sum"].to_list(), by_group["mean"].to_list()])
print(json.dumps(found))
"""


def test_groups_give_the_same_bits_on_one_thread_and_on_two(repository: Path) -> None:
    found = []
    for threads in ("1", "2"):
        environment = os.environ | {"POLARS_MAX_THREADS": threads}
        ran = subprocess.run(
            [sys.executable, "-c", GROUPS], cwd=repository, env=environment, capture_output=True, text=True, check=True
        )
        found.append(json.loads(ran.stdout))
    assert found[0] == found[1]


def test_a_missing_value_adds_nothing_to_a_group() -> None:
    frame = pl.DataFrame({"group": [1, 1, 2], "value": [1.5, None, None]})
    found = frame.group_by("group", maintain_order=True).agg(group_sum("value").alias("sum"), group_mean("value"))
    assert found.rows() == [(1, 1.5, 1.5), (2, 0.0, None)]


def test_no_code_sums_groups_in_the_order_of_the_threads() -> None:
    folder = Path(pipelines.__file__).parent
    found = []
    for path in sorted([*folder.rglob("*.py"), *folder.with_name("assets").rglob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "agg":
                inner = [part for own in [*node.args, *node.keywords] for part in ast.walk(own)]
                sums = {part.func.attr for part in inner if isinstance(part, ast.Call)
                        and isinstance(part.func, ast.Attribute)} & {"sum", "mean", "dot"}  # fmt: skip
                if sums:
                    found.append(f"{path.name}:{node.lineno}")
    assert found == [], "use group_sum or group_mean of pipelines.ordered"
