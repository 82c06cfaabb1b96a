"""sim.fuel_services: the design of each stack with every way to secure its gas."""

from __future__ import annotations

import polars as pl

from assets.choice import SERVICE_INPUTS, night_services
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.economics.fuel_service import fuel_services as compared


@table_asset("sim.fuel_services", deps=["sim.candidates", *SERVICE_INPUTS])
def fuel_services(night: Night) -> pl.DataFrame:
    """Choose the least-cost design with each service, and the service of highest value."""
    return compared(night.read("sim.candidates"), night_services(night), night.settings)
