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


def group_sum(values: str | pl.Expr) -> pl.Expr:
    """Sum a column, or an expression, over each group in the order of its rows; a missing value adds nothing.

    `sum` and `mean` in a `group_by` add up what each thread has seen of a group, in the order in which the threads end:
    on one core and on two, and with many rows from run to run, the last bit differs, with `maintain_order` too.
    """
    return (pl.col(values) if isinstance(values, str) else values).implode().list.sum()


def group_mean(values: str | pl.Expr) -> pl.Expr:
    """Average a column, or an expression, over each group in the order of its rows; missing values do not count."""
    return (pl.col(values) if isinstance(values, str) else values).implode().list.mean()


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a frame as they come from a database or a file: in one piece, without notes on their order.

    Polars adds up a group in another order where it knows that its rows stand together, or where they are in pieces;
    rows that were made now and rows that were read have to give the same bits.
    """
    return cast(pl.DataFrame, pl.from_arrow(frame.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())))
