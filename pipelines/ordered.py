"""Sums whose order is fixed: floats added in another order differ in the last bit, and so do published bytes."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from functools import reduce
from typing import cast

import polars as pl


def row_sum(parts: Iterable[str | pl.Expr]) -> pl.Expr:
    """Return the sum of some columns of each row, added from left to right; a missing value adds nothing.

    `pl.sum_horizontal` adds in an order that follows the threads that happen to be free.
    """
    columns = (pl.col(part) if isinstance(part, str) else part for part in parts)
    return reduce(operator.add, (column.fill_null(0.0) for column in columns))


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a frame as they come from a database or a file: in one piece, without notes on their order.

    Polars adds up a group in another order where it knows that its rows stand together, or where they are in pieces;
    rows that were made now and rows that were read have to give the same bits.
    """
    return cast(pl.DataFrame, pl.from_arrow(frame.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())))
