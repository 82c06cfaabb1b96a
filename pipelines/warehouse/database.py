"""The released database file: tables from the Parquet files, views, macros, comments, one storage version."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from pipelines.contracts.base import REGISTRY, validate
from pipelines.errors import ContractError, WarehouseError
from pipelines.warehouse.build import OFFLINE
from pipelines.warehouse.comments import write_comments
from pipelines.warehouse.row_groups import RowGroup, spans
from pipelines.warehouse.sqltext import first_line, header, identifier, literal, statement

# The oldest client that must be able to open a release.
STORAGE_VERSION = "v1.4.0"
_MACRO = re.compile(r"create\s+(?:or\s+replace\s+)?(?:macro|function)\s+([a-z_][a-z0-9_]*)", re.IGNORECASE)
_TABLE_MACRO = re.compile(r"\bas\s+table\b", re.IGNORECASE)


@dataclass(frozen=True)
class Base:
    """An earlier released database to begin with.

    Attributes
    ----------
    path : Path
        The file, known to be whole.
    tables : frozenset[str]
        Its tables that are the same now, or are but for the row groups moved: same columns, same comments.
    moved : Mapping[str, Sequence[RowGroup]]
        By such a table, the row groups of its Parquet file whose rows, but not their keys, are not those of the base.
    """

    path: Path
    tables: frozenset[str]
    moved: Mapping[str, Sequence[RowGroup]] = field(default_factory=dict)


def write_database(
    path: Path,
    parquet_dir: Path,
    tables: Sequence[str],
    *,
    views: Sequence[Path] = (),
    macros: Sequence[Path] = (),
    base: Base | None = None,
) -> dict[str, int]:
    """Write the released database from the Parquet files beside it, and count its rows after it was closed.

    Parameters
    ----------
    path : Path
        File to create; it must not exist.
    parquet_dir : Path
        Folder with `<table>.parquet` for each table.
    tables : Sequence[str]
        Published names, each described as `mart.<name>` in the contracts.
    views, macros : Sequence[Path]
        SQL files: one SELECT each for a view named as the file; one CREATE MACRO each.
    base : Base | None
        Copied first; what has not moved since is not written again.

    Returns
    -------
    dict[str, int]
        Table to its rows in the closed file.

    Raises
    ------
    WarehouseError
        If a view or macro does not run (names the file), or the file cannot be written.
    ContractError
        If a view has no contract or breaks it.
    """
    try:
        # What does not fit into memory goes beside the release, where a later run clears it away if this one is killed.
        spill = path.parent.with_name(f"{path.parent.name}.spill")
        with duckdb.connect(config={**OFFLINE, "temp_directory": str(spill)}) as con:
            if base is not None:
                shutil.copyfile(base.path, path)
            con.execute(f"attach {literal(str(path))} as release (storage_version '{STORAGE_VERSION}')")
            con.execute("use release")
            there = base.tables & set(tables) if base is not None else frozenset()
            _clear(con, keep=there)
            for table in tables:
                if table in there:
                    _update(con, table, parquet_dir / f"{table}.parquet", base.moved.get(table, ()) if base else ())
                    continue
                source = literal(str(parquet_dir / f"{table}.parquet"))
                # One commit per table: each is forced to the disk, and there are hundreds of comments.
                con.execute("begin transaction")
                con.execute(f"create table {table} as select * from read_parquet({source})")
                write_comments(con, table, REGISTRY[f"mart.{table}"])
                con.execute("commit")
            for file in views:
                _create_view(con, file)
            for file in macros:
                _create_macro(con, file)
            con.execute("checkpoint release")
            con.execute("use memory")
            con.execute("detach release")
        return count_rows(path, tables)
    except duckdb.Error as error:
        raise WarehouseError(f"{path.name}: {first_line(error)}; correct that and run again.") from error


def _clear(con: duckdb.DuckDBPyConnection, *, keep: frozenset[str]) -> None:
    """Drop the macros and views of the release, and its tables but those to keep."""
    macros = con.execute(
        "select distinct function_type, function_name from duckdb_functions() where database_name = 'release'"
    ).fetchall()
    for kind, name in sorted(macros):
        con.execute(f"drop {'macro table' if kind == 'table_macro' else 'macro'} {identifier(name)}")
    found = con.execute(
        "select 'view', view_name from duckdb_views() where database_name = 'release' and not internal "
        "union all select 'table', table_name from duckdb_tables() where database_name = 'release'"
    ).fetchall()
    for kind, name in sorted(found, reverse=True):
        if name not in keep:
            con.execute(f"drop {kind} {identifier(name)}")


def _update(con: duckdb.DuckDBPyConnection, table: str, source: Path, groups: Sequence[RowGroup]) -> None:
    """Bring the rows of some row groups to what the file says; the rows stay in their place."""
    key = REGISTRY[f"mart.{table}"].key
    for offset, rows in spans(groups):
        fresh = pl.scan_parquet(source, glob=False).slice(offset, rows).collect()
        told = ", ".join(f"{name} = fresh.{name}" for name in fresh.columns if name not in key)
        same = " and ".join(f"{table}.{name} = fresh.{name}" for name in key)
        # The bounds let the database pass over the row groups that hold none of these rows.
        first, last = fresh[key[0]].min(), fresh[key[0]].max()
        con.register("fresh", fresh.to_arrow())
        counted = con.execute(
            f"update {table} set {told} from fresh where {same} and {table}.{key[0]} between ? and ?", [first, last]
        ).fetchall()
        con.unregister("fresh")
        if counted != [(rows,)]:
            raise WarehouseError(
                f"{table}: {counted[0][0]} of {rows} rows were brought up to date; run the night again."
            )


def count_rows(path: Path, tables: Sequence[str]) -> dict[str, int]:
    """Return table to rows of a released database file, opened for reading."""
    # Attached to a connection of its own: an open reader of the same file in this process is not disturbed.
    with duckdb.connect(config=OFFLINE) as con:
        con.execute(f"attach {literal(str(path))} as release (read_only)")
        return {table: int(con.execute(f"select count(*) from release.{table}").fetchall()[0][0]) for table in tables}


def _create_view(con: duckdb.DuckDBPyConnection, file: Path) -> None:
    name = f"mart.{file.stem}"
    if name not in REGISTRY:
        raise ContractError(f"{file}: the view {name} has no contract; describe it in pipelines/contracts first.")
    _run(con, file, f"create view {file.stem} as\n{statement(file)}\n")
    write_comments(con, file.stem, REGISTRY[name], kind="view")
    validate(con.sql(f"select * from {file.stem}").pl(), name)


def _create_macro(con: duckdb.DuckDBPyConnection, file: Path) -> None:
    text = statement(file)
    named = _MACRO.search(text)
    if named is None:
        raise WarehouseError(f"{file}: there is no CREATE MACRO in it; write one macro per file.")
    _run(con, file, text)
    kind = "macro table" if _TABLE_MACRO.search(text) else "macro"
    con.execute(f"comment on {kind} {named.group(1)} is {literal(header(file))}")


def _run(con: duckdb.DuckDBPyConnection, file: Path, sql: str) -> None:
    try:
        con.execute(sql)
    except duckdb.Error as error:
        raise WarehouseError(f"{file}: {first_line(error)}; correct the statement and run again.") from error
