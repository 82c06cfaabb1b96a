"""mart.scenario_rankings: the ranking under every scenario."""

from __future__ import annotations

import polars as pl

from assets.cases import CASE_INPUTS, base_case, case_facts, other_basis_case
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.ranking.scenarios import other_gas_basis, read_scenarios, same_case, scenario_settings
from pipelines.ranking.scenarios import scenario_rankings as rankings


@table_asset("mart.scenario_rankings", deps=CASE_INPUTS)
def scenario_rankings(night: Night) -> pl.DataFrame:
    """Evaluate every scenario on the night's physics."""
    scenarios = read_scenarios(night.settings.scenarios_file)
    other = other_gas_basis(night.settings)
    done = {
        name: other_basis_case(night)
        for name, changes in scenario_settings(scenarios).items()
        if same_case(night.settings, changes, other)
    }
    return rankings(scenarios, base_case(night).chosen, case_facts(night), night.settings, done)
