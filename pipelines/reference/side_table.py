"""Reading of the tables kept beside the code: CSV as text, the file and its columns checked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipelines.errors import InputError


def read_text(path: Path, *, problem: str = "the file is missing", remedy: str = "restore it") -> pl.DataFrame:
    """Return every cell of a CSV file as text, empty cells as null.

    Parameters
    ----------
    path : Path
    problem, remedy : str
        What to say of a file that is not there.

    Raises
    ------
    InputError
        If there is no such file, or it is no CSV table.
    """
    if not path.is_file():
        raise InputError(problem, file=str(path), remedy=remedy)
    try:
        return pl.read_csv(path, infer_schema=False, null_values="", encoding="utf8")
    except (pl.exceptions.ComputeError, pl.exceptions.NoDataError) as error:
        raise InputError(f"the file is no readable CSV table ({str(error).splitlines()[0]})", file=str(path)) from error


def need_columns(frame: pl.DataFrame, columns: Sequence[str], file: str, *, remedy: str = "add the column") -> None:
    """Name the first column that a table lacks.

    Raises
    ------
    InputError
        If a column is missing.
    """
    for column in columns:
        if column not in frame.columns:
            raise InputError("the column is missing", file=file, row=1, column=column, remedy=remedy)


def read_side_table(path: Path, columns: Sequence[str], *, remedy: str = "restore it") -> pl.DataFrame:
    """Return a table kept beside the code as text, empty cells as empty text.

    Parameters
    ----------
    path : Path
    columns : Sequence[str]
        Columns that it must have; others stay.
    remedy : str
        Way out where the file is missing.

    Raises
    ------
    InputError
        If the file or a column is missing, or the file is no CSV table.
    """
    frame = read_text(path, remedy=remedy)
    need_columns(frame, columns, str(path))
    return frame.with_columns(pl.all().fill_null(""))
