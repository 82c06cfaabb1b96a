"""mart.observed_projects: real projects whose way to power was reported."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.timeline.projects import read_projects


@table_asset("mart.observed_projects", deps=[])
def observed_projects(night: Night) -> pl.DataFrame:
    """Read them."""
    return read_projects(night.settings)
