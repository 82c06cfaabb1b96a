"""A duration that follows from a place, as a row of contract `core.durations`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipelines.settings import Settings


def duration_row(
    duration_id: str,
    points: Iterable[float],
    reason: str,
    source_title: str,
    *,
    publisher: str = "firstmw",
    url: str = "",
    as_of: str = "",
    rows_used: int = 1,
    is_assumption: bool = True,
) -> dict[str, Any]:
    """Build a row; without a citation it is an assumption of the settings that `source_title` names.

    Parameters
    ----------
    duration_id : str
    points : Iterable[float]
        P10, P50 and P90 (months).
    reason : str
        Why these figures were chosen.
    source_title, publisher, url, as_of : str
    rows_used : int
        Published rows behind it.
    is_assumption : bool
    """
    low, mid, high = points
    return {
        "duration_id": duration_id,
        "unit": "months",
        "low": low,
        "mid": mid,
        "high": high,
        "is_assumption": is_assumption,
        "rows_used": rows_used,
        "rows_set_aside": 0,
        "choice_reason": reason,
        "source_title": source_title,
        "publisher": publisher,
        "url": url,
        "as_of": as_of,
    }


def setting_title(name: str) -> str:
    """Name the setting that a duration is an assumption of, with its meaning."""
    return f"setting {name}: {Settings.model_fields[name].description}"
