"""Contracts of the reference tables on prices, queues, reliability, emissions and loads, each row with its citation."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from pipelines.contracts.base import choice, flag, integer, number, table, text
from pipelines.contracts.citation import (
    PERIOD,
    RowRule,
    as_of_date,
    note_on_figure,
    publisher_name,
    title,
    url_of_source,
    us_state,
)

NO_NEGATIVE_PRICE = RowRule(
    "no_negative_price",
    "price",
    pl.col("price") >= 0,
    "a negative price",
)
GAS_PRICE_RULES = [NO_NEGATIVE_PRICE]


@table(
    "core.gas_prices",
    grain="One row per gas price, place and period.",
    time="Periods are calendar months or years.",
)
class GasPrices(dy.Schema):
    series_id = text("EIA series id", nullable=True)
    geography_type = choice("Kind of place", ["state", "hub", "nation"], key=True)
    geography = text("Place or hub", key=True)
    state = us_state("State of the place", also=("US",))
    sector = choice("What the price is", ["industrial", "spot", "electric_power"], key=True)
    frequency = choice("Length of the period", ["monthly", "annual"], key=True)
    period = text("Period, YYYY or YYYY-MM", key=True, regex=PERIOD)
    price = number("Price", "see unit", maximum=200.0)
    unit = choice("Unit of the price", ["USD_per_Mcf", "USD_per_MMBtu"])
    is_partial_period = flag("Whether the figure covers only part of its period")
    note = note_on_figure()
    source_title = title()
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()

    @dy.rule()
    def no_negative_price(cls) -> pl.Expr:
        return NO_NEGATIVE_PRICE.is_kept


@table(
    "core.power_prices",
    grain="One row per state, sector and period: the average retail price of electricity.",
    time="Periods are calendar months or years.",
)
class PowerPrices(dy.Schema):
    state = us_state("US state, two-letter code, or US", key=True, also=("US",))
    sector = choice("Customer sector", ["industrial"], key=True)
    frequency = choice("Length of the period", ["monthly", "annual"], key=True)
    period = text("Period, YYYY or YYYY-MM", key=True, regex=PERIOD)
    price_usd_per_mwh = number("Average price; published in cents per kWh", "USD/MWh", minimum=0.0, maximum=1000.0)
    sales_mwh = number("Electricity sold", "MWh", minimum=0.0, nullable=True)
    is_preliminary = flag("Whether the publisher calls the figure preliminary")
    source_title = title()
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()


@table(
    "core.queue_statistics", grain="One row per published statistic of generation or load interconnection in the US."
)
class QueueStatistics(dy.Schema):
    region = text("Grid operator, utility, area or US", key=True)
    region_type = choice("Kind of region", ["nation", "iso", "non_iso", "utility", "market"])
    queue_side = choice("Whether generators or loads wait", ["generation", "load"], key=True)
    metric = text("What is counted or timed", key=True)
    low = number("Low figure", "see unit", minimum=0.0, nullable=True)
    mid = number("Central or only figure", "see unit", minimum=0.0, nullable=True)
    high = number("High figure", "see unit", minimum=0.0, nullable=True)
    unit = text("Unit of low, mid and high")
    cohort = text("Requests that the figure describes", key=True)
    note = note_on_figure()
    source_title = title(key=True)
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date(key=True)


@table(
    "core.grid_reliability",
    grain="One row per state and year: interruptions of customers of utilities that use IEEE 1366.",
    time="Calendar years.",
)
class GridReliability(dy.Schema):
    state = us_state("US state, two-letter code", key=True)
    year = integer("Year", "year", key=True, minimum=2000)
    saidi_all_events_minutes = number(
        "Minutes without power per customer, all events", "minutes/year", minimum=0.0, nullable=True
    )
    saidi_without_major_event_days_minutes = number(
        "Minutes without power per customer, without major-event days", "minutes/year", minimum=0.0, nullable=True
    )
    saidi_loss_of_supply_removed_minutes = number(
        "Minutes without power per customer, all events, loss of supply removed",
        "minutes/year",
        minimum=0.0,
        nullable=True,
    )
    saifi_all_events = number("Interruptions per customer, all events", "1/year", minimum=0.0, nullable=True)
    saifi_without_major_event_days = number(
        "Interruptions per customer, without major-event days", "1/year", minimum=0.0, nullable=True
    )
    saifi_loss_of_supply_removed = number(
        "Interruptions per customer, all events, loss of supply removed", "1/year", minimum=0.0, nullable=True
    )
    caidi_all_events_minutes = number("Minutes per interruption, all events", "minutes", minimum=0.0, nullable=True)
    caidi_without_major_event_days_minutes = number(
        "Minutes per interruption, without major-event days", "minutes", minimum=0.0, nullable=True
    )
    source_title = title()
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()


@table(
    "core.emission_factors",
    grain="One row per emission factor, heat content or warming potential.",
    time="data_year is the year the figure describes.",
)
class EmissionFactors(dy.Schema):
    factor_type = choice(
        "Kind of factor", ["fuel_combustion", "grid_subregion", "heat_content", "gwp100", "methane_leakage"], key=True
    )
    region_or_fuel = text("Fuel, eGRID subregion, state or gas", key=True)
    name = text("Name in words", nullable=True)
    pollutant = text("What is emitted, or heat", key=True)
    value = number("Figure", "see unit", minimum=0.0)
    unit = choice(
        "Unit of the figure",
        [
            "kg_per_MMBtu",
            "kg_per_MWh",
            "kg_per_gallon",
            "Btu_per_cubic_foot",
            "kg_CO2e_per_kg",
            "fraction_of_gas_produced",
        ],
        key=True,
    )
    basis = text("Heating value, or the output the rate refers to", nullable=True)
    data_year = integer("Year described", "year", minimum=1990, nullable=True)
    note = note_on_figure()
    source_title = title(key=True)
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()


@table(
    "core.data_centre_load",
    grain="One row per published fact on the load, the flexibility or the value of data centres.",
)
class DataCentreLoad(dy.Schema):
    topic = text("Topic", key=True)
    subject = text("What the figure describes", key=True)
    low = number("Low figure", "see unit", nullable=True)
    mid = number("Central or only figure", "see unit", nullable=True)
    high = number("High figure", "see unit", nullable=True)
    unit = text("Unit of low, mid and high")
    condition = text("What the figure holds for", key=True)
    note = note_on_figure()
    source_title = title(key=True)
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()


@table("core.temperature_outage", grain="One row per prime mover and temperature: the forced outage rate there.")
class TemperatureOutage(dy.Schema):
    prime_mover = choice("Prime mover: CT gas turbine, DS diesel engine, NU nuclear", ["CT", "DS", "NU"], key=True)
    technology = text("Technology the prime mover stands for")
    temperature_c = number("Air temperature", "deg C", minimum=-60.0, maximum=60.0, key=True)
    forced_outage_rate = number("Share of capacity on forced outage", "fraction", minimum=0.0, maximum=1.0)
    source_title = title()
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()


@table(
    "core.locational_multipliers",
    grain="One row per technology and city: capital cost there against the base location.",
)
class LocationalMultipliers(dy.Schema):
    technology = text("Technology", key=True)
    reference_plant = text("Plant that was priced")
    state = us_state("US state, two-letter code", key=True)
    city = text("City", key=True)
    county_fips = text("County that the city lies in", regex=r"^\d{5}$")
    latitude = number("Population-weighted centre of that county", "deg north", minimum=18.0, maximum=72.0)
    longitude = number("Population-weighted centre of that county", "deg east", minimum=-180.0, maximum=-60.0)
    base_capex_usd_per_kw = number("Capital cost at the base location", "USD/kW", minimum=0.0)
    multiplier = number("Capital cost there over that of the base location", "ratio", minimum=0.5, maximum=3.0)
    source_title = title()
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()


@table(
    "core.industrial_capacity",
    grain="One row per published backlog, output, expansion or deficit of an equipment class.",
)
class IndustrialCapacity(dy.Schema):
    equipment_class = text("Equipment class", key=True)
    company_or_scope = text("Company, country or scope", key=True)
    metric = text("What is counted", key=True)
    low = number("Low figure", "see unit", nullable=True)
    mid = number("Central or only figure", "see unit", nullable=True)
    high = number("High figure", "see unit", nullable=True)
    unit = text("Unit of low, mid and high")
    period = text("Period or date described", key=True)
    note = note_on_figure()
    source_title = title(key=True)
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()


@table(
    "core.price_projections", grain="One row per price series, census division, case and year.", time="Calendar years."
)
class PriceProjections(dy.Schema):
    series = choice("Price series", ["electricity_industrial"], key=True)
    region = text("Census division, or US", key=True)
    case = choice("Case of the outlook", ["reference", "high_oil_and_gas_supply", "low_oil_and_gas_supply"], key=True)
    year = integer("Year", "year", key=True, minimum=2020)
    price_2024_usd_per_mmbtu = number("Price in dollars of 2024", "USD/MMBtu", minimum=0.0)
    source_title = title()
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()
