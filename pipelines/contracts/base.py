"""How a table is described once: columns with unit, meaning and bounds, the key, the grain, the meaning of time.

The same description validates frames, writes the comments of the published database, makes the data dictionary and
labels charts. A table family has one module beside this one; each table is a class decorated with `table`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, TypeVar

import dataframely as dy
import polars as pl

from pipelines.errors import ContractError, InputError


@dataclass(frozen=True)
class TableInfo:
    """A described table: its full name, its schema class and the sentences that go with it."""

    name: str
    schema: type[dy.Schema]
    grain: str
    time: str

    @property
    def comment(self) -> str:
        """Return the sentence written as the table's comment."""
        return " ".join(part for part in (self.grain, self.time) if part)

    @property
    def key(self) -> list[str]:
        """Return the names of the primary-key columns in order."""
        return list(self.schema.primary_key())

    @cached_property
    def columns(self) -> dict[str, str]:
        """Return column name to comment, unit included, in published order."""
        return {name: column_comment(column) for name, column in self.schema.columns().items()}


REGISTRY: dict[str, TableInfo] = {}
_Schema = TypeVar("_Schema", bound=type[dy.Schema])


def table(name: str, *, grain: str, time: str = "") -> Callable[[_Schema], _Schema]:
    """Register a schema class under its full table name.

    Parameters
    ----------
    name : str
        Schema and table, for example "core.regions"; published tables are "mart.<table>".
    grain : str
        One sentence that says what one row is.
    time : str
        One sentence on what the time columns mean, where there are any.
    """

    def register(schema: _Schema) -> _Schema:
        if name in REGISTRY:
            raise ContractError(f"table {name} is described twice; give one of the two another name.")
        REGISTRY[name] = TableInfo(name, schema, grain, time)
        return schema

    return register


def column_comment(column: dy.Column) -> str:
    """Return a column's comment: its meaning and, in brackets, its unit."""
    unit = (column.metadata or {}).get("unit", "")
    return f"{column.description or ''}{f' [{unit}]' if unit else ''}"


def text(description: str, *, key: bool = False, nullable: bool = False, regex: str | None = None) -> dy.String:
    """Describe a text column."""
    return dy.String(primary_key=key, nullable=nullable, regex=regex, description=description)


def choice(description: str, values: list[str], *, key: bool = False, nullable: bool = False) -> dy.String:
    """Describe a text column with a closed vocabulary (stored as text, for older database clients)."""
    return dy.String(
        primary_key=key,
        nullable=nullable,
        description=description,
        metadata={"values": values},
        check={"vocabulary": lambda expr: expr.is_in(values)},
    )


def number(
    description: str,
    unit: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    nullable: bool = False,
    key: bool = False,
) -> dy.Float64:
    """Describe a double-precision column with its unit and its physical bounds."""
    return dy.Float64(
        primary_key=key,
        nullable=nullable,
        min=minimum,
        max=maximum,
        description=description,
        metadata={"unit": unit},
    )


def integer(
    description: str, unit: str = "", *, minimum: int | None = None, nullable: bool = False, key: bool = False
) -> dy.Int64:
    """Describe a 64-bit integer column."""
    return dy.Int64(primary_key=key, nullable=nullable, min=minimum, description=description, metadata={"unit": unit})


def flag(description: str, *, nullable: bool = False) -> dy.Bool:
    """Describe a true/false column; its name starts with is_ or has_."""
    return dy.Bool(nullable=nullable, description=description)


def day(description: str, *, key: bool = False, nullable: bool = False) -> dy.Date:
    """Describe a calendar-date column."""
    return dy.Date(primary_key=key, nullable=nullable, description=description)


def timestamp(description: str, *, key: bool = False, nullable: bool = False) -> dy.Datetime:
    """Describe a timestamp column that holds UTC without a zone; its name ends in _utc."""
    return dy.Datetime(
        primary_key=key, nullable=nullable, time_unit="us", description=description, metadata={"unit": "UTC"}
    )


def validate(frame: pl.DataFrame, name: str, *, file: str | None = None) -> pl.DataFrame:
    """Return the frame with exactly the contract's columns in order, or raise naming the first fault.

    Parameters
    ----------
    frame : pl.DataFrame
        Rows to check; extra columns are dropped.
    name : str
        Registered table name.
    file : str | None
        The input file the rows came from, in file order; faults then name its row (header = row 1).

    Raises
    ------
    InputError
        If `file` is given and a row breaks a rule.
    ContractError
        If a row of a computed table breaks a rule, or a column is missing or has the wrong type.
    """
    info = REGISTRY[name]
    place = file or name
    missing = [column for column in info.schema.column_names() if column not in frame.columns]
    if missing:
        raise InputError(f"column {missing[0]} is missing", file=place, remedy="add the column and run again")
    frame = frame.select(info.schema.column_names())
    types = frame.schema
    wrong = [
        f"{column} is {types[column]}, expected {described.dtype}"
        for column, described in info.schema.columns().items()
        if types[column] != described.dtype
    ]
    if wrong:
        raise ContractError(f"{place}: {wrong[0]}; cast the column before it is written.")
    if frame.select(_is_kept(info.schema)).item():
        return frame
    raise _fault(frame, info, place, is_file=file is not None)


def split_rejects(frame: pl.DataFrame, name: str, *, source_id: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split a parsed frame into rows that keep the contract and rejects with their reasons.

    Returns
    -------
    tuple[pl.DataFrame, pl.DataFrame]
        The good rows, and the rejects as `core.rejects` rows (table_name, source_id, source_row, reason).
    """
    info = REGISTRY[name]
    frame = frame.select(info.schema.column_names())
    marked = _marked(frame, info)
    good = marked.filter(pl.col("_reason") == "").select(info.schema.column_names())
    bad = marked.filter(pl.col("_reason") != "").select(
        pl.lit(name).alias("table_name"),
        pl.lit(source_id).alias("source_id"),
        pl.col("_row").cast(pl.Int64).alias("source_row"),
        pl.col("_reason").alias("reason"),
    )
    return good, bad


@cache
def _is_kept(schema: type[dy.Schema]) -> pl.Expr:
    """Return whether every row keeps every rule; `Schema.filter`, which says which do not, takes five times as long."""
    rules = schema._validation_rules(with_cast=False)
    return pl.all_horizontal(pl.lit(value=True), *(rule.expr.all() for rule in rules.values()))


def _marked(frame: pl.DataFrame, info: TableInfo) -> pl.DataFrame:
    """Return the frame with `_row` (header = row 1) and `_reason` (broken rules, empty where none)."""
    numbered = frame.with_row_index("_row", offset=2)
    _, failures = info.schema.filter(frame)
    if len(failures) == 0:
        return numbered.with_columns(pl.lit("").alias("_reason"))
    rules = list(failures.counts())
    details = failures.details()
    reason = pl.concat_str(
        [
            pl.when(pl.col(rule).cast(pl.String) == "invalid")
            .then(pl.lit(f"{rule.replace('|', ' breaks ')}; "))
            .otherwise(pl.lit(""))
            for rule in rules
        ]
    ).str.strip_chars("; ")
    # The details hold failed rows only and carry the same values: match them back by all columns.
    columns = info.schema.column_names()
    broken = details.select(*columns, reason.alias("_reason")).unique(subset=columns, maintain_order=True)
    return numbered.join(broken, on=columns, how="left", nulls_equal=True, maintain_order="left").with_columns(
        pl.col("_reason").fill_null("")
    )


def _fault(frame: pl.DataFrame, info: TableInfo, place: str, *, is_file: bool) -> Exception:
    first: dict[str, Any] = _marked(frame, info).filter(pl.col("_reason") != "").row(0, named=True)
    rule = first["_reason"].split(";")[0].replace("check__", "")
    column, _, broken = rule.partition(" breaks ")
    if column in first:
        described = info.schema.columns()[column]
        bound = getattr(described, broken, None) if broken in {"min", "max", "regex"} else None
        values = (described.metadata or {}).get("values")
        rest = f" {bound}" if bound is not None else ""
        rest += f" ({', '.join(values)})" if values else ""
        problem = f"value {first[column]!r} breaks the rule {broken}{rest}"
    else:
        problem, column = f"the rule {rule} is broken", ""
    if is_file:
        return InputError(problem, file=place, row=int(first["_row"]), column=column or None)
    key = {name: first[name] for name in info.key}
    where = f" in the row with {key}" if key else ""
    return ContractError(
        f"{place}{f', column {column}' if column else ''}: {problem}{where}; "
        "look for the fault in the step that makes the table, the contract is physical."
    )
