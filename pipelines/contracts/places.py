"""Tables of what is known of a place: the facts there are, their values by region, and the columns that decide."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, flag, number, table, text
from pipelines.contracts.base import text as described
from pipelines.contracts.citation import as_of_date, publisher_name, title, url_of_source

TOPICS = ["air", "electricity", "gas", "hazards", "land", "people", "permission", "queue"]
EVIDENCE = ["given", "measured", "derived", "unknown"]
VALUE_KINDS = ["number", "text", "flag"]
GAS_EVIDENCE = ["line_in_county", "trunk_in_county", "line_within_8km", "gas_plant_only", "none_mapped"]
OZONE_CLASSES = ["attainment", "marginal", "moderate", "serious", "severe-15", "severe-17", "extreme"]
WATER_RISKS = ["Low", "Low - Medium", "Medium - High", "High", "Extremely High"]
_FROM_CENTRE = "from the county's population-weighted centre; empty where unknown."


class _FactDefinitions(dy.Schema):
    """What a fact means, in what unit, within which bounds, and from which source."""

    fact_id = text("Fact; those that decide are columns of regions by the same name.", key=True, regex=r"^[a-z0-9_]+$")
    topic = choice("What it is about.", TOPICS)
    value_kind = choice("Whether it is a number, a text or true/false.", VALUE_KINDS)
    unit = text("Unit; empty for texts and true/false.", nullable=True)
    minimum = number("Least value that is possible.", "unit of the fact", nullable=True)
    maximum = number("Greatest value that is possible.", "unit of the fact", nullable=True)
    empty_means = text("What an empty value says; unknown for most.")
    evidence = choice("Whether the snapshot measured it or derived it from rules.", ["measured", "derived"])
    meaning = text("What it says.")
    limits = text("Where it is weak; empty where nothing is known against it.", nullable=True)
    source_title = title()
    publisher = publisher_name()
    url = url_of_source()
    as_of = as_of_date()
    licence = text("Licence of the source, with the attribution that it requires.")


@table("core.fact_definitions", grain="One row per fact that is known of US counties.")
class FactDefinitions(_FactDefinitions):
    """The facts there are."""


@table("mart.fact_definitions", grain="One row per fact that is known of US counties.")
class PublishedFactDefinitions(_FactDefinitions):
    """The facts there are, as published."""


@table(
    "mart.region_facts",
    grain="One row per region and fact: what is known of the county of the region, or what the user gave.",
    time="as_of is the date of the source.",
)
class RegionFacts(dy.Schema):
    """What is known of every region, with its evidence and source."""

    region_id = text("Region.", key=True)
    fact_id = text("Fact, see fact_definitions.", key=True)
    value = number("Number; 1 and 0 for true and false; empty for texts and where unknown.", "see unit", nullable=True)
    text = described("Text, or what an empty number says; empty for numbers.", nullable=True)
    unit = described("Unit of the number.", nullable=True)
    evidence = choice(
        "given: by the user; measured or derived: by the source; unknown: the range of its class holds.", EVIDENCE
    )
    is_snapshot = flag("Whether it comes from the embedded snapshot and not from the user.")
    as_of = described("Date of the source.")
    source_title = described("Source.")
    url = described("Address of the source; empty for what the user gave.", nullable=True)


def _km(what: str) -> dy.Float64:
    return number(f"{what}, {_FROM_CENTRE}", "km", minimum=0, maximum=2000, nullable=True)


def _share(what: str) -> dy.Float64:
    return number(what, "fraction", minimum=0, maximum=1, nullable=True)


def _tons(what: str) -> dy.Float64:
    return number(what, "short ton/year", minimum=1, maximum=250, nullable=True)


class PlaceFacts(dy.Schema):
    """The facts of the county of a region that decide months, money and permission; empty is unknown."""

    gas_pipeline_distance_km = _km("Distance to the nearest inter- or intrastate gas line")
    gas_evidence = choice(
        "What shows gas in the county; none_mapped is a network no layer shows, or none.", GAS_EVIDENCE, nullable=True
    )
    share_area_gas_8km = _share("Share of the county's area within 8 km of a gas line.")
    gas_interstate_km_in_county = number("Interstate gas lines in the county.", "km", minimum=0, nullable=True)
    gas_intrastate_km_in_county = number("Intrastate gas lines in the county.", "km", minimum=0, nullable=True)
    gas_operators_within_40km = number(
        "Operators with a gas line within 40 km of the county centre.", "count", minimum=0, nullable=True
    )
    gas_plant_nearest_km = _km("Distance to the nearest operating gas plant of 50 MW or more")
    metro_2013 = flag("Whether the county belongs to a metropolitan area (codes of 2013).", nullable=True)
    rural_urban_code_2013 = number(
        "Rural-urban continuum code: 1 to 3 metropolitan by size, 4 to 9 not.",
        "code",
        minimum=1,
        maximum=9,
        nullable=True,
    )
    population = number("People who live in the county.", "count", minimum=0, nullable=True)
    population_per_sqmi = number("People per square mile of land.", "1/sqmi", minimum=0, nullable=True)
    ozone_effective_class = choice("Stricter of the 2008 and 2015 ozone classes.", OZONE_CLASSES, nullable=True)
    ozone_partial_only = flag("Whether only a part of the county is nonattainment for ozone.", nullable=True)
    is_nonattainment_any = flag(
        "Whether the county, or a part of it, is nonattainment for any pollutant.", nullable=True
    )
    is_nonattainment_ozone = flag("Whether the county, or a part of it, is nonattainment for ozone.", nullable=True)
    ozone_transport_region = flag("Whether the county lies in the Ozone Transport Region.", nullable=True)
    nox_major_tpy = _tons("Potential to emit of NOx from which a new source is major.")
    voc_major_tpy = _tons("Potential to emit of VOC from which a new source is major.")
    pm25_major_tpy = _tons("The same of PM2.5, in its nonattainment areas; empty where no line of its own holds.")
    nox_offset_ratio = number(
        "NOx reductions to be bought per ton emitted, for a major source; empty where none are due.",
        "ratio",
        minimum=1,
        maximum=2,
        nullable=True,
    )
    substation_100kv_nearest_km = _km("Distance to the nearest substation of 100 kV or more")
    transmission_100kv_distance_km = _km("Distance to the nearest line of 100 kV or more")
    closed_fossil_site_nearest_km = _km("Distance to the nearest fossil plant closed as a whole in 2015-2025")
    public_or_protected_share = _share("Share of the county that is public or protected land.")
    construction_share_of_employed_pct = number(
        "Share of employed residents who work in construction.", "percent", minimum=0, maximum=100, nullable=True
    )
    farm_real_estate_usd_per_acre_state_2017 = number(
        "Farm real estate, average of the state in 2017.", "USD/acre", minimum=0, nullable=True
    )
    water_risk_category = choice("Overall water risk at the county centre.", WATER_RISKS, nullable=True)
    data_centre_nearest_km = _km("Distance to the nearest data centre of an open atlas that misses most of 2023-2026")
    utility_names = text("Utilities with lines in the county, up to six, separated by semicolons.", nullable=True)


PEOPLE_WITHIN_KM = (100, 250, 500)


def _people(reach: int) -> dy.Float64:
    return number(f"People of the counties whose centre of population lies within {reach} km.", "count", minimum=0)


class DemandColumns(dy.Schema):
    """How close a region is to demand; fibre routes are in no open layer and are not counted."""

    people_within_100km = _people(100)
    people_within_250km = _people(250)
    people_within_500km = _people(500)
    metro_million_km = number(
        "Distance to the nearest county centre of a metropolitan area of a million people (codes of 2013).",
        "km",
        minimum=0,
    )
    demand_score = number(
        "People within 250 km between the anchors of the settings, logarithmic; rank_sites weighs it by demand.",
        "0-100",
        minimum=0,
        maximum=100,
    )


DEMAND_COLUMNS = list(DemandColumns.columns())
DECIDING_FACTS = list(PlaceFacts.columns())
