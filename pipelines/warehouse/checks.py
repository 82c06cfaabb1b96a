"""What must hold before a table is published: its run, its date, its contract, the order of its rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.contracts.base import REGISTRY, validate
from pipelines.errors import ContractError, WarehouseError
from pipelines.warehouse.build import Warehouse
from pipelines.warehouse.parquet import ROW_GROUP_ROWS, is_sorted_by
from pipelines.warehouse.row_groups import rises_from_group_to_group, row_groups, spans

_SLICE_ROWS = 16 * ROW_GROUP_ROWS


def stamped_tables(
    warehouse: Warehouse, run_id: str, as_of: date, tables: Sequence[str] | None
) -> list[dict[str, Any]]:
    """Return the build's rows (ops.tables) about the tables to publish, by name.

    Parameters
    ----------
    tables : Sequence[str] | None
        Published names without schema; without it every table of the schema mart.

    Raises
    ------
    WarehouseError
        If there is nothing to publish, a table is missing, or one was written by another run or for another date.
    ContractError
        If a table has no contract.
    """
    built = {row["table_name"]: row for row in warehouse.tables().iter_rows(named=True)}
    marts = (name for name in built if name.startswith("mart."))
    wanted = sorted(marts if tables is None else {f"mart.{table}" for table in tables})
    if not wanted:
        raise WarehouseError("there is nothing to publish: the build has no table in the schema mart; run the night.")
    expected = (run_id, datetime(as_of.year, as_of.month, as_of.day))
    for name in wanted:
        if name not in built:
            raise WarehouseError(f"{name} is not in the build; run the whole night before publishing.")
        stamp = (built[name]["run_id"], built[name]["as_of_utc"])
        if stamp != expected:
            raise WarehouseError(
                f"{name} was written by {_run(*stamp)}, the release is {_run(*expected)}; run the whole night, a part "
                "of it is never published."
            )
        if name not in REGISTRY:
            raise ContractError(f"{name} has no contract; describe it in pipelines/contracts before it is published.")
    return [built[name] for name in wanted]


def dated_columns(name: str) -> list[str]:
    """Return the columns of a table that name its release; those that are part of the key name others too."""
    info = REGISTRY[name]
    return [column for column in ("as_of_utc", "run_id") if column in info.schema.columns() and column not in info.key]


def check_dates(frame: pl.DataFrame, name: str, run_id: str, as_of_utc: datetime) -> None:
    """Refuse rows whose own run or date is not the release's, save where these are part of the key, as in a history.

    Raises
    ------
    WarehouseError
        Names the column and the value that does not belong.
    """
    expected_of = {"as_of_utc": as_of_utc, "run_id": run_id}
    for column in dated_columns(name):
        expected = expected_of[column]
        other = frame.filter(pl.col(column).ne_missing(pl.lit(expected)))
        if not other.is_empty():
            raise WarehouseError(
                f"{name}, column {column}: {other[column][0]} is not the release's {expected}; run the whole night."
            )


def check_file(path: Path, name: str, checked: Collection[str] = ()) -> None:
    """Check a Parquet file against a contract slice by slice, so that memory does not grow with its length.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        Schema and table of the contract.
    checked : Collection[str]
        Hashes of row groups that are known to keep the contract. They are passed over where the first column of the
        key rises from row group to row group, which makes the order inside each sufficient.

    Raises
    ------
    ContractError
        If the columns are not the contract's in order, a row breaks it, or the rows do not rise in its key.
    """
    info = REGISTRY[name]
    lazy = pl.scan_parquet(path, glob=False)
    if lazy.collect_schema().names() != info.schema.column_names():
        raise ContractError(
            f"{name}: the file's columns are not the contract's in its order; select them in that order."
        )
    known = checked if checked and info.key and rises_from_group_to_group(path, info.key[0]) else ()
    for start, rows in spans(row_groups(path), known):
        last: pl.DataFrame | None = None
        for offset in range(start, start + rows, _SLICE_ROWS):
            piece = lazy.slice(offset, min(_SLICE_ROWS, start + rows - offset)).collect()
            keys = validate(piece, name).select(info.key)
            # Rows that rise strictly in the key from slice to slice are unique over the whole span.
            if not is_sorted_by(keys if last is None else pl.concat([last, keys]), info.key):
                raise ContractError(
                    f"{name}: the file is not sorted by {', '.join(info.key)}; sort it before it is kept."
                )
            last = keys.tail(1)


def _run(run_id: str, as_of_utc: datetime | None) -> str:
    return f"run {run_id or '(none)'} as of {as_of_utc or '(none)'}"
