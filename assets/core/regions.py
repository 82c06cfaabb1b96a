"""core.regions: the rankable markets that the night is about."""

from __future__ import annotations

import polars as pl

from assets.night import Night, in_scope
from assets.table_asset import table_asset
from pipelines.reference.regions import rankable_regions


@table_asset("core.regions", deps=["core.candidate_markets", "core.climatology_monthly"])
def regions(night: Night) -> pl.DataFrame:
    """Keep the regions in scope."""
    return in_scope(
        rankable_regions(night.read("core.candidate_markets"), night.read("core.climatology_monthly")), night.scope
    )
