"""mart.target_costs: what a higher target of energy served takes, or why it is out of reach."""

from __future__ import annotations

import polars as pl

from assets.choice import SERVICE_INPUTS, night_services
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.contracts.base import REGISTRY
from pipelines.economics.target_costs import target_costs as costs


@table_asset("mart.target_costs", deps=["sim.candidates", "sim.chosen", *SERVICE_INPUTS])
def target_costs(night: Night) -> pl.DataFrame:
    """Find the least-cost design of each target."""
    if night.scope.is_counties:
        # Of each size only the fewest units that reach tonight's target were assessed.
        return pl.DataFrame(REGISTRY["mart.target_costs"].schema.create_empty())
    return costs(night.read("sim.candidates"), night.read("sim.chosen"), night_services(night), night.settings)
