"""Make the snapshots of the package from the publishers' files: figures and ids, no names of projects or developers."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import polars as pl

from pipelines.contracts.base import REGISTRY, validate
from pipelines.errors import InputError
from pipelines.sources.base import Parsed, Payload
from pipelines.sources.nri import BY_HAZARD, PREFIXES
from pipelines.sources.queue_projects import TABLE, with_county_fips
from pipelines.sources.registry import parser_of
from pipelines.sources.snapshots import SNAPSHOT_DIR, TABLES, read_files

COUNTIES_FILE = "gazetteer_counties_2017_pipe.txt"
FREQUENCIES = "county_frequencies"
"""Request key of a table of counties with the frequency and rating of each hazard alone."""
_NAMES = ("project_name", "poi_name", "technology_source_text", "status_source_text")


def build(folder: Path, directory: Path = SNAPSHOT_DIR) -> dict[str, int]:
    """Parse the files that `files.csv` names and write one Parquet file per table.

    Parameters
    ----------
    folder : Path
        Folder with the publishers' files, by their names in the column `file`, in any folder below it.
    directory : Path
        Folder of `files.csv` and of the snapshots.

    Returns
    -------
    dict[str, int]
        Rows per table.

    Raises
    ------
    InputError
        If a file is missing.
    SourceError
        If one cannot be read.
    """
    parts: dict[str, list[pl.DataFrame]] = {table: [] for table in TABLES}
    for number, row in enumerate(read_files(directory).iter_rows(named=True), start=2):
        for part in _parsed(folder, row["file"], row["source_id"], row["request_key"], row["as_of"], number):
            if part.table in parts:
                parts[part.table].append(part.rows.with_columns(pl.lit(row["snapshot_id"]).alias("snapshot_id")))
    for table, frames in parts.items():
        rows = pl.concat(frames).sort(REGISTRY[table].key)
        _write(_without_names(rows, folder) if table == TABLE else rows, table, directory)
    return {table: sum(frame.height for frame in frames) for table, frames in parts.items()}


def _parsed(folder: Path, file: str, source_id: str, key: str, as_of: str, row: int) -> list[Parsed]:
    path = next(iter(sorted(folder.rglob(file))), None)
    if path is None:
        raise InputError(
            f"{file!r} is missing in {folder}", file="files.csv", row=row, column="file", remedy="put the file there"
        )
    if key == FREQUENCIES:
        return [_county_frequencies(path)]
    day = datetime.fromisoformat(as_of)
    answer = parser_of(source_id)(Payload(source_id, key, path.read_bytes(), f"file:{path.name}", 200, day))
    return [answer] if isinstance(answer, Parsed) else list(answer)


def _county_frequencies(path: Path) -> Parsed:
    """Read a table with the columns `<hazard>_AFREQ` and `<hazard>_RISKR` of the risk index, one row per county."""
    wide = pl.read_csv(path, infer_schema=False)
    frames = [
        wide.select(
            "county_fips",
            pl.lit(hazard).alias("hazard"),
            pl.col("nri_version").alias("release"),
            pl.lit("national_percentile").alias("score_basis"),
            pl.col(f"{prefix}_AFREQ").cast(pl.Float64).alias("events_per_year"),
            pl.col(f"{prefix}_RISKR").alias("risk_rating"),
        )
        for prefix, hazard in PREFIXES.items()
        if f"{prefix}_AFREQ" in wide.columns
    ]
    empty = REGISTRY[BY_HAZARD].schema.create_empty()
    rows = pl.concat([empty, *frames], how="diagonal")
    return Parsed(BY_HAZARD, validate(rows, BY_HAZARD), pl.DataFrame(), rows.height)


def _without_names(projects: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """Find the counties, then drop what names a project or its developer."""
    counties = _parsed(folder, COUNTIES_FILE, "census_counties", "counties/2017", "2018-01-01", 1)[0].rows
    placed = with_county_fips(projects.drop("snapshot_id"), counties).with_columns(projects["snapshot_id"])
    return placed.with_columns(pl.lit(None, pl.String).alias(name) for name in _NAMES)


def _write(rows: pl.DataFrame, table: str, directory: Path) -> None:
    filled = [name for name in rows.columns if rows[name].null_count() < rows.height]
    rows.select(filled).write_parquet(
        directory / f"{table.removeprefix('core.')}.parquet", compression="zstd", compression_level=19, statistics=False
    )


if __name__ == "__main__":
    for name, height in build(Path(sys.argv[1])).items():
        print(f"{name}: {height:,} rows")
