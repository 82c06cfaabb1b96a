"""sim.candidates: cost, carbon and adequacy of every design worked out in every region at the night's prices."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.sizing import GRID_INPUTS, priced_grid, with_finalists
from assets.table_asset import table_asset


@table_asset("sim.candidates", deps=[*GRID_INPUTS, "sim.finalists"])
def candidates(night: Night) -> pl.DataFrame:
    """Put grid and finalists together."""
    return with_finalists(priced_grid(night), night.read("sim.finalists"), ["region_id", "design_id"])
