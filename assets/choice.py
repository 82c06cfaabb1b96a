"""What the assets of the choice share: terms of the services of gas, and the designs that are valued."""

from __future__ import annotations

import polars as pl

from assets.money import night_terms
from assets.night import Night
from assets.plant import plant_parameters
from pipelines.economics.fuel_service import chosen_service, night_service_terms
from pipelines.ranking.choice import contenders

SERVICE_INPUTS = ["core.regions", "core.technology", "core.tax_rules", "core.locational_multipliers"]
CONTENDER_INPUTS = ["sim.candidates", "sim.fuel_services", *SERVICE_INPUTS]


def night_services(night: Night) -> pl.DataFrame:
    """Return what each service of the gas costs and leaves in every region, from `service_terms`."""
    return night_service_terms(
        night.read("core.regions"),
        plant_parameters(night),
        night.read("core.tax_rules"),
        night.read("core.locational_multipliers"),
        night_terms(night),
        night.settings,
    )


def night_contenders(night: Night) -> list[pl.DataFrame]:
    """Return the designs that may be worth most, from `contenders`; made by the first asset that asks."""
    return night.once("contenders", lambda: _contenders(night))


def _contenders(night: Night) -> list[pl.DataFrame]:
    # Counties have of each size the fewest units that reach the target, and are chosen by cost.
    most = 1 if night.scope.is_counties else night.settings.sizing_contenders
    first = chosen_service(night.read("sim.fuel_services"))
    if most <= 1:
        return [first]
    return contenders(first, night.read("sim.candidates"), night_services(night), night.settings)
