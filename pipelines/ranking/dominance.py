"""Which rows no other row beats in everything: the Pareto front of speed, cost, reliability and carbon."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

CRITERIA: tuple[tuple[str, bool], ...] = (
    ("first_mw_months_p50", False),
    ("lcoe_usd_per_mwh", False),
    ("availability_frac", True),
    ("co2_kg_per_mwh", False),
)
"""Columns that are compared, and whether more of them is better."""


def is_pareto(frame: pl.DataFrame) -> NDArray[np.bool_]:
    """Return whether each row stands on the front: no other row is as good in every criterion and better in one.

    Rows are visited in the order of the first criterion and compared with the front so far only (Kung, Luccio and
    Preparata 1975, Journal of the ACM 22), so that the cost follows the length of the front and not its square.

    Parameters
    ----------
    frame : pl.DataFrame
        The columns of `CRITERIA`, shape (n_rows,).

    Returns
    -------
    NDArray[np.bool_]
        Shape (n_rows,); rows that are equal in everything stand on the front together or not at all.
    """
    columns = [
        -frame[name].to_numpy() if is_more_better else frame[name].to_numpy() for name, is_more_better in CRITERIA
    ]
    points = np.column_stack(columns).astype(np.float64)
    # What beats a row comes before it in this order, or is equal to it.
    order = np.lexsort(points.T[::-1])
    on_front = np.zeros(len(points), dtype=np.bool_)
    front = np.empty_like(points)
    size = 0
    for row in order:
        point = points[row]
        no_worse = (front[:size] <= point).all(axis=1)
        if no_worse.any() and (front[:size][no_worse] < point).any(axis=1).any():
            continue
        on_front[row] = True
        front[size] = point
        size += 1
    return on_front
