"""What changed in the snapshots since the night before: rows that came, rows that went, cells that differ."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.contracts.base import REGISTRY
from pipelines.sources.live import LiveInputs
from pipelines.sources.queue_projects import one_row_per_request

TABLE = "mart.input_changes"
# Where a row was read from and who is cited for it is no news.
_NO_NEWS = {
    "source_id", "dataset", "snapshot_date", "source_sheet", "source_row", "occurrence",
    "source_title", "publisher", "url", "as_of", "note", "series_id",
}  # fmt: skip
_SNAPSHOTS = {
    "core.queue_projects": ("iso", "entity", "queue_id", "occurrence"),
    "core.gas_prices": ("geography_type", "geography", "sector", "frequency", "period"),
    "core.power_prices": ("state", "sector", "frequency", "period"),
    "core.lead_time_indicators": ("source_id", "series_id", "period"),
}


def input_changes(before: LiveInputs | None, now: LiveInputs | None) -> pl.DataFrame:
    """Return what differs between two live nights, contract `mart.input_changes`.

    Only sources that gave an answer in both nights are compared, so that a source that was down brings no news.

    Parameters
    ----------
    before, now : LiveInputs | None
        The two nights; no rows where one is missing.
    """
    empty = REGISTRY[TABLE].schema.create_empty()
    if before is None or now is None:
        return empty
    frames: list[pl.DataFrame] = [empty]
    for table, key in _SNAPSHOTS.items():
        common = sorted(before.sources_with(table) & now.sources_with(table))
        found = differences(_snapshot(before, table, common), _snapshot(now, table, common), key)
        frames.append(
            found.with_columns(
                pl.lit(table).alias("table_name"),
                pl.lit(before.record.as_of).alias("before_as_of"),
                pl.lit(now.record.as_of).alias("as_of"),
            ).select(empty.columns)
        )
    return pl.concat(frames).sort(REGISTRY[TABLE].key)


def differences(before: pl.DataFrame, now: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Return row_key, column_name, change, before, after of two states of a table.

    Parameters
    ----------
    before, now : pl.DataFrame
        One row per key; the same columns.
    key : Sequence[str]
        Columns that name a row.
    """
    row_key = pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in key], separator=" | ")
    values = [name for name in now.columns if name not in key and name not in _NO_NEWS]

    def cells(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.select(row_key.alias("row_key"), *(pl.col(name).cast(pl.String) for name in values)).unpivot(
            index="row_key", variable_name="column_name", value_name="_cell"
        )

    def whole(rows: pl.DataFrame, other: pl.DataFrame, change: str) -> pl.DataFrame:
        return (
            rows.join(other.select(key), on=key, how="anti", nulls_equal=True, maintain_order="left")
            .select(row_key.alias("row_key"))
            .with_columns(
                pl.lit("").alias("column_name"),
                pl.lit(change).alias("change"),
                *(pl.lit(None, dtype=pl.String).alias(name) for name in ("before", "after")),
            )
        )

    changed = (
        cells(before)
        .join(cells(now), on=["row_key", "column_name"], how="inner", maintain_order="left", suffix="_now")
        .filter(pl.col("_cell").ne_missing(pl.col("_cell_now")))
        .select(
            "row_key",
            "column_name",
            pl.lit("changed").alias("change"),
            pl.col("_cell").alias("before"),
            pl.col("_cell_now").alias("after"),
        )
    )
    return pl.concat([whole(now, before, "added"), whole(before, now, "removed"), changed])


def _snapshot(live: LiveInputs, table: str, sources: Sequence[str]) -> pl.DataFrame:
    rows = live.rows(table, sources)
    return one_row_per_request(rows) if table == "core.queue_projects" else rows
