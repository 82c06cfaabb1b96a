"""What the assets of the phases share: the designs of the phases at the night's prices."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.plant import plant_technologies
from assets.sizing import PRICE_INPUTS, night_price
from pipelines.contracts.base import REGISTRY
from pipelines.timeline.phases import phase_designs, with_rentals

PHASE_PRICE_INPUTS = [
    *PRICE_INPUTS,
    "core.temperature_outage",
    "sim.design_grid",
    "sim.phase_annual",
    "sim.phase_adequacy",
]
PHASE_INPUTS = [*PHASE_PRICE_INPUTS, "sim.chosen"]


def priced_phase_designs(night: Night) -> pl.DataFrame:
    """Return the phases of the design grid at the night's prices, contract `sim.candidates`."""
    return night.once("priced phases", lambda: _priced_phase_designs(night))


def _priced_phase_designs(night: Night) -> pl.DataFrame:
    columns = REGISTRY["sim.candidates"].schema.column_names()
    designs = phase_designs(night.read("sim.design_grid"), plant_technologies(night), night.settings)
    if designs.is_empty():
        return pl.DataFrame(REGISTRY["sim.candidates"].schema.create_empty())
    annual, adequacy = night.read("sim.phase_annual"), night.read("sim.phase_adequacy")
    return night_price(night)(with_rentals(designs, night.settings), annual, adequacy).select(columns)
