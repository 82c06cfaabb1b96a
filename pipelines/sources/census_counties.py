"""Counties of the United States: the Census Bureau's Gazetteer, one table per year."""

from __future__ import annotations

import re

import polars as pl

from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceInfo
from pipelines.sources.fips import STATES, fips_column, state_of_fips
from pipelines.sources.place_tables import (
    broken,
    cells_of,
    column_name,
    decoded,
    naming_faults,
    parsed,
    reject_where,
    table_of,
    unzipped,
    with_numbers,
)
from pipelines.sources.user_files import UserFile

SOURCE = SourceInfo(
    source_id="census_counties",
    title="Gazetteer Files, counties",
    publisher="U.S. Census Bureau",
    licence="US Government work, public domain",
    base_url="https://www2.census.gov",
    cadence="yearly",
    calls_per_night="1 for an edition, then none",
)

TABLE = "core.counties"
_COLUMNS = {
    "state": "USPS",
    "county_fips": "GEOID",
    "county_name": "NAME",
    "land_m2": "ALAND",
    "water_m2": "AWATER",
    "land_sqmi": "ALAND_SQMI",
    "water_sqmi": "AWATER_SQMI",
    "latitude": "INTPTLAT",
    "longitude": "INTPTLONG",
}
# Columns of copies that come without their header line, in the order of the published one.
_AREAS = ["ALAND", "AWATER", "ALAND_SQMI", "AWATER_SQMI"]
_HEADERLESS = ["USPS", "GEOID", "ANSICODE", "NAME", *_AREAS, "INTPTLAT", "INTPTLONG"]
_MEMBER = r"(?:\d{4}_)?gaz_counties_national\.txt"
_M2_PER_SQMI = 2_589_988.11
# Every edition since 2010 lists the counties of the states, the District and Puerto Rico: 3,219 to 3,235 of them.
_FEWEST, _MOST = 3_190, 3_300
_STATES_LISTED = {*STATES} - {"AS", "GU", "MP", "VI"}


def requests(asking: Asking) -> list[Request]:
    """Return the request for the edition that the settings name; none where it is held, as an edition never changes.

    A county table that the user brings takes its place.
    """
    if asking.settings.counties_file is not None:
        return []
    year = asking.settings.county_edition
    request = Request(
        source_id=SOURCE.source_id,
        key=f"counties/{year}",
        path=f"/geo/docs/maps-data/data/gazetteer/{year}_Gazetteer/{year}_Gaz_counties_national.zip",
        expects="zip",
        max_bytes=16_000_000,
    )
    return [] if request.key in asking.held else [request]


def user_files(asking: Asking) -> list[UserFile]:
    """Return the county table that the user brings, if any; its edition is the setting's."""
    path = asking.settings.counties_file
    key = f"counties/{asking.settings.county_edition}"
    return [] if path is None else [UserFile(SOURCE.source_id, key, path, "counties_file")]


@naming_faults
def parse(payload: Payload) -> Parsed:
    """Return the counties of an edition, contract `core.counties`; zone and grid operator are filled in by the zoning.

    Parameters
    ----------
    payload : Payload
        A zip or the text in it; separated by tabs, commas or pipes (from 2025 on), with or without its header line. The
        edition is the year in the key, "counties/2024".

    Raises
    ------
    SourceBroken
        If it is no county table, of another year than asked for, or not whole.
    """
    edition = _edition(payload)
    content = payload.content
    if content.startswith(b"PK"):
        member, content = unzipped(payload, _MEMBER)
        named = re.match(r"\d{4}", member)
        if named and int(named[0]) != edition:
            raise broken(payload, f"it holds the edition of {named[0]}, not of {edition}")
    rows = cells_of(payload, decoded(payload, content))
    header = [column_name(cell) for cell in rows[0][1]]
    if "GEOID" in header:
        rows = rows[1:]
    elif len(header) == len(_HEADERLESS) and header[0] in STATES:
        header = _HEADERLESS
    else:
        raise broken(payload, f"its first line is neither the header nor a county: {', '.join(header[:5])}")
    while header and not header[-1]:
        header.pop()
    frame = table_of(payload, rows, header, _COLUMNS)
    frame = with_numbers(
        frame,
        {
            "land_m2": (1e4, 4e11),
            "water_m2": (0, 1e11),
            "land_sqmi": (0.004, 155_000),
            "water_sqmi": (0, 39_000),
            "latitude": (-15, 72),
            "longitude": (-180, 180),
        },
        required=True,
    )
    frame = frame.with_columns(fips_column("county_fips"))
    frame = reject_where(frame, pl.col("county_fips").is_null(), "GEOID is no county code")
    is_of_other_state = state_of_fips("county_fips") != pl.col("state")
    frame = reject_where(frame, is_of_other_state, "GEOID lies in another state than USPS")
    frame = reject_where(frame, ~pl.col("county_name").str.contains(r"\p{L}"), "NAME is no name")
    # The same area stands in two units, so that shifted or damaged columns show.
    for what in ("land", "water"):
        in_sqmi = pl.col(f"{what}_m2") / _M2_PER_SQMI
        is_apart = (in_sqmi - pl.col(f"{what}_sqmi")).abs() > 0.01 + 0.001 * in_sqmi
        frame = reject_where(frame, is_apart, f"{what} differs between square metres and square miles")
    is_elsewhere = pl.col("longitude").is_between(-64, 144)
    frame = reject_where(frame, is_elsewhere, "longitude lies outside the United States")
    found = parsed(
        payload,
        frame.with_columns(
            pl.lit(edition, dtype=pl.Int64).alias("edition"),
            (pl.col("land_m2") / 1e6).alias("land_km2"),
            (pl.col("water_m2") / 1e6).alias("water_km2"),
            *(pl.lit(None, dtype=pl.String).alias(name) for name in _FROM_ZONES),
            pl.lit(None, dtype=pl.Boolean).alias("is_zone_mapped"),
        ),
        TABLE,
    )
    _check_whole(payload, found)
    return found


_FROM_ZONES = ("zone", "transmission_region", "balancing_area", "iso")


def _edition(payload: Payload) -> int:
    year = re.search(r"(?:19|20)\d{2}", payload.key)
    if year is None:
        raise broken(payload, "its key names no edition")
    return int(year[0])


def _check_whole(payload: Payload, found: Parsed) -> None:
    """Raise where counties are missing: a cut body keeps its header and its first states."""
    if not _FEWEST <= found.rows.height <= _MOST:
        raise broken(payload, f"it lists {found.rows.height} counties, expected {_FEWEST} to {_MOST}")
    absent = _STATES_LISTED - set(found.rows["state"])
    if absent:
        raise broken(payload, f"it lists no county of {', '.join(sorted(absent))}")
