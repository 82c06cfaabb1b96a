"""Sums of columns are added in one order, whatever the threads do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

import pipelines
from pipelines.ordered import plain, row_sum


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
