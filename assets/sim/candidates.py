"""sim.candidates: cost, carbon and adequacy of every design in every region at the night's prices."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.plant import plant_parameters
from assets.table_asset import table_asset
from pipelines.economics.evaluate import evaluate_candidates


@table_asset(
    "sim.candidates",
    deps=[
        "core.regions",
        "sim.designs",
        "sim.dispatch_annual",
        "sim.adequacy",
        "core.gas_prices_by_region",
        "core.power_prices_by_region",
        "core.technology",
        "core.locational_multipliers",
        "core.emission_factors",
        "core.outage_causes",
    ],
)
def candidates(night: Night) -> pl.DataFrame:
    """Price every design."""
    return evaluate_candidates(
        night.read("sim.designs"),
        night.read("sim.dispatch_annual"),
        night.read("sim.adequacy"),
        night.read("core.regions"),
        night.read("core.gas_prices_by_region"),
        night.read("core.power_prices_by_region"),
        plant_parameters(night),
        night.read("core.locational_multipliers"),
        night.read("core.emission_factors"),
        night.settings,
        outage_causes=night.read("core.outage_causes"),
    )
