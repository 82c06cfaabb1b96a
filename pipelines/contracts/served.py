"""Contracts of the published tables that are joined or shaped in SQL."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, flag, integer, number, table, text
from pipelines.contracts.reliability import CAUSES


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
class LeadTimes(dy.Schema):
    """Lead times, permits and waits as used."""

    duration_id = text("Duration, or the variant of it that a region or a size selects", key=True)
    unit = text("Unit of low, mid and high: months, months_per_mw or months_per_gwh")
    low = number("P10 of the duration", "see unit", minimum=0)
    mid = number("P50 of the duration", "see unit", minimum=0)
    high = number("P90 of the duration", "see unit", minimum=0)
    is_assumption = flag("Whether the duration rests on settings alone, without a published figure")
    rows_used = integer("Published rows or settings that are pooled", "count", minimum=1)
    rows_set_aside = integer("Published rows that were read and not used", "count", minimum=0)
    choice_reason = text("Why these rows stand for the duration")
    source_title = text("Titles of the sources used")
    publisher = text("Publishers of the sources used")
    url = text("Addresses of the sources used")
    as_of = text("Date of the latest source used (YYYY or YYYY-MM), empty for assumptions")


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
