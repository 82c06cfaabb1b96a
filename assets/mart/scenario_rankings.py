"""mart.scenario_rankings: the ranking under every scenario."""

from __future__ import annotations

import polars as pl

from assets.cases import CASE_INPUTS, base_case, case_facts
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.ranking.scenarios import read_scenarios
from pipelines.ranking.scenarios import scenario_rankings as rankings


@table_asset("mart.scenario_rankings", deps=CASE_INPUTS)
def scenario_rankings(night: Night) -> pl.DataFrame:
    """Evaluate every scenario on the night's physics."""
    scenarios = read_scenarios(night.settings.scenarios_file)
    return rankings(scenarios, base_case(night).chosen, case_facts(night), night.settings)
