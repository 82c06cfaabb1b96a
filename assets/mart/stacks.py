"""mart.stacks: the stacks and what they are made of."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.dispatch.designs import described_stacks


@table_asset("mart.stacks", deps=["sim.design_grid"])
def stacks(night: Night) -> pl.DataFrame:
    """Describe the stacks."""
    return described_stacks(night.read("sim.design_grid"), night.settings)
