"""Observed projects: reading them, and what their words say of event, bound and premises."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.contracts import backtest as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.backtest import BASES
from pipelines.contracts.base import REGISTRY, validate
from pipelines.errors import InputError
from pipelines.plant.catalogue import stacks
from pipelines.reference.side_table import need_columns, read_side_table, read_text
from pipelines.settings import Settings
from pipelines.timeline.buying import activities_of_premises

PROJECTS_FILE = Path(__file__).with_name("observed_projects.csv")
WORDS_FILE = Path(__file__).with_name("project_words.csv")
TECHNOLOGIES_FILE = Path(__file__).with_name("project_technologies.csv")
_NUMBERS = ("mw_first_phase", "mw_total", "months_order_to_first_mw", "months_low", "months_high")
_TECHNOLOGY_COLUMNS = ("technology", "min_mw", "max_mw", "stack_id", "firm_technology", "firm_unit_mw", "reason")


@dataclass(frozen=True)
class Reading:
    """What the words of a project say.

    Attributes
    ----------
    event : str
        plant, compute or delivery; empty where nothing was seen.
    premises : frozenset[str]
        Names of `premises.csv`.
    is_lower_bound : bool
        Whether the start that was seen came after the decision.
    unread : tuple[str, ...]
        Words of the column premises that no row of `project_words.csv` has.
    excluded : str
        Why the row may not be scored; empty where it may.
    """

    event: str
    premises: frozenset[str]
    is_lower_bound: bool
    unread: tuple[str, ...]
    excluded: str


def read_projects(settings: Settings, path: Path | None = None) -> pl.DataFrame:
    """Read observed projects.

    Parameters
    ----------
    settings : Settings
        `projects_file` names the user's own.
    path : Path | None
        A file that goes before it.

    Returns
    -------
    pl.DataFrame
        Contract mart.observed_projects.

    Raises
    ------
    InputError
        If the file or a column is missing, a project is listed twice, or a cell cannot be read.
    """
    path = path or settings.projects_file or PROJECTS_FILE
    frame = read_text(path, problem="the file of projects is missing", remedy="restore it or name another")
    columns = REGISTRY["mart.observed_projects"].schema.column_names()
    need_columns(frame, columns, str(path))
    frame = frame.select(columns).with_columns(pl.all().str.strip_chars())
    for column in _NUMBERS:
        cast = frame[column].cast(pl.Float64, strict=False)
        wrong = (frame[column].is_not_null() & (cast.is_null() | ~cast.is_finite() | (cast < 0))).arg_true()
        if len(wrong):
            raise InputError(
                f"value {frame[column][wrong[0]]!r} is no number from 0 up",
                file=str(path),
                row=int(wrong[0]) + 2,
                column=column,
            )
    for problem, bad, column in (
        ("the project has no id", frame["project_id"].is_null(), "project_id"),
        ("the project is listed twice", ~frame["project_id"].is_first_distinct(), "project_id"),
        (f"basis is not one of {', '.join(BASES)}", ~frame["basis"].is_in(BASES).fill_null(value=False), "basis"),
    ):
        rows = bad.arg_true()
        if len(rows):
            raise InputError(problem, file=str(path), row=int(rows[0]) + 2, column=column)
    texts = [name for name in columns if name not in _NUMBERS]
    typed = frame.with_columns(
        *(pl.col(name).cast(pl.Float64) for name in _NUMBERS), *(pl.col(name).fill_null("") for name in texts)
    )
    return validate(typed, "mart.observed_projects", file=str(path))


@cache
def _words() -> tuple[dict[str, str], ...]:
    frame = read_side_table(WORDS_FILE, ("column", "words", "kind", "value", "reason"))
    rows = tuple(frame.iter_rows(named=True))
    known = activities_of_premises()
    for line, row in enumerate(rows, start=2):
        if row["kind"] == "premise" and row["value"] and row["value"] not in known:
            raise InputError(f"premise {row['value']!r} is not known", file=str(WORDS_FILE), row=line, column="value")
    return rows


def read_words(project: dict[str, Any]) -> Reading:
    """Read event, bound and premises off the words of a project.

    A premise's words are compared as a whole; other patterns are searched in the cell, in the decision's own event
    only up to its first comma: what follows are later events. A least month without a most is a bound, too.
    """
    said = [word.strip() for word in project["premises"].split(";") if word.strip()]
    stated = [row for row in _words() if row["column"] == "premises"]
    premises = {row["value"] for row in stated if row["words"] in said and row["value"]}
    unread = tuple(word for word in said if word not in {row["words"] for row in stated})
    event, bound, excluded = "", False, ""
    for row in _words():
        if row["column"] == "premises":
            continue
        cell = project[row["column"]]
        if row["column"] == "decision_event":
            cell = cell.split(",")[0]
        if not re.search(row["words"], cell, re.IGNORECASE):
            continue
        if row["kind"] == "premise":
            premises.add(row["value"])
        elif row["kind"] == "bound":
            bound = True
        elif row["kind"] == "excluded":
            excluded = row["reason"]
        elif not event:
            event = row["value"]
    is_open = project["months_low"] is not None and project["months_high"] is None and project["basis"] == "observed"
    return Reading(event, frozenset(premises), bound or is_open, unread, excluded)


def plant_of(project: dict[str, Any], settings: Settings) -> dict[str, Any] | None:
    """Select the stack, technology and rating of units that represent a project, or None where nothing does."""
    size = project["mw_first_phase"]
    if size is None:
        return None
    for line, row in enumerate(read_side_table(TECHNOLOGIES_FILE, _TECHNOLOGY_COLUMNS).iter_rows(named=True), start=2):
        try:
            low, high = float(row["min_mw"] or 0.0), float(row["max_mw"] or "inf")
            unit = float(row["firm_unit_mw"])
        except ValueError:
            raise InputError("a size is no number", file=str(TECHNOLOGIES_FILE), row=line) from None
        if row["technology"] == project["technology"] and low <= size < high:
            stack = stacks(settings).get(row["stack_id"])
            return row | {"firm_unit_mw": unit, "is_islanded": stack is not None and stack.is_islanded}
    return None
