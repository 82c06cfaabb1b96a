"""mart.tax_credits: the credits that the chosen designs can expect."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.economics.credits import chosen_credits


@table_asset("mart.tax_credits", deps=["sim.chosen", "core.tax_rules"])
def tax_credits(night: Night) -> pl.DataFrame:
    """List the parts that a credit can be paid on."""
    return chosen_credits(night.read("sim.chosen"), night.read("core.tax_rules"))
