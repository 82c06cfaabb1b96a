"""Forecasts of projects that are not in power yet: frozen when they are made, scored when a date is entered."""

from __future__ import annotations

from datetime import date
from math import log, pi

import numpy as np
import polars as pl
from scipy.special import log_ndtr

from pipelines.contracts.base import REGISTRY, validate
from pipelines.timeline.distribution import Z90

TABLE = "mart.forecasts"
_PENDING = ("planned", "censored")
_FROZEN = ("path", "months_p10", "months_p50", "months_p90")
_LEAST_STEP = 1e-6


def forecasts(
    before: pl.DataFrame | None, predicted: pl.DataFrame, made_on: date, run_id: str, *, tail: float
) -> pl.DataFrame:
    """Carry the forecasts on, freeze tonight's, and score those whose project has a date now.

    A forecast counts until another one is made: a night adds a row for a project only where path or months differ from
    those of its last row. Rows from nights after this one are left out, so that a night made again says the same.

    Parameters
    ----------
    before : pl.DataFrame | None
        Contract mart.forecasts of the release before, if there is one.
    predicted : pl.DataFrame
        Contract mart.backtest of tonight.
    made_on : date
        Logical date of the night.
    run_id : str
        Run that makes tonight's rows.
    tail : float
        Growth of the tails of a distribution per unit of the normal score, as in `distribution.quantile`.

    Returns
    -------
    pl.DataFrame
        Contract mart.forecasts, by project and date.
    """
    columns = REGISTRY[TABLE].schema.columns()
    schema = {name: column.dtype for name, column in columns.items()}
    old = pl.DataFrame(schema=schema)
    if before is not None and set(columns) <= set(before.columns):
        old = before.select(list(columns)).filter(pl.col("made_on") < made_on)
    pending = predicted.filter(pl.col("basis").is_in(_PENDING) & pl.col("is_predicted"))
    last = {row["project_id"]: row for row in old.sort("made_on").iter_rows(named=True)}
    tonight = [
        {"project_id": row["project_id"], "made_on": made_on, "run_id": run_id, **{name: row[name] for name in _FROZEN}}
        for row in pending.iter_rows(named=True)
        if any(last.get(row["project_id"], {}).get(name) != row[name] for name in _FROZEN)
    ]
    known = {row["project_id"]: row for row in predicted.iter_rows(named=True)}
    rows = [_scored(row, known.get(row["project_id"]), made_on, tail) for row in [*old.iter_rows(named=True), *tonight]]
    return validate(pl.DataFrame(rows, schema=schema).sort("project_id", "made_on"), TABLE)


def _scored(row: dict, project: dict | None, tonight: date, tail: float) -> dict:
    """Enter what became of a project in a forecast that is still open."""
    open_row = {"is_given_up": False, "scored_on": None, "reported_months": None, "log_score": None} | row
    if project is None or open_row["scored_on"] is not None:
        return open_row
    if project["basis"] == "cancelled":
        return open_row | {"is_given_up": True, "scored_on": tonight}
    if project["basis"] != "observed" or not project["reported"]:
        return open_row
    points = (row["months_p10"], row["months_p50"], row["months_p90"])
    score = log_score(points, project["reported"], is_lower_bound=project["is_lower_bound"], tail=tail)
    return open_row | {"scored_on": tonight, "reported_months": project["reported"], "log_score": score}


def log_score(points: tuple[float, float, float], months: float, *, is_lower_bound: bool, tail: float) -> float:
    """Compute the natural log of the predicted density of log months, or of the chance of more than a lower bound.

    The distribution runs straight in the normal score through P10, P50 and P90, with exponential tails, as durations
    are drawn (`distribution.quantile`). The logarithmic score is proper (Gneiting and Raftery 2007, JASA 102).

    Parameters
    ----------
    points : tuple[float, float, float]
        P10, P50 and P90 (months).
    months : float
        Reported months, above 0, or their lower bound.
    is_lower_bound : bool
    tail : float
        Growth of the tails per unit of the normal score.
    """
    # A point that repeats another would be an infinite density.
    low = max(points[0], _LEAST_STEP)
    mid = max(points[1], low * (1.0 + _LEAST_STEP))
    high = max(points[2], mid * (1.0 + _LEAST_STEP))
    tail = max(tail, _LEAST_STEP)
    if months > high:
        score, slope = Z90 + log(months / high) / tail, 1.0 / tail
    elif months < low:
        score, slope = -Z90 + log(months / low) / tail, 1.0 / tail
    else:
        score = float(np.interp(months, [low, mid, high], [-Z90, 0.0, Z90]))
        slope = months * Z90 / (high - mid if months > mid else mid - low)
    if is_lower_bound:
        return float(log_ndtr(-score))
    return -0.5 * score * score - 0.5 * log(2.0 * pi) + log(slope)
