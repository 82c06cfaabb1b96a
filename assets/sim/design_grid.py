"""sim.design_grid: the design grid of the night."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.plant import plant_technologies
from assets.table_asset import table_asset
from pipelines.dispatch.designs import design_grid as lay_out


@table_asset("sim.design_grid", deps=["core.technology", "core.temperature_outage"])
def design_grid(night: Night) -> pl.DataFrame:
    """Lay out the sizes of every stack."""
    parts = night.settings.county_solar_parts if night.scope.is_counties else 1
    return lay_out(plant_technologies(night), night.settings, solar_parts=parts)
