"""Row groups of Parquet files: what of a large table has moved between two files, told by the bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq


@dataclass(frozen=True)
class RowGroup:
    """Consecutive rows that a file stores together.

    Attributes
    ----------
    offset, rows : int
        Place of its first row in the file, and its rows.
    sha256 : str
        Hash of its stored bytes and their encodings: files of the same columns that share it share these rows.
    """

    offset: int
    rows: int
    sha256: str


def row_groups(path: Path) -> list[RowGroup]:
    """Return the row groups of a Parquet file in order."""
    metadata = pq.read_metadata(path)
    groups, offset = [], 0
    with path.open("rb") as file:
        for place in range(metadata.num_row_groups):
            group = metadata.row_group(place)
            digest = hashlib.sha256()
            for index in range(group.num_columns):
                column = group.column(index)
                file.seek(min(column.dictionary_page_offset or column.data_page_offset, column.data_page_offset))
                digest.update(repr((column.num_values, column.compression, column.encodings)).encode())
                digest.update(file.read(column.total_compressed_size))
            groups.append(RowGroup(offset, group.num_rows, digest.hexdigest()))
            offset += group.num_rows
    return groups


def moved_groups(before: Path, after: Path, key: Sequence[str]) -> list[RowGroup] | None:
    """Return the row groups of a file that are not those of an earlier one, where both tell of the same keys.

    Parameters
    ----------
    before, after : Path
        Parquet files with the same columns.
    key : Sequence[str]
        Columns of the key.

    Returns
    -------
    list[RowGroup] | None
        Row groups of `after` whose rows, but not their keys, have moved; None where the groups are cut otherwise or
        a key came or went.
    """
    earlier, later = row_groups(before), row_groups(after)
    if [group.rows for group in earlier] != [group.rows for group in later]:
        return None
    moved = [new for old, new in zip(earlier, later, strict=True) if old.sha256 != new.sha256]
    keys = [
        [pl.scan_parquet(path, glob=False).select(key).slice(group.offset, group.rows).collect() for group in moved]
        for path in (before, after)
    ]
    is_same = all(old.equals(new) for old, new in zip(*keys, strict=True))
    return moved if is_same else None


def spans(groups: Iterable[RowGroup], known: Collection[str] = ()) -> list[tuple[int, int]]:
    """Return offset and rows of the runs of row groups whose hash is not among those known."""
    found: list[tuple[int, int]] = []
    for group in groups:
        if group.sha256 in known:
            continue
        if found and sum(found[-1]) == group.offset:
            found[-1] = (found[-1][0], found[-1][1] + group.rows)
        else:
            found.append((group.offset, group.rows))
    return found


def group_bounds(path: Path, column: str) -> list[tuple[Any, Any]] | None:
    """Return least and largest value of a column by row group, as stored; None where one is not told or has nulls."""
    metadata = pq.read_metadata(path)
    place = metadata.schema.names.index(column)
    stored = [metadata.row_group(index).column(place).statistics for index in range(metadata.num_row_groups)]
    if any(one is None or not one.has_min_max or one.null_count for one in stored):
        return None
    return [(one.min, one.max) for one in stored]


def rises_from_group_to_group(path: Path, column: str) -> bool:
    """Return whether every row group's least value of a column is above the largest of the one before."""
    bounds = group_bounds(path, column)
    return bounds is not None and all(least > before for (_, before), (least, _) in pairwise(bounds))
