"""What several assets need of the money: terms of finance, dates of credits, the facts behind the price of gas."""

from __future__ import annotations

from assets.night import Night
from assets.plant import plant_parameters
from pipelines.economics.credits import CreditDates, credit_dates
from pipelines.economics.finance import Terms, terms
from pipelines.economics.gas import GAS_TABLES, GasFacts
from pipelines.timeline.draws import TIMELINE_SEED

TERMS_INPUTS = ["core.technology", "core.tax_rules"]
OUTLOOK_INPUTS = [*TERMS_INPUTS, "core.price_projections", "core.henry_hub_path", "core.gas_prices"]
GAS_INPUTS = ["core.regions", *(f"core.{name}" for name in GAS_TABLES)]
CREDIT_INPUTS = ["core.tax_rules", "core.durations"]


def night_terms(night: Night) -> Terms:
    """Return financing and tax of a project."""
    return terms(plant_parameters(night), night.read("core.tax_rules"), night.settings)


def night_gas_facts(night: Night) -> GasFacts:
    """Return the tables behind the price of gas."""
    return GasFacts.read(lambda name: night.read(f"core.{name}"))


def night_credits(night: Night) -> CreditDates:
    """Return the dates that decide the credits of the night."""
    return credit_dates(
        night.read("core.tax_rules"), night.read("core.durations"), night.as_of, night.settings, TIMELINE_SEED
    )
