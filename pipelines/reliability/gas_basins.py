"""Freeze-offs of the basins that gas comes from: how often, how long, and which places they reach."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import polars as pl

from pipelines.contracts.reference import OWN_PUBLISHER
from pipelines.errors import InputError
from pipelines.reference.side_table import read_side_table

BASINS_FILE = Path(__file__).with_name("fuel_basins.csv")
FREEZES_FILE = Path(__file__).with_name("gas_freezes.csv")
OTHER_BASIN = "other"
"""Row of `gas_freezes.csv` for places whose hub no basin is known of."""
Level = Literal["low", "mid", "high"]
_EVENTS = ("events_low_per_year", "events_mid_per_year", "events_high_per_year")
_CITATION = ("source_title", "publisher", "url", "as_of")


def read_basins(path: Path = BASINS_FILE) -> pl.DataFrame:
    """Read gas_hub and the fuel_basin that feeds it.

    Raises
    ------
    InputError
        If the file or a column is missing.
    """
    return read_side_table(path, ("gas_hub", "fuel_basin")).select("gas_hub", "fuel_basin")


def read_freezes(path: Path = FREEZES_FILE) -> pl.DataFrame:
    """Read the freeze-offs of every basin.

    Returns
    -------
    pl.DataFrame
        fuel_basin, events_low_per_year, events_mid_per_year, events_high_per_year (1/year), hours_mean (h), reason and
        the citation; one row per basin, `OTHER_BASIN` among them.

    Raises
    ------
    InputError
        If the file, a column or the row of other places is missing, a figure is no number above 0, or the events do
        not rise from low to high.
    """
    figures = (*_EVENTS, "hours_mean")
    text = read_side_table(path, ("fuel_basin", *figures, "reason", *_CITATION))
    frame = text.with_columns(pl.col(figures).cast(pl.Float64, strict=False))
    for row, (own, cells) in enumerate(zip(frame.iter_rows(named=True), text.iter_rows(named=True), strict=True), 2):
        for name in figures:
            if not (own[name] or 0.0) > 0.0:
                raise InputError(f"value {cells[name]!r} is no number above 0", file=str(path), row=row, column=name)
        events = [own[name] for name in _EVENTS]
        if events != sorted(events):
            raise InputError(f"events {events} do not rise", file=str(path), row=row, column=_EVENTS[1])
    if frame["fuel_basin"].is_duplicated().any() or OTHER_BASIN not in frame["fuel_basin"]:
        raise InputError(
            f"a basin has two rows, or no row is for {OTHER_BASIN!r} places",
            file=str(path),
            column="fuel_basin",
            remedy="leave one row per basin",
        )
    return frame


def freezes_by_hub(hubs: pl.DataFrame) -> pl.DataFrame:
    """Select the basin and its freeze-offs for the hub of each place.

    Parameters
    ----------
    hubs : pl.DataFrame
        gas_hub, and more; the hub may be null or empty.

    Returns
    -------
    pl.DataFrame
        The rows in order with fuel_basin and the columns of `read_freezes`; `OTHER_BASIN` where no basin is known.
    """
    return (
        hubs.join(read_basins(), on="gas_hub", how="left", maintain_order="left")
        .with_columns(pl.col("fuel_basin").fill_null(OTHER_BASIN))
        .join(read_freezes(), on="fuel_basin", how="left", maintain_order="left")
    )


def freezes_of_basins() -> Mapping[str, dict[str, Any]]:
    """Read the freeze-offs by name of the basin."""
    return MappingProxyType({row["fuel_basin"]: row for row in read_freezes().iter_rows(named=True)})


def judged_freezes() -> pl.DataFrame:
    """List the freeze-offs that no document gives, with their ranges.

    Returns
    -------
    pl.DataFrame
        Columns of `reference.provenance.assumptions` but those of a citation.
    """
    span = pl.format("{} to {} events a year", _EVENTS[0], _EVENTS[2])
    return (
        read_freezes()
        .filter(pl.col("publisher") == OWN_PUBLISHER)
        .select(
            pl.format(
                "gas_freeze.{}.events", pl.col("fuel_basin").str.to_lowercase().str.replace_all(r"[^a-z]+", "_")
            ).alias("assumption_id"),
            pl.lit("assumption").alias("kind"),
            pl.col(_EVENTS[1]).cast(pl.String).alias("value"),
            pl.lit("1/year").alias("unit"),
            pl.format(
                "freeze-offs of the basin {} of {} h; {}", "fuel_basin", pl.col("hours_mean").cast(pl.Int64), span
            ).alias("meaning"),
            pl.lit(True).alias("is_default"),
            pl.col("reason").alias("choice_reason"),
        )
    )
