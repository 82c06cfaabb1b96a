"""Tables of the places and the choices: regions, stacks, candidates, the chosen designs, when they come online."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import flag, integer, number, table, text, timestamp
from pipelines.contracts.permission import PERMISSION_COLUMNS, PermissionColumns
from pipelines.contracts.places import DECIDING_FACTS, DEMAND_COLUMNS, DemandColumns, PlaceFacts
from pipelines.contracts.reference_series import QueueStatistics


class _Regions(dy.Schema):
    region_id = text("Market.", key=True, regex=r"^[a-z0-9_]+$")
    region_name = text("Name of the market.")
    state = text("Two-letter state.")
    county_fips = text("County, five digits.", regex=r"^\d{5}$")
    county_name = text("Name of the county.")
    iso = text("Grid operator, or the non-ISO area.")
    balancing_area = text("Balancing area.", nullable=True)
    egrid_subregion = text("eGRID subregion, for the grid's carbon.")
    gas_price_state = text("State whose retail gas price is the fallback.")
    market_type = text("What kind of market it is.")
    latitude = number("Latitude.", "deg north", minimum=-90, maximum=90)
    longitude = number("Longitude.", "deg east", minimum=-180, maximum=180)
    elevation_m = number("Height of the place above the sea.", "m", minimum=-100, maximum=4500)
    lead_project = text("Largest project known there; empty where none was seen in a source.")
    project_status = text("Status of that project; empty where none was seen.")
    verification = text("How the market was found: a source, the data-centre atlas, or general geography.")
    source_title = text("Where the market was found.")
    publisher = text("Who published it.")
    url = text("Where it can be read; empty where no address was seen.")
    as_of = text("Date of the source.")


@table("core.regions", grain="One row per region of the night.")
class CoreRegions(_Regions, PermissionColumns, DemandColumns, PlaceFacts):
    """Where a site can stand."""

    climate_station = text("Nearest climate station; counties interpolate between it and others.")
    climate_station_distance_km = number("Distance to that station.", "km", minimum=0)


BARE_REGIONS = [
    name for name in CoreRegions.columns() if name not in {*DECIDING_FACTS, *DEMAND_COLUMNS, *PERMISSION_COLUMNS}
]
"""Columns of `core.regions` that weather, sun and prices read: all but the facts of the place."""


@table("mart.regions", grain="One row per region of the night.")
class Regions(_Regions, PermissionColumns, DemandColumns, PlaceFacts):
    """Where a site can stand, and the weather it runs on."""

    gas_hub = text("Hub whose basis prices the gas; empty where none is mapped.")
    weather_source = text(
        "synthetic: reference year made from the climatology; file: hours of a weather file; else the source of "
        "fetched calendar years."
    )
    weather_station = text("Station of the climatology or of the file.")
    weather_distance_km = number("Distance from the site to that station.", "km", minimum=0)
    weather_retrieved_at_utc = timestamp(
        "When the newest of fetched years came from their source; empty where the hours are of a file or synthetic.",
        nullable=True,
    )
    solar_capacity_factor_frac = number(
        "Output of single-axis tracking solar over its AC rating, mean of the weather years.",
        "fraction",
        minimum=0,
        maximum=0.5,
    )
    gas_pipe_distance_km = number("The same as gas_pipeline_distance_km, under its earlier name.", "km", nullable=True)
    is_nonattainment = flag("The same as is_nonattainment_any, under its earlier name.", nullable=True)
    has_moratorium = flag("The opposite of is_eligible, under its earlier name.", nullable=True)
    land_usd_per_acre = number(
        "Price of land: farm real estate, average of the state, unless given.", "USD/acre", minimum=0, nullable=True
    )


@table("mart.stacks", grain="One row per stack: what it is made of.")
class Stacks(dy.Schema):
    """The ways to power a site."""

    stack_id = text("Stack.", key=True)
    label = text("Its name in words.")
    description = text("What it is made of.")
    is_islanded = flag("Whether it runs without any grid connection.")
    firm_label = text("Its firm units in words; empty without.")
    baseload_label = text("Its baseload units in words; empty without.")
    former_stack_id = text(
        "Id that it had in an earlier release, accepted by macros and --stack under schema version 1; empty where it "
        "never changed."
    )
    designs = integer("Sizes of it that are dispatched in every region.", "count", minimum=1)


@table("sim.online_share", grain="One row per region, stack and month from the start.")
class OnlineShare(dy.Schema):
    """How a site comes online."""

    region_id = text("Region.", key=True)
    stack_id = text("Stack.", key=True)
    month = integer("Month after the start, from 1.", "months", minimum=1, key=True)
    online_frac = number("Expected share of the IT MW online at the month's end.", "fraction", minimum=0, maximum=1)


@table(
    "mart.queue_statistics",
    grain="One row per published statistic of generation or load interconnection in the US.",
)
class PublishedQueueStatistics(QueueStatistics):
    """What is known of the queues, as used."""
