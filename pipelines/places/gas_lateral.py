"""What a gas lateral of a length takes: months to gas and what it costs to build."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.economics.hub_prices import to_dollar_year
from pipelines.errors import InputError
from pipelines.places.duration_row import duration_row
from pipelines.places.gas_reach import OPEN_KINDS, lateral_id, lateral_lengths
from pipelines.reference.side_table import read_side_table
from pipelines.settings import Settings

FACTS_FILE = Path(__file__).with_name("gas_lateral.csv")
KM_PER_MILE = 1.609344
_NEAR_KM = 8.0
_COLUMNS = ("fact_id", "value", "unit", "dollar_year", "condition", "source_title", "publisher", "url", "as_of")
_WORDS = {
    "searched": "a site of the county searched for by its distance to gas",
    "centre": "a site at a known distance",
    "mapped": "the nearest mapped line or gas plant, where a utility may be nearer",
    "city": "main of a city's gas utility, which no map shows",
    "metro": "metropolitan county without data",
    "rural": "other county without data",
}


@cache
def lateral_facts(path: Path = FACTS_FILE) -> dict[str, dict[str, Any]]:
    """Read the cited figures of gas laterals, by fact_id; `value` is a number.

    Raises
    ------
    InputError
        If the file or a column is missing, or a value is no number.
    """
    found = {}
    for line, row in enumerate(read_side_table(path, _COLUMNS).iter_rows(named=True), start=2):
        try:
            found[row["fact_id"]] = row | {"value": float(row["value"])}
        except ValueError:
            raise InputError(f"{row['value']!r} is no number", file=str(path), row=line, column="value") from None
    return found


def lateral_usd(length_km: ArrayLike, settings: Settings) -> NDArray[np.float64]:
    """Compute what a gas lateral costs before the factor of its place (USD of the dollar year).

    Length x diameter x cost per inch and mile, and the meter and regulator station.

    Parameters
    ----------
    length_km : ArrayLike
        Length (km), any shape.
    """
    fact = lateral_facts()["pipeline_usd_per_inch_mile"]
    per_inch_mile = to_dollar_year(fact["value"], int(fact["dollar_year"]), settings)
    miles = np.asarray(length_km, dtype=np.float64) / KM_PER_MILE
    return miles * settings.gas_lateral_inches * per_inch_mile + settings.gas_meter_station_usd


def lateral_months(length_km: float, point: int, settings: Settings) -> float:
    """Compute the months from an agreement to gas for a lateral of a length.

    Straight from a main at the fence to 8 km, slower beyond, and the federal certificate that its cost calls for:
    none to the limit of automatic authorisation, prior notice to the next limit, then a full one. Lines within a
    state need another permission, which is taken to last as long.

    Parameters
    ----------
    length_km : float
    point : int
        0 for P10, 1 for P50, 2 for P90.
    """
    at_main, at_8_km = settings.gas_lateral_at_main_months[point], settings.gas_lateral_at_8_km_months[point]
    built = at_main + (at_8_km - at_main) * min(length_km, _NEAR_KM) / _NEAR_KM
    built += settings.gas_lateral_far_months_per_km * max(length_km - _NEAR_KM, 0.0)
    facts, cost = lateral_facts(), float(lateral_usd(length_km, settings))
    if cost <= facts["automatic_limit_usd"]["value"]:
        return built
    is_notice = cost <= facts["prior_notice_limit_usd"]["value"]
    return built + float(facts["prior_notice_months" if is_notice else "certificate_months"]["value"])


def lateral_durations(settings: Settings) -> list[dict[str, Any]]:
    """Build the durations of the classes of laterals, rows of contract `core.durations`; none where places are off."""
    if not settings.has_gas_lateral_by_place:
        return []
    kinds = {lateral_id(kind, 0.0): kind for kind in OPEN_KINDS}
    cited = dict.fromkeys(row["source_title"] for row in lateral_facts().values())
    rows = []
    source_title = (
        "settings gas_lateral_at_main_months, gas_lateral_at_8_km_months, gas_lateral_far_months_per_km; "
        f"certificates: {'; '.join(cited)}"
    )
    for name, lengths in lateral_lengths(settings).items():
        months = [lateral_months(length, point, settings) for point, length in enumerate(lengths)]
        kind = kinds.get(name, name.removeprefix("gas_lateral_").partition("_")[0])
        reason = f"{_WORDS[kind]}: {lengths[0]:.1f}, {lengths[1]:.1f} and {lengths[2]:.1f} km"
        rows.append(duration_row(name, months, reason, source_title))
    return rows
