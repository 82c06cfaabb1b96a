"""Reference tables that belong together, read by their names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Self

import polars as pl


@dataclass(frozen=True)
class ReferenceFacts:
    """Base of a group of reference tables: one field per table, named after it."""

    @classmethod
    def table_names(cls) -> tuple[str, ...]:
        """List the names of the tables in the order of the fields."""
        return tuple(item.name for item in fields(cls))

    @classmethod
    def read(cls, table: Callable[[str], pl.DataFrame]) -> Self:
        """Read every table by name.

        Parameters
        ----------
        table : Callable[[str], pl.DataFrame]
            From the name of a table to its rows.
        """
        return cls(*(table(name) for name in cls.table_names()))
