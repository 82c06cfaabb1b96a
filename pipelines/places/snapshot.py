"""Writing of the snapshot of county facts from a folder of county tables.

Usage: `python -m pipelines.places.snapshot FOLDER CENTRES`. FOLDER holds `infrastructure_counties.csv` and
`siting_counties.csv`, one row per county of the 2017 edition with the column names of `fact_definitions.csv`, and
`cells_h3r6.parquet`, one row per cell with latitude, longitude and data_centre_km. CENTRES is a CSV file of the county
centres of the 2010 census: fips, pclon10, pclat10.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from pipelines.counties.places import on_sphere
from pipelines.errors import FirstmwError, InputError
from pipelines.places.counties import SNAPSHOT
from pipelines.reference.county_editions import crosswalk
from pipelines.reference.load import load_reference
from pipelines.reference.side_table import need_columns, read_text
from pipelines.settings import REFERENCE_DIR

CELLS = "cells_h3r6.parquet"
TABLES = ("infrastructure_counties.csv", "siting_counties.csv")
_EARTH_KM = 6371.0
# A centre further than this from every cell lies outside the lower 48.
_CELL_REACH_KM = 8.0
_FLAGS = {"1": True, "0": False}
_KINDS: dict[str, type[pl.DataType]] = {"number": pl.Float64, "text": pl.String}
_NOT_UNKNOWN = {"ozone_effective_class": "attainment", "ozone_partial_only": False}
"""What an empty cell says of these, by `empty_means`: a county without an ozone area attains the standard."""

TOPICS_OF_THE_NIGHT = ("hazards", "permission", "queue")
"""Facts that other tables of the night hold."""


def snapshot(folder: Path, centres: Path, definitions: pl.DataFrame) -> pl.DataFrame:
    """Read the county tables of a folder and select the facts that are defined.

    Parameters
    ----------
    folder, centres : Path
        As for the command.
    definitions : pl.DataFrame
        Reference table `fact_definitions`.

    Returns
    -------
    pl.DataFrame
        county_fips, then one column per fact in order of fact_id; sorted by county_fips.

    Raises
    ------
    InputError
        If a file or a column is missing, a county is missing in one of the tables, or a cell is out of bounds.
    """
    infrastructure, siting = (read_text(folder / name) for name in TABLES)
    definitions = definitions.filter(~pl.col("topic").is_in(TOPICS_OF_THE_NIGHT)).sort("fact_id")
    both = infrastructure.join(siting, on="county_fips", how="full", coalesce=True).sort("county_fips")
    if both.height != infrastructure.height or both.height != siting.height:
        raise InputError("the tables do not list the same counties", file=str(folder / TABLES[1]), column="county_fips")
    both = _with_places(both, folder, centres)
    need_columns(both, definitions["fact_id"].to_list(), str(folder))
    columns = [_typed(both, row) for row in definitions.iter_rows(named=True)]
    return pl.DataFrame([both["county_fips"], *columns])


def _with_places(both: pl.DataFrame, folder: Path, centres: Path) -> pl.DataFrame:
    """Add the centre of population of each county and the distance of its cell to the nearest data centre, as text."""
    known = read_text(centres).select("fips", pl.col("pclon10", "pclat10").cast(pl.Float64, strict=False)).drop_nulls()
    links = (
        crosswalk(known["fips"], both["county_fips"])
        .sort("to_fips", "to_share_frac", "from_fips", descending=[False, True, False])
        .unique("to_fips", keep="first", maintain_order=True)
    )
    own = links.join(known, left_on="from_fips", right_on="fips", how="left", maintain_order="left").select(
        pl.col("to_fips").alias("county_fips"),
        pl.col("pclat10").alias("population_centre_latitude"),
        pl.col("pclon10").alias("population_centre_longitude"),
    )
    cells = pl.read_parquet(folder / CELLS, columns=["latitude", "longitude", "data_centre_km"], glob=False)
    tree = cKDTree(on_sphere(*(cells[name].to_numpy().astype(np.float64) for name in ("latitude", "longitude"))))
    apart, at = tree.query(on_sphere(*(own[name].to_numpy() for name in own.columns[1:])))
    nearest = cells["data_centre_km"][at.tolist()].cast(pl.Float64).round(1)
    near = pl.Series(apart * _EARTH_KM < _CELL_REACH_KM)
    own = own.with_columns(pl.when(near).then(nearest).alias("data_centre_nearest_km"))
    return both.join(
        own.select("county_fips", pl.exclude("county_fips").cast(pl.String)), on="county_fips", how="left"
    ).sort("county_fips")


def _typed(both: pl.DataFrame, row: dict[str, object]) -> pl.Series:
    name, kind = str(row["fact_id"]), str(row["value_kind"])
    cells = both[name]
    if kind == "flag":
        values = cells.replace_strict(_FLAGS, default=None, return_dtype=pl.Boolean)
    else:
        values = cells.cast(_KINDS[kind], strict=False)
    wrong = values.is_null() & cells.is_not_null()
    if kind == "number":
        wrong = wrong | ~values.is_between(row["minimum"], row["maximum"]).fill_null(value=True)  # type: ignore[arg-type]
    if wrong.any():
        at = int(wrong.arg_true()[0])
        raise InputError(
            f"value {cells[at]!r} of county {both['county_fips'][at]}", file=" and ".join(TABLES), column=name
        )
    return values.fill_null(_NOT_UNKNOWN[name]) if name in _NOT_UNKNOWN else values


def main(arguments: list[str]) -> None:
    """Write the snapshot, or end with one sentence."""
    if len(arguments) != 2:
        raise SystemExit("usage: python -m pipelines.places.snapshot FOLDER CENTRES")
    try:
        frame = snapshot(Path(arguments[0]), Path(arguments[1]), load_reference("fact_definitions", REFERENCE_DIR))
    except FirstmwError as error:
        raise SystemExit(str(error)) from None
    SNAPSHOT.parent.mkdir(exist_ok=True)
    frame.write_parquet(SNAPSHOT, compression="zstd", compression_level=19, statistics=False)


if __name__ == "__main__":
    main(sys.argv[1:])
