"""mart.energy_outlook: where tonight's prices go, by case and year."""

from __future__ import annotations

import polars as pl

from assets.money import OUTLOOK_INPUTS, night_terms
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.economics.hub_prices import henry_hub_spot
from pipelines.economics.outlook import energy_outlook as outlook_by_year


@table_asset("mart.energy_outlook", deps=OUTLOOK_INPUTS)
def energy_outlook(night: Night) -> pl.DataFrame:
    """Spread every case over the years of a project."""
    spot, _ = henry_hub_spot(night.read("core.gas_prices"), night.as_of, night.settings)
    return outlook_by_year(
        night.read("core.price_projections"),
        night.read("core.henry_hub_path"),
        spot,
        night.as_of,
        night_terms(night),
        night.settings,
    )
