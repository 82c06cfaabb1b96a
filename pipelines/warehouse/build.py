"""The build database: disposable tables of one night, each with the run that wrote it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import polars as pl

from pipelines.contracts.base import REGISTRY, TableInfo, validate
from pipelines.errors import BrokenBuildError, ContractError, TransientError, WarehouseError
from pipelines.identity import content_hash
from pipelines.ordered import plain
from pipelines.warehouse.comments import write_comments
from pipelines.warehouse.files import remove_tree
from pipelines.warehouse.parquet import STORED_TYPES, check_types
from pipelines.warehouse.sqltext import first_line, identifier, literal, made_table, statement
from pipelines.warehouse.stamps import (
    UNKNOWN,
    Follows,
    Stamp,
    prepare_stamps,
    read_stamps,
    write_stamps,
)

SCHEMAS = ("raw", "core", "sim", "mart", "ops")
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
# No statement of the product needs an extension; none is looked for on the network.
OFFLINE: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
_PASSING = re.compile(
    r"Resource temporarily unavailable|Interrupted system call|Stale file handle|Device or resource busy", re.IGNORECASE
)
# Tables are read by many steps: so many bytes of one, and of all, stay at hand as they were written.
_HELD_BYTES, _MOST_HELD_BYTES = 96_000_000, 384_000_000
# Steps of one process may run side by side; the tables about tables are written one step at a time.
_WRITING = threading.RLock()
# What DuckDB says of a file whose bytes are not what it wrote.
_CORRUPT = re.compile(r"corrupt|stored checksum|could not read enough bytes|has been invalidated", re.IGNORECASE)


_Layout = tuple[str, tuple[tuple[str, str, str], ...]]


class Warehouse:
    """The build database of a night; the caller holds the build lock.

    Parameters
    ----------
    path : Path
        The database file, `data/build/firstmw.duckdb`. One that cannot be opened is deleted and begun anew: nothing
        in it is lost that the night does not make again.
    run_id : str
        The run that writes; every table remembers it, and publication refuses to mix runs.
    as_of : date | None
        The run's logical date.
    is_fresh : bool
        Whether to begin with an empty file.

    Raises
    ------
    WarehouseError
        If the file is open in another process or its folder cannot be written.
    """

    def __init__(self, path: Path, *, run_id: str = "", as_of: date | None = None, is_fresh: bool = False) -> None:
        self.path = Path(path)
        self.run_id = run_id
        self.as_of = as_of
        self._con = _open(self.path, is_fresh=is_fresh)
        # This connection is the only writer; asking the catalog takes milliseconds, and every read and write asks.
        self._look(self._con)
        self._held: dict[str, pl.DataFrame] = {}
        self._kept: dict[str, Stamp] = {}

    def __enter__(self) -> Warehouse:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the database."""
        self.close()

    def close(self) -> None:
        """Close the database; a closed warehouse is not used again."""
        self._held.clear()
        self._con.close()

    def write(self, name: str, frame: pl.DataFrame, follows: Follows = UNKNOWN) -> int:
        """Replace a table by a frame, rows in the frame's order, with the comments of its contract.

        Parameters
        ----------
        name : str
            Schema and table, for example "core.regions".
        frame : pl.DataFrame
            Rows; only the six stored types (double, 64-bit integer, text, boolean, date, timestamp in microseconds).
        follows : Follows
            What the rows follow from.

        Returns
        -------
        int
            Rows written.

        Raises
        ------
        ContractError
            If a column has another type or the schema is not one of the build's.
        WarehouseError
            If the database cannot be written, for example because the disk is full.
        """
        split_name(name)
        check_types(frame, name)
        with self._transaction(name) as cursor:
            self._store(cursor, name, frame, follows)
        self._hold(name, frame)
        return frame.height

    def link(self, name: str, path: Path, follows: Follows = UNKNOWN) -> int:
        """Make a table of a Parquet file without copying its rows, for tables too large to be stored twice.

        Returns
        -------
        int
            Rows of the file.

        Raises
        ------
        WarehouseError
            If the file is not there or is no Parquet file.
        ContractError
            If a column has a type that is not stored.
        """
        schema, table = split_name(name)
        path = Path(path).absolute()
        try:
            described = pl.scan_parquet(path, glob=False)
            check_types(described.collect_schema(), name)
            rows = int(described.select(pl.len()).collect().item())
        except (OSError, pl.exceptions.PolarsError) as error:
            raise WarehouseError(f"{path}: no readable Parquet file for {name}; run the step that makes it.") from error
        with self._transaction(name) as cursor:
            self._drop(cursor, name)
            cursor.execute(f"create view {schema}.{table} as select * from read_parquet({literal(str(path))})")
            self._kinds[name] = "view"
            if name in REGISTRY:
                write_comments(cursor, name, REGISTRY[name], kind="view")
            content = content_hash(path.name, path.stat().st_size)
            self._put(cursor, self._stamp_of(name, rows, content, follows, linked_path=str(path)))
        return rows

    def read(self, name: str, columns: list[str] | None = None) -> pl.DataFrame:
        """Return a table, or some of its columns, in the order its rows were written.

        Raises
        ------
        WarehouseError
            If there is no such table in the build.
        """
        schema, table = split_name(name)
        held = self._held.get(name)
        if held is not None and (columns is None or set(columns) <= set(held.columns)):
            return held if columns is None else held.select(columns)
        chosen = ", ".join(identifier(column) for column in columns) if columns else "*"
        try:
            read = self.query(f"select {chosen} from {schema}.{table}")
            # As it would be at hand; what is larger never is.
            return plain(read) if read.estimated_size() <= _HELD_BYTES else read
        except WarehouseError:
            # Asked only now: to look a name up takes longer than to read a small table.
            if self.has(name):
                raise
        raise WarehouseError(f"{name} is not in the build {self.path}; run the step that makes it first.")

    def has(self, name: str) -> bool:
        """Return whether the build has a table."""
        split_name(name)
        return name in self._kinds

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """Return the rows of one statement on the build database.

        Raises
        ------
        WarehouseError
            If the statement does not run or the file cannot be read.
        """
        with self._con.cursor() as cursor:
            try:
                relation = cursor.sql(sql, params=dict(params)) if params else cursor.sql(sql)
                return relation.pl() if relation is not None else pl.DataFrame()
            except duckdb.Error as error:
                self._give_up(error)
                raise WarehouseError(f"{self.path}: {first_line(error)}; run the night again.") from error

    def run_sql_file(self, path: Path, follows: Follows = UNKNOWN) -> int:
        """Make a table from a file with one SELECT; the folder is its schema, the file name its table.

        The statement runs on one thread, so that sums of floats and the order of unordered rows are the same in
        every run. A table with a contract is checked and gets its columns in the contract's order.

        Returns
        -------
        int
            Rows of the table.

        Raises
        ------
        WarehouseError
            If the statement does not run; names the file.
        ContractError
            If a column has a type that is not stored, or the rows break the contract.
        """
        path = Path(path)
        name = made_table(path)
        with _WRITING:
            self._con.execute("set threads = 1")
            try:
                with self._transaction(str(path)) as cursor:
                    relation = cursor.sql(statement(path))
                    _check_stored_types(relation, name)
                    frame = relation.pl()
                    if name in REGISTRY:
                        frame = validate(frame, name)
                    self._store(cursor, name, frame, follows)
            finally:
                self._con.execute("reset threads")
        self._hold(name, frame)
        return frame.height

    def stamp(self, name: str) -> Stamp | None:
        """Return what is known of a table of the build; None where there is no such table."""
        return self._stamps.get(name)

    def keep(self, name: str) -> None:
        """Take over a table that an earlier run wrote as this run's own; stored with what is written next."""
        stamp = replace(self._stamps[name], run_id=self.run_id, as_of_utc=self._as_of_utc())
        self._stamps[name] = self._kept[name] = stamp

    def tables(self) -> pl.DataFrame:
        """Return the rows of ops.tables: each table of the build, its run, its rows and where they are."""
        if self._kept:
            with self._transaction("ops.tables") as cursor:
                self._put(cursor)
        return self.query("select * from ops.tables order by table_name")

    @contextmanager
    def _transaction(self, place: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor whose work is kept whole or not at all; a database error becomes a sentence with `place`."""
        with _WRITING, self._con.cursor() as cursor:
            try:
                cursor.execute("begin transaction")
                yield cursor
                cursor.execute("commit")
                self._kept.clear()
            except BaseException as error:
                with suppress(duckdb.Error):
                    cursor.execute("rollback")
                    self._look(cursor)
                    self._stamps |= self._kept
                if isinstance(error, duckdb.IOException) and _PASSING.search(str(error)):
                    raise TransientError(f"{place}: {first_line(error)}; try again.") from error
                self._give_up(error)
                if isinstance(error, duckdb.Error):
                    raise WarehouseError(f"{place}: {first_line(error)}; correct that and run again.") from error
                raise

    def _look(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Ask the catalog what there is."""
        self._kinds, self._layouts, self._stamps = _kinds(cursor), _layouts(cursor), read_stamps(cursor)

    def _store(self, cursor: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame, follows: Follows) -> None:
        """Replace a table by a frame; one that is laid out alike keeps its columns and their comments."""
        info = REGISTRY.get(name)
        layout = _layout(info, frame) if info is not None else None
        cursor.register("_frame", frame)
        try:
            if layout is not None and self._kinds.get(name) == "table" and self._layouts.get(name) == layout:
                self._forget(name)
                cursor.execute(f"delete from {name}")
                cursor.execute(f"insert into {name} select * from _frame")
            else:
                self._drop(cursor, name)
                cursor.execute(f"create table {name} as select * from _frame")
                if info is not None:
                    write_comments(cursor, name, info)
        finally:
            cursor.unregister("_frame")
        self._kinds[name] = "table"
        if layout is not None:
            self._layouts[name] = layout
        self._put(cursor, self._stamp_of(name, frame.height, content_hash(frame), follows))

    def _forget(self, name: str) -> None:
        self._held.pop(name, None)
        self._stamps.pop(name, None)
        self._kept.pop(name, None)

    def _drop(self, cursor: duckdb.DuckDBPyConnection, name: str) -> None:
        self._forget(name)
        self._layouts.pop(name, None)
        kind = self._kinds.pop(name, None)
        if kind:
            cursor.execute(f"drop {kind} {name}")

    def _hold(self, name: str, frame: pl.DataFrame) -> None:
        """Keep a small table at hand for the steps that read it."""
        size = frame.estimated_size()
        if size <= min(_HELD_BYTES, _MOST_HELD_BYTES - sum(held.estimated_size() for held in self._held.values())):
            self._held[name] = plain(frame)

    def _stamp_of(self, name: str, rows: int, content: str, follows: Follows, linked_path: str = "") -> Stamp:
        as_of_utc = self._as_of_utc()
        return Stamp(name, self.run_id, as_of_utc, rows, linked_path, content, follows.made_from, follows.told)

    def _put(self, cursor: duckdb.DuckDBPyConnection, *stamps: Stamp) -> None:
        """Store stamps, and those of the tables kept since the last transaction, which each one does."""
        new = {stamp.table_name: stamp for stamp in stamps}
        self._stamps |= new
        write_stamps(cursor, list((self._kept | new).values()))

    def _as_of_utc(self) -> datetime | None:
        return datetime(self.as_of.year, self.as_of.month, self.as_of.day) if self.as_of else None

    def _give_up(self, error: BaseException) -> None:
        """Take a file away whose bytes have changed since they were written, so that the next night begins anew."""
        if isinstance(error, duckdb.Error) and _CORRUPT.search(str(error)):
            _delete(self.path)
            raise BrokenBuildError(
                f"{self.path}: the build was damaged ({first_line(error)}) and is put away; run the night again."
            ) from error


def split_name(name: str) -> tuple[str, str]:
    """Return schema and table of a full name, both safe to stand in SQL unquoted.

    Raises
    ------
    ContractError
        If the schema is not one of the build's or the table is not lower-case letters, digits and underscores.
    """
    schema, _, table = name.partition(".")
    if schema not in SCHEMAS or not _NAME.match(table):
        raise ContractError(f"table name {name!r}: write it as <schema>.<table> with a schema of {', '.join(SCHEMAS)}.")
    return schema, table


def _open(path: Path, *, is_fresh: bool) -> duckdb.DuckDBPyConnection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if is_fresh:
            _delete(path)
        try:
            return _prepared(path)
        except duckdb.Error as error:
            if "Could not set lock" in str(error):
                raise WarehouseError(f"{path} is open in another process; close that process and run again.") from error
        # The build is disposable: a file that a crash or another version left unreadable is begun anew.
        _delete(path)
        return _prepared(path)
    except (OSError, duckdb.Error) as error:
        raise WarehouseError(
            f"{path}: the build cannot be written ({first_line(error)}); give access to the folder or set "
            "FIRSTMW_DATA_DIR to another."
        ) from error


def _prepared(path: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(str(path), config=OFFLINE)
    try:
        con.execute("begin transaction")
        for schema in SCHEMAS:
            con.execute(f"create schema if not exists {schema}")
        prepare_stamps(con)
        con.execute("commit")
    except duckdb.Error:
        con.close()
        raise
    return con


def _delete(path: Path) -> None:
    # The database, its log, and the folder it spills into.
    for leftover in path.parent.glob(f"{path.name}*"):
        if leftover.is_dir():
            remove_tree(leftover)
        else:
            leftover.unlink(missing_ok=True)


def _kinds(cursor: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return "table" or "view" by full name of what there is."""
    return dict(
        cursor.execute(
            "select schema_name || '.' || table_name, 'table' from duckdb_tables() union all "
            "select schema_name || '.' || view_name, 'view' from duckdb_views() where not internal"
        ).fetchall()
    )


def _layouts(cursor: duckdb.DuckDBPyConnection) -> dict[str, _Layout]:
    """Return the comment of every table, and its columns in order with their types and comments."""
    comments = dict(
        cursor.execute("select schema_name || '.' || table_name, coalesce(comment, '') from duckdb_tables()").fetchall()
    )
    columns: dict[str, list[tuple[str, str, str]]] = {name: [] for name in comments}
    for name, *column in cursor.execute(
        "select schema_name || '.' || table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns() "
        "where not internal order by table_oid, column_index"
    ).fetchall():
        if name in columns:
            columns[name].append(tuple(column))
    return {name: (comment, tuple(columns[name])) for name, comment in comments.items()}


def _layout(info: TableInfo, frame: pl.DataFrame) -> _Layout:
    """Return what the table of a frame looks like in the catalog."""
    types = {column: STORED_TYPES[kind] for column, kind in frame.schema.items()}
    return info.comment, tuple((column, kind, info.columns.get(column, "")) for column, kind in types.items())


def _check_stored_types(relation: duckdb.DuckDBPyRelation, name: str) -> None:
    for column, kind in zip(relation.columns, map(str, relation.types), strict=True):
        if kind not in STORED_TYPES.values():
            raise ContractError(
                f"{name}, column {column}: type {kind} is not stored; cast it in the SQL file to one of "
                f"{', '.join(STORED_TYPES.values())}."
            )
