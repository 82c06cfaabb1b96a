"""Gas and electricity prices from version 2 of the EIA interface."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice, pairwise
from typing import Any

from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceBroken, SourceError, SourceInfo
from pipelines.sources.gas import EIA, GAS_PRICES, GAS_PRICES_DAILY, STATE_NAMES, gas_row, gas_series, unit_of
from pipelines.sources.observations import (
    NO_FIGURE,
    arrived,
    body_json,
    body_text,
    broken,
    check_status,
    clipped,
    day_of,
    figure,
    finish,
    is_future,
    month_of,
    refused,
    year_of,
)

POWER_PRICES = "core.power_prices"
PAGE_ROWS = 5_000
# No question of this connector has more rows; a larger total is a fault, and paging ends.
_MOST_ROWS = 200_000
_HISTORY_YEARS = 10
_GAS = ("period", "series", "value", "units")
_POWER = ("period", "stateid", "sectorid", "price")
_POWER_SECTORS = {"IND": "industrial"}
_CENTS = re.compile(r"centsperkilowatt-?hour")
_MILLION_KWH = re.compile(r"millionkilowatt-?hours")
_CENTS_TO_USD_PER_MWH = 10.0
_MILLION_KWH_TO_MWH = 1_000.0
# Survey figures of a year are final with the annual survey, which comes out in October of the next year.
_FINAL_MONTH = 11

SOURCE = SourceInfo(
    source_id="eia_v2",
    title="EIA open data, version 2: natural gas prices by state and sector, Henry Hub, retail electricity",
    publisher=EIA,
    licence="US Government work, public domain; to be cited",
    base_url="https://api.eia.gov",
    key_setting="eia_api_key",
    cadence="monthly",
    calls_per_night="about 11: state gas 2 sectors x (2 pages monthly + 1 annual), Henry Hub 1, electricity 2 + 1",
    calls_per_second=2.0,
)


def requests(asking: Asking) -> list[Request]:
    """Return the questions of a night: ten years of state gas prices, Henry Hub, and industrial electricity prices.

    The value columns are named in each of them, as the interface otherwise sends rows without values, and the order is
    fixed, as pages without one may overlap.
    """
    first = asking.as_of.year - _HISTORY_YEARS
    starts = (("monthly", f"{first}-01"), ("annual", f"{first}"))
    gas = [
        _request("natural-gas/pri/sum", process, frequency, start, ["value"], "process", "series")
        for frequency, start in starts
        for process in ("PIN", "PEU")
    ]
    hub = _request("natural-gas/pri/fut", "RNGWHHD", "monthly", f"{first}-01", ["value"], "series", "series")
    power = [
        _request("electricity/retail-sales", "IND", frequency, start, ["price", "sales"], "sectorid", "stateid")
        for frequency, start in starts
    ]
    return [*gas, hub, *power]


def follow(request: Request, payload: Payload) -> Request | None:
    """Return the question for the next page, or None where this was the last one or cannot be read."""
    try:
        response = _response(payload)
    except SourceError:
        return None
    total, rows = _whole(response.get("total")), response.get("data")
    if total is None or not isinstance(rows, list) or not rows:
        return None
    params = dict(request.params)
    offset = int(params.get("offset", "0")) + len(rows)
    if offset >= min(total, _MOST_ROWS):
        return None
    moved = tuple((name, str(offset) if name == "offset" else value) for name, value in request.params)
    return replace(request, key=f"{request.key.split('@')[0]}@{offset}", params=moved)


def parse(payload: Payload) -> Parsed:
    """Return the prices of one page.

    Figures are text, numbers or null. A page that holds fewer rows than it promises is broken, as are rows without
    value columns; a warning is only noted, since the interface sends it with whole answers too.

    Raises
    ------
    SourceRefused
        The key is missing, wrong or suspended, or the question is not understood; also where the status is 200.
    SourceBroken
        Anything else that is not a page of known columns.
    """
    check_status(payload)
    if not body_text(payload).lstrip().startswith("{"):
        return _parse_rows(payload, _table_rows(payload), "", 0, [])
    response = _response(payload)
    rows = response.get("data")
    if not isinstance(rows, list):
        broken(payload, "holds no list of rows")
    notes = _warnings(payload, response)
    total, offset, length = _extent(payload, response)
    expected = max(0, min(length, total - offset))
    if len(rows) < expected:
        broken(payload, f"holds {len(rows):,} rows where {expected:,} are promised")
    if not rows:
        broken(payload, "holds no rows: no such series or area, or nothing in the period asked for")
    if total > len(rows):
        notes.append(f"rows {offset + 1:,} to {offset + len(rows):,} of {total:,}")
    return _parse_rows(payload, rows, str(response.get("frequency", "")), offset, notes)


def _request(
    route: str, facet: str, frequency: str, start: str, data: list[str], facet_name: str, order: str
) -> Request:
    return Request(
        source_id=SOURCE.source_id,
        key=f"{route}/{facet}/{frequency}",
        path=f"v2/{route}/data/",
        max_bytes=16_000_000,
        params=(
            ("frequency", frequency),
            *((f"data[{at}]", name) for at, name in enumerate(data)),
            (f"facets[{facet_name}][]", facet),
            ("start", start),
            ("sort[0][column]", "period"),
            ("sort[0][direction]", "asc"),
            ("sort[1][column]", order),
            ("sort[1][direction]", "asc"),
            ("offset", "0"),
            ("length", str(PAGE_ROWS)),
        ),
        secret_param="api_key",
    )


def _response(payload: Payload) -> dict[str, Any]:
    """Return the part with the rows; an error in the body is an error whatever the status says."""
    body = body_json(payload)
    if not isinstance(body, dict):
        broken(payload, "is no object")
    inner = body.get("response")
    error = body.get("error") or (inner.get("error") if isinstance(inner, dict) else None)
    if error:
        code, message = (
            (error.get("code"), error.get("message")) if isinstance(error, dict) else (body.get("code"), error)
        )
        if str(code).startswith("5"):
            broken(payload, f"is an error of the service ({clipped(message)})")
        refused(payload, f"{code}: {message}")
    if not isinstance(inner, dict):
        broken(payload, "has no part named response")
    return {**inner, "_top": body}


def _warnings(payload: Payload, response: Mapping[str, Any]) -> list[str]:
    notes = []
    for holder in (response, response["_top"]):
        warnings = holder.get("warnings") or []
        for warning in warnings if isinstance(warnings, list) else [warnings]:
            said = warning.get("description") or warning.get("warning") if isinstance(warning, dict) else warning
            notes.append(f"the source warns: {clipped(said)}")
    return list(dict.fromkeys(notes))


def _extent(payload: Payload, response: Mapping[str, Any]) -> tuple[int, int, int]:
    """Return the total and, from the echo of the question, offset and length."""
    total = _whole(response.get("total"))
    if total is None or total > _MOST_ROWS:
        broken(payload, f"promises {clipped(response.get('total'))} rows in all, which is no sensible count")
    request = response["_top"].get("request")
    params = request.get("params") if isinstance(request, dict) else None
    params = params if isinstance(params, dict) else {}
    offset, length = _whole(params.get("offset", "0")), _whole(params.get("length", str(PAGE_ROWS)))
    return total, offset or 0, min(length or PAGE_ROWS, PAGE_ROWS)


def _whole(value: object) -> int | None:
    """Return a count written as a number or as text, or None."""
    read, _ = figure(value)
    return int(read) if read is not None and read >= 0 and read == int(read) else None


def _table_rows(payload: Payload) -> list[Any]:
    """Return the rows of a page that was kept as a table with the same names."""
    try:
        reader = csv.DictReader(io.StringIO(body_text(payload), newline=""), strict=True)
        if "period" not in (reader.fieldnames or ()):
            broken(payload, "is neither JSON nor a table of rows with a period")
        rows: list[Any] = list(islice(reader, _MOST_ROWS))
    except csv.Error as error:
        raise SourceBroken(f"eia_v2: the answer for {payload.key!r} is no table ({clipped(error)}).") from None
    if not rows:
        broken(payload, "is neither JSON nor a table of rows with a period")
    return rows


def _parse_rows(payload: Payload, rows: list[Any], frequency: str, offset: int, notes: list[str]) -> Parsed:
    present: set[str] = set()
    for row in rows:
        present |= set(row) if isinstance(row, dict) else set()
    frequency = frequency or _frequency(rows)
    if {"series", "duoarea"} & present:
        missing = [name for name in _GAS if name not in present]
        if missing:
            broken(payload, f"has rows without the column {missing[0]!r}")
        table = GAS_PRICES_DAILY if frequency == "daily" else GAS_PRICES
        return finish(
            payload,
            table,
            [_gas(payload, row, at, frequency) for at, row in enumerate(rows, start=offset + 1)],
            notes=notes,
        )
    if {"stateid", "sectorid"} & present:
        missing = [name for name in _POWER if name not in present]
        if missing:
            broken(payload, f"has rows without the column {missing[0]!r}")
        return finish(
            payload,
            POWER_PRICES,
            [_power(payload, row, at, frequency) for at, row in enumerate(rows, start=offset + 1)],
            notes=notes,
        )
    broken(payload, "has rows of no known kind")


def _frequency(rows: list[Any]) -> str:
    """Return the frequency that the stamps of a table without one speak for."""
    stamps = sorted({str(row.get("period")) for row in rows if isinstance(row, dict)})
    days = [day for day in map(day_of, stamps) if day is not None]
    if days:
        steps = [(after - before).days for before, after in pairwise(days)]
        return "daily" if any(step < 5 for step in steps) else "weekly"
    return "annual" if all(len(stamp) == 4 for stamp in stamps) else "monthly"


def _period(value: object, frequency: str) -> Any:
    return {"daily": day_of, "monthly": month_of, "annual": year_of}.get(frequency, lambda _: None)(value)


def _left_out(at: int, reason: str) -> dict[str, Any]:
    return {"_row": at, "_reason": reason}


def _gas(payload: Payload, row: Any, at: int, frequency: str) -> dict[str, Any]:
    if not isinstance(row, dict):
        return _left_out(at, "it is no object")
    series_id = row.get("series")
    series = gas_series(series_id) if isinstance(series_id, str) else None
    if series is None:
        return _left_out(at, f"series {clipped(series_id)!r} is not used")
    area = "RGC" if series.geography_type == "hub" else "NUS" if series.state == "US" else f"S{series.state}"
    for name, expected in (("duoarea", area), ("process", series.process)):
        if row.get(name) != expected:
            return _left_out(at, f"its {name} {clipped(row.get(name))!r} does not go with {series.series_id}")
    price, reason = figure(row.get("value")) if "value" in row else (None, "it has no column value")
    if frequency not in {"monthly", "annual", "daily"} or (frequency == "daily" and series.geography_type != "hub"):
        return _left_out(at, f"{clipped(frequency) or 'unnamed'} prices of {series.series_id} are not kept")
    route = "pri/fut" if series.geography_type == "hub" else "pri/sum"
    what = "Henry Hub Natural Gas Spot Price" if series.geography_type == "hub" else "Natural Gas Prices by Sector"
    return gas_row(
        payload,
        series,
        row=at,
        frequency=frequency,
        period=_period(row.get("period"), frequency),
        price=price,
        unit=unit_of(row.get("units")),
        reason=reason,
        source_title=f"{what}, {frequency} (open data, natural-gas/{route})",
        publisher=EIA,
        url=f"https://www.eia.gov/opendata/browser/natural-gas/{route}",
    )


def _power(payload: Payload, row: Any, at: int, frequency: str) -> dict[str, Any]:
    if not isinstance(row, dict):
        return _left_out(at, "it is no object")
    period = _period(row.get("period"), frequency)
    cents, unpriced = figure(row.get("price"))
    sold, unsold = figure(row.get("sales"))
    sector, state = str(row.get("sectorid")), str(row.get("stateid"))
    sold_in, priced_in = row.get("sales-units"), row.get("price-units")
    faults = (
        (sector not in _POWER_SECTORS, f"sector {clipped(sector)!r} is not used"),
        (state not in {*STATE_NAMES, "US"}, f"area {clipped(state)!r} is no state"),
        (frequency not in {"monthly", "annual"}, f"{clipped(frequency) or 'unnamed'} prices are not kept"),
        (period is None, f"period {clipped(row.get('period'))!r} cannot be read"),
        (is_future(str(period or ""), payload.retrieved_at_utc), f"period {period} begins after the answer arrived"),
        (cents is None, unpriced),
        (not _CENTS.fullmatch(_plain(priced_in)), f"price in {clipped(priced_in)!r}, expected cents per kilowatt-hour"),
        (sold is None and unsold != NO_FIGURE, unsold),
        (
            sold is not None and not _MILLION_KWH.fullmatch(_plain(sold_in)),
            f"sales in {clipped(sold_in)!r}, expected million kilowatt hours",
        ),
    )
    reason = next((reason for is_fault, reason in faults if is_fault), "")
    if cents is None or reason:
        return _left_out(at, reason)
    return {
        "_row": at,
        "_reason": "",
        "state": state,
        "sector": _POWER_SECTORS[sector],
        "frequency": frequency,
        "period": period,
        "price_usd_per_mwh": round(cents * _CENTS_TO_USD_PER_MWH, 6),
        "sales_mwh": None if sold is None else sold * _MILLION_KWH_TO_MWH,
        "is_preliminary": _is_preliminary(str(period), payload),
        "source_title": f"Electricity sales to ultimate customers, {frequency} (open data, electricity/retail-sales)",
        "publisher": EIA,
        "url": "https://www.eia.gov/opendata/browser/electricity/retail-sales",
        "as_of": arrived(payload),
    }


def _is_preliminary(period: str, payload: Payload) -> bool:
    """Return whether the annual survey of the period's year was not out when the answer arrived."""
    arrival = payload.retrieved_at_utc
    newest_final = arrival.year - (1 if arrival.month >= _FINAL_MONTH else 2)
    return int(period[:4]) > newest_final


def _plain(text: object) -> str:
    return re.sub(r"\s+", "", text).lower() if isinstance(text, str) else ""
