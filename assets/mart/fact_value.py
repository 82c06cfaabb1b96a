"""mart.fact_value: what knowing a fact of a region would be worth."""

from __future__ import annotations

import polars as pl

from assets.cases import FIRMNESS_INPUTS, night_firmness
from assets.night import Night
from assets.table_asset import table_asset


@table_asset("mart.fact_value", deps=FIRMNESS_INPUTS)
def fact_value(night: Night) -> pl.DataFrame:
    """Value the facts over the draws of the ranks."""
    return night_firmness(night).fact_value
