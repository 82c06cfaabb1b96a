"""Writing of the snapshot of county facts from a folder of county tables.

Usage: `python -m pipelines.places.snapshot FOLDER`, where FOLDER holds `infrastructure_counties.csv` and
`siting_counties.csv`: one row per county of the 2017 edition, the column names those of `fact_definitions.csv`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from pipelines.errors import FirstmwError, InputError
from pipelines.places.counties import SNAPSHOT
from pipelines.reference.load import load_reference
from pipelines.reference.side_table import need_columns, read_text
from pipelines.settings import REFERENCE_DIR

TABLES = ("infrastructure_counties.csv", "siting_counties.csv")
_FLAGS = {"1": True, "0": False}
_KINDS: dict[str, type[pl.DataType]] = {"number": pl.Float64, "text": pl.String}
_NOT_UNKNOWN = {"ozone_effective_class": "attainment", "ozone_partial_only": False}
"""What an empty cell says of these, by `empty_means`: a county without an ozone area attains the standard."""

TOPICS_OF_THE_NIGHT = ("hazards", "permission", "queue")
"""Facts that other tables of the night hold."""


def snapshot(folder: Path, definitions: pl.DataFrame) -> pl.DataFrame:
    """Read the county tables of a folder and select the facts that are defined.

    Parameters
    ----------
    folder : Path
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
    need_columns(both, definitions["fact_id"].to_list(), str(folder))
    columns = [_typed(both, row) for row in definitions.iter_rows(named=True)]
    return pl.DataFrame([both["county_fips"], *columns])


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
    if len(arguments) != 1:
        raise SystemExit("usage: python -m pipelines.places.snapshot FOLDER")
    try:
        frame = snapshot(Path(arguments[0]), load_reference("fact_definitions", REFERENCE_DIR))
    except FirstmwError as error:
        raise SystemExit(str(error)) from None
    SNAPSHOT.parent.mkdir(exist_ok=True)
    frame.write_parquet(SNAPSHOT, compression="zstd", compression_level=19, statistics=False)


if __name__ == "__main__":
    main(sys.argv[1:])
