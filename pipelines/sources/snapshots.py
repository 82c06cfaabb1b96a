"""Dated snapshots of sources, held in the package: what a night without a live answer knows of queues and hazards."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.contracts.base import REGISTRY
from pipelines.reference.side_table import read_side_table
from pipelines.sources.base import Parsed
from pipelines.sources.live import LiveInputs
from pipelines.sources.night import CADENCE_DAYS
from pipelines.sources.parsing import data_through
from pipelines.sources.registry import source_of

SNAPSHOT_DIR = Path(__file__).parents[1] / "reference" / "snapshots"
FILES = "files.csv"
COLUMNS = ("snapshot_id", "source_id", "request_key", "file", "as_of")
# A live answer or a file of the user's own replaces the rows that agree with it in these columns; all of a table
# without an entry.
_REPLACED_BY = {
    "core.queue_projects": ["source_id", "dataset"],
    "core.lead_time_indicators": ["source_id", "series_id"],
}
TABLES = (
    "core.queue_projects",
    "core.hazards",
    "core.county_hazards",
    "core.utility_reliability",
    "core.lead_time_indicators",
    "core.gas_prices_daily",
)


def read_files(directory: Path = SNAPSHOT_DIR) -> pl.DataFrame:
    """Read which files the snapshots are made from.

    Returns
    -------
    pl.DataFrame
        snapshot_id, source_id, request_key, file, and as_of (day of the edition).

    Raises
    ------
    InputError
        If the file or a column is missing.
    """
    return read_side_table(directory / FILES, COLUMNS).select(COLUMNS)


@cache
def snapshot(table: str, directory: Path = SNAPSHOT_DIR) -> pl.DataFrame:
    """Read the snapshot rows of a table.

    Parameters
    ----------
    table : str
        Name of the contract that the rows keep, one of `TABLES`.

    Returns
    -------
    pl.DataFrame
        Columns of the contract, and snapshot_id; no rows for a table without a snapshot.
    """
    empty = REGISTRY[table].schema.create_empty()
    if table not in TABLES:
        return empty.with_columns(pl.lit(None, pl.String).alias("snapshot_id"))
    held = pl.read_parquet(directory / f"{table.removeprefix('core.')}.parquet")
    # Columns that are null in every row are not stored.
    absent = [pl.lit(None, kind).alias(name) for name, kind in empty.schema.items() if name not in held.columns]
    return held.with_columns(absent).select(
        *(pl.col(name).cast(kind) for name, kind in empty.schema.items()), "snapshot_id"
    )


def with_snapshot(live: pl.DataFrame, table: str) -> pl.DataFrame:
    """Add the rows of the snapshot that no live answer and no file of the user's own replaces.

    Parameters
    ----------
    live : pl.DataFrame
        Rows of the contract `table`.
    """
    rest = _unreplaced(live, table).select(live.columns)
    return pl.concat([live, rest]).sort(REGISTRY[table].key) if rest.height else live


def snapshot_status(live: LiveInputs | None, as_of: date) -> pl.DataFrame:
    """Compute how old each snapshot in use is.

    A snapshot is stale where its data ended longer ago than twice the time between two editions of its source.

    Parameters
    ----------
    live : LiveInputs | None
    as_of : date
        Logical date of the night.

    Returns
    -------
    pl.DataFrame
        Columns of `mart.data_status`, one row per snapshot.
    """
    night = datetime(as_of.year, as_of.month, as_of.day)
    rows = []
    for table, snapshot_id, source_id, edition, held in _used(live):
        through = data_through([Parsed(table, held, held.clear(), held.height)])
        age = (night - through).total_seconds() / 86400.0 if through else None
        cadence = timedelta(days=2 * CADENCE_DAYS[source_of(source_id).cadence])
        rows.append(
            {
                "source_id": f"snapshot/{snapshot_id}",
                "profile": "snapshot",
                "is_stale": (night - edition) > cadence,
                "data_through_utc": through,
                "retrieved_at_utc": edition,
                "age_days": age,
                "rows": held.height,
                "rejects": 0,
                "note": f"{source_of(source_id).title} as of {edition:%Y-%m-%d}, not tonight's",
            }
        )
    schema = REGISTRY["mart.data_status"].schema.create_empty().drop("family").schema
    return pl.DataFrame(rows, schema=schema)


def snapshot_sources(live: LiveInputs | None) -> pl.DataFrame:
    """List the sources of the snapshots in use, as rows of `mart.sources`."""
    rows = [
        {
            "source_id": f"snapshot/{snapshot_id}",
            "source_title": source_of(source_id).title,
            "publisher": source_of(source_id).publisher,
            "url": source_of(source_id).base_url,
            "as_of": f"{edition:%Y-%m-%d}",
            "licence": source_of(source_id).licence,
            "used_in": table.removeprefix("core."),
            "fact_rows": held.height,
        }
        for table, snapshot_id, source_id, edition, held in _used(live)
    ]
    return pl.DataFrame(rows, schema=REGISTRY["mart.sources"].schema.create_empty().schema)


def _unreplaced(live: pl.DataFrame, table: str) -> pl.DataFrame:
    held = snapshot(table)
    if live.is_empty():
        return held
    by = _REPLACED_BY.get(table)
    return held.join(live.select(by).unique(), on=by, how="anti", maintain_order="left") if by else held.clear()


def _used(live: LiveInputs | None) -> list[tuple[str, str, str, datetime, pl.DataFrame]]:
    """Return table, id, source, day and rows of every snapshot in use."""
    files = {row["snapshot_id"]: row for row in read_files().iter_rows(named=True)}
    found: list[tuple[str, str, str, datetime, Any]] = []
    for table in TABLES:
        rest = _unreplaced(live.rows(table) if live else REGISTRY[table].schema.create_empty(), table)
        for (name,), rows in rest.partition_by("snapshot_id", as_dict=True, maintain_order=True).items():
            file = files[str(name)]
            edition = datetime.fromisoformat(file["as_of"])
            found.append((table, str(name), file["source_id"], edition, rows))
    return sorted(found, key=lambda one: one[:2])
