"""mart.phases: what each phase of a site costs and emits, and when it begins."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.ranking.phases import described_phases


@table_asset("mart.phases", deps=["sim.phases"])
def phases(night: Night) -> pl.DataFrame:
    """Describe the phases."""
    return described_phases(night.read("sim.phases"), night.settings)
