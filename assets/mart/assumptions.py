"""mart.assumptions: every setting and figure that results rest on."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.reference.provenance import assumptions as all_assumptions


@table_asset("mart.assumptions", deps=["core.technology"])
def assumptions(night: Night) -> pl.DataFrame:
    """List settings and defaults."""
    return all_assumptions(night.read("core.technology"), night.settings)
