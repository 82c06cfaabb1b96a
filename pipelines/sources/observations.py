"""What the readers of time series share: bodies, figures, periods, and the split into rows and rejects."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NoReturn

import polars as pl

from pipelines.contracts.base import REGISTRY, split_rejects
from pipelines.sources.base import NotPublishedYet, Parsed, Payload, SourceBroken, SourceRefused

NO_FIGURE = "no figure is published"
_MISSING = frozenset(
    {"", ".", "-", "--", "?", "na", "n/a", "nan", "null", "none", "tbd", "(s)", "(na)", "(x)", "(z)", "w"}
)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_MARKUP = ("<!doctype", "<html", "<head", "<body", "<?xml")
_FIRST_YEAR = 1900
_KEPT_OF_AN_ANSWER = 160


def place(payload: Payload) -> str:
    """Return the beginning of every sentence about a payload."""
    return f"{payload.source_id}: the answer for {payload.key!r}"


def broken(payload: Payload, problem: str) -> NoReturn:
    """Raise SourceBroken with a sentence about the payload."""
    raise SourceBroken(f"{place(payload)} {problem}; the last good data stand.")


def refused(payload: Payload, problem: str) -> NoReturn:
    """Raise SourceRefused with a sentence about the payload."""
    raise SourceRefused(f"{place(payload)} is a refusal ({clipped(problem)}); check the key and the request.")


def clipped(value: object) -> str:
    """Return a value as one short printable line."""
    line = " ".join(str(value).split())
    return "".join(sign if sign.isprintable() else "?" for sign in line)[:_KEPT_OF_AN_ANSWER]


def check_status(payload: Payload) -> None:
    """Raise where the status or the emptiness of an answer already says that it holds no data.

    Raises
    ------
    NotPublishedYet
        For 204, which some services send where nothing matches.
    SourceRefused
        For 400, 401, 403, 404 and 422.
    SourceBroken
        For every other status that is no success, and for an empty body.
    """
    if payload.status == 204:
        raise NotPublishedYet(f"{place(payload)} says that nothing is published; ask again later.")
    if payload.status in {400, 401, 403, 404, 422}:
        refused(payload, f"status {payload.status}: {payload.content[:400].decode('utf-8', errors='replace')}")
    if payload.status >= 300:
        broken(payload, f"came with status {payload.status}")
    if not payload.content.strip():
        broken(payload, "is empty")


def body_text(payload: Payload) -> str:
    """Return the body as text.

    Raises
    ------
    SourceBroken
        If it is no UTF-8, or a page of markup.
    """
    try:
        text = payload.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        broken(payload, f"is no UTF-8 text (byte {error.start})")
    if "\x00" in text:
        broken(payload, "holds bytes that are no text")
    if text.lstrip()[:20].lower().startswith(_MARKUP):
        broken(payload, "is a page of markup")
    return text


def body_json(payload: Payload) -> Any:
    """Return the body as parsed JSON.

    Raises
    ------
    SourceBroken
        If it is no JSON, or cut.
    """
    text = body_text(payload)
    try:
        return json.loads(text)
    except ValueError as error:
        broken(payload, f"is no JSON ({clipped(error)})")
    except RecursionError:
        broken(payload, "is nested too deeply to be an answer")


def figure(value: object) -> tuple[float | None, str]:
    """Read a figure that a source writes as a number, as text, or not at all.

    Returns
    -------
    tuple[float | None, str]
        The figure and an empty text, or None and the reason.
    """
    if value is None:
        return None, NO_FIGURE
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None, f"value {clipped(value)!r} is no number"
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in _MISSING:
            return None, NO_FIGURE
        if len(text) > 40 or not _NUMBER.fullmatch(text):
            return None, f"value {clipped(value)!r} is no number"
        value = text
    try:
        read = float(value)
    except OverflowError:
        return None, "value is too large to be a figure"
    return (read, "") if math.isfinite(read) else (None, f"value {clipped(value)!r} is no number")


def day_of(value: object) -> date | None:
    """Return a calendar day written YYYY-MM-DD, or None."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip(), re.ASCII):
        return None
    try:
        read = date.fromisoformat(value.strip())
    except ValueError:
        return None
    return read if read.year >= _FIRST_YEAR else None


def month_of(value: object) -> str | None:
    """Return a month written YYYY-MM, or None."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value.strip(), re.ASCII):
        return None
    return value.strip() if int(value.strip()[:4]) >= _FIRST_YEAR else None


def year_of(value: object) -> str | None:
    """Return a year written YYYY as text or as a whole number, or None."""
    text = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    return text if re.fullmatch(r"\d{4}", text, re.ASCII) and int(text) >= _FIRST_YEAR else None


def is_future(period: str, retrieved_at_utc: datetime) -> bool:
    """Return whether a year, month or day begins after the answer had arrived."""
    return period > retrieved_at_utc.strftime("%Y-%m-%d")[: len(period)]


def arrived(payload: Payload) -> str:
    """Return the month the answer arrived, YYYY-MM: figures are revised, so the date of the answer is their edition."""
    return payload.retrieved_at_utc.strftime("%Y-%m")


def finish(payload: Payload, table: str, rows: Iterable[Mapping[str, Any]], *, notes: Iterable[str] = ()) -> Parsed:
    """Split read rows into rows of the contract and rejects; every row comes out on one side.

    Parameters
    ----------
    payload : Payload
        Names the source of the rejects.
    table : str
        Registered table.
    rows : Iterable[Mapping[str, Any]]
        One per data row or cell: `_row` (unique place in the answer, 1-based, pages counted on), `_reason` (empty, or
        why it is left out), and, where there is no reason, the columns of the table.
    notes : Iterable[str]

    Returns
    -------
    Parsed
        Notes end with the count of each reason.
    """
    schema = REGISTRY[table].schema
    columns = schema.column_names()
    types = {name: column.dtype for name, column in schema.columns().items()}
    read = list(rows)
    kept = [row for row in read if not row["_reason"]]
    seen: dict[tuple[Any, ...], int] = {}
    key = REGISTRY[table].key
    rejects = [(row["_row"], row["_reason"]) for row in read if row["_reason"]]
    unique = []
    for row in kept:
        identity = tuple(row[name] for name in key)
        if identity in seen:
            rejects.append((row["_row"], f"repeats row {seen[identity]} of the answer"))
        else:
            seen[identity] = row["_row"]
            unique.append(row)
    frame = pl.DataFrame([{name: row[name] for name in columns} for row in unique], schema=types)
    place_of = [row["_row"] for row in unique]
    good, bad = split_rejects(frame, table, source_id=payload.source_id)
    for position, reason in bad.select("source_row", "reason").iter_rows():
        rejects.append((place_of[position - 2], reason.replace("|", " breaks ").replace("check__", "")))
    left_out = pl.DataFrame(
        [
            {"table_name": table, "source_id": payload.source_id, "source_row": row, "reason": why}
            for row, why in sorted(rejects)
        ],
        schema={"table_name": pl.String, "source_id": pl.String, "source_row": pl.Int64, "reason": pl.String},
    )
    return Parsed(table, good, left_out, len(read), (*notes, *_counts(left_out)))


def _counts(rejects: pl.DataFrame) -> list[str]:
    """Return one sentence per kind of reason, values taken off."""
    if rejects.is_empty():
        return []
    kinds = rejects.group_by(pl.col("reason").str.replace(r"^.*?: ", "").alias("kind")).len().sort("len", "kind")
    return [f"{count} left out: {kind}" for kind, count in kinds.reverse().head(5).iter_rows()]
