"""Unfilled orders, shipments and new orders of equipment makers from the Census Bureau's M3 survey."""

from __future__ import annotations

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
)
from pipelines.sources.series import INDICATORS, indicator_row, m3_series, without_slips

SOURCE = SourceInfo(
    source_id="census_m3",
    title="Manufacturers' shipments, inventories and orders (M3), economic indicators time series",
    publisher="U.S. Census Bureau",
    licence="US Government work, public domain; to be cited",
    base_url="https://api.census.gov",
    key_setting="census_api_key",
    cadence="monthly",
    calls_per_night="12: 4 categories x 3 data types, not seasonally adjusted",
    calls_per_second=1.0,
)
_CATEGORIES = ("35S", "35C", "TGP", "33H")
_DATA_TYPES = ("UO", "VS", "NO")
_FIRST_YEAR = 2015
_COLUMNS = ("cell_value", "data_type_code", "category_code", "seasonally_adj", "time")
_ADJUSTED = {"yes": True, "no": False}


def requests(asking: Asking) -> list[Request]:
    """Return the questions of a night, one category and data type each.

    Figures without seasonal adjustment are asked for: the publisher has frozen its seasonal models. Without a key the
    service answers a limited number of questions a day, enough for these.
    """
    secret = "key" if asking.settings.census_api_key is not None else ""
    return [
        Request(
            SOURCE.source_id,
            f"{category}/{data_type}/no",
            "data/timeseries/eits/m3",
            params=(
                ("get", "cell_value,data_type_code,time_slot_id,seasonally_adj,category_code,error_data"),
                ("for", "us:*"),
                ("category_code", category),
                ("data_type_code", data_type),
                ("seasonally_adj", "no"),
                ("time", f"from {_FIRST_YEAR}-01"),
            ),
            secret_param=secret,
            max_bytes=4_000_000,
        )
        for category in _CATEGORIES
        for data_type in _DATA_TYPES
    ]


def parse(payload: Payload) -> Parsed:
    """Return the observations of an answer: an array of rows, the first of them the names.

    Names that are filtered on come twice; both columns must say the same, and `time` stands after them, so columns are
    taken by position.

    Raises
    ------
    NotPublishedYet
        For an empty answer, which is how the service says that nothing matches.
    SourceRefused
        Where the page about a missing or invalid key comes back.
    SourceBroken
        If it is no array of rows with the expected names.
    """
    if payload.status in {200, 204} and not payload.content.strip():
        raise NotPublishedYet(f"{place(payload)} is empty: nothing matches what was asked; ask again later.")
    check_status(payload)
    head = payload.content[:2_000].lower()
    if head.lstrip().startswith(b"<") and b" key" in head and (b"invalid" in head or b"missing" in head):
        refused(payload, "the key is missing or invalid")
    body = body_json(payload)
    if not isinstance(body, list) or not body or not all(isinstance(row, list) for row in body):
        broken(payload, "is no array of rows")
    names = [name.strip().lower() if isinstance(name, str) else "" for name in body[0]]
    missing = [name for name in _COLUMNS if name not in names]
    if missing:
        broken(payload, f"has no column {missing[0]!r} (header {clipped(', '.join(names))})")
    if len(body) < 2:
        broken(payload, "has a header and no rows")
    positions = {name: [at for at, other in enumerate(names) if other == name] for name in _COLUMNS}
    rows = [_row(payload, row, at, len(names), positions) for at, row in enumerate(body[1:], start=2)]
    return finish(payload, INDICATORS, without_slips(rows))


def _row(payload: Payload, row: list[Any], at: int, width: int, positions: dict[str, list[int]]) -> dict[str, Any]:
    if len(row) != width:
        return {"_row": at, "_reason": f"has {len(row)} cells under {width} names"}
    values = {}
    for name, places in positions.items():
        found = [row[position] for position in places]
        if any(value != found[0] for value in found):
            return {"_row": at, "_reason": f"its two columns {name} disagree"}
        values[name] = found[0]
    adjusted = _ADJUSTED.get(str(values["seasonally_adj"]).strip().lower())
    category, data_type = str(values["category_code"]).strip(), str(values["data_type_code"]).strip()
    series = m3_series(category, data_type, is_adjusted=bool(adjusted)) if adjusted is not None else None
    if series is None:
        return {"_row": at, "_reason": f"series {clipped((category, data_type, values['seasonally_adj']))} is not used"}
    value, reason = figure(values["cell_value"])
    return indicator_row(payload, series, row=at, period=month_of(values["time"]), value=value, reason=reason)
