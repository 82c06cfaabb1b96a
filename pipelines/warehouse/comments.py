"""Comments of tables and columns in the database, taken from the contracts."""

from __future__ import annotations

from typing import Literal

import duckdb

from pipelines.contracts.base import TableInfo
from pipelines.warehouse.sqltext import identifier, literal


def write_comments(
    cursor: duckdb.DuckDBPyConnection, name: str, info: TableInfo, *, kind: Literal["table", "view"] = "table"
) -> None:
    """Write the contract's sentences onto a table and onto each of its columns that is there.

    Parameters
    ----------
    name : str
        The table as it can stand in SQL on this connection, for example "mart.regions".
    kind : str
        "view" for a view; views carry the comments of their columns too.
    """
    cursor.execute(f"comment on {kind} {name} is {literal(info.comment)}")
    there = {row[0] for row in cursor.execute(f"select column_name from (describe {name})").fetchall()}
    for column, comment in info.columns.items():
        if column in there and comment:
            cursor.execute(f"comment on column {name}.{identifier(column)} is {literal(comment)}")
