"""sim.phased: the chosen designs over their phases, as their value counts them."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.ranking.phases import over_phases


@table_asset("sim.phased", deps=["sim.chosen", "sim.phases", "core.outage_causes"])
def phased(night: Night) -> pl.DataFrame:
    """Average energies, costs and carbon over the phases, and add what natural hazards take."""
    return over_phases(night.read("sim.chosen"), night.read("sim.phases"), night.read("core.outage_causes"))
