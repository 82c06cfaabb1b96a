"""Durations as used: published figures chosen and pooled by `durations.csv`, assumptions taken from the settings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.errors import InputError
from pipelines.places.entitlement import entitlement_durations
from pipelines.places.gas_lateral import lateral_durations
from pipelines.places.grid_site import brownfield_durations
from pipelines.places.permit_durations import permit_durations
from pipelines.reference.side_table import read_side_table
from pipelines.settings import Settings
from pipelines.timeline.distribution import lognormal_points, pool, three_points
from pipelines.timeline.what_if import with_changes

DURATIONS_FILE = Path(__file__).with_name("durations.csv")
DAYS_PER_MONTH = 365.25 / 12
MONTHS_PER = {"months": 1.0, "years": 12.0, "days": 1 / DAYS_PER_MONTH, "weeks": 7 / DAYS_PER_MONTH}
# The columns of each table that `row_key_1` to `row_key_3` are compared with.
KEYS = {
    "equipment_lead_times": ("equipment_class", "scope", "as_of"),
    "queue_statistics": ("region", "metric", "cohort"),
    "policy": ("policy_id", "metric"),
}
_COLUMNS = (
    *("duration_id", "unit", "table", "row_key_1", "row_key_2", "row_key_3", "statistic", "weight"),
    *("low", "mid", "high", "scale_setting", "choice_reason", "source_title", "publisher", "url", "as_of", "slips"),
)


@dataclass(frozen=True)
class _Figure:
    """One row of the choice with the figure it stands for, in the duration's unit."""

    low: float | None
    mid: float | None
    high: float | None
    spread: float
    source_title: str
    publisher: str
    url: str
    as_of: str


def read_choices(path: Path = DURATIONS_FILE) -> pl.DataFrame:
    """Read the table that says which published row stands for which duration, with what weight and why.

    Raises
    ------
    InputError
        If the file or a column is missing, a weight is no number from 0 up, or `slips` is neither yes nor empty.
    """
    frame = read_side_table(path, _COLUMNS)
    for row, text in enumerate(frame["weight"], start=2):
        if not re.fullmatch(r"\d+(\.\d+)?", text):
            raise InputError(f"weight {text!r} is no number from 0 up", file=str(path), row=row, column="weight")
    for row, text in enumerate(frame["slips"], start=2):
        if text not in {"yes", ""}:
            raise InputError(f"value {text!r} is neither yes nor empty", file=str(path), row=row, column="slips")
    return frame.with_columns(pl.col("weight").cast(pl.Float64))


@cache
def slip_shares() -> dict[str, float]:
    """Compute the share of the weight of each duration that is planned by projects or quoted by suppliers.

    Such months slip. Months that were observed, what the market reports of its waits, assumptions of what happens,
    permits, waits for the grid and works on site do not. Durations without a share are left out.
    """
    chosen = read_choices().filter(pl.col("weight") > 0)
    shares: dict[str, list[float]] = {}
    for name, weight, slips in chosen.select("duration_id", "weight", "slips").iter_rows():
        own = shares.setdefault(name, [0.0, 0.0])
        own[0] += weight
        own[1] += weight if slips else 0.0
    return {name: part / total for name, (total, part) in shares.items() if part > 0.0}


def durations(
    lead_times: pl.DataFrame,
    policy: pl.DataFrame,
    queue_statistics: pl.DataFrame,
    settings: Settings,
    *,
    choices: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return every duration as used: P10, P50, P90, its sources and the reason for their choice.

    Rule: a published range is P10 to P90; a single figure is spread by a setting; the rows of one duration with a
    weight above zero are pooled by their weights (`distribution.pool`). Median and average of one cohort make a
    lognormal. Steps that a publisher lists apart are added. Assumptions stand in the settings with a wider spread.
    What a what-if sets comes last.

    Parameters
    ----------
    lead_times, policy, queue_statistics : pl.DataFrame
        Reference tables.
    settings : Settings
        Spreads, and the assumed durations.
    choices : pl.DataFrame | None
        Rows of `durations.csv`; read from beside this module by default.

    Returns
    -------
    pl.DataFrame
        Contract core.durations, one row per duration.

    Raises
    ------
    InputError
        If a chosen row is not in its table, or its figures cannot be read.
    """
    tables = {"equipment_lead_times": lead_times, "queue_statistics": queue_statistics, "policy": policy}
    choices = read_choices() if choices is None else choices
    chosen = choices.with_row_index("line", offset=2)
    rows = []
    for (duration_id,), group in chosen.group_by("duration_id", maintain_order=True):
        figures = [
            (row, _figure(row, tables, settings)) for row in group.filter(pl.col("weight") > 0).iter_rows(named=True)
        ]
        if not figures:
            raise InputError(
                f"duration {duration_id!r} has no row with a weight above zero",
                file=DURATIONS_FILE.name,
                row=group["line"][0],
                column="weight",
                remedy="choose at least one row",
            )
        low, mid, high = _combine(str(duration_id), figures, settings)
        used = [figure for _, figure in figures]
        rows.append(
            {
                "duration_id": duration_id,
                "unit": group["unit"][0],
                "low": low,
                "mid": mid,
                "high": high,
                "is_assumption": all(row["table"] == "setting" for row, _ in figures),
                "rows_used": len(used),
                "rows_set_aside": len(group) - len(used),
                "choice_reason": _joined(row["choice_reason"] for row, _ in figures),
                "source_title": _joined(figure.source_title for figure in used),
                "publisher": _joined(figure.publisher for figure in used),
                "url": _joined(figure.url for figure in used),
                "as_of": max(figure.as_of for figure in used),
            }
        )
    by_place = [*lateral_durations(settings), *permit_durations(settings), *entitlement_durations(settings)]
    rows = with_changes([*rows, *by_place], settings.what_if_lead_times, choices, _families(by_place))
    rows += brownfield_durations(rows, settings)
    return pl.DataFrame(rows).with_columns(pl.col("rows_used", "rows_set_aside").cast(pl.Int64))


def _families(by_place: list[dict[str, Any]]) -> dict[str, list[str]]:
    """List the variants by place that a change of a duration sets, too."""
    names = [str(row["duration_id"]) for row in by_place]
    plain = [name for name in names if "_or_minor_" not in name]
    begins = {
        "gas_lateral": ("gas_lateral_",),
        "local_permits": ("local_permits_",),
        "air_permit_minor": ("air_permit_minor_",),
        "air_permit_major": ("air_permit_psd_", "air_permit_nsr_"),
    }
    return {own: [name for name in plain if name.startswith(prefixes)] for own, prefixes in begins.items()}


def _combine(
    duration_id: str, figures: list[tuple[dict[str, Any], _Figure]], settings: Settings
) -> tuple[float, float, float]:
    by_statistic = {row["statistic"]: figure for row, figure in figures}
    if "median" in by_statistic and "mean" in by_statistic:
        return lognormal_points(_point(by_statistic["median"]), _point(by_statistic["mean"]))
    spread = settings.single_figure_spread_frac
    if "step" in by_statistic:
        total = sum(_point(figure) for _, figure in figures)
        return three_points(None, total, None, single_spread=spread, place=duration_id)
    points = [
        three_points(figure.low, figure.mid, figure.high, single_spread=figure.spread, place=duration_id)
        for _, figure in figures
    ]
    return pool(points, [row["weight"] for row, _ in figures], tail=settings.duration_tail_per_sigma)


def _point(figure: _Figure) -> float:
    return three_points(figure.low, figure.mid, figure.high, single_spread=0.0, place=figure.source_title)[1]


def _figure(row: dict[str, Any], tables: dict[str, pl.DataFrame], settings: Settings) -> _Figure:
    spread = settings.single_figure_spread_frac
    scale = float(getattr(settings, row["scale_setting"])) if row["scale_setting"] else 1.0
    place = {"file": DURATIONS_FILE.name, "row": row["line"]}
    if row["table"] == "setting":
        return _assumed(row, settings)
    if row["table"] == "cited":
        months = [float(row[name]) if row[name] else None for name in ("low", "mid", "high")]
        source = row
    elif row["table"] in tables:
        source = _find(row, tables[row["table"]], place)
        months = _months(row["table"], source, place)
    else:
        raise InputError(f"table {row['table']!r} is not known", **place, column="table", remedy="name a known table")
    low, mid, high = (value * scale if value is not None else None for value in months)
    cited = (source[name] or "" for name in ("source_title", "publisher", "url", "as_of"))
    return _Figure(low, mid, high, spread, *cited)


def _assumed(row: dict[str, Any], settings: Settings) -> _Figure:
    name = row["row_key_1"]
    title = f"setting {name}: {Settings.model_fields[name].description}"
    if row["statistic"] == "none":
        # The setting decides whether the step is needed at all; here it is not.
        return _Figure(0.0, 0.0, 0.0, 0.0, title, "firstmw", "", "")
    value = float(getattr(settings, name))
    # Rates are set in MW per month and used as months per MW.
    mid = 1.0 / value if row["unit"] == "months_per_mw" else value
    return _Figure(None, mid, None, settings.assumed_duration_spread_frac, title, "firstmw", "", "")


def _find(row: dict[str, Any], table: pl.DataFrame, place: dict[str, Any]) -> dict[str, Any]:
    condition = pl.lit(True)
    for key, column in zip(("row_key_1", "row_key_2", "row_key_3"), KEYS[row["table"]], strict=False):
        condition = condition & (pl.col(column).cast(pl.String).fill_null("") == row[key])
    found = table.filter(condition)
    if len(found) != 1:
        keys = " / ".join(row[key] for key in ("row_key_1", "row_key_2", "row_key_3") if row[key])
        raise InputError(
            f"{len(found)} rows of {row['table']} match {keys!r}",
            **place,
            column="row_key_1",
            remedy="correct the keys so that exactly one row matches",
        )
    return found.row(0, named=True)


def _months(table: str, found: dict[str, Any], place: dict[str, Any]) -> list[float | None]:
    if table == "equipment_lead_times":
        return [found["low_months"], found["mid_months"], found["high_months"]]
    unit = found["unit"]
    if unit not in MONTHS_PER:
        raise InputError(f"unit {unit!r} is no time", **place, column="row_key_1", remedy="choose a row in a time unit")
    factor = MONTHS_PER[unit]
    if table == "policy":
        ends = [float(part) * factor for part in re.findall(r"\d+(?:\.\d+)?", str(found["value"]))]
        return [None, ends[0], None] if len(ends) == 1 else [ends[0], None, ends[-1]]
    return [found[name] * factor if found[name] is not None else None for name in ("low", "mid", "high")]


def _joined(parts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(part for part in parts if part))
