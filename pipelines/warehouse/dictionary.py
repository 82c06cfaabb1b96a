"""The data dictionary as a page, and the fingerprint of a contract."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path

import dataframely as dy

from pipelines.contracts.base import TableInfo
from pipelines.identity import content_hash
from pipelines.warehouse.parquet import STORED_TYPES

_LAYERS = {
    "mart": ("Published tables", "In schema `main` of the released database, and as `parquet/<table>.parquet`."),
    "raw": ("Raw tables", "Where every byte of input came from; in the build database only."),
    "core": ("Core tables", "Typed and checked inputs; in the build database only."),
    "sim": ("Simulation tables", "What the models give before prices are applied; in the build database only."),
    "ops": ("Operations tables", "About the runs themselves; in the build database only."),
}
_PREFACE = """\
# Data dictionary

Written from the contracts by the program itself: edit the contracts, not this page.

Times are UTC without a zone and are interval starts unless the table says otherwise. Columns in bold are the table's
key. A column is never null unless it says so."""


def data_dictionary(registry: Mapping[str, TableInfo]) -> str:
    """Return the data dictionary as Markdown: every table with grain and key, every column with unit and bounds.

    Parameters
    ----------
    registry : Mapping[str, TableInfo]
        Full table name to its description; the order of registration does not matter.

    Returns
    -------
    str
        The page, the same text for the same contracts.
    """
    parts = [_PREFACE]
    for schema, (title, sentence) in _LAYERS.items():
        tables = sorted(name for name in registry if name.partition(".")[0] == schema)
        if tables:
            parts += [f"## {title}", sentence, *(_section(name, registry[name]) for name in tables)]
    return "\n\n".join(parts) + "\n"


def stored_type(column: dy.Column) -> str:
    """Return the database type of a described column."""
    return STORED_TYPES.get(column.dtype, str(column.dtype))


def contract_hash(info: TableInfo) -> str:
    """Return a fingerprint (16 hex digits) of a contract: its columns, and the text of the module with its rules."""
    described = [
        [name, stored_type(column), column.nullable, _bounds(column)] for name, column in info.schema.columns().items()
    ]
    return content_hash(info.name, info.key, described, Path(inspect.getfile(info.schema)).read_bytes())[:16]


def _section(name: str, info: TableInfo) -> str:
    schema, _, table = name.partition(".")
    lines = [
        f"### `{table if schema == 'mart' else name}`",
        "",
        info.comment,
        "",
        "| column | type | unit | values | meaning |",
        "|---|---|---|---|---|",
    ]
    for column_name, column in info.schema.columns().items():
        shown = f"**`{column_name}`**" if column_name in info.key else f"`{column_name}`"
        unit = (column.metadata or {}).get("unit", "")
        values = "; ".join(part for part in (_bounds(column), "or null" if column.nullable else "") if part)
        cells = [shown, stored_type(column), unit, values, column.description or ""]
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines)


def _bounds(column: dy.Column) -> str:
    values = (column.metadata or {}).get("values")
    if values:
        return ", ".join(values)
    low, high = getattr(column, "min", None), getattr(column, "max", None)
    pattern = getattr(column, "regex", None)
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    if low is not None:
        return f">= {low:g}"
    if high is not None:
        return f"<= {high:g}"
    return f"matches `{pattern}`" if pattern else ""
