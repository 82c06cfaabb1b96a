"""mart.assumptions: every setting and figure that results rest on."""

from __future__ import annotations

import polars as pl

from assets.night import COUNTY_SETTINGS, Night
from assets.table_asset import table_asset
from pipelines.reference.provenance import assumptions as all_assumptions


@table_asset("mart.assumptions", deps=["core.technology"])
def assumptions(night: Night) -> pl.DataFrame:
    """List settings and defaults."""
    listed = all_assumptions(night.read("core.technology"), night.settings)
    if night.scope.is_counties:
        return listed
    return listed.filter(~pl.col("assumption_id").is_in([f"setting.{name}" for name in COUNTY_SETTINGS]))
