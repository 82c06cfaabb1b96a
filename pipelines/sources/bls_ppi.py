"""Producer prices of transformers, switchgear, turbines and machinery from the Bureau of Labor Statistics."""

from __future__ import annotations

import re
from typing import Any

from pipelines.sources.asking import Asking
from pipelines.sources.base import NotPublishedYet, Parsed, Payload, Request, SourceInfo
from pipelines.sources.observations import (
    body_json,
    broken,
    check_status,
    clipped,
    figure,
    finish,
    month_of,
    place,
    refused,
    year_of,
)
from pipelines.sources.series import INDICATORS, find_series, indicator_row, listed_series, without_slips

SOURCE = SourceInfo(
    source_id="bls_ppi",
    title="Producer price indexes of electrical equipment, turbines and machinery (public data API)",
    publisher="U.S. Bureau of Labor Statistics",
    licence="US Government work, public domain; to be cited with the date of access",
    base_url="https://api.bls.gov",
    cadence="monthly",
    calls_per_night="1 of the 25 a day that are free without a key",
    calls_per_second=0.5,
)
# Without a key: ten years and 25 series to a question.
_YEARS = 10
_MOST_SERIES = 25
_ANNUAL_AVERAGES = {"M13", "Q05", "S03", "A01"}


def requests(asking: Asking) -> list[Request]:
    """Return the question of a night: all listed series, the ten years to the night's date."""
    ids = [series.series_id for series in listed_series() if SOURCE.source_id in series.asked_of]
    return [
        Request(
            SOURCE.source_id,
            "producer_prices",
            "publicAPI/v1/timeseries/data/",
            method="POST",
            json_body={
                "seriesid": ids[:_MOST_SERIES],
                "startyear": str(asking.as_of.year - _YEARS + 1),
                "endyear": str(asking.as_of.year),
            },
            headers=(("Content-Type", "application/json"),),
            max_bytes=8_000_000,
        )
    ]


def parse(payload: Payload) -> Parsed:
    """Return the months of all series of an answer, newest first as they come; annual averages are counted as left out.

    Raises
    ------
    SourceRefused
        The day's questions are used up, or the question is not understood; the status is 200 all the same.
    NotPublishedYet
        No series has a figure for the years asked for.
    SourceBroken
        Anything else that is not the known layout.
    """
    check_status(payload)
    body = body_json(payload)
    if not isinstance(body, dict):
        broken(payload, "is no object")
    messages = body.get("message") or []
    messages = [clipped(message) for message in (messages if isinstance(messages, list) else [messages]) if message]
    status = body.get("status")
    if status != "REQUEST_SUCCEEDED":
        if isinstance(status, str) and status.startswith("REQUEST_"):
            refused(payload, f"{status}: {'; '.join(messages)}")
        broken(payload, f"has the status {clipped(status)!r}")
    results = body.get("Results")
    series = results.get("series") if isinstance(results, dict) else None
    if not isinstance(series, list) or not all(isinstance(part, dict) for part in series) or not series:
        broken(payload, "has no list of series")
    rows: list[dict[str, Any]] = []
    notes = [f"the source says: {message}" for message in messages]
    for part in series:
        data, series_id = part.get("data"), part.get("seriesID")
        if not isinstance(data, list) or not isinstance(series_id, str):
            broken(payload, "has a series without an id or without a list of figures")
        if not data:
            notes.append(f"no figures for {clipped(series_id)}")
        rows += [_row(payload, series_id, row, len(rows) + at) for at, row in enumerate(data, start=1)]
    if not rows:
        raise NotPublishedYet(f"{place(payload)} has no figures for the years asked for; ask again later.")
    return finish(payload, INDICATORS, without_slips(rows), notes=notes)


def _row(payload: Payload, series_id: str, row: Any, at: int) -> dict[str, Any]:
    if not isinstance(row, dict):
        return {"_row": at, "_reason": "it is no object"}
    series = find_series(series_id)
    if series is None:
        return {"_row": at, "_reason": f"series {clipped(series_id)!r} is not used"}
    period, year = row.get("period"), year_of(row.get("year"))
    if isinstance(period, str) and period in _ANNUAL_AVERAGES:
        return {"_row": at, "_reason": "it is an annual average"}
    is_month = isinstance(period, str) and re.fullmatch(r"M(0[1-9]|1[0-2])", period, re.ASCII)
    month = month_of(f"{year}-{str(period)[1:]}") if is_month and year else None
    value, reason = figure(row.get("value"))
    return indicator_row(
        payload,
        series,
        row=at,
        period=month,
        value=value,
        reason=reason,
        is_preliminary=_is_preliminary(row.get("footnotes")),
    )


def _is_preliminary(footnotes: object) -> bool:
    """Return whether a footnote has the code P; the last four months of a price index are revised once."""
    notes = footnotes if isinstance(footnotes, list) else []
    return any(isinstance(note, dict) and note.get("code") == "P" for note in notes)
