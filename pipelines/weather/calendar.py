"""The calendar of a weather year: UTC hours, and the local solar days that months and days are counted in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Typical and synthetic years stand on this calendar: not a leap year, so 8760 hours.
TYPICAL_YEAR = 2025
MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
MONTH_OF_DAY: NDArray[np.int64] = np.repeat(np.arange(12), MONTH_DAYS)


def hours_of_year(year: int) -> NDArray[np.datetime64]:
    """Return the starts of all hours of a calendar year in UTC, shape (8760,) or (8784,)."""
    return np.arange(np.datetime64(f"{year:04d}-01-01T00", "h"), np.datetime64(f"{year + 1:04d}-01-01T00", "h")).astype(
        "datetime64[us]"
    )


def solar_offset_hours(longitude: float) -> int:
    """Return the whole hours by which local solar time runs ahead of UTC at a longitude (degrees east)."""
    return round(longitude / 15.0)
