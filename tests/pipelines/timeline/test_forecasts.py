"""Forecasts: frozen when made, scored once a date is known, and the same when a night is made again."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from scipy.integrate import quad

from pipelines.contracts.base import REGISTRY
from pipelines.timeline.distribution import quantile
from pipelines.timeline.forecasts import forecasts, log_score

TAIL = 0.15
FIRST, SECOND, THIRD = date(2026, 11, 24), date(2026, 11, 25), date(2026, 12, 20)
POINTS = (8.0, 13.0, 30.0)


def _rows(**changes: dict[str, object]) -> pl.DataFrame:
    known = {
        name: {
            **dict.fromkeys(REGISTRY["mart.backtest"].schema.column_names()),
            "project_id": name,
            "path": "rental",
            "basis": "planned",
            "is_predicted": True,
            "is_lower_bound": False,
            **dict(zip(("months_p10", "months_p50", "months_p90"), POINTS, strict=True)),
        }
        | changes.get(name, {})
        for name in ("A", "B")
    }
    schema = {name: column.dtype for name, column in REGISTRY["mart.backtest"].schema.columns().items()}
    return pl.DataFrame(list(known.values()), schema=schema)


def test_a_forecast_is_frozen_until_it_changes_and_scored_when_a_date_is_known() -> None:
    first = forecasts(None, _rows(), FIRST, "run-1", tail=TAIL)
    assert first.select("project_id", "made_on", "run_id").rows() == [("A", FIRST, "run-1"), ("B", FIRST, "run-1")]
    assert first["scored_on"].null_count() == 2
    same = forecasts(first, _rows(), SECOND, "run-2", tail=TAIL)
    assert same.equals(first)
    moved = forecasts(first, _rows(A={"months_p90": 40.0}), SECOND, "run-2", tail=TAIL)
    assert moved.filter(pl.col("project_id") == "A")["months_p90"].to_list() == [30.0, 40.0]
    done = _rows(A={"basis": "observed", "reported": 20.0, "months_p90": 50.0}, B={"basis": "cancelled"})
    scored = forecasts(moved, done, THIRD, "run-3", tail=TAIL)
    assert len(scored) == len(moved)
    rows = {(row["project_id"], row["made_on"]): row for row in scored.iter_rows(named=True)}
    for made_on, high in ((FIRST, 30.0), (SECOND, 40.0)):
        row = rows["A", made_on]
        assert (row["scored_on"], row["reported_months"], row["months_p90"]) == (THIRD, 20.0, high)
        assert row["log_score"] == log_score((8.0, 13.0, high), 20.0, is_lower_bound=False, tail=TAIL)
    gone = rows["B", FIRST]
    assert gone["is_given_up"]
    assert (gone["scored_on"], gone["reported_months"], gone["log_score"]) == (THIRD, None, None)
    # What was scored stays as it was, whatever is entered later.
    later = forecasts(scored, _rows(A={"basis": "observed", "reported": 25.0}), date(2027, 1, 1), "run-4", tail=TAIL)
    assert later.filter(pl.col("project_id") == "A").equals(scored.filter(pl.col("project_id") == "A"))


def test_a_night_made_again_says_the_same() -> None:
    first = forecasts(None, _rows(), FIRST, "run-1", tail=TAIL)
    second = forecasts(first, _rows(A={"months_p50": 14.0}), SECOND, "run-2", tail=TAIL)
    assert forecasts(second, _rows(A={"months_p50": 14.0}), SECOND, "run-2", tail=TAIL).equals(second)
    # A table of another form is not carried on.
    assert forecasts(first.drop("path"), _rows(), SECOND, "run-2", tail=TAIL)["made_on"].to_list() == [SECOND, SECOND]


def test_the_log_score_is_the_density_of_what_is_drawn() -> None:
    def density(log_months: float) -> float:
        return float(np.exp(log_score(POINTS, float(np.exp(log_months)), is_lower_bound=False, tail=TAIL)))

    edges = [-2.0, *np.log(POINTS), 8.0]
    parts = [quad(density, low, high)[0] for low, high in pairwise(edges)]
    assert parts == pytest.approx([0.1, 0.4, 0.4, 0.1], abs=1e-4)
    drawn = quantile(np.random.default_rng(2).standard_normal(400_000), *POINTS, tail=TAIL)
    for months in (6.0, 10.0, 20.0, 33.0):
        beyond = log_score(POINTS, months, is_lower_bound=True, tail=TAIL)
        assert np.exp(beyond) == pytest.approx(np.mean(drawn > months), abs=3e-3)


def test_points_that_repeat_are_no_infinite_density() -> None:
    assert np.isfinite(log_score((5.0, 5.0, 5.0), 5.0, is_lower_bound=False, tail=TAIL))
    assert log_score((0.0, 0.0, 3.0), 40.0, is_lower_bound=False, tail=TAIL) < -10.0
