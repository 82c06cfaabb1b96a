"""Gas prices as the US publisher names them: series ids, units that go with them, and rows of the price tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pipelines.contracts import indicators as _daily  # noqa: F401 - registers the daily table
from pipelines.contracts import reference_series as _contracts  # noqa: F401 - registers the tables
from pipelines.sources.base import Payload
from pipelines.sources.observations import arrived, is_future

GAS_PRICES = "core.gas_prices"
GAS_PRICES_DAILY = "core.gas_prices_daily"
EIA = "U.S. Energy Information Administration"
HENRY_HUB_IDS = {"RNGWHHD": EIA, "DHHNGSP": EIA, "MHHNGSP": EIA, "PNGASUSUSDM": "International Monetary Fund"}
SECTORS = {"3035": ("industrial", "PIN"), "3045": ("electric_power", "PEU")}
# fmt: off
STATE_NAMES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DC": "District of Columbia", "DE": "Delaware", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "IA": "Iowa", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "KS": "Kansas", "KY": "Kentucky",
    "LA": "Louisiana", "MA": "Massachusetts", "MD": "Maryland", "ME": "Maine", "MI": "Michigan", "MN": "Minnesota",
    "MO": "Missouri", "MS": "Mississippi", "MT": "Montana", "NC": "North Carolina", "ND": "North Dakota",
    "NE": "Nebraska", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico", "NV": "Nevada", "NY": "New York",
    "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island",
    "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VA": "Virginia",
    "VT": "Vermont", "WA": "Washington", "WI": "Wisconsin", "WV": "West Virginia", "WY": "Wyoming",
}
# fmt: on
_STATE_SERIES = re.compile(r"N(\d{4})([A-Z]{2})3")
# As the interface and the workbooks write them, blanks and case aside.
_UNITS = {
    "$/mcf": "USD_per_Mcf",
    "dollarsperthousandcubicfeet": "USD_per_Mcf",
    "$/mmbtu": "USD_per_MMBtu",
    "dollarspermillionbtu": "USD_per_MMBtu",
}


@dataclass(frozen=True)
class GasSeries:
    """A price series that the product uses."""

    series_id: str
    geography_type: str
    geography: str
    state: str
    sector: str
    unit: str
    process: str


def gas_series(series_id: str) -> GasSeries | None:
    """Return what a series id means, or None where the product has no use for it.

    State series are prices per thousand cubic feet, the hub's per million Btu; an id that comes with the other unit is
    a fault of the payload, never converted on the quiet.
    """
    if series_id in HENRY_HUB_IDS:
        return GasSeries(series_id, "hub", "Henry Hub", "LA", "spot", "USD_per_MMBtu", "PS0")
    found = _STATE_SERIES.fullmatch(series_id)
    if found is None or found[1] not in SECTORS:
        return None
    sector, process = SECTORS[found[1]]
    if found[2] == "US":
        return GasSeries(series_id, "nation", "United States", "US", sector, "USD_per_Mcf", process)
    if found[2] not in STATE_NAMES:
        return None
    return GasSeries(series_id, "state", STATE_NAMES[found[2]], found[2], sector, "USD_per_Mcf", process)


def unit_of(text: object) -> str | None:
    """Return the product's name of a unit as the publisher writes it, or None where it is not known."""
    if not isinstance(text, str):
        return None
    plain = re.sub(r"\s+", "", text).lower()
    found = re.search(r"\(([^()]*)\)$", plain)
    return _UNITS.get(found[1] if found else plain)


def gas_row(
    payload: Payload,
    series: GasSeries,
    *,
    row: int,
    frequency: str,
    period: Any,
    price: float | None,
    unit: str | None,
    reason: str,
    source_title: str,
    publisher: str,
    url: str,
) -> dict[str, Any]:
    """Return one price as a row of `core.gas_prices`, or of the daily table where `frequency` is daily.

    Parameters
    ----------
    payload : Payload
    series : GasSeries
    row : int
        Place in the payload, 1-based.
    frequency : str
        monthly, annual or daily; another one is a reason to leave the row out.
    period : str | date | None
        YYYY-MM, YYYY, or a date where daily; None where it cannot be read.
    price : float | None
    unit : str | None
        As `unit_of` reads it; must be the one that goes with the series.
    reason : str
        Why the price is none; empty where it is one.
    """
    if frequency not in {"monthly", "annual", "daily"}:
        reason = f"{frequency} prices are not kept"
    elif period is None:
        reason = "its period cannot be read"
    elif not reason and unit != series.unit:
        reason = f"its unit does not go with {series.series_id} ({series.unit})"
    elif not reason and is_future(str(period), payload.retrieved_at_utc):
        reason = f"period {period} begins after the answer arrived"
    elif not reason and price is not None and price < 0:
        reason = f"price {price:g} is below zero"
    common = {
        "_row": row,
        "_reason": reason,
        "series_id": series.series_id,
        "geography": series.geography,
        "state": series.state,
        "price": price,
        "unit": series.unit,
        "note": None,
        "source_title": source_title,
        "publisher": publisher,
        "url": url,
        "as_of": arrived(payload),
    }
    if frequency == "daily":
        return {**common, "day": period}
    return {
        **common,
        "geography_type": series.geography_type,
        "sector": series.sector,
        "frequency": frequency,
        "period": period,
        # The publisher gives a year or a month only once it is over.
        "is_partial_period": False,
    }
