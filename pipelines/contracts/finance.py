"""Contracts of what surrounds a levelised cost: prices by month, the outlook, federal tax."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, day, flag, integer, number, table, text
from pipelines.contracts.reference import TAX_PROVISIONS, TAX_UNITS

OUTLOOK_CASES = ["flat", "high_oil_and_gas_supply", "low_oil_and_gas_supply", "reference"]


@table(
    "mart.energy_outlook",
    grain="One row per case of the outlook and year of operation: Henry Hub and the national price of grid energy.",
    time="year is a year of operation, counted from the first one that fuel is bought for.",
)
class EnergyOutlook(dy.Schema):
    """Prices over the years of a project, by case."""

    outlook_case = choice("Case; flat keeps tonight's prices", OUTLOOK_CASES, key=True)
    year = integer("Calendar year", "year", key=True)
    henry_hub_usd_per_mmbtu = number("Henry Hub: the spot price fading into the case", "USD/MMBtu", minimum=0)
    henry_hub_level_usd_per_mmbtu = number("Its level over the project", "USD/MMBtu", minimum=0)
    power_factor = number("National industrial power price against the year of the night", "ratio", minimum=0)
    power_level_factor = number("Level of the case's power factors over the project", "ratio", minimum=0)
    is_used = flag("The case that the costs count")
    source_title = text("Titles of the sources, gas and power; empty for flat")
    publisher = text("Publishers of the sources")
    url = text("Addresses of the sources")
    as_of = text("Dates of the sources")


@table("mart.tax_rules", grain="One row per rule of federal tax on power plant: credits, depreciation, income tax.")
class TaxRulesAsUsed(dy.Schema):
    """The tax rules as used."""

    rule_id = text("Rule", key=True)
    technology = text("Technology, or all")
    provision = choice("Section of the tax code", TAX_PROVISIONS)
    begins_from = day("Construction, or purchase, begins on or after", nullable=True)
    begins_by = day("Construction begins on or before", nullable=True)
    in_service_by = day("Placed in service on or before", nullable=True)
    continuity_years = integer("In service by the end of so many calendar years after it began", "years", nullable=True)
    value = number("Figure", "see unit", minimum=0)
    value_without_wages = number("Figure without prevailing wages", "see unit", minimum=0, nullable=True)
    unit = choice("Unit of the figures", TAX_UNITS)
    credit_years = integer("Years a production credit runs", "years", nullable=True)
    note = text("What else the source says", nullable=True)
    source_title = text("Title of the source")
    publisher = text("Publisher of the source")
    url = text("Address of the source")
    as_of = text("Date of the source")


@table(
    "mart.tax_credits",
    grain="One row per region, stack and part of the chosen design that a credit can be paid on: what it can expect.",
)
class TaxCredits(dy.Schema):
    """Credits that the chosen designs can expect, over the draws of begin of construction and date of service."""

    region_id = text("Region", key=True)
    stack_id = text("Stack", key=True)
    part = choice("Part of the plant", ["baseload", "bess", "firm", "reserve", "solar"], key=True)
    technology = text("Technology of the part")
    capex_usd = number("Overnight capital of the part", "USD", minimum=0)
    credit_frac = number(
        "Investment credit expected: its rate times the share of draws and capacity in time",
        "share of capital",
        minimum=0,
    )
    production_credit_usd_per_mwh = number(
        "Production credit expected on the same dates, which is taken where it is worth more", "USD/MWh", minimum=0
    )
    rule_ids = text("Rules that were tried, see tax_rules")
