"""sim.designs: the design grid of the night."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.plant import plant_technologies
from assets.table_asset import table_asset
from pipelines.dispatch.designs import design_grid


@table_asset("sim.designs", deps=["core.technology", "core.temperature_outage"])
def designs(night: Night) -> pl.DataFrame:
    """Lay out the sizes of every stack."""
    return design_grid(plant_technologies(night), night.settings)
