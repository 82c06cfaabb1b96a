"""sim.dispatch_annual: yearly energies of every design worked out in every region, all units in service."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.sizing import FINALIST_INPUTS, night_finalists, with_finalists
from assets.table_asset import table_asset


@table_asset("sim.dispatch_annual", deps=FINALIST_INPUTS)
def dispatch_annual(night: Night) -> pl.DataFrame:
    """Put grid and finalists together."""
    key = ["region_id", "design_id", "weather_year"]
    return with_finalists(night.read("sim.grid_annual"), night_finalists(night).annual, key)
