"""How long ordinary local permission takes: zoning, site plan, building and noise, by what the county asks."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipelines.places.duration_row import duration_row, setting_title
from pipelines.settings import Settings

FACT = "entitlement_class"
"""Column of a region that says what its county asks."""
DURATIONS = {
    "by_right": "local_permits_light",
    "no_county_zoning": "local_permits_light",
    "ordinary": "local_permits_ordinary",
    "restricted": "local_permits_restricted",
}


def entitlements(regions: pl.DataFrame, settings: Settings) -> dict[str, str] | None:
    """Select the duration of local permits of each region; None without the fact, or where places are switched off."""
    if not settings.has_local_permits_by_place or FACT not in regions.columns:
        return None
    named = regions.select("region_id", pl.col(FACT).replace_strict(DURATIONS, return_dtype=pl.String))
    return dict(named.iter_rows())


def entitlement_durations(settings: Settings) -> list[dict[str, Any]]:
    """Build the durations of local permits, rows of contract `core.durations`; none where places are switched off."""
    if not settings.has_local_permits_by_place:
        return []
    rows = []
    for name in dict.fromkeys(DURATIONS.values()):
        setting = f"{name}_months"
        classes = [own for own, duration in DURATIONS.items() if duration == name]
        reason = f"counties whose entitlement is {' or '.join(classes)}; no published figure"
        rows.append(duration_row(name, getattr(settings, setting), reason, setting_title(setting)))
    return rows
