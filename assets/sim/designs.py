"""sim.designs: the design grid, and the designs worked out around each region's best."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.sizing import FINALIST_INPUTS, night_finalists, with_finalists
from assets.table_asset import table_asset


@table_asset("sim.designs", deps=FINALIST_INPUTS)
def designs(night: Night) -> pl.DataFrame:
    """List every design that was worked out somewhere."""
    return with_finalists(night.read("sim.design_grid"), night_finalists(night).designs, ["design_id"])
