"""sim.grid_candidates: cost, carbon and adequacy of every design of the grid in every region at the night's prices."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.sizing import PRICE_INPUTS, priced_grid
from assets.table_asset import table_asset


@table_asset("sim.grid_candidates", deps=[*PRICE_INPUTS, "sim.design_grid", "sim.grid_annual", "sim.grid_adequacy"])
def grid_candidates(night: Night) -> pl.DataFrame:
    """Price every design of the grid."""
    return priced_grid(night)
