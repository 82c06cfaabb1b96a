"""Facts of places that the user brings: a CSV file that overrides the snapshot, checked cell by cell."""

from __future__ import annotations

import math
import re
from typing import Any

import polars as pl

from pipelines.contracts.places import PlaceFacts
from pipelines.errors import InputError
from pipelines.places.counties import county_facts
from pipelines.reference.county_editions import county_changes
from pipelines.reference.load import load_reference
from pipelines.reference.side_table import need_columns, read_text
from pipelines.settings import Settings

STOPPED = "has_moratorium"
"""Fact that decides on permission instead of filling a column of facts."""
_COLUMNS = ("fact_id", "value", "source", "as_of")
_PLACE = ("region_id", "county_fips")
_FIPS = re.compile(r"\d{5}")
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_SCHEMA = {
    "place_id": pl.String,
    "fact_id": pl.String,
    "value": pl.Float64,
    "text": pl.String,
    "source": pl.String,
    "as_of": pl.String,
}


def read_given(settings: Settings) -> pl.DataFrame:
    """Read the user's facts of places from `settings.region_facts_file`.

    The file has the columns `region_id` (a market or a county's five-digit code) or `county_fips`, `fact_id` as in
    `fact_definitions`, `value`, `source` and `as_of`.

    Returns
    -------
    pl.DataFrame
        place_id (market or county code), fact_id, value (numbers; 1 and 0 for true and false), text, source, as_of; no
        rows without a file.

    Raises
    ------
    InputError
        If a column is missing, or a row names an unknown place or fact, repeats one, or has a value that the fact
        cannot have; names file, row, column and value.
    """
    path = settings.region_facts_file
    if path is None:
        return pl.DataFrame(schema=_SCHEMA)
    cells = read_text(path, remedy="point FIRSTMW_REGION_FACTS_FILE at the file or leave it unset")
    need_columns(cells, _COLUMNS, str(path))
    if not set(_PLACE) & set(cells.columns):
        raise InputError("the column is missing", file=str(path), row=1, column="region_id", remedy="add the column")
    markets = set(load_reference("candidate_markets", settings.reference_dir)["region_id"])
    definitions = _definitions(settings)
    counties = (
        set(county_facts()["county_fips"]) | set(county_changes()["old_fips"]) | set(county_changes()["new_fips"])
    )
    rows: list[dict[str, Any]] = []
    seen: dict[tuple[str, str], int] = {}
    for line, row in enumerate(cells.with_columns(pl.all().str.strip_chars()).iter_rows(named=True), start=2):
        where: dict[str, Any] = {"file": str(path), "row": line}
        place = _place(row, markets, counties, where)
        fact = row["fact_id"] or ""
        if fact not in definitions:
            raise InputError(
                f"there is no fact {fact!r}", column="fact_id", remedy="use an id of fact_definitions.csv", **where
            )
        if (place, fact) in seen:
            raise InputError(
                f"the fact {fact!r} of {place!r} was given in row {seen[place, fact]}",
                column="fact_id",
                remedy="remove one of the two rows",
                **where,
            )
        seen[place, fact] = line
        value, text = _value(row["value"] or "", definitions[fact], where)
        rows.append({"place_id": place, "fact_id": fact, "value": value, "text": text, **_citation(row, where)})
    return pl.DataFrame(rows, schema=_SCHEMA)


def given_of_regions(regions: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """Select what the user's facts say of each region: what names the region goes before what names its county.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, county_fips.
    given : pl.DataFrame
        From `read_given`.

    Returns
    -------
    pl.DataFrame
        region_id, fact_id, value, text, source, as_of; sorted by region_id and fact_id, each pair once.
    """
    places = pl.concat(
        [
            regions.select("region_id", pl.col("region_id").alias("place_id"), pl.lit(0).alias("_order")),
            regions.select("region_id", pl.col("county_fips").alias("place_id"), pl.lit(1).alias("_order")),
        ]
    )
    return (
        places.join(given, on="place_id", how="inner", maintain_order="left_right")
        .sort("region_id", "fact_id", "_order")
        .unique(["region_id", "fact_id"], keep="first", maintain_order=True)
        .drop("place_id", "_order")
    )


def _definitions(settings: Settings) -> dict[str, dict[str, Any]]:
    rows = load_reference("fact_definitions", settings.reference_dir).iter_rows(named=True)
    return {row["fact_id"]: row for row in rows}


def _place(row: dict[str, Any], markets: set[str], counties: set[str], where: dict[str, Any]) -> str:
    named = [(name, row[name]) for name in _PLACE if row.get(name)]
    if not named:
        raise InputError("the row names no place", column=_PLACE[0], remedy="give a market or a county code", **where)
    column, place = named[0]
    known = counties if _FIPS.fullmatch(place) or column == "county_fips" else markets
    if place not in known:
        what = "county" if known is counties else "market"
        remedy = "give the five digits of a county" if known is counties else "use an id of candidate_markets.csv"
        raise InputError(f"there is no {what} {place!r}", column=column, remedy=remedy, **where)
    return str(place)


def _value(cell: str, fact: dict[str, Any], where: dict[str, Any]) -> tuple[float | None, str | None]:
    where = where | {"column": "value"}
    if not cell:
        raise InputError("the value is empty", remedy="give it or remove the row", **where)
    if fact["value_kind"] == "flag":
        if cell.lower() not in _FLAGS:
            raise InputError(f"value {cell!r} is neither true nor false", **where)
        return float(_FLAGS[cell.lower()]), None
    if fact["value_kind"] == "text":
        column = PlaceFacts.columns().get(fact["fact_id"])
        allowed = (column.metadata or {}).get("values") if column is not None else None
        if allowed and cell not in allowed:
            raise InputError(f"value {cell!r} is none of {', '.join(allowed)}", **where)
        return None, cell
    try:
        value = float(cell)
    except ValueError:
        raise InputError(f"value {cell!r} is not a number", **where) from None
    low, high = fact["minimum"], fact["maximum"]
    if not math.isfinite(value) or not low <= value <= high:
        raise InputError(
            f"value {cell!r} of {fact['fact_id']} is not within {low:g} to {high:g} {fact['unit']}", **where
        )
    return value, None


def _citation(row: dict[str, Any], where: dict[str, Any]) -> dict[str, str]:
    if not row["source"]:
        raise InputError("the row has no source", column="source", remedy="say where the fact is from", **where)
    if not _DATE.fullmatch(row["as_of"] or ""):
        raise InputError(f"value {row['as_of']!r} is no date YYYY, YYYY-MM or YYYY-MM-DD", column="as_of", **where)
    return {"source": row["source"], "as_of": row["as_of"]}
