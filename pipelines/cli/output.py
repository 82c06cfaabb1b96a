"""How results are written: tables that fit the terminal, JSON with stable keys."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import Any

import click
import polars as pl

PIPE_WIDTH = 120
_LEAST_WIDTH = 40
_GAP = "  "
_MAX_CELL = 44
_ENOUGH_DIGITS = Context(prec=700)


def width() -> int:
    """Return the columns to write to: COLUMNS, else the terminal's, else 120 for a pipe."""
    if os.environ.get("COLUMNS", "").isdigit():
        return max(_LEAST_WIDTH, int(os.environ["COLUMNS"]))
    if sys.stdout.isatty():
        return max(_LEAST_WIDTH, shutil.get_terminal_size((PIPE_WIDTH, 24)).columns)
    return PIPE_WIDTH


def say(text: str = "", *, indent: int = 0, is_bold: bool = False, is_dim: bool = False) -> None:
    """Print a paragraph wrapped to the width; style shows on a terminal only."""
    pad = " " * indent
    lines = textwrap.wrap(text, width(), initial_indent=pad, subsequent_indent=pad, break_on_hyphens=False)
    for line in lines or [""]:
        click.secho(line, bold=is_bold or None, dim=is_dim or None)


def put(line: str, *, is_bold: bool = False, is_dim: bool = False) -> None:
    """Print a line that is laid out already."""
    click.secho(line.rstrip(), bold=is_bold or None, dim=is_dim or None)


def plain(value: Any) -> Any:
    """Return a value as JSON holds it: not-a-number as null, times as ISO 8601 with Z."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat() + ("Z" if isinstance(value, datetime) and value.tzinfo is None else "")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def echo_json(payload: dict[str, Any]) -> None:
    """Write one JSON object."""
    click.echo(json.dumps(plain(payload), indent=2, ensure_ascii=False))


def records(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as JSON objects, keyed by column."""
    return [{key: plain(value) for key, value in row.items()} for row in frame.iter_rows(named=True)]


def figure(
    value: float | None,
    digits: int = 1,
    *,
    plus: bool = False,
    power: int = 0,
    rounding: str = ROUND_HALF_UP,
) -> str:
    """Format a number with thousands separators, or a dash where there is none.

    Halves are rounded away from zero, and what counts is the number as it is written: 0.125 is 0.13, 1.005 is 1.01. The
    page of a release rounds by the same rule.

    Parameters
    ----------
    value : float | None
    digits : int
        Decimals.
    plus : bool
        Write the sign of a positive number.
    power : int
        Power of ten to multiply by: 2 for percent, -6 for millions; in decimals, so that 0.285 is 28.5 and not less.
    rounding : str
        A rounding mode of `decimal`.
    """
    if value is None or not math.isfinite(value):
        return "-"
    scaled = Decimal(repr(float(value))).scaleb(power)
    rounded = scaled.quantize(Decimal(1).scaleb(-digits), rounding, _ENOUGH_DIGITS)
    # A rounded zero has no sign.
    return f"{rounded:{'+' if plus else ''},}" if rounded else f"{abs(rounded)}"


def share(value: float | None, digits: int = 1) -> str:
    """Format a share as percent."""
    text = figure(value, digits, power=2)
    return text if text == "-" else f"{text} %"


def available(value: float | None) -> str:
    """Format an availability in percent, cut after three decimals: below 99.9 % is never shown as 99.900."""
    return figure(value, 3, power=2, rounding=ROUND_DOWN)


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    heading : str
        One or two lines.
    is_right : bool
        Aligned to the right, as figures are.
    least : int
        A cell may be cut down to so many characters; 0 for never, as for figures.
    lines : int
        Lines that a long cell may be wrapped over before it is cut.
    keep : int
        Columns with the lowest figure are left out first where the console is too narrow; 9 for never.
    """

    heading: str
    is_right: bool = False
    least: int = 0
    keep: int = 9
    lines: int = 1


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, indent: int = 0) -> list[str]:
    """Print a table no wider than the console and return the headings left out.

    Text is cut first, the widest most; then the least important columns go. Figures are never cut.
    """
    natural = [
        max([len(line) for line in column.heading.split("\n")] + [len(row[index]) for row in rows])
        for index, column in enumerate(columns)
    ]
    shown = list(range(len(columns)))
    widths, is_fitting = _fit(columns, natural, shown, width() - indent)
    while not is_fitting:
        least = min(shown, key=lambda index: (columns[index].keep, -index))
        if columns[least].keep >= 9:
            break
        shown.remove(least)
        widths, is_fitting = _fit(columns, natural, shown, width() - indent)
    height = max(columns[index].heading.count("\n") + 1 for index in shown)
    headings = {index: ["", *columns[index].heading.split("\n")][-height:] for index in shown}
    pad = " " * indent

    def lay_out(cells: Mapping[int, str], *, is_bold: bool = False) -> None:
        wrapped = {index: _lines(cells[index], widths[index], columns[index]) for index in shown}
        for line in range(max(len(texts) for texts in wrapped.values())):
            parts = [(texts[line : line + 1] or [" " * widths[index]])[0] for index, texts in wrapped.items()]
            put(pad + _GAP.join(parts), is_bold=is_bold)

    for line in range(height):
        lay_out({index: texts[line] for index, texts in headings.items()}, is_bold=True)
    put(pad + _GAP.join("-" * widths[index] for index in shown), is_dim=True)
    for row in rows:
        lay_out(dict(enumerate(row)))
    return [column.heading.replace("\n", " ") for index, column in enumerate(columns) if index not in shown]


def _fit(
    columns: Sequence[Column], natural: Sequence[int], shown: Sequence[int], room: int
) -> tuple[dict[int, int], bool]:
    """Return widths by column, and whether they fit the room."""
    widths = {index: natural[index] for index in shown}
    excess = sum(widths.values()) + len(_GAP) * (len(shown) - 1) - room
    while excess > 0:
        texts = [index for index in shown if 0 < columns[index].least < widths[index]]
        if not texts:
            return widths, False
        widths[max(texts, key=lambda index: widths[index])] -= 1
        excess -= 1
    return widths, True


def _lines(text: str, size: int, column: Column) -> list[str]:
    """Return a cell as lines of exactly its width, wrapped and cut as the column allows."""
    if len(text) <= size:
        lines = [text]
    elif column.lines == 1:
        lines = [text[: max(size - 3, 0)].rstrip() + "..."]
    else:
        lines = textwrap.wrap(text, size, max_lines=column.lines, placeholder=" ...")
    return [line.rjust(size) if column.is_right else line.ljust(size) for line in lines]


def print_frame(frame: pl.DataFrame, *, limit: int) -> None:
    """Print any result: as many columns as fit, one row upright if they do not, and what was left out.

    Parameters
    ----------
    frame : pl.DataFrame
        The result.
    limit : int
        Most rows to print; 0 for all.
    """
    head = frame.head(limit) if limit else frame
    rows = [[_cell(value) for value in row] for row in head.iter_rows()]
    needed = sum(
        max([len(name), *(min(len(row[index]), _MAX_CELL) for row in rows)]) + len(_GAP)
        for index, name in enumerate(frame.columns)
    )
    if head.height == 1 and needed > width():
        names = max(len(name) for name in frame.columns)
        for name, text in zip(frame.columns, rows[0], strict=True):
            put(f"{name:<{names}}{_GAP}{text}")
        return
    columns = [
        # The first column stays, the last goes first.
        Column(name, kind.is_numeric(), 0 if kind.is_numeric() else 12, keep=9 if index == 0 else 4)
        for index, (name, kind) in enumerate(frame.schema.items())
    ]
    shortened = [[text if len(text) <= _MAX_CELL else text[: _MAX_CELL - 3] + "..." for text in row] for row in rows]
    hidden = print_table(columns, shortened)
    notes = []
    if head.height < frame.height:
        notes.append(f"{head.height} of {frame.height:,} rows shown (--limit 0 shows all)")
    if hidden:
        notes.append(f"{len(hidden)} more columns ({', '.join(hidden)}): select fewer, or use --csv or --json")
    if notes:
        say("; ".join(notes) + ".", is_dim=True)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    return " ".join(str(value).split())
