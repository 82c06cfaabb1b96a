"""Monthly indicators and gas prices from FRED: keyless tables of every header generation, and answers of its API."""

from __future__ import annotations

import csv
import io
from typing import Any

from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceInfo
from pipelines.sources.gas import GAS_PRICES, GAS_PRICES_DAILY, HENRY_HUB_IDS, GasSeries, gas_row, gas_series
from pipelines.sources.observations import body_json, body_text, broken, check_status, clipped, day_of, figure, finish
from pipelines.sources.series import INDICATORS, Series, find_series, indicator_row, listed_series, without_slips

SOURCE = SourceInfo(
    source_id="fred",
    title="FRED: Henry Hub, manufacturers' orders and shipments, producer prices",
    publisher="Federal Reserve Bank of St. Louis, relaying EIA, Census Bureau and BLS",
    licence="FRED terms of use: personal and non-commercial by default; the underlying series are public domain",
    base_url="https://fred.stlouisfed.org",
    cadence="monthly",
    calls_per_night="18: one per series",
    calls_per_second=1.0,
)
_ORDERS = ("A35SUO", "A35SVS", "A35SNO", "A35CUO", "A35CVS", "ATGPUO", "ATGPVS", "A33HUO", "A33HVS")
_GAS_ASKED = ("MHHNGSP", "DHHNGSP")
_DAILY = frozenset({"DHHNGSP"})
_DATE_NAMES = frozenset({"observation_date", "date"})
_CURRENT = "observation_date"


def requests(asking: Asking) -> list[Request]:
    """Return the questions of a night, one series each: series of different frequency do not share a table."""
    prices = tuple(series.series_id for series in listed_series() if SOURCE.source_id in series.asked_of)
    return [
        Request(
            SOURCE.source_id,
            series_id,
            "graph/fredgraph.csv",
            params=(("id", series_id),),
            expects="csv",
            max_bytes=4_000_000,
        )
        for series_id in (*_GAS_ASKED, *_ORDERS, *prices)
    ]


def parse(payload: Payload) -> Parsed:
    """Return the observations of a table, or of an answer of the API whose key names the series.

    Raises
    ------
    SourceBroken
        If the header has no date column first, no column is a known series, or columns belong to different tables.
    """
    check_status(payload)
    text = body_text(payload)
    if text.lstrip().startswith("{"):
        return _finish(payload, [payload.key], _api_lines(payload))
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except csv.Error as error:
        broken(payload, f"is no table ({clipped(error)})")
    header = [name.strip() for name in lines[0]] if lines else []
    if len(header) < 2 or header[0].lower() not in _DATE_NAMES:
        broken(payload, f"has no date column first (header {clipped(', '.join(header))!r})")
    if header[0] == _CURRENT and not text.endswith("\n"):
        # The service ends every row; where the last one does not, the rest of the body is missing.
        broken(payload, "ends inside a row")
    if len(lines) < 2:
        broken(payload, "has a header and no rows")
    return _finish(payload, header[1:], [(line[0], line[1:]) for line in lines[1:]])


def _api_lines(payload: Payload) -> list[tuple[Any, list[Any]]]:
    body = body_json(payload)
    observations = body.get("observations")
    if "error_message" in body:
        broken(payload, f"is an error ({clipped(body['error_message'])})")
    if not isinstance(observations, list) or not observations:
        broken(payload, "has no list of observations")
    count, offset = body.get("count"), body.get("offset", 0)
    if isinstance(count, int) and isinstance(offset, int) and len(observations) < min(count - offset, 100_000):
        broken(payload, f"holds {len(observations):,} of {count:,} observations")
    return [(row.get("date"), [row.get("value")]) if isinstance(row, dict) else (None, [row]) for row in observations]


def _finish(payload: Payload, ids: list[str], lines: list[tuple[Any, list[Any]]]) -> Parsed:
    known: dict[str, Series | GasSeries] = {}
    for series_id in ids:
        found = gas_series(series_id) if series_id in HENRY_HUB_IDS else find_series(series_id)
        if found is not None:
            known[series_id] = found
    if not known:
        broken(payload, f"has no known series ({clipped(', '.join(ids))})")
    tables = {_table(series_id, series) for series_id, series in known.items()}
    if len(tables) > 1:
        broken(payload, "mixes series of different tables")
    table = tables.pop()
    rows = []
    for line, (stamp, values) in enumerate(lines, start=2):
        for column, series_id in enumerate(ids):
            at = (line - 1) * len(ids) + column + 1 if len(ids) > 1 else line
            if len(values) != len(ids):
                rows.append({"_row": at, "_reason": f"has {len(values)} figures under {len(ids)} series"})
            elif series_id not in known:
                rows.append({"_row": at, "_reason": f"series {clipped(series_id)!r} is not used"})
            else:
                rows.append(_row(payload, known[series_id], at, stamp, values[column]))
    return finish(payload, table, without_slips(rows) if table == INDICATORS else rows)


def _table(series_id: str, series: Series | GasSeries) -> str:
    if isinstance(series, Series):
        return INDICATORS
    return GAS_PRICES_DAILY if series_id in _DAILY else GAS_PRICES


def _row(payload: Payload, series: Series | GasSeries, at: int, stamp: Any, value: Any) -> dict[str, Any]:
    day = day_of(stamp)
    number, reason = figure(value)
    if day is None:
        return {"_row": at, "_reason": f"date {clipped(stamp)!r} cannot be read"}
    is_daily = series.series_id in _DAILY
    if day.day != 1 and not is_daily:
        return {"_row": at, "_reason": f"date {day} is no first of a month"}
    if isinstance(series, Series):
        return indicator_row(payload, series, row=at, period=f"{day:%Y-%m}", value=number, reason=reason, relay="FRED")
    return gas_row(
        payload,
        series,
        row=at,
        frequency="daily" if is_daily else "monthly",
        period=day if is_daily else f"{day:%Y-%m}",
        price=number,
        # The table carries no unit; that of the series is known from its page.
        unit=series.unit,
        reason=reason,
        source_title=f"Henry Hub Natural Gas Price, {'daily' if is_daily else 'monthly'} ({series.series_id})",
        publisher=f"{HENRY_HUB_IDS[series.series_id]}, by way of FRED",
        url=f"https://fred.stlouisfed.org/series/{series.series_id}",
    )
