"""Parquet files whose bytes depend on the rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import polars as pl

from pipelines.errors import ContractError

# The row group of the database too: loading then fills each of its row groups from one of the file, without splits.
ROW_GROUP_ROWS = 122_880
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


def write_parquet(frame: pl.DataFrame, path: Path | BytesIO) -> None:
    """Write a frame so that equal rows in equal order give equal bytes.

    Row groups have a fixed length and the frame is one piece first, since the writer would otherwise start a row
    group at every piece that the frame happens to be made of.
    """
    frame.rechunk().write_parquet(
        path, compression="zstd", compression_level=1, statistics=True, row_group_size=ROW_GROUP_ROWS
    )


def join_parquet(parts: Sequence[Path], path: Path) -> None:
    """Write the rows of several files of the same columns as one, so that a part that stays keeps its row group.

    The rows pass in pieces, so memory does not grow with them. Parts of one length, the rule for sites of one year,
    become a row group each.

    Parameters
    ----------
    parts : Sequence[Path]
        Parquet files in the order of their rows; at least one.
    path : Path
        File to write.
    """
    rows = max(pl.scan_parquet(part, glob=False).select(pl.len()).collect().item() for part in parts)
    pl.scan_parquet(list(parts), glob=False).sink_parquet(
        path,
        compression="zstd",
        compression_level=1,
        statistics=True,
        row_group_size=min(max(rows, 1), ROW_GROUP_ROWS),
        maintain_order=True,
    )


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
