"""What the build knows of its tables (`ops.tables`): who wrote each, its rows, and what they follow from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime

import duckdb

from pipelines.contracts import operations  # noqa: F401 - registers ops.tables
from pipelines.contracts.base import REGISTRY
from pipelines.warehouse.comments import write_comments

_COLUMNS = {
    "table_name": "VARCHAR",
    "run_id": "VARCHAR",
    "as_of_utc": "TIMESTAMP",
    "rows": "BIGINT",
    "linked_path": "VARCHAR",
    "content": "VARCHAR",
    "made_from": "VARCHAR",
    "told": "VARCHAR",
    "written_at_utc": "TIMESTAMP",
}


@dataclass(frozen=True)
class Follows:
    """What the rows of a table follow from.

    Attributes
    ----------
    made_from : str | None
        Every input with its hash as JSON, to be compared with those of another night; None where nothing noted it.
    told : str | None
        What is to be told of the table as long as it stands, as JSON.
    """

    made_from: str | None = None
    told: str | None = None


UNKNOWN = Follows()


@dataclass(frozen=True)
class Stamp:
    """What the build knows of one of its tables.

    Attributes
    ----------
    table_name : str
    run_id : str
        Run that wrote it, or found that it stands.
    as_of_utc : datetime | None
        Logical date of that run.
    rows : int
    linked_path : str
        Parquet file that holds the rows; empty where they are stored.
    content : str
        Hash of the rows.
    made_from, told : str | None
        As in `Follows`.
    """

    table_name: str
    run_id: str
    as_of_utc: datetime | None
    rows: int
    linked_path: str
    content: str
    made_from: str | None
    told: str | None


def prepare_stamps(cursor: duckdb.DuckDBPyConnection) -> None:
    """Make `ops.tables` where it is not there; where another version made it, nothing is known of its tables."""
    there = columns_of(cursor, "ops.tables")
    if there == _COLUMNS:
        return
    if there:
        cursor.execute("drop table ops.tables")
    columns = ", ".join(f"{column} {kind}" for column, kind in _COLUMNS.items())
    cursor.execute(f"create table ops.tables ({columns}, primary key (table_name))")
    write_comments(cursor, "ops.tables", REGISTRY["ops.tables"])


def read_stamps(cursor: duckdb.DuckDBPyConnection) -> dict[str, Stamp]:
    """Return the stamp of every table of the build by its name."""
    columns = ", ".join(part.name for part in fields(Stamp))
    return {row[0]: Stamp(*row) for row in cursor.execute(f"select {columns} from ops.tables").fetchall()}


def write_stamps(cursor: duckdb.DuckDBPyConnection, stamps: Sequence[Stamp]) -> None:
    """Put the stamps of tables in the place of those before."""
    row = f"({', '.join('?' for _ in _COLUMNS)})"
    written = datetime.now(UTC).replace(tzinfo=None)
    values = [{**vars(stamp), "written_at_utc": written}[column] for stamp in stamps for column in _COLUMNS]
    cursor.execute(f"insert or replace into ops.tables values {', '.join([row] * len(stamps))}", values)


def columns_of(cursor: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    """Return the columns of a table with their types, in order; none where there is no such table."""
    return dict(
        cursor.execute(
            "select column_name, data_type from duckdb_columns() where schema_name || '.' || table_name = ? "
            "order by column_index",
            [name],
        ).fetchall()
    )
