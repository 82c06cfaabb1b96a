"""Contracts of prices, costs, value and the ranking."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, flag, integer, number, table, text, timestamp
from pipelines.contracts.costs import (
    CHARGED_COMPONENTS,
    COMPONENTS,
    SIMPLE_COMPONENTS,
    Candidates,
    Chosen,
    LcoeComponents,
)
from pipelines.contracts.gas import GasPricesByRegion, GasPriceYears
from pipelines.contracts.permits import PERMIT_CLASSES
from pipelines.contracts.procurement import POSTURES

SCORE_COMPONENTS = ["speed", "cost", "reliability", "resilience", "carbon"]
"""Parts of a score, in the order they are shown; their weights sum to 1."""


@table(
    "core.power_prices_by_region",
    grain="One row per region: the grid energy price, carbon intensity and interruptions of the grid there.",
    time="as_of is the vintage of the price; prices are real dollars of the dollar year in settings.",
)
class PowerPricesByRegion(dy.Schema):
    """Grid energy by region."""

    region_id = text("Region", key=True)
    state = text("Postal code of the state")
    egrid_subregion = text("EGRID subregion")
    power_price_usd_per_mwh = number(
        "Average price of all industrial customers of the state; large-load tariffs differ",
        "USD/MWh",
        minimum=0,
        maximum=1000,
    )
    power_level_usd_per_mwh = number(
        "Level price over the project: tonight's, moved by the outlook", "USD/MWh", minimum=0, maximum=2000
    )
    period = text("Months or year the price is averaged over")
    is_industrial_average = flag("The price is the state's industrial average, not a large-load tariff")
    large_load_tariff_id = text(
        "Cited tariff for large loads of a utility in the county, joins to core.large_load_tariffs; empty where none "
        "is cited, and then no such terms are charged",
        nullable=True,
    )
    is_only_utility = flag(
        "No other utility serves the county, so that the tariff's utility serves the site; empty without a tariff",
        nullable=True,
    )
    contract_mw_from = number("Contracted demand from which the tariff holds", "MW", minimum=0, nullable=True)
    load_factor_from_frac = number(
        "Load factor from which the tariff holds", "fraction", minimum=0, maximum=1, nullable=True
    )
    minimum_bill_frac = number(
        "Least bill, share of the bill at the contracted demand", "fraction", minimum=0, maximum=1, nullable=True
    )
    minimum_delivery_frac = number(
        "Least demand that delivery is billed for, share of the contracted one",
        "fraction",
        minimum=0,
        maximum=1,
        nullable=True,
    )
    minimum_generation_frac = number(
        "Least demand that generation is billed for, share of the contracted one",
        "fraction",
        minimum=0,
        maximum=1,
        nullable=True,
    )
    term_years = number("Term of the contract", "years", minimum=0, nullable=True)
    has_collateral = flag("The tariff takes collateral; empty without a tariff", nullable=True)
    grid_co2_kg_per_mwh = number("Average output rate of the eGRID subregion", "kg/MWh", minimum=0, maximum=2000)
    grid_co2_year = integer("Data year of that rate", "year")
    source_title = text("Title of the source of the price")
    publisher = text("Publisher of that source")
    url = text("Address of that source")
    as_of = text("Date of the price source")


@table(
    "mart.fuel_prices",
    grain="One row per region and fuel: the price used that night, its unit, basis and source.",
    time="as_of is the vintage of the figure; prices are real dollars of the dollar year in settings.",
)
class FuelPrices(dy.Schema):
    """Prices of fuels and grid energy as used."""

    region_id = text("Region", key=True)
    fuel = choice("What is bought", ["diesel", "grid_power", "natural_gas", "uranium"], key=True)
    spot_price = number("Price tonight", "see unit", minimum=0)
    near_price = number(
        "Price of the year after the night in the outlook; empty for grid energy, see energy_outlook",
        "see unit",
        minimum=0,
        nullable=True,
    )
    long_run_price = number(
        "Mean price of the operating years of the long run; empty for grid energy",
        "see unit",
        minimum=0,
        nullable=True,
    )
    level_price = number("Level price over the project, which the cost counts", "see unit", minimum=0)
    carbon_level_price = number(
        "Level price of carbon that comes on top where a rule covers the plant", "see unit", minimum=0
    )
    unit = choice("Unit of the price", ["USD/MMBtu", "USD/MWh"])
    price_basis = text("What the price is made of")
    is_fallback = flag("A stand-in, because the better figure is not at hand")
    is_assumption = flag("Rests on a setting or a judgement without a cited source")
    co2_kg_per_unit = number("CO2 per MMBtu or per MWh of grid energy", "kg per MMBtu or MWh", minimum=0)
    source_title = text("Title of the source")
    publisher = text("Publisher of the source")
    url = text("Address of the source; empty for a setting")
    as_of = text("Date of the figure; empty for a setting")


@table(
    "mart.score_anchors",
    grain="One row per part of the score and column that it scores: the values worth 0 and 100, and the weight.",
)
class ScoreAnchors(dy.Schema):
    """Fixed anchors, so that a score means the same every night."""

    component = choice("Part of the score", SCORE_COMPONENTS, key=True)
    column_name = text("Column of ranked_sites that is scored", key=True)
    unit = text("Unit of that column and of the anchors")
    transform = choice("How the column is read before it is scored", ["linear", "nines"])
    anchor_low = number("Value that scores 0", "unit of the row")
    anchor_high = number("Value that scores 100", "unit of the row")
    weight = number(
        "Default weight of the row in the score; a part weighs the sum of its rows, and all rows sum to 1",
        "fraction",
        minimum=0,
        maximum=1,
    )
    reason = text("Why the anchors stand where they stand")


@table(
    "mart.ranked_sites",
    grain="One row per region and stack: the design worth most among the least-cost ones at the target, ranked.",
    time="as_of_utc is the logical date of the night.",
)
class RankedSites(dy.Schema):
    """The ranking."""

    rank = integer("Place among all rows: target met first, then value", minimum=1)
    region_rank = integer("Place of the region by its best stack", minimum=1)
    is_region_best = flag("This row is the region's best stack")
    region_id = text("Region", key=True)
    region_name = text("Name of the region")
    state = text("Postal code of the state")
    iso = text("Grid operator or non-ISO area")
    latitude = number("Latitude of the region's centre", "degrees north", minimum=-90, maximum=90)
    longitude = number("Longitude of the region's centre", "degrees east", minimum=-180, maximum=180)
    stack_id = text("Stack", key=True)
    design_id = text("Chosen design")
    solar_mw = number("Solar", "MW", minimum=0)
    bess_mw = number("Dispatch battery, power", "MW", minimum=0)
    bess_mwh = number("Dispatch battery, energy", "MWh", minimum=0)
    reserve_mw = number("Ride-through reserve battery, power", "MW", minimum=0)
    reserve_mwh = number("Ride-through reserve battery, energy", "MWh", minimum=0)
    grid_mw = number("Grid connection", "MW", minimum=0)
    baseload_technology = text("Baseload technology, empty where there is none")
    baseload_units = integer("Baseload units", minimum=0)
    baseload_unit_mw = number("Rating of a baseload unit", "MW", minimum=0)
    firm_technology = text("Firm or standby technology, empty where there is none")
    firm_units = integer("Firm or standby units", minimum=0)
    firm_unit_mw = number("Rating of a firm unit", "MW", minimum=0)
    fuel_service = text("How the gas is secured, see fuel_services; none without gas units")
    gas_basin_left_frac = number(
        "Share of the losses to freeze-offs of the basin that the service leaves", "fraction", minimum=0, maximum=1
    )
    gas_lateral_left_frac = number(
        "Share of the losses to the gas lateral that the service leaves", "fraction", minimum=0, maximum=1
    )
    first_mw_months_p10 = number("Months to the first module at target, 10th percentile", "months", minimum=0)
    first_mw_months_p50 = number("Months to the first module at target, median", "months", minimum=0)
    first_mw_months_p90 = number("Months to the first module at target, 90th percentile", "months", minimum=0)
    full_mw_months_p50 = number("Months to full capacity, median", "months", minimum=0)
    critical_activity = text("Activity most often on the critical path")
    p_first_mw_24_months = number("Probability of the first module by month 24", "fraction", minimum=0, maximum=1)
    p_first_mw_36_months = number("Probability of the first module by month 36", "fraction", minimum=0, maximum=1)
    completion_probability = number(
        "Probability that the project is energised at all", "fraction", minimum=0, maximum=1
    )
    lcoe_usd_per_mwh = number(
        "Levelised cost per MWh served at the bus, real, after tax: it earns the owners' target return", "USD/MWh"
    )
    lcoe_simple_usd_per_mwh = number(
        "Levelised cost per MWh served at the bus by capital recovery, real, before tax", "USD/MWh", minimum=0
    )
    capex_usd_per_kw = number("Overnight capital of the power stack per kW of IT", "USD/kW IT", minimum=0)
    availability_frac = number(
        "IT energy served of that demanded, outages and natural hazards counted", "fraction", minimum=0, maximum=1
    )
    online_availability_frac = number(
        "IT energy served of that demanded, over the phases of the plant, weighted with the time online in each; what "
        "the value counts",
        "fraction",
        minimum=0,
        maximum=1,
    )
    full_service_hours_frac = number("Hours fully served", "fraction", minimum=0, maximum=1)
    is_target_met = flag("The availability target is reached and the stack keeps its defining parts")
    is_eligible = flag(
        "No rule that counts as proven stops a site of this size there, and its gas is within reach; ineligible rows "
        "rank last"
    )
    blocked_by = text("What stops a site there, or that its gas is out of reach; empty where eligible")
    is_composition_met = flag("The stack keeps its defining parts")
    is_least_cost = flag("No design of the stack that reaches the target costs less; false where more units earn more")
    lolh_hours_per_year = number("Hours with any load unserved", "h/year", minimum=0)
    eue_mwh_per_year = number("Expected unserved energy", "MWh/year", minimum=0)
    interruptions_per_year = number("Interruptions of the whole site", "1/year", minimum=0)
    largest_cause = text("Cause of most of the unserved energy")
    nines = number("Nines of the energy served, -log10 of the share lost; not of uptime", "1", nullable=True)
    mc_lole_events_per_year = number("Events of unserved load in sampled years", "1/year", minimum=0, nullable=True)
    mc_eue_mwh_per_year = number("Unserved energy in sampled years, mean", "MWh/year", minimum=0, nullable=True)
    mc_eue_mwh_per_year_se = number("Standard error of that mean", "MWh/year", minimum=0, nullable=True)
    mc_unserved_mwh_p50 = number("Unserved energy of a sampled year, median", "MWh", minimum=0, nullable=True)
    mc_unserved_mwh_p95 = number("Unserved energy of a sampled year, 95th percentile", "MWh", minimum=0, nullable=True)
    mc_unserved_mwh_p99 = number("Unserved energy of a sampled year, 99th percentile", "MWh", minimum=0, nullable=True)
    mc_longest_outage_hours = number("Longest event of all sampled years", "h", minimum=0, nullable=True)
    mc_unserved_mwh_cvar95 = number(
        "Unserved energy of a year, mean of the worst twentieth of sampled years", "MWh", minimum=0, nullable=True
    )
    worst_years_served_frac = number(
        "Energy served of that demanded in the worst twentieth of sampled years",
        "fraction",
        minimum=0,
        maximum=1,
        nullable=True,
    )
    survival_of = text("What a loss from outside takes: grid, gas_supply or nothing", nullable=True)
    rides_through_24h_frac = number(
        "Probability to ride through the loss of gas or grid for 24 h from a random hour; 1 where nothing is supplied "
        "from outside",
        "fraction",
        minimum=0,
        maximum=1,
        nullable=True,
    )
    renewable_frac = number("Solar delivered to the load, share of load served", "fraction", minimum=0, maximum=1)
    co2_kg_per_mwh = number("CO2 of combustion and grid energy per MWh served", "kg/MWh", minimum=0)
    gas_price_usd_per_mmbtu = number("Price of natural gas in the region tonight", "USD/MMBtu", minimum=0)
    gas_level_usd_per_mmbtu = number(
        "Level price of natural gas over the project in the outlook, which the cost counts", "USD/MMBtu", minimum=0
    )
    is_gas_price_fallback = flag("That price is the state's retail average")
    air_permit_class = choice(
        "Likeliest class of the air permit behind the controls that pay, see air_permits; empty where places do not "
        "count",
        PERMIT_CLASSES,
        nullable=True,
    )
    air_permit_months_p50 = number(
        "Months from a complete application to the air permit, median; empty where places do not count",
        "months",
        minimum=0,
        nullable=True,
    )
    gas_lateral_km = number(
        "Length of the gas lateral, median over the sites of the county that are searched; empty where no piped gas "
        "is burnt",
        "km",
        minimum=0,
        nullable=True,
    )
    is_gas_reachable = flag(
        "Whether gas is within the longest lateral that a site of the region is built for; empty where places do not "
        "count",
        nullable=True,
    )
    grid_line_km = number(
        "Line from the nearest substation of 100 kV or more to the county's centre; empty without a grid connection or "
        "where unknown",
        "km",
        minimum=0,
        nullable=True,
    )
    has_brownfield = flag(
        "Whether the site of a closed fossil plant is within reach of a grid connection; empty without one",
        nullable=True,
    )
    land_acres = number(
        "Land of solar, batteries, load and units; empty where land does not follow from the place",
        "acre",
        minimum=0,
        nullable=True,
    )
    has_land_room = flag(
        "Whether the open land of the county has room for the solar of the plant; empty where land does not follow "
        "from the place",
        nullable=True,
    )
    power_price_usd_per_mwh = number(
        "Industrial average price of grid energy in the state tonight", "USD/MWh", minimum=0
    )
    power_level_usd_per_mwh = number(
        "Level price of grid energy over the project in the outlook, which the cost counts", "USD/MWh", minimum=0
    )
    usable_mw_months_60 = number("Expected IT MW-months usable within 60 months", "MW-months", minimum=0)
    value_usd_per_mw = number(
        "Discounted margin over the horizon per planned MW of IT: online_years_discounted x net_usd_per_mw_year",
        "USD/MW",
    )
    tie_id = integer("Rows with the same number lie within tie_frac of each other's value", minimum=1)
    top10_frac = number("Draws of the inputs in which the row is among the first ten", "fraction", minimum=0, maximum=1)
    rank_p05 = number("Rank, 5th percentile over draws of the inputs", "rank", minimum=1)
    rank_p95 = number("Rank, 95th percentile over draws of the inputs", "rank", minimum=1)
    online_years_discounted = number(
        "Discounted years that a planned MW is expected online within the horizon: the speed in the value",
        "years",
        minimum=0,
    )
    net_usd_per_mw_year = number(
        "What a MW of IT online earns in a year: availability x (margin - power) - restarts", "USD/MW/year"
    )
    power_usd_per_mw_year = number("Cost of the power of one MW of IT: LCOE x energy at the bus", "USD/MW/year")
    restart_usd_per_mw_year = number("Margin lost to restarts after interruptions of the site", "USD/MW/year")
    unserved_usd_per_mw_year = number("Margin lost to unserved energy and restarts", "USD/MW/year")
    delay_usd_per_mw_month = number("Value lost if everything came a month later", "USD/MW/month")
    is_pareto = flag("No other row is as good in months to the first MW, LCOE, availability and CO2, and better in one")
    speed_score = number("Speed on its anchors", "0-100", minimum=0, maximum=100)
    cost_score = number("Cost on its anchors", "0-100", minimum=0, maximum=100)
    reliability_score = number("Reliability on its anchors", "0-100", minimum=0, maximum=100)
    resilience_score = number(
        "Resilience on its anchors: the worst twentieth of years, and 24 h without gas or grid; empty where the row is "
        "not sampled",
        "0-100",
        minimum=0,
        maximum=100,
        nullable=True,
    )
    carbon_score = number("Carbon on its anchors", "0-100", minimum=0, maximum=100)
    score = number("Weighted mean of the parts that the row has", "0-100", minimum=0, maximum=100)
    weather_source = text("Where the hours come from: a weather file, a live source, or the synthetic reference year")
    posture = choice("How the equipment is bought: the posture of the night, whose months these are", POSTURES)
    is_stale = flag("An input is older than its source's limit")
    as_of_utc = timestamp("Logical date of the night")
    run_id = text("Run that made the row")


__all__ = [
    "CHARGED_COMPONENTS",
    "COMPONENTS",
    "SCORE_COMPONENTS",
    "SIMPLE_COMPONENTS",
    "Candidates",
    "Chosen",
    "FuelPrices",
    "GasPriceYears",
    "GasPricesByRegion",
    "LcoeComponents",
    "PowerPricesByRegion",
    "RankedSites",
    "ScoreAnchors",
]
