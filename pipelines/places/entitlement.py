"""How long ordinary local permission takes: zoning, site plan, building and noise, by what the county asks."""

from __future__ import annotations

from typing import Any

import polars as pl

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
        low, mid, high = getattr(settings, f"{name}_months")
        classes = [own for own, duration in DURATIONS.items() if duration == name]
        rows.append(
            {
                "duration_id": name,
                "unit": "months",
                "low": low,
                "mid": mid,
                "high": high,
                "is_assumption": True,
                "rows_used": 1,
                "rows_set_aside": 0,
                "choice_reason": f"counties whose entitlement is {' or '.join(classes)}; no published figure",
                "source_title": f"setting {name}_months: {Settings.model_fields[f'{name}_months'].description}",
                "publisher": "firstmw",
                "url": "",
                "as_of": "",
            }
        )
    return rows
