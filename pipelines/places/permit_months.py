"""Months of an air permit by class and state: states shrunk to the national figure by their number of records."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import exp, log, pi
from pathlib import Path
from typing import Any

from pipelines.errors import InputError
from pipelines.reference.side_table import read_side_table
from pipelines.timeline.distribution import Z90, pool

MONTHS_FILE = Path(__file__).with_name("air_permit_months.csv")
NATION = "US"
SHRUNK = ("minor", "major")
"""Classes whose months are observed."""
Z75 = 0.6744897501960817  # standard normal quantile at 0.75
_COLUMNS = (
    *("state", "permit_class", "basis", "scope", "low_months", "mid_months", "high_months", "records"),
    *("source_title", "publisher", "url", "as_of"),
)
# Medians within this factor of each other are one duration, so that few networks differ.
_BAND = 1.12
Points = tuple[float, float, float]


@dataclass(frozen=True)
class StateMonths:
    """Months of one class in one state.

    Attributes
    ----------
    points : Points
        P10, P50, P90 (months).
    sources : tuple[dict[str, str], ...]
        Rows behind it.
    """

    points: Points
    sources: tuple[dict[str, Any], ...]


@cache
def permit_rows(path: Path = MONTHS_FILE) -> tuple[dict[str, Any], ...]:
    """Read the cited months of permits; figures are numbers or None.

    Raises
    ------
    InputError
        If the file or a column is missing, or a figure is no number.
    """
    rows = []
    for line, row in enumerate(read_side_table(path, _COLUMNS).iter_rows(named=True), start=2):
        for name in ("low_months", "mid_months", "high_months", "records"):
            try:
                row[name] = float(row[name]) if row[name] else None
            except ValueError:
                raise InputError(f"{row[name]!r} is no number", file=str(path), row=line, column=name) from None
        rows.append(row)
    return tuple(rows)


def shrunk_medians(permit_class: str, rows: tuple[dict[str, Any], ...]) -> dict[str, float]:
    """Estimate the median months of each state with records, shrunk to the nation's by their number.

    Normal hierarchical model of log months (Efron and Morris 1975, Journal of the American Statistical Association 70):
    the median of n records has the variance pi/2 x s^2 / n, s from the national quartiles; the variance between states
    is its moment estimate about the national median (DerSimonian and Laird 1986, Controlled Clinical Trials 7). Project
    cases are records of their state.

    Parameters
    ----------
    permit_class : str
        "minor" or "major".
    rows : tuple[dict[str, Any], ...]
        As from `permit_rows`.

    Returns
    -------
    dict[str, float]
        Months by state, the nation among them.
    """
    own = [row for row in rows if row["permit_class"] == permit_class and row["records"]]
    nation = next(row for row in own if row["state"] == NATION)
    mean = log(nation["mid_months"])
    spread = log(nation["high_months"] / nation["low_months"]) / (2.0 * Z75)
    seen: dict[str, list[tuple[float, float]]] = {}
    for row in own:
        if row["state"] != NATION:
            seen.setdefault(row["state"], []).append((row["records"], log(row["mid_months"])))
    departures, variances = {}, {}
    for state, pairs in seen.items():
        records = sum(count for count, _ in pairs)
        departures[state] = sum(count * months for count, months in pairs) / records - mean
        variances[state] = pi / 2.0 * spread**2 / records
    excess = sum(departures[state] ** 2 / variances[state] for state in seen) - len(seen)
    between = max(excess / sum(1.0 / variance for variance in variances.values()), 0.0)
    shrunk = {
        state: exp(mean + departures[state] * between / (between + variances[state])) if between else exp(mean)
        for state in seen
    }
    return {NATION: exp(mean)} | shrunk


def from_quartiles(low: float, mid: float, high: float) -> Points:
    """Convert quartiles to P10, P50, P90: straight in the logarithm and the normal score."""
    power = Z90 / Z75
    return mid * (low / mid) ** power, mid, mid * (high / mid) ** power


@cache
def state_months(permit_class: str, path: Path = MONTHS_FILE) -> dict[str, StateMonths]:
    """Estimate months of minor or major permits by state; states that are not listed have the nation's.

    Records of states that are alike within a factor are one band, which has the nation's range about its median. A
    range that an agency gives for new sources goes before records, which include modifications.

    Parameters
    ----------
    permit_class : str
        "minor", "major", "registration" or "exempt".
    """
    rows = permit_rows(path)
    own = [row for row in rows if row["permit_class"] == permit_class]
    stated = {row["state"]: row for row in own if not row["records"]}
    found = {state: StateMonths(_of_range(row), (row,)) for state, row in stated.items()}
    if permit_class not in SHRUNK:
        return found
    nation = next(row for row in own if row["state"] == NATION)
    points = from_quartiles(nation["low_months"], nation["mid_months"], nation["high_months"])
    for state, median in shrunk_medians(permit_class, rows).items():
        if state in stated:
            continue
        steps = round(log(median / nation["mid_months"]) / log(_BAND))
        factor = _BAND**steps
        sources = tuple(row for row in own if row["state"] in {state, NATION} and row["records"])
        low, mid, high = (point * factor for point in points)
        found[state] = StateMonths((low, mid, high), sources)
    return found


def _of_range(row: dict[str, Any]) -> Points:
    """Read a stated range as P10 to P90, a longest time as P90 of which the half is the median."""
    low, mid, high = row["low_months"], row["mid_months"], row["high_months"]
    if low is None and mid is not None:
        low = mid / 2.0
    if mid is None:
        mid = (low * high) ** 0.5 if low is not None else high / 2.0
    return (low if low is not None else mid / 2.0), mid, high


def nonattainment_months(major: Points, factors: tuple[float, ...]) -> Points:
    """Compute the months of nonattainment New Source Review from those of a major permit: no duration is observed."""
    low, mid, high = (point * factor for point, factor in zip(major, factors, strict=True))
    return low, mid, high


def mixed(parts: list[tuple[Points, float]], tail: float) -> Points:
    """Compute P10, P50, P90 of months that are one of several by probability (mixture, as `distribution.pool`)."""
    kept = [(points, weight) for points, weight in parts if weight > 0.0]
    return pool([points for points, _ in kept], [weight for _, weight in kept], tail=tail)
