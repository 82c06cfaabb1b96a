"""What a night of counties may be about, and where it is kept."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.counties.places import NOT_COVERED
from pipelines.counties.table import county_table, named_counties
from pipelines.errors import UsageError
from pipelines.settings import Settings


def check_counties(settings: Settings, regions: Sequence[str], states: Sequence[str]) -> None:
    """Refuse counties or states that cannot be ranked.

    Raises
    ------
    UsageError
        Names the county or state.
    """
    table = county_table(settings)
    if settings.profile != "live":
        # Only fetched weather makes the others rankable.
        table = table.filter(~pl.col("state").is_in(NOT_COVERED))
    unknown = [state for state in states if state not in set(table["state"])]
    if unknown:
        raise UsageError(
            f"state {unknown[0]!r} has no county that can be ranked; the facts cover the contiguous states and DC, the "
            "live profile Alaska and Hawaii too, county by county as their weather comes."
        )
    named_counties(list(regions), table)


def of_counties(settings: Settings) -> Settings:
    """Return the settings with a data folder of the counties' own: their nights leave those of the markets alone."""
    return settings.model_copy(update={"data_dir": settings.data_dir / "counties"})
