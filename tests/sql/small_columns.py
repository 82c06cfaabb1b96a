"""What a contract allows where the small release says nothing: columns filled, keys crossed."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import dataframely as dy
import polars as pl

import pipelines.contracts
from pipelines.contracts.base import REGISTRY

for _module in pkgutil.iter_modules(pipelines.contracts.__path__):
    importlib.import_module(f"pipelines.contracts.{_module.name}")


def filled(name: str, frame: pl.DataFrame | None, known: Mapping[str, Sequence[Any]]) -> pl.DataFrame:
    """Return the contract's columns in order, with an allowed value wherever the frame has none.

    Without a frame, one row for each combination of the known keys.
    """
    columns = REGISTRY[name].schema.columns()
    if frame is None:
        keys = REGISTRY[name].key
        values = [known.get(key, [_allowed(key, columns[key])]) for key in keys]
        frame = pl.DataFrame(list(itertools.product(*values)), schema=keys, orient="row")
    parts = []
    for column, described in columns.items():
        if column in frame.columns:
            parts.append(pl.col(column).cast(described.dtype))
        else:
            parts.append(pl.lit(_allowed(column, described)).cast(described.dtype).alias(column))
    return frame.select(parts)


def _allowed(column: str, described: dy.Column) -> Any:
    values = (described.metadata or {}).get("values")
    if described.nullable or values:
        return None if described.nullable else values[0]
    if isinstance(described, dy.String):
        samples = (
            ["2025"] if column == "as_of" else [f"a {column}", "2025", "2025-01", "48441", "TX", "https://example.org/"]
        )
        return next(sample for sample in samples if not described.regex or re.search(described.regex, sample))
    for kind, value in ((dy.Bool, False), (dy.Datetime, datetime(2025, 1, 1)), (dy.Date, date(2025, 1, 1))):
        if isinstance(described, kind):
            return value
    low, high = getattr(described, "min", None), getattr(described, "max", None)
    return low if low is not None and low > 0 else min(1, high) if high is not None else 1


def vocabulary(name: str, column: str) -> list[str]:
    return list((REGISTRY[name].schema.columns()[column].metadata or {})["values"])
