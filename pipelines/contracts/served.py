"""Contracts of the published tables that are joined or shaped in SQL."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, number, table, text
from pipelines.contracts.reliability import CAUSES
from pipelines.contracts.timeline import Durations


@table(
    "mart.pareto",
    grain="One row per region and design that no other design of the region beats on cost, CO2 and availability.",
)
class Pareto(dy.Schema):
    """The frontier of cost, carbon and availability."""

    region_id = text("Region", key=True)
    stack_id = text("Power stack")
    design_id = text("Design, see designs", key=True)
    lcoe_usd_per_mwh = number("Levelised cost per MWh served at the bus", "USD/MWh", minimum=0)
    co2_kg_per_mwh = number("CO2 of combustion and grid energy per MWh served", "kg/MWh", minimum=0)
    availability_frac = number("IT energy served of that demanded, outages counted", "share", minimum=0, maximum=1)


@table(
    "mart.lead_times",
    grain="One row per duration that a stack's activity network can draw, as pooled from its sources.",
)
class LeadTimes(Durations):
    """Lead times, permits and waits as used."""


@table(
    "mart.reliability",
    grain="One row per region, stack and cause of lost service: the unserved energy of the chosen design, by cause.",
)
class Reliability(dy.Schema):
    """What takes power away."""

    region_id = text("Region", key=True)
    stack_id = text("Power stack", key=True)
    cause = choice("What the service is lost to", [cause for cause in CAUSES if cause != "none"], key=True)
    design_id = text("Chosen design")
    eue_mwh_per_year = number("Expected unserved energy of the cause, mean of the weather years", "MWh/year", minimum=0)
    unavailability_frac = number("Share of the demanded energy lost to the cause", "share", minimum=0, maximum=1)
    lost_hours_per_year = number("Full-load hours lost to the cause", "h/year", minimum=0)
