"""Gas prices from the EIA's keyless workbooks (old .xls), columns known by the row of source keys."""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import xlrd
from xlrd.compdoc import CompDocError
from xlrd.sheet import Sheet
from xlrd.xldate import XLDateError

from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceInfo
from pipelines.sources.gas import EIA, GAS_PRICES, GAS_PRICES_DAILY, gas_row, gas_series, unit_of
from pipelines.sources.observations import NO_FIGURE, broken, check_status, clipped, figure, finish

SOURCE = SourceInfo(
    source_id="eia_files",
    title="EIA natural gas workbooks: prices by state and sector, Henry Hub spot price",
    publisher=EIA,
    licence="US Government work, public domain; to be cited",
    base_url="https://www.eia.gov",
    cadence="monthly",
    calls_per_night="3",
    calls_per_second=1.0,
)
_FILES = {
    "industrial/monthly": "dnav/ng/xls/NG_PRI_SUM_A_EPG0_PIN_DMCF_M.xls",
    "electric_power/monthly": "dnav/ng/xls/NG_PRI_SUM_A_EPG0_PEU_DMCF_M.xls",
    "henry_hub/monthly": "dnav/ng/hist_xls/RNGWHHDm.xls",
}
_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# What the reader of this old format raises on damaged bytes; it checks little itself.
_DAMAGE = (
    xlrd.XLRDError,
    CompDocError,
    struct.error,
    LookupError,
    AssertionError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    NotImplementedError,
    MemoryError,
)
_FREQUENCIES = {"daily": "daily", "monthly": "monthly", "annual": "annual", "weekly": "weekly"}


@dataclass(frozen=True)
class _Contents:
    """What the sheet of contents says of a data sheet."""

    frequency: str
    series: int | None
    url: str


def requests(asking: Asking) -> list[Request]:
    """Return the questions of a night: three workbooks that are renewed in place."""
    return [Request(SOURCE.source_id, key, path, expects="xls", max_bytes=8_000_000) for key, path in _FILES.items()]


def parse(payload: Payload) -> Parsed:
    """Return the prices of a workbook, one per cell under a source key; empty cells are counted as left out.

    Raises
    ------
    SourceBroken
        If it is no readable workbook, no sheet has a row of source keys, or a sheet holds another number of series than
        its sheet of contents says.
    """
    check_status(payload)
    if not payload.content.startswith(_MAGIC):
        broken(payload, "is no xls workbook")
    try:
        book = xlrd.open_workbook(file_contents=payload.content, logfile=io.StringIO())
        sheets = [book.sheet_by_index(at) for at in range(book.nsheets)]
        rows, frequency = _rows(payload, sheets, book.datemode)
    except _DAMAGE as error:
        broken(payload, f"is a damaged workbook ({type(error).__name__})")
    return finish(payload, GAS_PRICES_DAILY if frequency == "daily" else GAS_PRICES, rows)


def _rows(payload: Payload, sheets: list[Sheet], datemode: int) -> tuple[list[dict[str, Any]], str]:
    """Return the cells of all data sheets in order; their places count on from sheet to sheet."""
    rows: list[dict[str, Any]] = []
    frequencies = set()
    for sheet in sheets:
        keys_at = _keys_row(sheet)
        if keys_at is None:
            continue
        contents = _contents(sheets, sheet, keys_at, datemode)
        keys = [clipped(sheet.cell_value(keys_at, column)).strip() for column in range(1, sheet.ncols)]
        named = sum(bool(key) for key in keys)
        if contents.series is not None and contents.series != named:
            broken(payload, f"promises {contents.series} series in {sheet.name!r} and holds {named}")
        frequencies.add(contents.frequency)
        before = len(rows)
        for at in range(keys_at + 2, sheet.nrows):
            rows += _line(payload, sheet, at, keys_at, keys, contents, datemode, before)
    if not frequencies:
        broken(payload, "has no sheet with a row of source keys")
    if len(frequencies) > 1:
        broken(payload, f"mixes frequencies ({', '.join(sorted(frequencies))})")
    if not rows:
        broken(payload, "holds no rows under its source keys")
    return rows, frequencies.pop()


def _keys_row(sheet: Sheet) -> int | None:
    """Return the row whose first cell is Sourcekey and whose next row begins with Date."""
    for at in range(min(sheet.nrows - 1, 20)):
        first, below = sheet.cell_value(at, 0), sheet.cell_value(at + 1, 0)
        if str(first).strip().lower() == "sourcekey" and str(below).strip().lower() == "date":
            return at
    return None


def _contents(sheets: list[Sheet], data: Sheet, keys_at: int, datemode: int) -> _Contents:
    """Return what the sheet of contents says; where it says no frequency, the dates decide."""
    frequency, count, url = "", None, "https://www.eia.gov/dnav/ng/"
    for sheet in sheets:
        if sheet is data:
            continue
        for at in range(sheet.nrows):
            values = [sheet.cell_value(at, column) for column in range(sheet.ncols)]
            texts = [str(value).strip() for value in values]
            if data.name in texts:
                frequency = next((text.lower() for text in texts if text.lower() in _FREQUENCIES), "")
                count = next((int(value) for value in values if isinstance(value, float) and value.is_integer()), None)
            url = next((text for text in texts if re.match(r"https?://www\.eia\.gov/\S+$", text)), url)
    return _Contents(frequency or _spacing(data, keys_at, datemode), count, url.replace("http://", "https://"))


def _spacing(sheet: Sheet, keys_at: int, datemode: int) -> str:
    days = [day for at in range(keys_at + 2, sheet.nrows) if (day := _day(sheet, at, datemode)) is not None]
    steps = sorted((after - before).days for before, after in pairwise(days))
    middle = steps[len(steps) // 2] if steps else 30
    return "daily" if middle < 5 else "weekly" if middle < 20 else "monthly" if middle < 200 else "annual"


def _day(sheet: Sheet, at: int, datemode: int) -> date | None:
    if sheet.cell_type(at, 0) not in {xlrd.XL_CELL_DATE, xlrd.XL_CELL_NUMBER}:
        return None
    try:
        stamp: datetime = xlrd.xldate_as_datetime(sheet.cell_value(at, 0), datemode)
    except (XLDateError, ValueError, OverflowError):
        return None
    return stamp.date() if 1900 < stamp.year < 2200 else None


def _line(
    payload: Payload,
    sheet: Sheet,
    at: int,
    keys_at: int,
    keys: list[str],
    contents: _Contents,
    datemode: int,
    before: int,
) -> list[dict[str, Any]]:
    """Return the cells of one dated row of a data sheet."""
    day = _day(sheet, at, datemode)
    period = {"daily": day, "monthly": f"{day:%Y-%m}", "annual": f"{day:%Y}"}.get(contents.frequency) if day else None
    first = before + (at - keys_at - 2) * len(keys)
    cells: list[dict[str, Any]] = []
    for column, key in enumerate(keys, start=1):
        where = f"{sheet.name} row {at + 1}, {key or f'column {column + 1}'}: "
        cell: dict[str, Any] = {"_row": first + column}
        series = gas_series(key)
        if series is None:
            cells.append({**cell, "_reason": f"{where}series is not used"})
            continue
        price, reason = _price(sheet, at, column)
        row = gas_row(
            payload,
            series,
            row=first + column,
            frequency=contents.frequency,
            period=period,
            price=price,
            unit=unit_of(sheet.cell_value(keys_at + 1, column)),
            reason=reason,
            source_title=f"{_title(sheet, keys_at)}, {contents.frequency} (workbook)",
            publisher=EIA,
            url=contents.url,
        )
        cells.append({**row, "_reason": f"{where}{row['_reason']}"} if row["_reason"] else row)
    return cells


def _price(sheet: Sheet, at: int, column: int) -> tuple[float | None, str]:
    kind = sheet.cell_type(at, column)
    if kind in {xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK}:
        return None, NO_FIGURE
    if kind in {xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_TEXT}:
        return figure(sheet.cell_value(at, column))
    return None, "its cell is no number"


def _title(sheet: Sheet, keys_at: int) -> str:
    """Return the title above the source keys, without the name of the sheet and the unit."""
    texts = [str(sheet.cell_value(at, column)).strip() for at in range(keys_at) for column in range(sheet.ncols)]
    title = next((text for text in texts if text.startswith("Data")), "Natural Gas Prices")
    return clipped(re.sub(r"\s*\([^()]*\)\s*$", "", title.split(":", 1)[-1].strip()))
