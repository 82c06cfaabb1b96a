"""sim.fuel_services: the design of each stack with every way to secure its gas."""

from __future__ import annotations

import polars as pl

from assets.money import night_terms
from assets.night import Night
from assets.plant import plant_parameters
from assets.table_asset import table_asset
from pipelines.economics.fuel_service import fuel_services as compared
from pipelines.economics.fuel_service import night_service_terms


@table_asset(
    "sim.fuel_services",
    deps=["sim.candidates", "core.regions", "core.technology", "core.tax_rules", "core.locational_multipliers"],
)
def fuel_services(night: Night) -> pl.DataFrame:
    """Choose the least-cost design with each service, and the service of highest value."""
    terms = night_service_terms(
        night.read("core.regions"),
        plant_parameters(night),
        night.read("core.tax_rules"),
        night.read("core.locational_multipliers"),
        night_terms(night),
        night.settings,
    )
    return compared(night.read("sim.candidates"), terms, night.settings)
