"""The county table of a named edition: from the user's Gazetteer file, or from an installable package."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import UsageError
from pipelines.reference.county_editions import crosswalk
from pipelines.settings import Settings
from pipelines.sources.census_counties import SOURCE, parse
from pipelines.sources.fips import STATE_OF_PREFIX, TERRITORIES
from pipelines.sources.user_files import UserFile

PACKAGE_EDITION = 2016
"""Edition of the boundaries that the extra `counties` installs."""
_BOUNDARIES = "cb_2016_us_county_500k"
# Legal/statistical area descriptions of the Census Bureau that county equivalents carry.
_KINDS = {
    "03": "City and Borough", "04": "Borough", "05": "Census Area", "06": "County", "07": "District",
    "12": "Municipality", "13": "Municipio", "15": "Parish", "25": "city",
}  # fmt: skip


def county_table(settings: Settings) -> pl.DataFrame:
    """Return the counties and county equivalents of the states and the District.

    `settings.counties_file` names a Census Gazetteer of the edition `settings.county_edition`; without it the
    cartographic boundaries of 2016 stand in, from the package that the extra `counties` installs.

    Returns
    -------
    pl.DataFrame
        county_fips (five digits, leading zeros kept), county_name, state, latitude, longitude (of an internal point, or
        the centre of area), edition, source_title, publisher, url, as_of; sorted by county_fips.

    Raises
    ------
    InputError
        If the file is no county table of that edition.
    UsageError
        If there is neither file nor package.
    """
    table = _from_file(settings) if settings.counties_file is not None else _from_package()
    return table.filter(~pl.col("state").is_in(TERRITORIES)).sort("county_fips")


def county_places(settings: Settings) -> pl.DataFrame:
    """Return region_id, state, latitude and longitude of every county of the edition, in order of region_id."""
    return county_table(settings).select(pl.col("county_fips").alias("region_id"), "state", "latitude", "longitude")


def named_counties(codes: list[str], table: pl.DataFrame) -> list[str]:
    """Return codes with their lost leading zeros, all found in the table.

    Raises
    ------
    UsageError
        If a code is no county of the table's edition; names its counterparts there, where there are any.
    """
    padded = [code.zfill(5) if code.isdigit() else code for code in codes]
    known = set(table["county_fips"])
    for code in padded:
        if code not in known:
            edition = table["edition"][0]
            others = crosswalk([code], known)["to_fips"].to_list()
            way_out = f"there it is {', '.join(others)}" if others else "give the five digits of a county"
            raise UsageError(f"county {code!r} is not in the edition of {edition}; {way_out}.")
    return padded


def _from_file(settings: Settings) -> pl.DataFrame:
    path, edition = settings.counties_file, settings.county_edition
    assert path is not None
    brought = UserFile(SOURCE.source_id, f"counties/{edition}", path, "counties_file")
    # The moment is not part of what is read from the file.
    found = parse(brought.payload(datetime(edition, 1, 1, tzinfo=UTC)))
    return found.rows.select(
        "county_fips",
        "county_name",
        "state",
        "latitude",
        "longitude",
        "edition",
        pl.lit(f"{SOURCE.title}, {edition}").alias("source_title"),
        pl.lit(SOURCE.publisher).alias("publisher"),
        pl.lit("https://www.census.gov/geographies/reference-files/time-series/geo/gazetteer-files.html").alias("url"),
        pl.col("edition").cast(pl.String).alias("as_of"),
    )


@lru_cache(maxsize=1)
def _from_package() -> pl.DataFrame:
    shapefile, boundaries = needed("shapefile"), needed("_plotly_geo")
    folder = Path(str(boundaries.__file__)).parent / "package_data"
    rows: list[dict[str, Any]] = []
    with shapefile.Reader(str(folder / _BOUNDARIES)) as reader:
        for shape in reader.iterShapeRecords():
            state = STATE_OF_PREFIX.get(shape.record["STATEFP"])
            if state is None or state in TERRITORIES:
                continue
            latitude, longitude = centre_of_area(np.asarray(shape.shape.points), list(shape.shape.parts))
            kind = _KINDS.get(shape.record["LSAD"], "")
            rows.append(
                {
                    "county_fips": shape.record["GEOID"],
                    "county_name": f"{shape.record['NAME']} {kind}".strip(),
                    "state": state,
                    "latitude": latitude,
                    "longitude": longitude,
                }
            )
    return pl.DataFrame(rows).with_columns(
        pl.lit(PACKAGE_EDITION, dtype=pl.Int64).alias("edition"),
        pl.lit(f"Cartographic boundary files, counties, 1:500,000, {PACKAGE_EDITION}").alias("source_title"),
        pl.lit("U.S. Census Bureau").alias("publisher"),
        pl.lit("https://www.census.gov/geographies/mapping-files/time-series/geo/cartographic-boundary.html").alias(
            "url"
        ),
        pl.lit(str(PACKAGE_EDITION)).alias("as_of"),
    )


def centre_of_area(points: NDArray[np.float64], parts: list[int]) -> tuple[float, float]:
    """Return latitude and longitude of the centre of area of rings given in degrees.

    Parameters
    ----------
    points : NDArray[np.float64]
        Longitude and latitude, shape (n, 2); rings run clockwise, holes the other way, as in a shapefile.
    parts : list[int]
        Where each ring starts.

    Notes
    -----
    The shoelace formula on longitude x cos(middle latitude); islands beyond the date line are taken on this side of it.
    """
    longitude, latitude = points[:, 0].copy(), points[:, 1]
    if np.ptp(longitude) > 180.0:
        longitude[longitude > 0] -= 360.0
    stretch = float(np.cos(np.radians(latitude.mean())))
    x0, y0 = float(longitude.mean()), float(latitude.mean())
    area = moment_x = moment_y = 0.0
    for start, end in zip(parts, [*parts[1:], len(points)], strict=True):
        x, y = (longitude[start:end] - x0) * stretch, latitude[start:end] - y0
        cross = x[:-1] * y[1:] - x[1:] * y[:-1]
        area += float(cross.sum()) / 2.0
        moment_x += float(((x[:-1] + x[1:]) * cross).sum()) / 6.0
        moment_y += float(((y[:-1] + y[1:]) * cross).sum()) / 6.0
    centre = x0 + moment_x / area / stretch
    return y0 + moment_y / area, centre + 360.0 if centre < -180.0 else centre


def needed(module: str) -> ModuleType:
    """Return a module of the extra `counties`.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"counties need the package {error.name}; install firstmw[counties], and point FIRSTMW_COUNTIES_FILE at a "
            "Census Gazetteer for another edition."
        ) from error
