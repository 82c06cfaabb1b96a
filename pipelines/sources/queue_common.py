"""What the readers of queues share: headers found by content, figures, days, states and statuses read from text."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

import polars as pl

from pipelines.contracts.queues import MAX_PROJECT_MW, STATUSES
from pipelines.ordered import row_sum
from pipelines.sources.base import Payload
from pipelines.sources.fips import state_code
from pipelines.sources.observations import broken, clipped
from pipelines.sources.queue_workbook import Sheet

HEADER_SEARCH_ROWS = 80
MIN_FILLED = 3
FIRST_DAY, LAST_DAY = date(1950, 1, 1), date(2099, 12, 31)
EXCEL_EPOCH = date(1899, 12, 30)
STATISTICS_EPOCH = date(1960, 1, 1)
"""Day 0 of the day counts of Stata and SAS, which tables made with them carry into a workbook."""
MISSING = (
    "",
    "-",
    "--",
    ".",
    "?",
    "n/a",
    "na",
    "nan",
    "nat",
    "none",
    "not applicable",
    "not specified",
    "null",
    "tba",
    "tbd",
    "unknown",
)
_NO_DAY = (
    *MISSING,
    "asap",
    "date not available",
    "existing",
    "i/s",
    "in service",
    "in- service",
    "in-service",
    "is",
    "not required",
    "part i/s",
)
# Parts of Mexico and Canada that the queues of border operators reach into.
_ABROAD = {"MX": "MX", "MEXICO": "MX", "NB": "NB", "ON": "ON", "ONTARIO": "ON", "QC": "QC", "QUEBEC": "QC", "MB": "MB"}
_RAGGED = "the row has another number of fields than the others"


def plain(name: str | None) -> str:
    """Return a header in the form in which headers are compared."""
    return " ".join((name or "").casefold().split())


def find_table(
    payload: Payload, sheet: Sheet, fields: Mapping[str, str], *, optional: Collection[str] = ()
) -> pl.DataFrame | None:
    """Return the rows below a sheet's header, wherever that stands, with columns renamed.

    Parameters
    ----------
    payload : Payload
    sheet : Sheet
    fields : Mapping[str, str]
        New name to the header's known spellings, lower case, apart by `|`, the preferred first. The first field is the
        one that every header row has.
    optional : Collection[str]
        Fields that some editions lack; they are then null.

    Returns
    -------
    pl.DataFrame | None
        Text columns named as the fields, source_sheet, source_row and `_reason` (empty, or what is wrong with the
        row). Rows with fewer than three filled fields are titles and legends, and left away. None where no row is a
        header.

    Raises
    ------
    SourceBroken
        If the header lacks a field or has it twice.
    """
    top = sheet.cells.head(HEADER_SEARCH_ROWS + 1).rows()
    anchor, *_ = fields
    best: tuple[int, int, dict[str, list[int]]] | None = None
    for height in (1, 2):
        for index in range(min(len(top) - height + 1, HEADER_SEARCH_ROWS)):
            stacked = zip(*top[index : index + height], strict=True)
            names = [plain(" ".join(cell or "" for cell in cells)) for cells in stacked]
            found = {field: _place(names, spellings) for field, spellings in fields.items()}
            hits = sum(map(bool, found.values()))
            # The row with the most names is the header; a header of two rows must name more than either alone.
            if found[anchor] and 2 * hits >= len(fields) and (best is None or hits > best[0]):
                best = hits, index + height, found
    return None if best is None else _below(payload, sheet, fields, best[2], optional, best[1])


def find_tables(
    payload: Payload, found: Sequence[Sheet], fields: Mapping[str, str], *, optional: Collection[str] = ()
) -> list[pl.DataFrame]:
    """Return the rows of every sheet that has such a header, as `find_table` does."""
    tables = [find_table(payload, sheet, fields, optional=optional) for sheet in found]
    return [table for table in tables if table is not None]


def _place(names: Sequence[str], spellings: str) -> list[int]:
    for spelling in spellings.split("|"):
        if places := [index for index, name in enumerate(names) if name == spelling]:
            return places
    return []


def _below(
    payload: Payload,
    sheet: Sheet,
    fields: Mapping[str, str],
    found: Mapping[str, list[int]],
    optional: Collection[str],
    first: int,
) -> pl.DataFrame:
    where = f" of sheet {clipped(sheet.name)!r}" if sheet.name else ""
    for field, places in found.items():
        if not places and field not in optional:
            broken(payload, f"has no column {fields[field].split('|')[0]!r} in the header{where}")
        if len(places) > 1:
            broken(payload, f"has the column {fields[field].split('|')[0]!r} twice in the header{where}")
    columns = [
        pl.col(f"c{places[0]}").alias(field) if places else pl.lit(None, pl.String).alias(field)
        for field, places in found.items()
    ]
    rows = (
        sheet.cells.with_row_index("source_row", offset=1)
        .slice(first)
        .select(pl.col("source_row").cast(pl.Int64), pl.lit(sheet.name).alias("source_sheet"), *columns)
    )
    ragged = pl.col("source_row").is_in(list(sheet.ragged_rows))
    return rows.filter(
        row_sum(pl.col(field).is_not_null().cast(pl.Float64) for field in fields) >= MIN_FILLED
    ).with_columns(pl.when(ragged).then(pl.lit(_RAGGED)).otherwise(pl.lit("")).alias("_reason"))


def title_date(payload: Payload, found: Sequence[Sheet], pattern: str, *, is_month: bool = False) -> date:
    """Return the day that the lines above the tables name, else the day of the fetch.

    Parameters
    ----------
    payload : Payload
    found : Sequence[Sheet]
    pattern : str
        Regular expression whose first group is the date; texts of a row are joined by a blank.
    is_month : bool
        Whether the date names a month, whose last day is meant.
    """
    fetched = payload.retrieved_at_utc.date()
    for sheet in found:
        for row in sheet.cells.head(HEADER_SEARCH_ROWS).rows():
            line = " ".join(cell for cell in row if cell)
            if hit := re.search(pattern, line, re.IGNORECASE):
                read = read_day(pl.lit(hit[1]))
                day = pl.select(read.dt.month_end() if is_month else read).item()
                if day is not None and day <= fetched + timedelta(days=1):
                    return day
    return fetched


def blank(text: pl.Expr, words: Sequence[str] = MISSING) -> pl.Expr:
    """Return a text with the words that stand for nothing made null."""
    return pl.when(~text.str.to_lowercase().is_in(words)).then(text)


def because(problem: pl.Expr, *words: pl.Expr | str) -> pl.Expr:
    """Return `_reason` with a sentence added where a problem is true."""
    sentence = pl.concat_str([pl.lit(word) if isinstance(word, str) else word for word in words], ignore_nulls=True)
    apart = pl.when(pl.col("_reason") == "").then(pl.lit("")).otherwise(pl.lit("; "))
    return (
        pl.when(problem.fill_null(value=False))
        .then(pl.concat_str(pl.col("_reason"), apart, sentence))
        .otherwise(pl.col("_reason"))
        .alias("_reason")
    )


def with_powers(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Return the frame with text columns read as MW; what is neither missing nor a believable figure is a fault."""
    for name in columns:
        text = blank(pl.col(name))
        grouped = text.str.contains(r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$")
        read = pl.when(grouped).then(text.str.replace_all(",", "")).otherwise(text).cast(pl.Float64, strict=False)
        value = pl.when(read.is_finite()).then(read)
        written = text.str.slice(0, 40)
        frame = frame.with_columns(value.alias("_value")).with_columns(
            because(text.is_not_null() & pl.col("_value").is_null(), f"{name} '", written, "' is no number")
        )
        frame = frame.with_columns(because(pl.col("_value") < 0, f"{name} ", written, " is negative"))
        frame = frame.with_columns(
            because(pl.col("_value") > MAX_PROJECT_MW, f"{name} ", written, f" is above {MAX_PROJECT_MW:.0f}")
        )
        believed = pl.when(pl.col("_value").is_between(0, MAX_PROJECT_MW)).then("_value").alias(name)
        frame = frame.with_columns(believed).drop("_value")
    return frame


def read_day(text: pl.Expr, zone: str | None = None) -> pl.Expr:
    """Return a text as a calendar day, null where it is none.

    Read are ISO days and stamps, 1/31/2025, 1/31/25, 31jan2025, January 31, 2025, day counts of a spreadsheet, and
    1-2025, 1/2025 and January 2025 as the first of the month.

    Parameters
    ----------
    text : pl.Expr
    zone : str | None
        Stamps with a time of day are UTC and the day is that of this time zone; None takes the day as written.
    """
    stamp = text.str.slice(0, 19).str.replace(" ", "T").str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False)
    if zone is None:
        day_of_stamp = stamp.dt.date()
    else:
        local = stamp.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.date()
        # A workbook gives a plain day as midnight; midnight with an offset is a moment.
        is_plain = text.str.contains(r"[ T]00:00:00(\.0+)?$")
        day_of_stamp = pl.when(is_plain).then(stamp.dt.date()).otherwise(local)
    apart = text.str.replace_all("-", "/")
    no_time = text.str.replace(r"(?i)[ T]\d{1,2}:\d{2}(:\d{2})?( [AP]M)?$", "")
    day = (
        pl.when(text.str.contains(r"^\d{4}-\d{2}-\d{2}$"))
        .then(text.str.to_date("%Y-%m-%d", strict=False))
        .when(text.str.contains(r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|\+00:00)?$"))
        .then(day_of_stamp)
        .when(no_time.str.contains(r"^\d{1,2}/\d{1,2}/\d{4}$"))
        .then(no_time.str.to_date("%m/%d/%Y", strict=False))
        .when(no_time.str.contains(r"^\d{1,2}/\d{1,2}/\d{2}$"))
        .then(no_time.str.to_date("%m/%d/%y", strict=False))
        .when(text.str.contains(r"^\d{1,2}[A-Za-z]{3}\d{4}$"))
        .then(text.str.to_date("%d%b%Y", strict=False))
        .when(text.str.contains(r"^[A-Za-z]{3,9} \d{1,2}, \d{4}$"))
        .then(text.str.to_date("%B %d, %Y", strict=False))
        .when(text.str.contains(r"^[A-Za-z]{3,9} \d{4}$"))
        .then((pl.lit("1 ") + text).str.to_date("%d %B %Y", strict=False))
        .when(apart.str.contains(r"^\d{1,2}/\d{4}$"))
        .then((pl.lit("1/") + apart).str.to_date("%d/%m/%Y", strict=False))
        .when(text.str.contains(r"^\d{5}(\.\d+)?$"))
        .then(day_count(text, EXCEL_EPOCH))
    )
    return pl.when(day.is_between(FIRST_DAY, LAST_DAY)).then(day)


def day_count(text: pl.Expr, epoch: date) -> pl.Expr:
    """Return a count of days since an epoch as a calendar day."""
    days = text.cast(pl.Float64, strict=False).floor().cast(pl.Int32, strict=False)
    return pl.lit(epoch) + pl.duration(days=days)


def with_days(frame: pl.DataFrame, columns: Sequence[str], *, zone: str | None = None) -> pl.DataFrame:
    """Return the frame with text columns read as days; `_unread_<column>` marks texts that are neither day nor missing.

    A day before 1950 means unknown: several queues write 1900-01-01.
    """
    for name in columns:
        text = blank(pl.col(name), _NO_DAY)
        day = read_day(text, zone)
        unread = text.is_not_null() & day.is_null() & ~text.str.starts_with("1900-01-01").fill_null(value=False)
        frame = frame.with_columns(unread.alias(f"_unread_{name}"), day.alias(name))
    return frame


def with_state(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with `state` as a two-letter code, the first of several; what is no state is a fault."""
    known = frame.select("state").unique(maintain_order=True)
    codes = [_state(text) for text in known["state"]]
    known = known.with_columns(pl.Series("_state", codes, dtype=pl.String))
    fault = blank(pl.col("state")).is_not_null() & pl.col("_state").is_null()
    return (
        frame.join(known, on="state", how="left", nulls_equal=True, maintain_order="left")
        .with_columns(because(fault, "state '", pl.col("state").str.slice(0, 40), "' does not exist"))
        .with_columns(pl.col("_state").alias("state"))
        .drop("_state")
    )


def _state(text: str | None) -> str | None:
    if text is None or plain(text) in MISSING:
        return None
    whole = state_code(text) or _ABROAD.get(text.strip().upper())
    parts = [state_code(part) for part in re.split(r"[/\-,;]", text)]
    return whole or (parts[0] if all(parts) else None)


def with_status(frame: pl.DataFrame, words: Mapping[str, str]) -> pl.DataFrame:
    """Return the frame with `status` from `status_source_text`; a text not among the words, or none, is a fault.

    Parameters
    ----------
    frame : pl.DataFrame
        With status_source_text.
    words : Mapping[str, str]
        The queue's own word, lower case, to one of the vocabulary.
    """
    assert set(words.values()) <= set(STATUSES)
    own = pl.col("status_source_text")
    missing = blank(own).is_null()
    status = own.str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.String)
    return frame.with_columns(
        because(missing, "the status is missing"),
        status.alias("status"),
    ).with_columns(because(~missing & pl.col("status").is_null(), "status '", own.str.slice(0, 60), "' is unknown"))
