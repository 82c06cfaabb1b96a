"""sim.chosen: the design that represents each stack in each region."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.economics.fuel_service import chosen_service


@table_asset("sim.chosen", deps=["sim.fuel_services"])
def chosen(night: Night) -> pl.DataFrame:
    """Select the design with the service of highest value that meets the availability target."""
    return chosen_service(night.read("sim.fuel_services"))
