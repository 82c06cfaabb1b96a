"""What the indicators would have said of lead times that were published again."""

from __future__ import annotations

import re
from math import log
from pathlib import Path

import polars as pl

from pipelines.errors import InputError
from pipelines.reference.side_table import read_side_table
from pipelines.settings import Settings
from pipelines.timeline.indicators import Indicators, month_number, month_text

EDITIONS_FILE = Path(__file__).with_name("lead_time_editions.csv")
_EDITION_COLUMNS = (
    *("pair_id", "equipment_class", "earlier_period", "earlier_months", "earlier_as_published"),
    *("later_period", "later_months", "later_as_published", "note", "source_title", "publisher", "url"),
)
# The full report on orders comes some five weeks after the month: at a month's end the month before last is known.
PUBLICATION_LAG_MONTHS = 2


def read_editions(path: Path = EDITIONS_FILE) -> pl.DataFrame:
    """Return pairs of published lead times of one class at two dates, with their citation, for back-tests.

    Raises
    ------
    InputError
        If the file or a column is missing, or a lead time is no number above zero.
    """
    frame = read_side_table(path, _EDITION_COLUMNS)
    for line, row in enumerate(frame.iter_rows(named=True), start=2):
        for column in ("earlier_months", "later_months"):
            if not re.fullmatch(r"\d+(\.\d+)?", row[column]) or float(row[column]) <= 0:
                raise InputError(f"{row[column]!r} is no time above zero", file=str(path), row=line, column=column)
    return frame.with_columns(pl.col("earlier_months", "later_months").cast(pl.Float64))


def backtest(indicators: pl.DataFrame, settings: Settings, editions: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return what the method would have said of published lead times that were published again.

    For each pair, the earlier figure is moved with what was known at the later date (the publication lag taken off),
    and set beside the later figure and beside the earlier one left as it was. Figures are those of today's editions of
    the series, not of the vintages of the time.

    Parameters
    ----------
    indicators : pl.DataFrame
        Contract `core.lead_time_indicators`.
    settings : Settings
    editions : pl.DataFrame | None
        From `read_editions`; the shipped pairs by default.

    Returns
    -------
    pl.DataFrame
        pair_id, equipment_class, earlier_period, later_period, earlier_months, indicated_months, later_months, factor,
        factor_unbounded, error_indicated_frac, error_unchanged_frac (log errors), is_direction_right, reason.
    """
    known = Indicators(indicators, settings)
    rows = []
    for pair in (read_editions() if editions is None else editions).iter_rows(named=True):
        through = month_text(month_number(pair["later_period"]) - PUBLICATION_LAG_MONTHS)
        moved = known.movement(pair["equipment_class"], pair["earlier_period"], through)
        real = log(pair["later_months"] / pair["earlier_months"])
        rows.append(
            {
                **{name: pair[name] for name in ("pair_id", "equipment_class", "earlier_period", "later_period")},
                "earlier_months": pair["earlier_months"],
                "indicated_months": pair["earlier_months"] * moved.factor,
                "later_months": pair["later_months"],
                "factor": moved.factor,
                "factor_unbounded": moved.factor_unbounded,
                "error_indicated_frac": log(moved.factor) - real,
                "error_unchanged_frac": -real,
                "is_direction_right": log(moved.factor) * real > 0 if moved.is_moved else None,
                "reason": moved.reason,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)
