"""Columns that every reference table shares: the citation, states, and rules over several columns."""

from __future__ import annotations

from dataclasses import dataclass

import dataframely as dy
import polars as pl

from pipelines.contracts.base import text

# fmt: off
US_STATES = [
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "HI", "IA", "ID", "IL", "IN", "KS", "KY", "LA",
    "MA", "MD", "ME", "MI", "MN", "MO", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR",
    "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VT", "WA", "WI", "WV", "WY",
]
# fmt: on
PERIOD = r"^\d{4}(-(0[1-9]|1[0-2]))?$"


@dataclass(frozen=True)
class RowRule:
    """A rule over several columns, with the column to name and the words to use where a row breaks it."""

    name: str
    column: str
    is_kept: pl.Expr
    problem: str


def us_state(description: str, *, key: bool = False, nullable: bool = False, also: tuple[str, ...] = ()) -> dy.String:
    """Describe a column of two-letter US state codes, with further codes in `also`."""
    known = [*US_STATES, *also]
    return dy.String(
        primary_key=key,
        nullable=nullable,
        description=description,
        check={"known US state code": lambda expr: expr.is_in(known)},
    )


def title(*, key: bool = False) -> dy.String:
    """Describe the title of the source."""
    return text("Title of the source", key=key)


def publisher_name() -> dy.String:
    """Describe the publisher of the source."""
    return text("Who published the source; a relay is named as such")


def url_of_source(*, nullable: bool = False) -> dy.String:
    """Describe the address of the source."""
    return text("Address of the source, or of its publisher's home page", nullable=nullable, regex=r"^https?://")


def as_of_date(*, key: bool = False) -> dy.String:
    """Describe the date of the source."""
    return text("Date of the source or of its data, YYYY or YYYY-MM", key=key, regex=PERIOD)


def note_on_figure() -> dy.String:
    """Describe the note that goes with a figure."""
    return text("What else the source says about the figure", nullable=True)
