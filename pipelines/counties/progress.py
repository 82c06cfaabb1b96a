"""How far weather that is fetched over many nights is, and what is left of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

SOURCE_ID = "county_weather"
"""Row of `data_status` that speaks about the weather of all counties of a night."""


@dataclass(frozen=True)
class Progress:
    """How far the weather of the counties is, and what is left.

    Attributes
    ----------
    counties : int
        Counties of the night, those that only fetched weather makes rankable among them.
    fetched, older, without : int
        Counties with the years wanted, with older ones only, with none.
    requests_left : int
        County-years that are wanted and not held.
    requests_a_night : int
        What the limits and the time of a night let through.
    nights_left : int | None
        Nights after this one until nothing is left; None where no source can be asked.
    complete_on : str | None
        Date of the last of them, with a night every day.
    """

    counties: int
    fetched: int
    older: int
    without: int
    requests_left: int
    requests_a_night: int
    nights_left: int | None
    complete_on: str | None

    def sentence(self) -> str:
        """Return it in words."""
        told = f"{self.fetched:,} of {self.counties:,} counties have fetched weather"
        if self.older:
            told += f", {self.older:,} of an older year"
        if not self.requests_left:
            return f"{told}; none is left to fetch"
        left = f"{told}; {self.requests_left:,} requests are left"
        if self.nights_left is None:
            return f"{left}, and no source can be asked for them"
        nights = "1 night" if self.nights_left == 1 else f"{self.nights_left:,} nights"
        return f"{left}, at {self.requests_a_night:,} a night {nights}, until {self.complete_on}"


def progress_of(kept: Mapping[str, object] | None) -> Progress | None:
    """Return the progress that a record keeps, None where it keeps none."""
    return Progress(**{one.name: kept[one.name] for one in fields(Progress)}) if kept else None  # type: ignore[arg-type]
