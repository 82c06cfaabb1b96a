"""mart.air_permits: the air permit of every chosen plant at its place, by control."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.places.air_permit import permit_table


@table_asset("mart.air_permits", deps=["core.regions", "sim.chosen"])
def air_permits(night: Night) -> pl.DataFrame:
    """List what each control comes to."""
    return permit_table(night.read("sim.chosen"), night.read("core.regions"), night.settings)
