"""mart.assumptions: every setting and figure that results rest on."""

from __future__ import annotations

import polars as pl

from assets.money import night_gas_facts
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.economics.fuel_service_table import judged_services
from pipelines.economics.gas import GAS_TABLES
from pipelines.reference.provenance import assumptions as all_assumptions
from pipelines.reference.provenance import judged_figures
from pipelines.reliability.gas_basins import judged_freezes
from pipelines.reliability.site_hazards import judged_hazards
from pipelines.settings import county_settings


@table_asset("mart.assumptions", deps=["core.technology", *(f"core.{name}" for name in GAS_TABLES)])
def assumptions(night: Night) -> pl.DataFrame:
    """List settings and defaults."""
    judged = pl.concat([judged_figures(night_gas_facts(night)), judged_freezes(), judged_hazards(), judged_services()])
    listed = all_assumptions(night.read("core.technology"), judged, night.settings)
    if night.scope.is_counties:
        return listed
    return listed.filter(~pl.col("assumption_id").is_in([f"setting.{name}" for name in county_settings()]))
