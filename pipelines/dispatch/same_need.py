"""Designs whose firm units always suffice: whatever their number, they leave the same dispatch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.dispatch.inputs import DesignSet, SiteYear

_READ = (
    *("solar_mw", "bess_mw", "bess_mwh", "grid_mw", "is_grid_flexible", "rule"),
    *("baseload_technology", "baseload_units", "baseload_unit_mw", "firm_technology", "firm_unit_mw"),
)
"""Columns that a dispatch reads, besides the number of firm units."""
_MARGIN = 1e-5
"""Share of the load that the units must be able to give beyond it: far more than the rounding of single precision."""


def same_dispatch(designs: DesignSet, site: SiteYear) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the designs that have to be dispatched at a site so that every design is.

    Under load following the units give what nothing else covers, at most the load. Fleets that could carry the whole
    load in every hour therefore give the same in every hour, bit by bit, whatever their number of units.

    Parameters
    ----------
    designs : DesignSet
    site : SiteYear
        Its load and the units' capacity by hour say which fleets always suffice.

    Returns
    -------
    tuple[NDArray[np.int64], NDArray[np.int64]]
        Positions of the designs to dispatch, ascending, shape (n_dispatched,), and which of these has the dispatch of
        each design, shape (n_designs,).
    """
    needed = {
        name: float((site.load_mw / site.capacity_frac[name]).max()) * (1.0 + _MARGIN)
        for name, units in zip(designs.firm_technology, designs.firm_units.tolist(), strict=True)
        if units > 0 and name in site.capacity_frac
    }
    given = designs.firm_units * designs.firm_unit_mw
    limits = np.array([needed.get(name, np.inf) for name in designs.firm_technology])
    is_enough = (given >= limits) & (np.array(designs.rule) == "load_following")
    columns = [list(getattr(designs, name)) for name in _READ]
    place: dict[tuple[object, ...], int] = {}
    first: list[int] = []
    column = np.empty(len(designs), np.int64)
    for row, (enough, *key) in enumerate(zip(is_enough.tolist(), *columns, strict=True)):
        own = tuple(key) if enough else (row,)
        if own not in place:
            place[own] = len(first)
            first.append(row)
        column[row] = place[own]
    return np.array(first, np.int64), column
