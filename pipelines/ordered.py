"""Sums whose order is fixed: floats added in another order differ in the last bit, and so do published bytes."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from functools import reduce

import polars as pl


def row_sum(parts: Iterable[str | pl.Expr]) -> pl.Expr:
    """Return the sum of some columns of each row, added from left to right; a missing value adds nothing.

    `pl.sum_horizontal` adds in an order that follows the threads that happen to be free.
    """
    columns = (pl.col(part) if isinstance(part, str) else part for part in parts)
    return reduce(operator.add, (column.fill_null(0.0) for column in columns))
