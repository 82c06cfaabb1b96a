"""Reading a release: one connection to one immutable file, with nothing else within its reach."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import polars as pl

from pipelines.errors import UsageError, WarehouseError
from pipelines.warehouse.files import sha256_file
from pipelines.warehouse.releases import DATABASE, ReleaseInfo, current_name, release_info
from pipelines.warehouse.sqltext import first_line, identifier

_LOCKDOWN = (
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    # A query larger than the memory fails; it does not write into the folder of the release.
    "set temp_directory = ''",
    "set enable_external_access = false",
    "set lock_configuration = true",
)
_ATTEMPTS = 5
# Threads that open the same release share its instance: one of them locks it, the others find it locked.
_OPENING = threading.Lock()


class Release:
    """An open release; it stays on the release it was opened on, whatever is published meanwhile.

    Within one process all openings of a release share one database instance, whose configuration is then locked:
    no file, address or extension can be reached through it.

    Parameters
    ----------
    info : ReleaseInfo
        The release to open.

    Raises
    ------
    WarehouseError
        If the database is missing, has another length than its manifest says, or cannot be opened.
    """

    def __init__(self, info: ReleaseInfo) -> None:
        self.info = info
        expected = info.manifest["artefacts"][DATABASE]["bytes"]
        found = info.database.stat().st_size if info.database.is_file() else None
        if found != expected:
            state = "is missing" if found is None else f"has {found} bytes instead of {expected}"
            raise WarehouseError(f"{info.database} {state}; refresh again, the night is then published anew.")
        try:
            with _OPENING:
                self._con = _locked_connection(info.database)
        except duckdb.Error as error:
            raise WarehouseError(
                f"{info.database} cannot be opened ({first_line(error)}); refresh again to publish the night anew."
            ) from error

    def __enter__(self) -> Release:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._con.close()

    def query(self, sql: str, params: Mapping[str, Any] | Sequence[Any] | None = None) -> pl.DataFrame:
        """Return the rows of one statement; the release cannot be changed and no file or address be reached.

        Parameters
        ----------
        sql : str
            One statement; parameters as `?` or `$name`.
        params : Mapping[str, Any] | Sequence[Any] | None
            Values of the parameters.

        Returns
        -------
        pl.DataFrame
            Whole decimals and 128-bit integers as 64-bit integers, other decimals as doubles, enumerations as text.

        Raises
        ------
        UsageError
            If the statement does not run; carries the database's own first line.
        """
        with self._con.cursor() as cursor:
            try:
                statements = len(cursor.extract_statements(sql))
                if statements != 1:
                    raise UsageError(f"{statements} SQL statements were given; give one at a time.")
                relation = cursor.sql(sql, params=params) if params else cursor.sql(sql)
                return _plain(relation.pl()) if relation is not None else pl.DataFrame()
            except duckdb.Error as error:
                raise UsageError(_advice(error)) from error
            except pl.exceptions.PolarsError as error:
                raise UsageError(
                    f"a column of the answer has a type that is not shown ({first_line(error)}); "
                    "cast it with ::varchar."
                ) from error

    def tables(self) -> dict[str, int]:
        """Return the published tables and their rows."""
        return self.info.tables

    def parquet(self, name: str) -> Path:
        """Return the Parquet file of a published table after its bytes were held against the manifest.

        Raises
        ------
        UsageError
            If there is no such table.
        WarehouseError
            If the file is missing or damaged.
        """
        if name not in self.info.tables:
            raise UsageError(f"there is no table {name!r}; published are {', '.join(sorted(self.info.tables))}.")
        path = self.info.path / "parquet" / f"{name}.parquet"
        expected = self.info.manifest["artefacts"][f"parquet/{name}.parquet"]["sha256"]
        if not path.is_file() or sha256_file(path) != expected:
            what = "does not match its checksum" if path.is_file() else "is missing"
            raise WarehouseError(f"{path} {what}; refresh again, the night is then published anew.")
        return path

    def table(self, name: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Return a published table, or some of its columns, in the order of its key.

        Raises
        ------
        UsageError
            If there is no such table or column.
        """
        if name not in self.info.tables:
            raise UsageError(f"there is no table {name!r}; published are {', '.join(sorted(self.info.tables))}.")
        chosen = ", ".join(identifier(column) for column in columns) if columns else "*"
        return self.query(f"select {chosen} from {identifier(name)}")


def open_release(data_dir: Path, run_id: str | None = None) -> Release:
    """Open the current release, or the one of a run, for reading.

    Raises
    ------
    UsageError
        If there is no release yet, or none of that run.
    WarehouseError
        If the release is not whole.
    """
    attempt = 1
    while True:
        before = current_name(data_dir)
        try:
            return Release(release_info(data_dir, run_id))
        except (UsageError, WarehouseError):
            # Between the look at `current` and the opening a release may be replaced and cleared away: look again.
            if run_id is not None or attempt == _ATTEMPTS or current_name(data_dir) == before:
                raise
        attempt += 1


def _locked_connection(path: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(str(path), read_only=True)
    try:
        is_locked = con.execute("select current_setting('lock_configuration')").fetchall()[0][0]
        if not is_locked:
            for setting in _LOCKDOWN:
                con.execute(setting)
    except duckdb.Error:
        con.close()
        raise
    return con


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with database-only number types as the ones that every consumer knows."""
    casts = []
    for name, dtype in frame.schema.items():
        if isinstance(dtype, pl.Decimal):
            whole = frame[name].cast(pl.Int64, strict=False) if dtype.scale == 0 else None
            is_whole = whole is not None and whole.null_count() == frame[name].null_count()
            casts.append(pl.col(name).cast(pl.Int64 if is_whole else pl.Float64))
        elif isinstance(dtype, pl.Categorical | pl.Enum):
            casts.append(pl.col(name).cast(pl.String))
    return frame.with_columns(casts) if casts else frame


def _advice(error: duckdb.Error) -> str:
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    first = lines[0] if lines else type(error).__name__
    hint = next((line for line in lines[1:] if line.startswith(("Did you mean", "Candidate"))), "")
    if isinstance(error, duckdb.PermissionException):
        hint = "a release is read by itself: files and addresses are out of reach"
    elif "read-only" in first:
        hint = "a release is never changed, refresh to publish another"
    return f"the query does not run: {first.rstrip('.')}{f' ({hint})' if hint else ''}."
