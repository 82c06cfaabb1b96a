"""Lead times set for a what-if, as `<duration>.<low|mid|high>=<figure>`, instead of those pooled from sources."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipelines.errors import UsageError

POINTS = ("low", "mid", "high")
SHOWN_AS = "lead_times"
"""Published table of the durations, and the prefix that changes of them go by on the command line."""


def parsed_change(text: str) -> tuple[str, str, float]:
    """Return duration or equipment class, point and figure of one change.

    Raises
    ------
    UsageError
        If the text is not of the form, or the figure is no number from 0 up.
    """
    found = re.fullmatch(r"\s*([a-z0-9_]+)\.([a-z]+)\s*=\s*(\S+)\s*", text)
    if not found or found[2] not in POINTS:
        raise UsageError(
            f"{text!r} sets no lead time; write <name>.<low|mid|high>=<months>, as power_transformer.mid=12."
        )
    try:
        figure = float(found[3])
    except ValueError:
        figure = -1.0
    if not 0.0 <= figure < 1e4:
        raise UsageError(f"{text!r}: {found[3]!r} is no number of months from 0 to 10,000.")
    return found[1], found[2], figure


def durations_of(name: str, choices: pl.DataFrame) -> list[str]:
    """Return the durations that a name stands for: itself, or those that draw on an equipment class.

    Raises
    ------
    UsageError
        If it is neither; names the close ones.
    """
    known = choices["duration_id"].unique(maintain_order=True).to_list()
    if name in known:
        return [name]
    used = choices.filter((pl.col("table") == "equipment_lead_times") & (pl.col("weight") > 0))
    fed = used.filter(pl.col("row_key_1") == name)["duration_id"].unique(maintain_order=True).to_list()
    if fed:
        return fed
    names = sorted({*known, *used["row_key_1"]})
    close = difflib.get_close_matches(name, names, n=5, cutoff=0.5)
    close += [other for other in names if name in other and other not in close]
    hint = f"did you mean {', '.join(close[:6])}" if close else f"there are {', '.join(names)}"
    raise UsageError(f"there is no lead time {name!r}; {hint}.")


def with_changes(
    rows: list[dict[str, Any]],
    changes: Sequence[str],
    choices: pl.DataFrame,
    by_place: Mapping[str, Sequence[str]] | None = None,
) -> list[dict[str, Any]]:
    """Return the durations with the changes of a what-if.

    A P50 that is set alone takes P10 and P90 along in proportion, so that the range keeps its shape; a P10 or P90
    replaces that end only.

    Parameters
    ----------
    rows : list[dict[str, Any]]
        Rows of contract `core.durations`.
    changes : Sequence[str]
        As `power_transformer.mid=12`; the figure in the unit of the duration.
    choices : pl.DataFrame
        Rows of `durations.csv`.
    by_place : Mapping[str, Sequence[str]] | None
        Variants by place of a duration, which a change of the duration sets, too.

    Raises
    ------
    UsageError
        If a name is unknown, or the three points then do not rise.
    """
    set_points: dict[str, dict[str, float]] = {}
    for text in changes:
        name, point, figure = parsed_change(text)
        found = durations_of(name, choices)
        for duration_id in [*found, *(variant for own in found for variant in (by_place or {}).get(own, ()))]:
            set_points.setdefault(duration_id, {})[point] = figure
    return [_changed(row, set_points[row["duration_id"]]) if row["duration_id"] in set_points else row for row in rows]


def _changed(row: dict[str, Any], points: dict[str, float]) -> dict[str, Any]:
    ratio = points["mid"] / row["mid"] if "mid" in points and row["mid"] > 0 else 1.0
    new = {name: points.get(name, row[name] * ratio) for name in POINTS}
    if row["mid"] == 0 and "mid" in points:
        new = {name: points.get(name, points["mid"]) for name in POINTS}
    if not new["low"] <= new["mid"] <= new["high"]:
        figures = ", ".join(f"{name} {value:g}" for name, value in new.items())
        raise UsageError(f"the lead time {row['duration_id']!r} does not rise: {figures}; set the other points, too.")
    told = ", ".join(f"{name} {row[name]:.4g} -> {new[name]:.4g}" for name in POINTS if row[name] != new[name])
    return {
        **row,
        **new,
        "is_assumption": True,
        "choice_reason": f"what-if: {told}; else {row['choice_reason']}",
        "source_title": f"what-if of this run; else {row['source_title']}",
    }
