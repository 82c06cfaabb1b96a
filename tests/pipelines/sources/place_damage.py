"""Damage to tables of places, and what must hold of whatever a parser makes of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import polars as pl
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.sources.base import Parsed, Payload, SourceBroken

READ_AT = datetime(2026, 8, 20, 2, 0)
BODIES = [
    b"",
    b" \n",
    b"<!DOCTYPE html><html><body>Access denied</body></html>",
    b'{"error": "quota"}',
    b"PK\x03\x04 not a zip at all",
    b"\x00\x01\x02" * 400,
    b"\xff\xfe\xfa" * 400,
    b'"' * 3_000,
]


def payload(source_id: str, key: str, content: bytes) -> Payload:
    """Return bytes as a stored answer."""
    return Payload(source_id, key, content, "https://example.org/table", 200, READ_AT)


def rows_of(text: str, separator: str) -> list[list[str]]:
    """Return the cells of a separated text."""
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def text_of(rows: Sequence[Sequence[str]], separator: str) -> str:
    """Return cells as separated text."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(rows)
    return out.getvalue()


@st.composite
def damaged(draw: Any, rows: Sequence[Sequence[str]], separator: str, numeric: Sequence[int]) -> bytes:
    """Return a damaged copy of a table; `numeric` are columns whose every value is checked."""
    kind = draw(st.sampled_from(["drop", "shuffle", "words", "huge", "negative", "cut", "encoding", "body", "shift"]))
    cells = [list(row) for row in rows]
    width = len(cells[0])
    column = draw(st.sampled_from(list(numeric)))
    some = range(draw(st.integers(1, 40)), len(cells), draw(st.sampled_from([1, 7, 97])))
    if kind == "drop":
        place = draw(st.integers(0, width - 1))
        cells = [row[:place] + row[place + 1 :] for row in cells]
    elif kind == "shuffle":
        order = draw(st.permutations(range(width)))
        cells = [[row[place] if place < len(row) else "" for place in order] for row in cells]
    elif kind in {"words", "huge", "negative"}:
        value = {"words": "twelve", "huge": "9e99", "negative": "-77777777777"}[kind]
        for number in some:
            cells[number][column] = value
    elif kind == "shift":
        for number in some:
            cells[number] = cells[number][1:]
    text = text_of(cells, separator)
    if kind == "cut":
        text = text[: draw(st.integers(0, len(text) - 200))]
    elif kind == "body":
        return draw(st.sampled_from(BODIES))
    return text.encode(draw(st.sampled_from(["utf-16", "utf-32", "utf-7"])) if kind == "encoding" else "utf-8")


def holds_up(parse: Callable[[Payload], Any], given: Payload, truth: Sequence[pl.DataFrame]) -> str:
    """Assert that a parser refuses the payload or keeps nothing but rows of the undamaged one.

    Returns
    -------
    str
        "refused", or how many rows were kept and rejected.
    """
    try:
        found = parse(given)
    except SourceBroken as error:
        assert str(error).startswith(given.source_id)
        assert "\n" not in str(error)
        return "refused"
    parts = [found] if isinstance(found, Parsed) else list(found)
    for part, whole in zip(parts, truth, strict=False):
        validate(part.rows, part.table)
        assert part.rows_in == part.rows.height + part.rejects.height
        unknown = part.rows.join(whole, on=whole.columns, how="anti", nulls_equal=True)
        assert unknown.is_empty(), unknown.head(3)
    return f"kept {parts[0].rows.height}, rejected {parts[0].rejects.height}"
