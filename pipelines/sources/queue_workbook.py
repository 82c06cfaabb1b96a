"""Safe opening of what queues are published as: workbooks, workbooks in a zip archive, CSV and JSON, as tables of text.

Workbooks are read with fastexcel (calamine): on the recorded workbooks it took a tenth to a twentieth of openpyxl's
time, gives dates as ISO text and numbers as written, and keeps blank rows, so that row numbers are those of the sheet.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import fastexcel
import numpy as np
import polars as pl

from pipelines.sources.base import Payload
from pipelines.sources.observations import body_json, broken, check_status

MAX_UNPACKED_BYTES = 600_000_000
MAX_RATIO = 60.0
MAX_MEMBERS = 2_000
MAX_CELLS = 20_000_000
# The widest of the recorded files has some eighty; a frame of millions of columns fills any memory.
MAX_COLUMNS = 2_000
MAX_ROWS, MAX_SHEET_COLUMNS = 1_048_576, 16_384
MAX_TEXT = 400
# Text of a sheet once every cell has a copy of the text that it shares; of the recorded ones at most some 20 MB.
MAX_TEXT_BYTES = 400_000_000
_SMALL_BYTES = 1_000_000
_PIECE = 1_048_576
_CELL_COLUMN = re.compile(rb"""\sr\s*=\s*["']([A-Z]{1,7})\d""")
_CELL_ROW = re.compile(rb"""\sr\s*=\s*["'][A-Z]{1,7}(\d{1,9})["']""")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_SHARED = "xl/sharedStrings.xml"
_SHARED_END = re.compile(rb"</(?:\w+:)?si\s*>|<(?:\w+:)?si\s*/>")
_SHARED_AT = re.compile(rb"<(?:\w+:)?v(?:\s[^<>]*)?>\s*(\d{1,9})\s*</")
_DISGUISE = re.compile(rb"<!--|<!\[CDATA\[|<!DOCTYPE")
_BINARY = b"\x00"
_CONTROL = r"_x00[01][0-9A-Fa-f]_|[\x00-\x08\x0e-\x1f\x7f]"
_MARKUP = ("<!doctype", "<html", "<head", "<body", "<?xml", "<script")


@dataclass(frozen=True)
class Sheet:
    """A sheet as text.

    Attributes
    ----------
    name : str
        Empty for a file without sheets.
    cells : pl.DataFrame
        Columns c0, c1, ... of text, blanks null; row 0 is row 1 of the sheet.
    ragged_rows : tuple[int, ...]
        Rows (first = 1) of a CSV file that have another number of fields than most.
    """

    name: str
    cells: pl.DataFrame
    ragged_rows: tuple[int, ...] = ()


def sheets(payload: Payload, wanted: str = ".*") -> list[Sheet]:
    """Return the sheets of an answer as text, whatever of the known forms it has.

    Parameters
    ----------
    payload : Payload
    wanted : str
        Regular expression; sheets of other names, and hidden ones, are not read. A file without sheets always is.

    Raises
    ------
    SourceBroken
        If the answer is a page of markup, cut, packed beyond the limits, or none of the forms.
    """
    check_status(payload)
    if payload.content[:2] == b"PK":
        return _workbook(payload, payload.content, wanted)
    if payload.content.lstrip()[:1] in {b"[", b"{"}:
        return [Sheet("", _json_cells(payload))]
    return [_csv_sheet(payload)]


def _workbook(payload: Payload, content: bytes, wanted: str) -> list[Sheet]:
    members = _checked_members(payload, content)
    if "xl/workbook.xml" not in members:
        return _workbook(payload, _inner_workbook(payload, content, members), wanted)
    try:
        reader = fastexcel.read_excel(content)
        found = []
        for name in reader.sheet_names:
            if re.fullmatch(wanted, name.strip(), re.IGNORECASE):
                loaded = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
                # What the publisher hides is an older copy, or a help of its own.
                if loaded.visible != "visible":
                    continue
                found.append(Sheet(name.strip(), _cells(loaded.to_polars())))
    except fastexcel.FastExcelError as error:
        broken(payload, f"is a workbook that cannot be read ({type(error).__name__})")
    return found


def _inner_workbook(payload: Payload, content: bytes, members: Sequence[str]) -> bytes:
    inner = [name for name in members if name.lower().endswith(".xlsx")]
    if len(inner) != 1:
        broken(payload, f"is an archive with {len(inner)} workbooks in it, expected one")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        workbook = archive.read(inner[0])
    if "xl/workbook.xml" not in _checked_members(payload, workbook):
        broken(payload, "is an archive whose workbook is none")
    return workbook


def _checked_members(payload: Payload, content: bytes) -> list[str]:
    """Return the names of an archive's members after every one was unpacked within the limits, checksums compared."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS:
                broken(payload, f"is an archive of {len(members)} files, more than {MAX_MEMBERS}")
            total = 0
            for member in members:
                if member.flag_bits & 0x1:
                    broken(payload, "is an archive with a password")
                is_sheet = member.filename.startswith("xl/worksheets/") and member.filename.endswith(".xml")
                total = _unpacked(payload, archive, member, total, len(content), is_sheet=is_sheet)
            _check_text(payload, archive, [member.filename for member in members])
            return [member.filename for member in members]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        broken(payload, f"is a cut or damaged archive ({type(error).__name__})")


def _unpacked(
    payload: Payload, archive: zipfile.ZipFile, member: zipfile.ZipInfo, total: int, packed: int, *, is_sheet: bool
) -> int:
    """Unpack one member piece by piece and return the bytes unpacked so far; sheets are measured in cells too."""
    last_row = last_column = cells = 0
    tail = b""
    with archive.open(member) as file:
        while piece := file.read(_PIECE):
            total += len(piece)
            if total > MAX_UNPACKED_BYTES or (total > _SMALL_BYTES and total > MAX_RATIO * packed):
                broken(payload, f"unpacks to more than {MAX_UNPACKED_BYTES} bytes or {MAX_RATIO:.0f} times its size")
            if is_sheet:
                columns, rows = set(_CELL_COLUMN.findall(tail + piece)), set(_CELL_ROW.findall(tail + piece))
                last_column = max(last_column, *map(_column_number, columns), 0)
                last_row = max(last_row, *map(int, rows), 0)
                # Cells need not say where they are.
                cells += len(_CELL.findall(piece))
                # A reader lays a sheet out as a full rectangle: two cells far apart would fill the memory.
                if last_column > MAX_SHEET_COLUMNS or max(cells, last_row * last_column) > MAX_CELLS:
                    broken(payload, f"has a sheet of {last_row} rows by {last_column} columns")
                tail = piece[-32:]
    return total


def _check_text(payload: Payload, archive: zipfile.ZipFile, members: Sequence[str]) -> None:
    """Refuse a workbook whose cells share long texts: a reader gives each cell a copy of its own."""
    if _SHARED not in members:
        return
    shared = archive.read(_SHARED)
    lengths = np.array([len(text) for text in _SHARED_END.split(shared)], dtype=np.int64)
    for name in members:
        if not (name.startswith("xl/worksheets/") and name.endswith(".xml")):
            continue
        sheet = archive.read(name)
        # Every cell ends an element; so do others.
        if (sheet.count(b"</") + sheet.count(b"/>")) * int(lengths.max()) <= MAX_TEXT_BYTES:
            continue
        if _DISGUISE.search(shared) or _DISGUISE.search(sheet):
            broken(payload, "is a workbook whose shared texts cannot be measured")
        at = np.fromiter((int(found[1]) for found in _SHARED_AT.finditer(sheet)), np.int64)
        if int(lengths[at[at < len(lengths)]].sum()) > MAX_TEXT_BYTES:
            broken(payload, f"has cells that share more than {MAX_TEXT_BYTES} bytes of text")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _csv_sheet(payload: Payload) -> Sheet:
    text = _text(payload)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        # Each row costs far more than its bytes: lines of nothing are not to fill the memory.
        rows = list(islice(reader, MAX_ROWS + 1))
    except csv.Error as error:
        broken(payload, f"is no whole CSV file ({error})")
    if len(rows) > MAX_ROWS:
        broken(payload, f"has more than {MAX_ROWS} rows")
    while rows and rows[-1] in ([], [""]):
        rows.pop()
    width = max((len(row) for row in rows), default=0)
    if width < 2:
        broken(payload, "is no table")
    # The last line of a file that was cut has too few fields; a preamble above the header may be short.
    if len(rows[-1]) < width:
        broken(payload, f"ends with {len(rows[-1])} fields in the last row instead of {width}; it is cut")
    if width > MAX_COLUMNS or len(rows) * width > MAX_CELLS:
        broken(payload, f"has {len(rows)} rows by {width} columns")
    usual, _ = Counter(len(row) for row in rows).most_common(1)[0]
    ragged = tuple(number for number, row in enumerate(rows, start=1) if len(row) != usual)
    return Sheet("", _table(rows, width), ragged)


def _json_cells(payload: Payload) -> pl.DataFrame:
    document = body_json(payload)
    if not isinstance(document, list) or not document:
        broken(payload, "is no JSON array of projects")
    records: list[dict[str, Any]] = [row if isinstance(row, dict) else {} for row in document]
    names = list(dict.fromkeys(str(name) for row in records for name in row))
    if not names or len(names) > MAX_COLUMNS or len(names) * len(records) > MAX_CELLS:
        broken(payload, f"is an array of {len(records)} elements with {len(names)} names")
    rows: list[list[str | None]] = [[*names], *([_scalar(row.get(name)) for name in names] for row in records)]
    return _table(rows, len(names))


def _scalar(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)[:MAX_TEXT]


def _table(rows: Sequence[Sequence[str | None]], width: int) -> pl.DataFrame:
    columns = {f"c{index}": [row[index] if index < len(row) else None for row in rows] for index in range(width)}
    return _cells(pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)))


def _cells(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with plain column names and its texts on one line, without control characters, blanks null."""
    frame = frame.rename({name: f"c{index}" for index, name in enumerate(frame.columns)})
    clean = (
        pl.all()
        .cast(pl.String)
        .str.slice(0, MAX_TEXT)
        .str.replace_all(_CONTROL, " ")
        .str.replace_all(r"\s+", " ")
        .str.strip_chars()
    )
    return frame.with_columns(clean).with_columns(pl.when(pl.all() != "").then(pl.all()))


def _text(payload: Payload) -> str:
    content = payload.content
    if _BINARY in content[:4096] or content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        broken(payload, "holds bytes that are no text")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Operators write CSV on Windows: what is no UTF-8 is read in that code page, which has five gaps.
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError as error:
            broken(payload, f"is text of an unknown encoding (byte {error.start})")
    if text.lstrip()[:20].lower().startswith(_MARKUP):
        broken(payload, "is a page of markup")
    return text
