"""Contracts of the reference tables on places, technologies and rules, each row with its citation.

Every row names the title, the publisher, the address and the date of its source. Where sources disagree, `is_default`
marks the row that is used and `choice_reason` says why.
"""

from __future__ import annotations

import dataframely as dy
import polars as pl

from pipelines.contracts import large_load as _large_load  # noqa: F401 - registers the tables
from pipelines.contracts import permission as _permission  # noqa: F401 - registers the tables
from pipelines.contracts import places as _places  # noqa: F401 - registers the tables
from pipelines.contracts.base import choice, day, flag, integer, number, table, text
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
from pipelines.contracts.gas import GAS_ROW_RULES
from pipelines.contracts.reference_series import GAS_PRICE_RULES

TAX_PROVISIONS = ["48E", "45Y", "168", "168(k)", "11"]
TAX_UNITS = ["percent_of_capital", "percent", "USD_per_MWh", "years"]
MARKET_TYPES = ["emerging_btm", "emerging_hub", "energy_resource", "established_hub", "hyperscale_campus"]
LOW_TO_HIGH = RowRule(
    "low_to_high",
    "low",
    pl.col("low").is_null() | pl.col("high").is_null() | (pl.col("low") <= pl.col("high")),
    "the low figure is above the high one",
)
HAS_FIGURE = RowRule(
    "has_figure",
    "mid",
    pl.any_horizontal(pl.col("low", "mid", "high").is_not_null()),
    "the row has no figure in low, mid or high",
)
HAS_REASON = RowRule(
    "has_reason",
    "choice_reason",
    ~pl.col("is_default") | (pl.col("choice_reason").fill_null("") != ""),
    "the default has no choice_reason",
)
ONE_DEFAULT = RowRule(
    "one_default",
    "is_default",
    pl.col("is_default").sum().over("technology", "parameter") == 1,
    "technology and parameter need exactly one default row",
)
RANKABLE_IS_PLACED = RowRule(
    "rankable_is_placed",
    "state",
    ~pl.col("is_rankable") | (pl.col("state").is_not_null() & pl.col("county_fips").is_not_null()),
    "a rankable market needs a state and a county_fips",
)
COST_BASES = ["equipment", "installed", "overnight", "all_in"]
HAS_COST_BASIS = RowRule(
    "has_cost_basis",
    "cost_basis",
    ~(pl.col("is_default") & pl.col("parameter").str.starts_with("capex") & pl.col("unit").str.contains("USD_"))
    | pl.col("cost_basis").is_not_null(),
    "the default of a capital cost does not say whether it is equipment, installed, overnight or all_in",
)
OWN_PUBLISHER = "firstmw"
"""Publisher of a row that no document gives: a named assumption, without an address."""
HAS_SOURCE = RowRule(
    "has_source",
    "url",
    pl.when(pl.col("publisher") == OWN_PUBLISHER)
    .then(pl.col("url").is_null() & ~pl.col("is_derived") & pl.col("choice_reason").str.contains("assumption"))
    .otherwise(pl.col("url").is_not_null() | pl.col("publisher").str.contains("address not given")),
    "an assumption (publisher firstmw) has no url, is not derived and is called assumption in choice_reason; any other "
    "row has a url, or a publisher that says address not given",
)
ROW_RULES: dict[str, list[RowRule]] = {
    "core.candidate_markets": [RANKABLE_IS_PLACED],
    "core.gas_prices": GAS_PRICE_RULES,
    **GAS_ROW_RULES,
    "core.technology": [HAS_FIGURE, LOW_TO_HIGH, HAS_REASON, ONE_DEFAULT, HAS_COST_BASIS, HAS_SOURCE],
}
"""Rules over several columns by table, for messages that name column and value."""


@table("core.candidate_markets", grain="One row per candidate market; a US market stands at the centre of its county.")
class CandidateMarkets(dy.Schema):
    region_id = text("Market id", key=True, regex=r"^[a-z0-9_]+$")
    region_name = text("Name of the market")
    country = text("Country, two-letter code", regex=r"^[A-Z]{2}$")
    state = us_state("US state, two-letter code", nullable=True)
    county_name = text("US county", nullable=True)
    county_fips = text("US county, five-digit FIPS code", nullable=True, regex=r"^\d{5}$")
    iso = text("Grid operator, or the non-ISO area", nullable=True)
    iso_basis = text("Where the grid operator was taken from")
    balancing_area = text("Balancing area", nullable=True)
    egrid_subregion = text("eGRID subregion, joins to core.emission_factors", nullable=True)
    latitude = number("Latitude", "deg north", minimum=-90.0, maximum=90.0)
    longitude = number("Longitude", "deg east", minimum=-180.0, maximum=180.0)
    coordinate_basis = text("What the coordinates stand for")
    gas_price_state = us_state("State whose retail gas price applies, joins to core.gas_prices", nullable=True)
    market_type = choice("Kind of market", MARKET_TYPES)
    atlas_sites = integer("Data centres in the county, by the IM3 atlas", "count", minimum=0, nullable=True)
    lead_project = text("Largest project known there", nullable=True)
    lead_project_mw = number("Size of that project", "MW", minimum=0.0, nullable=True)
    onsite_power_mw = number("On-site generation of that project", "MW", minimum=0.0, nullable=True)
    project_status = text("Status of that project", nullable=True)
    verification = choice("How the market was found", ["source", "atlas", "general_geography"])
    is_rankable = flag("Whether the reference facts suffice to rank the market (US markets)")
    note = note_on_figure()
    source_title = title()
    publisher = publisher_name()
    url = url_of_source(nullable=True)
    as_of = as_of_date()

    @dy.rule()
    def rankable_is_placed(cls) -> pl.Expr:
        return RANKABLE_IS_PLACED.is_kept


@table("core.climate_stations", grain="One row per TMY3 station.")
class ClimateStations(dy.Schema):
    station_id = text("TMY3 station number", key=True)
    station_name = text("TMY3 station")
    state = us_state("State of the station", also=("GU", "PR", "VI"))
    latitude = number("Latitude of the station", "deg north", minimum=-90.0, maximum=90.0)
    longitude = number("Longitude of the station", "deg east", minimum=-180.0, maximum=180.0)
    elevation_m = number("Height of the station above the sea", "m", minimum=-100.0, maximum=4500.0)
    tmy3_class = choice("TMY3 class: I least uncertain, II more, III incomplete period of record", ["I", "II", "III"])
    clock_off_months = integer(
        "Months whose global irradiation lies 0.75 h or more from solar noon: where there are any, the station's beam "
        "and diffuse irradiation are not used",
        "count",
        minimum=0,
    )
    source_title = title()
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()


@table(
    "core.climatology_monthly",
    grain="One row per TMY3 station and month of the year; the source is that of the station.",
    time="Months are local calendar months of the typical meteorological year (1976-2005).",
)
class ClimatologyMonthly(dy.Schema):
    station_id = text("TMY3 station number, joins to core.climate_stations", key=True)
    month = integer("Month of the year, 1 to 12", key=True, minimum=1)
    ghi_kwh_per_m2_day = number("Global horizontal irradiation, daily mean", "kWh/m2/day", minimum=0.0, maximum=12.0)
    dni_kwh_per_m2_day = number("Direct normal irradiation, daily mean", "kWh/m2/day", minimum=0.0, maximum=15.0)
    dhi_kwh_per_m2_day = number("Diffuse horizontal irradiation, daily mean", "kWh/m2/day", minimum=0.0, maximum=8.0)
    temperature_mean_c = number("Mean air temperature", "deg C", minimum=-50.0, maximum=50.0)
    temperature_mean_daily_min_c = number("Mean of the daily lowest temperatures", "deg C", minimum=-60.0, maximum=50.0)
    temperature_mean_daily_max_c = number(
        "Mean of the daily highest temperatures", "deg C", minimum=-50.0, maximum=60.0
    )
    temperature_max_c = number("Highest temperature of the month", "deg C", minimum=-50.0, maximum=70.0)
    temperature_min_c = number("Lowest temperature of the month", "deg C", minimum=-70.0, maximum=50.0)
    wind_mean_m_per_s = number("Mean wind speed", "m/s", minimum=0.0, maximum=30.0)
    suspect_temperature_hours = integer(
        "Hours above the state's record or far from the hours around them: where there are any, the month's "
        "temperatures are not used",
        "hours",
        minimum=0,
    )
    suspect_wind_hours = integer(
        "Hours of more than 33 m/s: where there are any, the month's wind is not used", "hours", minimum=0
    )


@table("core.place_heights", grain="One row per market and county whose height is known.")
class PlaceHeights(dy.Schema):
    region_id = text("Market id, or five-digit FIPS code of a county", key=True, regex=r"^[a-z0-9_]+$")
    cell_id = text(
        "H3 cell of resolution 6 that holds the place: the market, or the population-weighted centre of the county",
        regex=r"^[0-9a-f]{15}$",
    )
    elevation_m = number("Mean height of that cell above the sea", "m", minimum=-100.0, maximum=4500.0)
    source_title = title()
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()


@table("core.equipment_lead_times", grain="One row per published lead time of an equipment class.")
class EquipmentLeadTimes(dy.Schema):
    equipment_class = text("Equipment class", key=True)
    scope = text("What the time covers", key=True)
    low_months = number("Shortest published time", "months", minimum=0.0, nullable=True)
    mid_months = number("Central or only published time", "months", minimum=0.0, nullable=True)
    high_months = number("Longest published time", "months", minimum=0.0, nullable=True)
    published_value = text("The figure as published, before conversion", nullable=True)
    region = text("Where it holds", key=True)
    evidence = choice(
        "Kind of evidence",
        ["survey", "government", "vendor_statement", "analyst", "industry", "project_observed", "project_plan"],
    )
    source_level = choice("Whether the source is the origin of the figure", ["primary", "secondary"])
    note = note_on_figure()
    source_title = title(key=True)
    publisher = publisher_name()
    url = url_of_source(nullable=True)
    as_of = as_of_date()


@table("core.technology", grain="One row per published figure of a technology's parameter; one of them is the default.")
class Technology(dy.Schema):
    technology = text("Technology", key=True)
    parameter = text("Parameter", key=True)
    condition = text("Size class, build year, load point or scenario the figure holds for", key=True)
    low = number("Low figure; in baseline rows the advanced scenario", "see unit", nullable=True)
    mid = number("Central or only figure; in baseline rows the moderate scenario", "see unit", nullable=True)
    high = number("High figure; in baseline rows the conservative scenario", "see unit", nullable=True)
    unit = text("Unit of low, mid and high")
    cost_basis = choice(
        "What a capital cost holds: equipment alone, plant installed, overnight with engineering and owner's cost, or "
        "all in",
        COST_BASES,
        nullable=True,
    )
    dollar_year = integer("Year of the dollars, where the figure is money", "year", minimum=2000, nullable=True)
    is_derived = flag("Whether the figure was computed from published ones; the note says how")
    is_default = flag("Whether this row is the one used for the parameter")
    choice_reason = text("Why the default was chosen among the rows", nullable=True)
    note = note_on_figure()
    source_title = title(key=True)
    publisher = publisher_name()
    url = url_of_source(nullable=True)
    as_of = as_of_date()

    @dy.rule()
    def has_figure(cls) -> pl.Expr:
        return HAS_FIGURE.is_kept

    @dy.rule()
    def low_to_high(cls) -> pl.Expr:
        return LOW_TO_HIGH.is_kept

    @dy.rule()
    def has_reason(cls) -> pl.Expr:
        return HAS_REASON.is_kept

    @dy.rule()
    def one_default(cls) -> pl.Expr:
        return ONE_DEFAULT.is_kept

    @dy.rule()
    def has_cost_basis(cls) -> pl.Expr:
        return HAS_COST_BASIS.is_kept

    @dy.rule()
    def has_source(cls) -> pl.Expr:
        return HAS_SOURCE.is_kept


@table("core.policy", grain="One row per rule that moves schedules or economics in the US, and figure it sets.")
class Policy(dy.Schema):
    policy_id = text("Rule", key=True)
    jurisdiction = text("Who set it", key=True)
    level = choice("Level of government", ["federal", "state", "county", "city"])
    topic = text("Topic")
    status = text("Status")
    effective_date = text("Date from which it holds, as precise as known", nullable=True)
    end_date = text("Date until which it holds", nullable=True)
    affects = text("Technologies, separated by semicolons")
    metric = text("What the value is; rule where the fact sets no figure", key=True)
    value = text("Value, a number or a date", nullable=True)
    unit = text("Unit of the value", nullable=True)
    fact = text("The rule in one line")
    verification = text("Whether a part is general knowledge")
    source_title = title()
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()


@table(
    "core.tax_rules",
    grain="One row per rule of federal tax on power plant: credits by technology and date, depreciation, income tax.",
    time="Dates are those of the law: construction begun on or before, placed in service on or before.",
)
class TaxRules(dy.Schema):
    rule_id = text("Rule", key=True)
    technology = text("Technology, or all")
    provision = choice(
        "Section of the tax code: investment credit, production credit, recovery period, first-year share, income tax",
        TAX_PROVISIONS,
    )
    begins_from = day("Construction, or purchase, begins on or after", nullable=True)
    begins_by = day("Construction begins on or before", nullable=True)
    in_service_by = day("Placed in service on or before", nullable=True)
    continuity_years = integer(
        "In service by the end of this many calendar years after the year construction began", "years", nullable=True
    )
    value = number("Figure", "see unit", minimum=0.0)
    value_without_wages = number(
        "Figure where prevailing wages and apprenticeships are not kept", "see unit", minimum=0.0, nullable=True
    )
    unit = choice("Unit of the figures", TAX_UNITS)
    credit_years = integer("Years a production credit runs", "years", nullable=True)
    note = note_on_figure()
    source_title = title()
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()


@table("core.sources", grain="One row per reference table: what it was written from.")
class Sources(dy.Schema):
    source_id = text("Reference table", key=True)
    title = text("What it holds")
    publisher = text("Publishers whose figures it holds, the most frequent first")
    licence = text("Terms the publishers state, where they state any")
    url = url_of_source()
    as_of = text("Latest date among its rows, YYYY or YYYY-MM", regex=PERIOD)
    rows = integer("Rows", "count", minimum=1)
