"""What a night of counties may be about, and where it is kept."""

from __future__ import annotations

from collections.abc import Sequence

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
    unknown = [state for state in states if state not in set(table["state"])]
    if unknown:
        raise UsageError(f"state {unknown[0]!r} has no county; the facts cover the fifty states and DC.")
    named_counties(list(regions), table)


def of_counties(settings: Settings) -> Settings:
    """Return the settings with a data folder of the counties' own: their nights leave those of the markets alone."""
    return settings.model_copy(update={"data_dir": settings.data_dir / "counties"})
