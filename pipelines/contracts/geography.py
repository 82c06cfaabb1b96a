"""Tables of places: counties of an edition, the zones they lie in, their hazards, and how reliable their grid is."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, flag, integer, number, table, text
from pipelines.contracts.citation import us_state

_FIPS = r"^\d{5}$"
_TERRITORIES = ("AS", "GU", "MP", "PR", "VI")
_MINUTES_OF_YEAR = 527_040.0

GRID_OPERATORS = [
    "CAISO",
    "ERCOT",
    "ISO-NE",
    "MISO",
    "NYISO",
    "PJM",
    "SPP",
    "Southeast non-ISO",
    "West non-ISO",
    "outside US",
]
RATINGS = ["Very Low", "Relatively Low", "Relatively Moderate", "Relatively High", "Very High"]
UNRATED = [
    "No Rating",
    "Not Applicable",
    "Insufficient Data",
    "Data Unavailable",
    "No Expected Annual Losses",
]
HAZARDS = [
    "avalanche",
    "coastal_flooding",
    "cold_wave",
    "drought",
    "earthquake",
    "hail",
    "heat_wave",
    "hurricane",
    "ice_storm",
    "inland_flooding",
    "landslide",
    "lightning",
    "strong_wind",
    "tornado",
    "tsunami",
    "volcanic_activity",
    "wildfire",
    "winter_weather",
]
SCORE_BASES = ["composite", "national_percentile"]


def _county(*, key: bool = True) -> dy.String:
    return text("County or county-equivalent, five digits of ANSI INCITS 31", key=key, regex=_FIPS)


def _score(what: str) -> dy.Float64:
    return number(
        f"{what}; unknown where the index rates it not applicable", "0-100", minimum=0, maximum=100, nullable=True
    )


def _rating(what: str) -> dy.String:
    return choice(f"{what}, in the words of the index", [*RATINGS, *UNRATED], nullable=True)


def _dollars(what: str, unit: str) -> dy.Float64:
    return number(what, unit, minimum=0, maximum=1e14, nullable=True)


@table(
    "core.counties",
    grain="One row per county or county-equivalent of one edition of the Census Gazetteer.",
    time="edition is the year of the Gazetteer; codes change between editions (Connecticut in 2022).",
)
class Counties(dy.Schema):
    """Every county with its place, its size, its zone and its grid operator."""

    county_fips = _county()
    edition = integer("Year of the Gazetteer that lists it", "year", minimum=2010, key=True)
    county_name = text("Name with its kind, as the Census Bureau writes it")
    state = us_state("State or territory", also=_TERRITORIES)
    latitude = number("Latitude of its internal point", "deg north", minimum=-15, maximum=72)
    longitude = number("Longitude of its internal point", "deg east", minimum=-180, maximum=180)
    land_km2 = number("Land", "km2", minimum=0.1, maximum=400_000)
    water_km2 = number("Water", "km2", minimum=0, maximum=100_000)
    zone = text("ReEDS model zone; empty outside the contiguous states", nullable=True)
    transmission_region = text("Transmission planning region of that zone", nullable=True)
    balancing_area = text("Balancing authority that the zone stands for", nullable=True)
    iso = choice(
        "Grid operator or non-ISO area; borders of utilities inside a county are lost", GRID_OPERATORS, nullable=True
    )
    is_zone_mapped = flag("Whether the zone was found through another edition of the county", nullable=True)


@table("core.county_zones", grain="One row per county of the contiguous states, in the edition of the zoning.")
class CountyZones(dy.Schema):
    """Which model zone a county lies in."""

    county_fips = _county()
    zone = text("ReEDS model zone", regex=r"^[a-z]\d+$")
    county_name = text("Name as the zoning writes it")
    state = us_state("State")


@table("core.zones", grain="One row per ReEDS model zone, Canada and Mexico included.")
class Zones(dy.Schema):
    """What a model zone belongs to."""

    zone = text("ReEDS model zone", key=True, regex=r"^[a-z]\d+$")
    transmission_region = text("Transmission planning region")
    iso = choice("Grid operator or non-ISO area that the region stands for", GRID_OPERATORS)
    balancing_area = text("Balancing authority", nullable=True)
    interconnection = text("Interconnection")
    state = text("State or province")
    country = text("Country")


@table(
    "core.hazards",
    grain="One row per county: the composite National Risk Index.",
    time="release names the edition of the index; scores of two releases do not compare.",
)
class Hazards(dy.Schema):
    """Natural hazards of a county, all together."""

    county_fips = _county()
    release = text("Release of the index", key=True)
    county_name = text("Name without its kind")
    state = us_state("State or territory", also=_TERRITORIES)
    score_basis = choice("What its scores are: a composite from 0 to 100, or a national percentile", SCORE_BASES)
    population = number("People", "count", minimum=0, maximum=5e7)
    building_value_usd = _dollars("Value of buildings", "USD")
    area_km2 = number("Area", "km2", minimum=0.1, maximum=500_000, nullable=True)
    risk_score = _score("Risk")
    risk_rating = _rating("Risk")
    expected_loss_score = _score("Expected annual loss")
    expected_loss_rating = _rating("Expected annual loss")
    expected_loss_usd_per_year = _dollars("Expected loss from all hazards", "USD/year")
    social_vulnerability_score = _score("Social vulnerability")
    social_vulnerability_rating = _rating("Social vulnerability")
    resilience_score = _score("Community resilience")
    resilience_rating = _rating("Community resilience")


@table(
    "core.county_hazards",
    grain="One row per county and hazard of the National Risk Index.",
    time="release names the edition of the index.",
)
class CountyHazards(dy.Schema):
    """Natural hazards of a county, one by one."""

    county_fips = _county()
    hazard = choice("Hazard", HAZARDS, key=True)
    release = text("Release of the index", key=True)
    score_basis = choice("What its scores are: a composite from 0 to 100, or a national percentile", SCORE_BASES)
    events = number("Events on record", "count", minimum=0, maximum=1e9, nullable=True)
    events_per_year = number("Annualised frequency", "1/year", minimum=0, maximum=1e6, nullable=True)
    exposed_usd = _dollars("Value exposed, people counted at the value of a statistical life", "USD")
    expected_loss_usd_per_year = _dollars("Expected loss", "USD/year")
    expected_loss_score = _score("Expected annual loss")
    risk_score = _score("Risk")
    risk_rating = _rating("Risk")


def _minutes(what: str) -> dy.Float64:
    return number(what, "minutes/year", minimum=0, maximum=_MINUTES_OF_YEAR, nullable=True)


def _per_event(what: str) -> dy.Float64:
    return number(what, "minutes", minimum=0, maximum=_MINUTES_OF_YEAR, nullable=True)


def _events(what: str) -> dy.Float64:
    return number(what, "1/year", minimum=0, maximum=1_000, nullable=True)


@table(
    "core.utility_reliability",
    grain="One row per utility, state and year that reported interruptions on Form EIA-861.",
)
class UtilityReliability(dy.Schema):
    """How often and how long each utility's customers were without power."""

    utility_id = integer("Number that the EIA gives the utility", minimum=1, key=True)
    state = us_state("State or territory", key=True, also=_TERRITORIES)
    year = integer("Year", "year", minimum=2013, key=True)
    utility_name = text("Name")
    ownership = text("Kind of owner")
    standard = choice("Standard of the report: IEEE 1366 or another", ["ieee", "other"])
    saidi_all_events_minutes = _minutes("Minutes without power per customer, all events")
    saifi_all_events = _events("Interruptions per customer, all events")
    caidi_all_events_minutes = _per_event("Minutes per interruption, all events")
    saidi_without_major_event_days_minutes = _minutes("Minutes without power per customer, without major-event days")
    saifi_without_major_event_days = _events("Interruptions per customer, without major-event days")
    caidi_without_major_event_days_minutes = _per_event("Minutes per interruption, without major-event days")
    saidi_loss_of_supply_removed_minutes = _minutes("Minutes without power per customer, loss of supply removed")
    saifi_loss_of_supply_removed = _events("Interruptions per customer, loss of supply removed")
    caidi_loss_of_supply_removed_minutes = _per_event("Minutes per interruption, loss of supply removed")
    customers = number("Customers behind the figures", "count", minimum=0, maximum=1e8, nullable=True)
    highest_distribution_kv = number("Highest distribution voltage", "kV", minimum=0, maximum=1_000, nullable=True)
    is_recorded_automatically = flag("Whether most outages are recorded automatically", nullable=True)
