"""Parquet files whose bytes depend on the rows alone."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.errors import ContractError

# The row group of the database too: loading then fills each of its row groups from one of the file, without splits.
ROW_GROUP_ROWS = 122_880
_HOW: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 1,
    "statistics": True,
    "row_group_size": ROW_GROUP_ROWS,
}
STORED_TYPES = {
    pl.Float64(): "DOUBLE",
    pl.Int64(): "BIGINT",
    pl.String(): "VARCHAR",
    pl.Boolean(): "BOOLEAN",
    pl.Date(): "DATE",
    pl.Datetime("us"): "TIMESTAMP",
}


def check_types(frame: pl.DataFrame | pl.Schema, name: str) -> None:
    """Raise unless every column has one of the six types that older database clients read.

    Raises
    ------
    ContractError
        Names the table, the column and its type.
    """
    schema = frame.schema if isinstance(frame, pl.DataFrame) else frame
    for column, dtype in schema.items():
        if dtype not in STORED_TYPES:
            allowed = ", ".join(str(known) for known in STORED_TYPES)
            raise ContractError(f"{name}, column {column}: type {dtype} is not stored; cast it to one of {allowed}.")


def write_parquet(frame: pl.DataFrame | pl.LazyFrame, path: Path | BytesIO) -> int:
    """Write a frame so that equal rows in equal order give equal bytes, and return its rows.

    Row groups have a fixed length and the frame is one piece first, since the writer would otherwise start a row
    group at every piece that the frame happens to be made of. A lazy frame, such as the rows of many files, goes
    through in pieces without ever being whole; its file has the same bytes.
    """
    if isinstance(frame, pl.LazyFrame):
        frame.sink_parquet(path, maintain_order=True, **_HOW)
        return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())
    frame.rechunk().write_parquet(path, **_HOW)
    return frame.height


def is_sorted_by(frame: pl.DataFrame, key: list[str]) -> bool:
    """Return whether the rows rise strictly in the key, which makes the key unique as well; nulls count as unsorted."""
    if not key or frame.height < 2:
        return True
    rises = pl.lit(value=False)
    for column in reversed(key):
        now, before = pl.col(column), pl.col(column).shift(1)
        rises = (now > before) | ((now == before) & rises)
    return bool(frame.lazy().select(rises.slice(1).fill_null(value=False).all()).collect().item())


def sorted_by_key(frame: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Return the rows in the order of the key; rows that already rise in it are left as they are."""
    if not key or is_sorted_by(frame, key):
        return frame
    return frame.sort(key, maintain_order=True, nulls_last=True)
