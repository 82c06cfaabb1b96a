"""mart.local_stops: every local moratorium, ban and zoning rule with what it means for a site tonight."""

from __future__ import annotations

import polars as pl

from assets.core.regions import PERMISSION_INPUTS
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.places.permission import stop_verdicts


@table_asset("mart.local_stops", deps=PERMISSION_INPUTS)
def local_stops(night: Night) -> pl.DataFrame:
    """Judge every stop on the night's date."""
    stops, rules = (night.read(name) for name in PERMISSION_INPUTS)
    return stop_verdicts(stops, rules, night.as_of, night.settings)
