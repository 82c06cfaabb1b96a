"""Reading of the tables of places: text and archives to rows of cells, cells to checked columns, rows to `Parsed`."""

from __future__ import annotations

import csv
import functools
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import polars as pl

import pipelines.contracts.geography  # noqa: F401 - registers the tables that are read here
from pipelines.contracts.base import REGISTRY, split_rejects
from pipelines.sources.base import Parsed, Payload, SourceBroken

# Above this share of broken rows the file is another one than it says, and nothing of it is used.
MOST_REJECTED_FRAC = 0.2
# The largest published table of places is some 25 MB; an archive that unpacks to more is not one of them.
MOST_UNPACKED_BYTES = 200_000_000
MOST_RATIO = 100
# Below this, a short text that packs well is no bomb.
_SMALL_BYTES = 10_000_000
MISSING = ["", ".", "-", "NA", "N/A", "NULL", "NONE", "NAN", "TBD", "?", "-999", "-9999", "-9900"]
_MARKUP = ("<!doctype", "<html", "<head", "<body", "<?xml")
_ROW, _REASON = "_row", "_reason"
_Result = TypeVar("_Result")


def unzipped(payload: Payload, member: str) -> tuple[str, bytes]:
    """Return name and bytes of the one member of a zip whose name fits the pattern.

    Parameters
    ----------
    payload : Payload
    member : str
        Regular expression on the member's base name, whatever the case.

    Raises
    ------
    SourceBroken
        If the archive is damaged, has no such member, or unpacks to an absurd size.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(payload.content)) as archive:
            fits = [
                info
                for info in archive.infolist()
                if re.fullmatch(member, info.filename.rsplit("/", 1)[-1], flags=re.IGNORECASE)
            ]
            if not fits:
                raise broken(payload, f"the archive has no member like {member!r}")
            size = fits[0].file_size
            if size > MOST_UNPACKED_BYTES or size > max(MOST_RATIO * len(payload.content), _SMALL_BYTES):
                raise broken(payload, f"{fits[0].filename} unpacks to {size} bytes")
            return fits[0].filename.rsplit("/", 1)[-1], archive.read(fits[0])
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        raise broken(payload, f"the archive cannot be read ({error})") from error


def holds_member(payload: Payload, name: str) -> bool:
    """Return whether the payload is a readable zip with a member of exactly that name."""
    try:
        with zipfile.ZipFile(io.BytesIO(payload.content)) as archive:
            return name in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def decoded(payload: Payload, content: bytes | None = None) -> str:
    """Return the text of a payload: UTF-8 with or without mark, else Windows Latin.

    Raises
    ------
    SourceBroken
        If it is empty, a page of markup, or no text.
    """
    content = payload.content if content is None else content
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    head = text[:200].lstrip().lower()
    if not head:
        raise broken(payload, "it is empty")
    if head.startswith(_MARKUP):
        raise broken(payload, "it is a page of markup, not a table")
    if "\x00" in text:
        raise broken(payload, "it holds bytes that are no text")
    return text


def cells_of(payload: Payload, text: str, separators: str = ",\t|;") -> list[tuple[int, list[str]]]:
    """Return the lines of a separated table with their numbers, cells stripped, blank lines left out.

    The separator is the one that the first line holds most often.

    Raises
    ------
    SourceBroken
        If no line can be split.
    """
    first = text.lstrip().split("\n", 1)[0]
    separator = max(separators, key=first.count)
    if separator not in first:
        raise broken(payload, "its first line is no row of a table")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows = []
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                rows.append((reader.line_num, stripped))
    except csv.Error as error:
        raise broken(payload, f"line {reader.line_num} is no row of a table ({error})") from error
    return rows


def column_name(cell: object) -> str:
    """Return a header cell in upper case with single blanks."""
    return " ".join(str(cell).split()).upper()


def table_of(
    payload: Payload,
    rows: Sequence[tuple[int, Sequence[str]]],
    header: Sequence[str],
    columns: Mapping[str, str],
    optional: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Return the rows as text columns found by their header, whatever their order.

    Parameters
    ----------
    payload : Payload
    rows : Sequence[tuple[int, Sequence[str]]]
        Line number and cells of each data row.
    header : Sequence[str]
        Header cells.
    columns, optional : Mapping[str, str]
        Name wanted to header name; an optional column that is absent is all empty.

    Returns
    -------
    pl.DataFrame
        The columns as text, `_row` and `_reason` (a row with another number of cells than the header).

    Raises
    ------
    SourceBroken
        If a column is missing or named twice.
    """
    names = [column_name(cell) for cell in header]
    wanted = {**columns, **(optional or {})}
    for name in columns.values():
        if name not in names:
            raise broken(payload, f"column {name} is missing; it has {', '.join(names[:12])}")
    for name in wanted.values():
        if names.count(name) > 1:
            raise broken(payload, f"column {name} stands there twice")
    places = {out: names.index(name) for out, name in wanted.items() if name in names}
    width = len(names)
    data: dict[str, list[str]] = {
        out: [cells[place] if place < len(cells) else "" for _, cells in rows] for out, place in places.items()
    }
    frame = pl.DataFrame(data, schema=dict.fromkeys(data, pl.String)).with_columns(
        *(pl.lit("").alias(out) for out in wanted if out not in places),
        pl.Series(_ROW, [number for number, _ in rows], dtype=pl.Int64),
        pl.Series(
            _REASON,
            ["" if _fits(cells, width) else f"{len(cells)} cells under {width} columns; " for _, cells in rows],
            dtype=pl.String,
        ),
    )
    return frame.select(*wanted, _ROW, _REASON)


def with_numbers(frame: pl.DataFrame, bounds: Mapping[str, tuple[float, float]], *, required: bool) -> pl.DataFrame:
    """Return the frame with text columns read as numbers; what is none or out of bounds is a reason to reject.

    Parameters
    ----------
    frame : pl.DataFrame
        As from `table_of`.
    bounds : Mapping[str, tuple[float, float]]
        Lowest and highest value that the column can physically have.
    required : bool
        Whether a missing value is a reason too.
    """
    for name, (lowest, highest) in bounds.items():
        cell = pl.col(name).str.strip_chars()
        is_missing = cell.str.to_uppercase().is_in(MISSING)
        value = pl.when(~is_missing).then(cell.str.replace_all(",", "").cast(pl.Float64, strict=False))
        is_number = value.is_not_null() & value.is_finite().fill_null(False)
        problem = (
            pl.when(is_missing)
            .then(pl.lit(f"{name} is missing; " if required else ""))
            .when(~is_number)
            .then(pl.format("{} {} is no number; ", pl.lit(name), cell.str.slice(0, 40)))
            .when(~value.is_between(lowest, highest))
            .then(pl.format("{} {} is not between {} and {}; ", pl.lit(name), cell.str.slice(0, 40), lowest, highest))
            .otherwise(pl.lit(""))
        )
        frame = frame.with_columns(
            pl.when(is_number).then(value).alias(name), pl.concat_str(_REASON, problem).alias(_REASON)
        )
    return frame


def reject_where(frame: pl.DataFrame, is_bad: pl.Expr, reason: str) -> pl.DataFrame:
    """Return the frame with the reason added where the condition holds; where it is unknown, it does not."""
    problem = pl.when(is_bad.fill_null(False)).then(pl.lit(f"{reason}; ")).otherwise(pl.lit(""))
    return frame.with_columns(pl.concat_str(_REASON, problem).alias(_REASON))


def parsed(
    payload: Payload, frame: pl.DataFrame, table: str, *, rows_in: int | None = None, notes: tuple[str, ...] = ()
) -> Parsed:
    """Return what a payload says: rows that keep the contract, rejects with their reasons.

    Parameters
    ----------
    payload : Payload
    frame : pl.DataFrame
        Contract columns, `_row` and `_reason`.
    table : str
        Registered table.
    rows_in : int | None
        Data rows of the payload, the frame's height where not given.

    Raises
    ------
    SourceBroken
        If more than MOST_REJECTED_FRAC of the rows are rejected, or there is none.
    """
    rows_in = frame.height if rows_in is None else rows_in
    if frame.is_empty():
        raise broken(payload, "it has no data row")
    columns = list(REGISTRY[table].schema.column_names())
    is_good = pl.col(_REASON) == ""
    bad = frame.filter(~is_good).select(
        pl.lit(table).alias("table_name"),
        pl.lit(payload.source_id).alias("source_id"),
        pl.col(_ROW).alias("source_row"),
        pl.col(_REASON).str.strip_chars("; ").alias("reason"),
    )
    candidates = frame.filter(is_good)
    good, more = split_rejects(candidates.select(columns), table, source_id=payload.source_id)
    # The split numbers the rows it was given from 2 on; the source's own numbers are put back.
    own = candidates[_ROW].gather((more["source_row"] - 2).cast(pl.UInt32))
    rejects = pl.concat([bad, more.with_columns(own.alias("source_row"))]).sort("source_row")
    if rejects.height > MOST_REJECTED_FRAC * rows_in:
        raise broken(
            payload,
            f"{rejects.height} of {rows_in} rows break the contract of {table}, "
            f"the first in row {rejects['source_row'][0]}: {rejects['reason'][0]}",
        )
    return Parsed(table, good, rejects, rows_in, notes)


def broken(payload: Payload, problem: str) -> SourceBroken:
    """Return the error that says what is wrong with a payload."""
    return SourceBroken(
        f"{payload.source_id}: {payload.key!r} is not what the source's contract says: {problem}; "
        "the last good data stay in use."
    )


def naming_faults(parse: Callable[[Payload], _Result]) -> Callable[[Payload], _Result]:
    """Return the parser with faults of the table engine told as faults of the payload."""

    @functools.wraps(parse)
    def run(payload: Payload) -> _Result:
        try:
            return parse(payload)
        except (pl.exceptions.PolarsError, OverflowError) as error:
            raise broken(payload, str(error).splitlines()[0]) from error

    return run


def _fits(cells: Sequence[str], width: int) -> bool:
    """Return whether a row has the header's cells; blanks at the end of a line are no cells."""
    return len(cells) == width or (len(cells) > width and not any(cells[width:]))
