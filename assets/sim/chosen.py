"""sim.chosen: the design that stands for each stack in each region."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.economics.selection import select_least_cost


@table_asset("sim.chosen", deps=["sim.candidates"])
def chosen(night: Night) -> pl.DataFrame:
    """Choose the least-cost design that meets the availability target."""
    return select_least_cost(night.read("sim.candidates"), night.settings)
