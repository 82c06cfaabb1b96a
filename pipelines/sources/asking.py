"""What a night wants of the sources: its date, its places, its settings, and what is held already."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from pipelines.settings import Settings


@dataclass(frozen=True)
class Asking:
    """What a connector may look at when it writes its requests.

    Attributes
    ----------
    as_of : date
        Logical date of the night.
    regions : pl.DataFrame
        The regions in scope: at least region_id, state, latitude, longitude, elevation_m.
    settings : Settings
    held : frozenset[str]
        Keys of this source's requests whose answers are held and good; an archive that does not change is not asked
        for them again.
    """

    as_of: date
    regions: pl.DataFrame
    settings: Settings
    held: frozenset[str] = field(default_factory=frozenset)
