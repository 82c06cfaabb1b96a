"""mart.scenarios: the named sets of settings."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.ranking.scenarios import described_scenarios, read_scenarios


@table_asset("mart.scenarios", deps=[])
def scenarios(night: Night) -> pl.DataFrame:
    """List what each scenario changes."""
    return described_scenarios(read_scenarios(night.settings.scenarios_file), night.settings)
