"""Tables that a user gives on the command line: units, loads, one clear sentence for what is wrong in them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import InputError


@dataclass(frozen=True)
class Rows:
    """A CSV file: its rows by column name, and where they stand."""

    file: Path
    columns: tuple[str, ...]
    rows: list[dict[str, str]]

    def number(
        self,
        row: int,
        column: str,
        *,
        least: float | None = None,
        most: float | None = None,
        default: float | None = None,
    ) -> float:
        """Return a cell as a number within its bounds; an empty or absent cell as the default.

        Raises
        ------
        InputError
            Names file, row, column and value.
        """
        text = (self.rows[row].get(column) or "").strip()
        if not text and default is not None:
            return default
        try:
            value = float(text)
        except ValueError:
            raise self.fault(row, column, f"{text!r} is not a number") from None
        if not np.isfinite(value):
            raise self.fault(row, column, f"{text!r} is not a finite number")
        if least is not None and value < least:
            raise self.fault(row, column, f"{text} is below {least:g}")
        if most is not None and value > most:
            raise self.fault(row, column, f"{text} is above {most:g}")
        return value

    def column(self, name: str, *, least: float | None = None, most: float | None = None) -> NDArray[np.float64]:
        """Return a whole column as numbers within bounds."""
        return np.array([self.number(row, name, least=least, most=most) for row in range(len(self.rows))])

    def has(self, column: str) -> bool:
        """Return whether the file has the column."""
        return column in self.columns

    def fault(self, row: int, column: str, problem: str) -> InputError:
        """Return the error that names a cell."""
        return InputError(problem, file=str(self.file), row=row + 2, column=column)


def read_rows(file: Path, needed: Sequence[str]) -> Rows:
    """Return the rows of a CSV file that has at least the columns needed.

    Parameters
    ----------
    file : Path
        Comma-separated, UTF-8, with a header.
    needed : Sequence[str]
        Columns it must have; others are kept.

    Raises
    ------
    InputError
        If it cannot be read, lacks a column, has a row of another width, or no rows.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            columns = tuple(name.strip() for name in reader.fieldnames or ())
            reader.fieldnames = list(columns)
            rows = list(reader)
    except FileNotFoundError:
        raise InputError("there is no such file", file=str(file), remedy="check the path") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"it cannot be read as CSV ({error})", file=str(file), remedy="save it as UTF-8 CSV") from None
    missing = [name for name in needed if name not in columns]
    if missing:
        raise InputError(
            f"column {missing[0]} is missing",
            file=str(file),
            remedy=f"give it the columns {', '.join(needed)}",
        )
    if not rows:
        raise InputError("it has no rows below the header", file=str(file), remedy="add them")
    for number, row in enumerate(rows):
        if None in row or None in row.values():
            raise InputError("the row does not have as many cells as the header", file=str(file), row=number + 2)
    return Rows(file, columns, rows)
