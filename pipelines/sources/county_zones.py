"""Zones and grid operators of counties: the zoning of the ReEDS model, two tables that are joined by the zone."""

from __future__ import annotations

import polars as pl

from pipelines.errors import InputError
from pipelines.ordered import group_sum
from pipelines.reference.county_editions import crosswalk
from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceInfo
from pipelines.sources.fips import fips_column, state_of_fips
from pipelines.sources.place_tables import (
    broken,
    cells_of,
    column_name,
    decoded,
    naming_faults,
    parsed,
    reject_where,
    table_of,
)
from pipelines.sources.user_files import UserFile

SOURCE = SourceInfo(
    source_id="county_zones",
    title="ReEDS model zones: county2zone.csv and hierarchy.csv",
    publisher="National Renewable Energy Laboratory",
    licence="BSD-3-Clause",
    base_url="https://raw.githubusercontent.com",
    cadence="yearly",
    calls_per_night="2 once, then none",
)

# A zoning is a model's choice: one version is named, and another one is the user's to bring.
_VERSION = "/NREL/ReEDS_OpenAccess/dd788bb5c10f9b17e18873a11affb58d8dc28537/inputs"
COUNTY_KEY, HIERARCHY_KEY = "county2zone", "hierarchy"
_COUNTY_COLUMNS = {"county_fips": "FIPS", "zone": "BA", "county_name": "COUNTY_NAME", "state": "STATE"}
_ZONE_COLUMNS = {
    "zone": "BA",
    "transmission_region": "TRANSREG",
    "interconnection": "INTERCONNECT",
    "state": "ST",
    "country": "COUNTRY",
}
# The model writes blanks of an authority's name as underscores; the column is its name for transfers between them.
_ZONE_OPTIONAL = {"balancing_area": "HURDLEREG"}
ISO_OF_REGION = {
    "CAISO": "CAISO",
    "ERCOT": "ERCOT",
    "ISONE": "ISO-NE",
    "MISO": "MISO",
    "NYISO": "NYISO",
    "PJM": "PJM",
    "SPP": "SPP",
    "NorthernGrid": "West non-ISO",
    "WestConnect": "West non-ISO",
    "SERTP": "Southeast non-ISO",
    "FRCC": "Southeast non-ISO",
    "CAN": "outside US",
    "MEX": "outside US",
}
# The contiguous states have 3,107 to 3,109 counties, and 48 states with the District.
_FEWEST_COUNTIES, _STATES_ZONED = 3_000, 49


def requests(asking: Asking) -> list[Request]:
    """Return the requests for the tables of the named version that are not held; none for a table the user brings."""
    wanted = (
        (COUNTY_KEY, "county2zone.csv", asking.settings.county_zones_file),
        (HIERARCHY_KEY, "hierarchy.csv", asking.settings.zone_hierarchy_file),
    )
    return [
        Request(SOURCE.source_id, key, f"{_VERSION}/{file}", expects="csv", max_bytes=4_000_000)
        for key, file, brought in wanted
        if brought is None and key not in asking.held
    ]


def user_files(asking: Asking) -> list[UserFile]:
    """Return the tables that the user brings."""
    wanted = (
        (COUNTY_KEY, asking.settings.county_zones_file, "county_zones_file"),
        (HIERARCHY_KEY, asking.settings.zone_hierarchy_file, "zone_hierarchy_file"),
    )
    return [UserFile(SOURCE.source_id, key, path, setting) for key, path, setting in wanted if path is not None]


@naming_faults
def parse(payload: Payload) -> Parsed:
    """Return the zone of each county (`core.county_zones`) or what each zone belongs to (`core.zones`).

    Which of the two tables it is, is told by the header.

    Raises
    ------
    SourceBroken
        If it is neither, or not whole.
    """
    rows = cells_of(payload, decoded(payload))
    header = [column_name(cell) for cell in rows[0][1]]
    if "FIPS" in header:
        return _counties(payload, table_of(payload, rows[1:], header, _COUNTY_COLUMNS))
    if "TRANSREG" in header:
        return _zones(payload, table_of(payload, rows[1:], header, _ZONE_COLUMNS, _ZONE_OPTIONAL))
    raise broken(payload, f"its header is of neither table: {', '.join(header[:6])}")


def _counties(payload: Payload, frame: pl.DataFrame) -> Parsed:
    frame = frame.with_columns(fips_column("county_fips"))
    frame = reject_where(frame, pl.col("county_fips").is_null(), "FIPS is no county code")
    # The model counts the District of Columbia to Maryland; its own state stands in the code.
    own = state_of_fips("county_fips")
    is_district = (own == "DC") & (pl.col("state") == "MD")
    frame = reject_where(frame, (own != pl.col("state")) & ~is_district, "FIPS lies in another state than STATE")
    frame = frame.with_columns(own.alias("state"))
    found = parsed(payload, frame, "core.county_zones")
    if found.rows.height < _FEWEST_COUNTIES or found.rows["state"].n_unique() < _STATES_ZONED:
        raise broken(
            payload, f"it zones {found.rows.height} counties of {found.rows['state'].n_unique()} states, not all"
        )
    return found


def _zones(payload: Payload, frame: pl.DataFrame) -> Parsed:
    region = pl.col("transmission_region")
    frame = frame.with_columns(
        region.replace_strict(ISO_OF_REGION, default=None, return_dtype=pl.String).alias("iso"),
        pl.when(pl.col("balancing_area") != "").then(pl.col("balancing_area")).alias("balancing_area"),
    )
    frame = frame.with_columns(
        pl.when(pl.col("country") == "USA").then(pl.col("iso")).otherwise(pl.lit("outside US")).alias("iso")
    )
    frame = reject_where(
        frame, ~region.is_in(list(ISO_OF_REGION)), "TRANSREG is a region whose grid operator is not known"
    )
    return parsed(payload, frame, "core.zones")


def with_zones(counties: pl.DataFrame, county_zones: pl.DataFrame, zones: pl.DataFrame) -> pl.DataFrame:
    """Return the counties with zone, transmission region, balancing area and grid operator.

    A county of another edition than the zoning's gets the zone in which most of its people live. Counties without
    a zone (Alaska, Hawaii, the territories) stay empty.

    Parameters
    ----------
    counties : pl.DataFrame
        Contract `core.counties`.
    county_zones : pl.DataFrame
        Contract `core.county_zones`.
    zones : pl.DataFrame
        Contract `core.zones`.

    Raises
    ------
    InputError
        If a county's zone is not in the table of zones: the two tables are of different versions.
    """
    unknown = sorted(set(county_zones["zone"]) - set(zones["zone"]))
    if unknown:
        raise InputError(
            f"zone {unknown[0]} is not in the hierarchy of zones ({len(unknown)} like it)",
            file="county2zone.csv",
            column="ba",
            remedy="take both tables from the same version of the model",
        )
    links = crosswalk(county_zones["county_fips"], counties["county_fips"])
    found = (
        links.join(county_zones, left_on="from_fips", right_on="county_fips", how="left", maintain_order="left")
        .group_by("to_fips", "zone", maintain_order=True)
        .agg(group_sum("to_share_frac"), pl.col("is_mapped").all())
        .sort("to_fips", "to_share_frac", "zone", descending=[False, True, False])
        .unique("to_fips", keep="first", maintain_order=True)
        .join(zones, on="zone", how="left", maintain_order="left")
        .select(
            pl.col("to_fips").alias("county_fips"),
            "zone",
            "transmission_region",
            "balancing_area",
            "iso",
            pl.col("is_mapped").alias("is_zone_mapped"),
        )
    )
    return (
        counties.drop("zone", "transmission_region", "balancing_area", "iso", "is_zone_mapped")
        .join(found, on="county_fips", how="left", maintain_order="left")
        .select(counties.columns)
    )
