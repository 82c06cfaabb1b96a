"""Contracts of what gas costs: hubs, the hub of a place, Henry Hub by year, carbon, and the price of each region."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from pipelines.contracts.base import choice, flag, integer, number, table, text
from pipelines.contracts.citation import (
    RowRule,
    as_of_date,
    note_on_figure,
    publisher_name,
    title,
    url_of_source,
    us_state,
)

PATH_CASES = ["high_oil_and_gas_supply", "low_oil_and_gas_supply", "reference"]
VERIFICATIONS = ["derived", "held", "judgement", "recalled", "seen"]
FACTS = ["derived", "held", "seen"]
"""Rows of these kinds of evidence are facts; the others are assumptions."""
PRICE_BASES = ["henry_hub_plus_basis", "state_industrial"]


def _ordered(prefix: str) -> RowRule:
    low, middle, high = (pl.col(f"{prefix}_{end}_usd_per_mmbtu") for end in ("low", "mid", "high"))
    return RowRule(
        f"{prefix}_low_to_high",
        f"{prefix}_mid_usd_per_mmbtu",
        (low <= middle) & (middle <= high),
        f"the {prefix} does not lie between its low and its high figure",
    )


BASIS_ORDERED, ADDER_ORDERED = _ordered("basis"), _ordered("adder")
MARKET_IS_FIRST = RowRule(
    "market_is_first",
    "priority",
    (pl.col("priority") == 0) == pl.col("region_id").is_not_null(),
    "priority 0 is for the rows of single regions, which name their region_id",
)
GAS_ROW_RULES: dict[str, list[RowRule]] = {
    "core.gas_hubs": [BASIS_ORDERED],
    "core.gas_hub_rules": [ADDER_ORDERED, MARKET_IS_FIRST],
}


def _verification() -> dy.String:
    return choice("Evidence of the figure; recalled and judgement are assumptions", VERIFICATIONS)


def _dollar_year() -> dy.Int64:
    return integer("Year of the dollars", "year", minimum=2000)


@table(
    "core.gas_hubs",
    grain="One row per gas hub and year: its price less that of Henry Hub; linear between years, flat outside them.",
    time="Calendar years.",
)
class GasHubs(dy.Schema):
    gas_hub = text("Hub", key=True, regex=r"^[a-z0-9_]+$")
    hub_name = text("Name of the hub")
    year = integer("Year", "year", key=True, minimum=2020)
    basis_low_usd_per_mmbtu = number("Low basis", "USD/MMBtu", minimum=-20.0, maximum=50.0)
    basis_mid_usd_per_mmbtu = number("Central basis", "USD/MMBtu", minimum=-20.0, maximum=50.0)
    basis_high_usd_per_mmbtu = number("High basis", "USD/MMBtu", minimum=-20.0, maximum=50.0)
    dollar_year = _dollar_year()
    evidence = text("What the figure is judged from")
    verification = _verification()
    note = note_on_figure()
    source_title = title()
    publisher = publisher_name()
    url = url_of_source(nullable=True)
    as_of = as_of_date()

    @dy.rule()
    def basis_low_to_high(cls) -> pl.Expr:
        return BASIS_ORDERED.is_kept


@table(
    "core.gas_hub_rules",
    grain="One row per rule that gives a place its hub: a region by its id, or a part of a state; the first that fits "
    "by priority holds.",
)
class GasHubRules(dy.Schema):
    rule_id = text("Rule", key=True, regex=r"^[a-z0-9_]+$")
    region_id = text("Region that the rule is for; empty where it is for a part of a state", nullable=True)
    state = us_state("State, two-letter code")
    priority = integer("Order in which the rules of a state are tried; 0 for single regions", minimum=0)
    latitude_from = number("Fits from this latitude", "deg north", minimum=-90.0, maximum=90.0, nullable=True)
    latitude_below = number("Fits below this latitude", "deg north", minimum=-90.0, maximum=90.0, nullable=True)
    longitude_from = number("Fits from this longitude", "deg east", minimum=-180.0, maximum=180.0, nullable=True)
    longitude_below = number("Fits below this longitude", "deg east", minimum=-180.0, maximum=180.0, nullable=True)
    gas_hub = text("Hub, joins to core.gas_hubs")
    adder_low_usd_per_mmbtu = number("From hub to site, low", "USD/MMBtu", minimum=-5.0, maximum=20.0)
    adder_mid_usd_per_mmbtu = number("From hub to site, central", "USD/MMBtu", minimum=-5.0, maximum=20.0)
    adder_high_usd_per_mmbtu = number("From hub to site, high", "USD/MMBtu", minimum=-5.0, maximum=20.0)
    dollar_year = _dollar_year()
    verification = _verification()
    note = note_on_figure()
    source_title = title()
    publisher = publisher_name()
    url = url_of_source(nullable=True)
    as_of = as_of_date()

    @dy.rule()
    def adder_low_to_high(cls) -> pl.Expr:
        return ADDER_ORDERED.is_kept

    @dy.rule()
    def market_is_first(cls) -> pl.Expr:
        return MARKET_IS_FIRST.is_kept


@table(
    "core.henry_hub_path",
    grain="One row per case of the outlook and year: the price at Henry Hub.",
    time="Calendar years.",
)
class HenryHubPath(dy.Schema):
    outlook_case = choice("Case of the outlook", PATH_CASES, key=True)
    year = integer("Year", "year", key=True, minimum=2020)
    henry_hub_usd_per_mmbtu = number("Price at Henry Hub", "USD/MMBtu", minimum=0.0, maximum=100.0)
    dollar_year = _dollar_year()
    verification = _verification()
    note = note_on_figure()
    source_title = title()
    publisher = publisher_name()
    url = url_of_source(nullable=True)
    as_of = as_of_date()


@table(
    "core.carbon_prices",
    grain="One row per rule that prices carbon and year from which a price holds; it grows from there to the next row.",
    time="Calendar years.",
)
class CarbonPrices(dy.Schema):
    carbon_rule = text("Rule that prices carbon", key=True, regex=r"^[a-z0-9_]+$")
    year = integer("Year from which the price holds", "year", key=True, minimum=2020)
    price_usd_per_tonne = number("Price of CO2", "USD/tonne", minimum=0.0, maximum=1000.0)
    growth_frac_per_year = number("Real growth from that year on", "1/year", minimum=-0.5, maximum=0.5)
    dollar_year = _dollar_year()
    verification = _verification()
    note = note_on_figure()
    source_title = title()
    publisher = publisher_name()
    url = url_of_source(nullable=True)
    as_of = as_of_date()


@table("core.carbon_rules", grain="One row per state in which a rule prices the carbon of gas burnt on a site.")
class CarbonRules(dy.Schema):
    state = us_state("State, two-letter code", key=True)
    carbon_rule = text("Rule, joins to core.carbon_prices")
    unit_mw_from = number("Covers plants with a unit of this rating or more", "MW", minimum=0.0, nullable=True)
    tonnes_per_year_from = number("Covers plants that emit this much or more", "tonne/year", minimum=0.0, nullable=True)
    has_supplier_duty = flag("Below the thresholds the supplier of the gas pays and passes it on")
    verification = _verification()
    note = note_on_figure()
    source_title = title()
    publisher = publisher_name()
    url = url_of_source(nullable=True)
    as_of = as_of_date()


@table(
    "core.gas_prices_by_region",
    grain="One row per region: the gas price a generator there pays, and what it is made of.",
    time="as_of is the month of the spot price; prices are real dollars of the dollar year in settings.",
)
class GasPricesByRegion(dy.Schema):
    """Delivered natural gas by region, before carbon."""

    region_id = text("Region", key=True)
    state = text("Postal code of the state")
    gas_hub = text("Hub of the region; empty where none is mapped")
    hub_name = text("Name of the hub; empty where none is mapped")
    gas_rule = text("Rule that gives the region its hub; empty where none does")
    henry_hub_usd_per_mmbtu = number("Henry Hub spot, newest month", "USD/MMBtu", minimum=0)
    near_basis_usd_per_mmbtu = number(
        "Delivered price less Henry Hub in the year after the night", "USD/MMBtu", nullable=True
    )
    long_run_basis_usd_per_mmbtu = number("The same in the long run", "USD/MMBtu", nullable=True)
    hub_basis_level_usd_per_mmbtu = number("Basis of the hub, level over the project", "USD/MMBtu", nullable=True)
    hub_basis_low_usd_per_mmbtu = number("Level of its low basis", "USD/MMBtu", nullable=True)
    hub_basis_high_usd_per_mmbtu = number("Level of its high basis", "USD/MMBtu", nullable=True)
    adder_usd_per_mmbtu = number("From hub to site", "USD/MMBtu", nullable=True)
    adder_low_usd_per_mmbtu = number("From hub to site, low", "USD/MMBtu", nullable=True)
    adder_high_usd_per_mmbtu = number("From hub to site, high", "USD/MMBtu", nullable=True)
    state_industrial_usd_per_mmbtu = number(
        "Retail average price of industrial gas in the state", "USD/MMBtu", minimum=0, nullable=True
    )
    gas_price_usd_per_mmbtu = number(
        "Delivered price tonight: spot and the basis of the year after the night", "USD/MMBtu", minimum=0, maximum=100
    )
    gas_near_usd_per_mmbtu = number(
        "Delivered price of the year after the night on the outlook's path", "USD/MMBtu", minimum=0, maximum=100
    )
    gas_long_run_usd_per_mmbtu = number(
        "Mean delivered price of the operating years with the long-run basis", "USD/MMBtu", minimum=0, maximum=100
    )
    gas_level_usd_per_mmbtu = number(
        "Level delivered price over the project, which the cost counts", "USD/MMBtu", minimum=0, maximum=100
    )
    carbon_rule = text("Rule that prices the carbon of gas burnt there; empty where none does")
    carbon_near_usd_per_mmbtu = number("Its price in the year after the night", "USD/MMBtu", minimum=0)
    carbon_level_usd_per_mmbtu = number("Its level price over the project", "USD/MMBtu", minimum=0)
    carbon_unit_mw_from = number("Covers plants with a unit of this rating or more", "MW", minimum=0, nullable=True)
    carbon_tonnes_from = number("Covers plants that emit this much or more", "tonne/year", minimum=0, nullable=True)
    has_supplier_duty = flag("Below the thresholds the supplier pays and passes it on")
    price_basis = choice("What the price used is made of", PRICE_BASES)
    is_fallback = flag("The state's retail average, the last resort: no hub is mapped")
    is_floored = flag("In some year the price would lie below the floor")
    co2_kg_per_mmbtu = number("Combustion CO2 of natural gas, higher heating value", "kg/MMBtu", minimum=0)
    source_title = text("Title of the source of the price used")
    publisher = text("Publisher of that source")
    url = text("Address of that source")
    as_of = text("Month of the newest figure used")


@table(
    "mart.gas_price_years",
    grain="One row per region and year of operation: the delivered price of gas and its parts.",
    time="Calendar years; prices are real dollars of the dollar year in settings.",
)
class GasPriceYears(dy.Schema):
    """Gas by year: Henry Hub, basis and carbon."""

    region_id = text("Region", key=True)
    year = integer("Year of operation", "year", key=True)
    henry_hub_usd_per_mmbtu = number("Henry Hub: the spot price fading into the outlook", "USD/MMBtu", minimum=0)
    basis_usd_per_mmbtu = number(
        "Delivered price less Henry Hub; empty where no hub is mapped", "USD/MMBtu", nullable=True
    )
    gas_price_usd_per_mmbtu = number("Delivered price before carbon", "USD/MMBtu", minimum=0)
    carbon_usd_per_mmbtu = number("Carbon, where a rule covers the plant", "USD/MMBtu", minimum=0)
