"""The monthly series that stand behind lead times: what each id means, its unit, its bounds, who is asked for it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from pipelines.contracts import indicators as _contracts  # noqa: F401 - registers the tables
from pipelines.sources.base import Payload
from pipelines.sources.observations import arrived, is_future

INDICATORS = "core.lead_time_indicators"
SERIES_FILE = Path(__file__).with_name("series.csv")
M3_URL = "https://www.census.gov/manufacturing/m3/index.html"
# Category codes of the M3 survey: group and name.
M3_CATEGORIES = {
    "35S": ("electrical_equipment", "electrical equipment, appliances and components"),
    "35C": ("electrical_equipment", "electrical equipment"),
    "TGP": ("turbines_and_engines", "turbines, generators and other power transmission equipment"),
    "33S": ("machinery", "machinery"),
    "33E": ("machinery", "industrial machinery"),
    "33H": ("cooling", "ventilation, heating, air-conditioning and refrigeration equipment"),
    "34S": ("computers_and_electronics", "computers and electronic products"),
    "34A": ("computers_and_electronics", "electronic computers"),
    "MTM": ("all_manufacturing", "all manufacturing"),
    "MDM": ("all_manufacturing", "durable goods"),
}
# Data types of the M3 survey: measure and unit.
M3_DATA_TYPES = {
    "UO": ("unfilled_orders", "million_USD"),
    "NO": ("new_orders", "million_USD"),
    "VS": ("shipments", "million_USD"),
    "TI": ("inventories", "million_USD"),
    "IS": ("inventories_to_shipments", "months"),
    "US": ("unfilled_orders_to_shipments", "months"),
}
_M3_ID = re.compile(rf"([AU])({'|'.join(M3_CATEGORIES)})({'|'.join(M3_DATA_TYPES)})")
_M3_BOUNDS = {"million_USD": (1.0, 2e7), "months": (0.05, 100.0)}
# A month further from its neighbours than this is a slip of the payload: no month of any series above comes near it.
_MOST_TIMES_NEIGHBOURS = 3.0
_NEIGHBOURS = 3


@dataclass(frozen=True)
class Series:
    """One series with its meaning and the bounds outside of which a figure is absurd."""

    series_id: str
    measure: str
    category: str
    equipment_class: str
    unit: str
    is_seasonally_adjusted: bool
    minimum: float
    maximum: float
    asked_of: tuple[str, ...]
    source_title: str
    publisher: str
    url: str


@cache
def listed_series() -> tuple[Series, ...]:
    """Return the series of `series.csv` in file order."""
    with SERIES_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Series(
                series_id=row["series_id"],
                measure=row["measure"],
                category=row["category"],
                equipment_class=row["equipment_class"],
                unit=row["unit"],
                is_seasonally_adjusted=row["is_seasonally_adjusted"] == "true",
                minimum=float(row["minimum"]),
                maximum=float(row["maximum"]),
                asked_of=tuple(part for part in row["asked_of"].split(";") if part),
                source_title=row["title"],
                publisher=row["publisher"],
                url=row["url"],
            )
            for row in csv.DictReader(file)
        )


def find_series(series_id: str) -> Series | None:
    """Return a listed series, or one of the M3 survey: A or U (adjusted or not), category, data type."""
    for series in listed_series():
        if series.series_id == series_id:
            return series
    found = _M3_ID.fullmatch(series_id)
    return m3_series(found[2], found[3], is_adjusted=found[1] == "A") if found else None


def m3_series(category: str, data_type: str, *, is_adjusted: bool) -> Series | None:
    """Return the series of an M3 category and data type, or None where the survey has no such code."""
    if category not in M3_CATEGORIES or data_type not in M3_DATA_TYPES:
        return None
    group, name = M3_CATEGORIES[category]
    measure, unit = M3_DATA_TYPES[data_type]
    low, high = _M3_BOUNDS[unit]
    adjustment = "seasonally adjusted" if is_adjusted else "not seasonally adjusted"
    return Series(
        series_id=f"{'A' if is_adjusted else 'U'}{category}{data_type}",
        measure=measure,
        category=category,
        equipment_class=group,
        unit=unit,
        is_seasonally_adjusted=is_adjusted,
        minimum=low,
        maximum=high,
        asked_of=(),
        source_title=f"M3 survey of manufacturers: {measure.replace('_', ' ')}, {name}, {adjustment}",
        publisher="U.S. Census Bureau",
        url=M3_URL,
    )


def indicator_row(
    payload: Payload,
    series: Series,
    *,
    row: int,
    period: str | None,
    value: float | None,
    reason: str,
    is_preliminary: bool | None = None,
    relay: str = "",
) -> dict[str, Any]:
    """Return one observation as a row of the indicators, or with the reason why it is none.

    Parameters
    ----------
    payload : Payload
    series : Series
    row : int
        Place in the payload, 1-based.
    period : str | None
        Month, YYYY-MM; None where it cannot be read.
    value : float | None
    reason : str
        Why the value is none, from `observations.figure`; empty where it is one.
    is_preliminary : bool | None
    relay : str
        Who passed the publisher's figure on.
    """
    if not reason and period is None:
        reason = "its month cannot be read"
    elif not reason and period is not None and is_future(period, payload.retrieved_at_utc):
        reason = f"month {period} begins after the answer arrived"
    elif not reason and value is not None and not series.minimum <= value <= series.maximum:
        reason = f"value {value:g} is outside {series.minimum:g} to {series.maximum:g} for {series.series_id}"
    return {
        "_row": row,
        "_reason": reason,
        "source_id": payload.source_id,
        "series_id": series.series_id,
        "period": period,
        "measure": series.measure,
        "category": series.category,
        "equipment_class": series.equipment_class,
        "is_seasonally_adjusted": series.is_seasonally_adjusted,
        "value": value,
        "unit": series.unit,
        "is_preliminary": is_preliminary,
        "source_title": series.source_title,
        "publisher": f"{series.publisher}, by way of {relay}" if relay else series.publisher,
        "url": series.url,
        "as_of": arrived(payload),
    }


def without_slips(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with a reason on each month that stands three times off its neighbours' median.

    Orders, shipments and price indices of whole industries do not triple within months; a shifted digit does.
    """
    result = [dict(row) for row in rows]
    by_series: dict[str, list[dict[str, Any]]] = {}
    for row in result:
        if not row["_reason"]:
            by_series.setdefault(row["series_id"], []).append(row)
    for months in by_series.values():
        months.sort(key=lambda row: row["period"])
        values = [row["value"] for row in months]
        for at, row in enumerate(months):
            near = values[max(0, at - _NEIGHBOURS) : at] + values[at + 1 : at + 1 + _NEIGHBOURS]
            middle = median(near) if len(near) >= _NEIGHBOURS else row["value"]
            if not middle / _MOST_TIMES_NEIGHBOURS <= row["value"] <= middle * _MOST_TIMES_NEIGHBOURS:
                row["_reason"] = f"value {row['value']:g} stands far off the months around it ({middle:g})"
    return result
