"""mart.lcoe_components: the parts of each chosen design's levelised cost."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.economics.lcoe import lcoe_components as components


@table_asset("mart.lcoe_components", deps=["sim.phased"])
def lcoe_components(night: Night) -> pl.DataFrame:
    """Split the cost."""
    return components(night.read("sim.phased"))
