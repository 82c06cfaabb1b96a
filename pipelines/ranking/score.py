"""The score: a weighted view on fixed anchors, so that a score means the same tomorrow."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts.economics import SCORE_COMPONENTS
from pipelines.ordered import row_sum

# Nines are -log10(1 - x); a share of 1 is read as six nines.
_MOST_NINES = 6.0

_ANCHORS: list[dict[str, str | float]] = [
    {
        "component": "speed",
        "column_name": "first_mw_months_p50",
        "unit": "months",
        "transform": "linear",
        "anchor_low": 84.0,
        "anchor_high": 6.0,
        "weight": 0.35,
        "reason": "from the longest published grid wait (7 years) to a modular block on equipment in stock",
    },
    {
        "component": "cost",
        "column_name": "lcoe_usd_per_mwh",
        "unit": "USD/MWh",
        "transform": "linear",
        "anchor_low": 250.0,
        "anchor_high": 50.0,
        "weight": 0.25,
        "reason": "from first-of-a-kind nuclear to the cheapest industrial power of a US state",
    },
    {
        "component": "reliability",
        "column_name": "availability_frac",
        "unit": "nines of energy",
        "transform": "nines",
        "anchor_low": 1.0,
        "anchor_high": 4.0,
        "weight": 0.15,
        "reason": "from a tenth of the energy unserved to under one full-load hour a year",
    },
    {
        "component": "resilience",
        "column_name": "worst_years_served_frac",
        "unit": "nines of energy",
        "transform": "nines",
        "anchor_low": 1.0,
        "anchor_high": 4.0,
        "weight": 0.075,
        "reason": "as for reliability, in the worst twentieth of years: from five weeks of load to under one hour",
    },
    {
        "component": "resilience",
        "column_name": "rides_through_24h_frac",
        "unit": "fraction",
        "transform": "linear",
        "anchor_low": 0.0,
        "anchor_high": 1.0,
        "weight": 0.075,
        "reason": "from a site that never rides through a day without gas or grid to one that always does",
    },
    {
        "component": "carbon",
        "column_name": "co2_kg_per_mwh",
        "unit": "kg/MWh",
        "transform": "linear",
        "anchor_low": 700.0,
        "anchor_high": 0.0,
        "weight": 0.1,
        "reason": "from a simple-cycle turbine at part load, or a coal-heavy grid, to none",
    },
]


def score_anchors() -> pl.DataFrame:
    """Return the anchors and default weights, contract `mart.score_anchors`."""
    return pl.DataFrame(_ANCHORS)


def utility(figures: NDArray[np.float64], anchor: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return figures of one component on its anchors, 0 to 100.

    Parameters
    ----------
    figures : NDArray[np.float64]
        In the unit of the component's column, any shape.
    anchor : Mapping[str, Any]
        Row of `score_anchors`.
    """
    read = figures
    if anchor["transform"] == "nines":
        read = -np.log10(np.clip(1.0 - figures, 10.0**-_MOST_NINES, 1.0))
    share = (read - anchor["anchor_low"]) / (anchor["anchor_high"] - anchor["anchor_low"])
    return np.asarray(100.0 * np.clip(share, 0.0, 1.0))


def add_scores(frame: pl.DataFrame, anchors: pl.DataFrame | None = None) -> pl.DataFrame:
    """Add `<component>_score` (0-100 each) and `score`, their weighted mean.

    A component of several columns is the weighted mean of their utilities, and missing where one of them is; the score
    is the mean of the components that a row has.

    Parameters
    ----------
    frame : pl.DataFrame
        Rows with the columns that the anchors name.
    anchors : pl.DataFrame | None
        Contract `mart.score_anchors`; the fixed ones when absent.
    """
    rows = (anchors if anchors is not None else score_anchors()).to_dicts()
    parts, weights = [], {}
    for component in SCORE_COMPONENTS:
        own = [row for row in rows if row["component"] == component]
        weight = weights[component] = sum(row["weight"] for row in own)
        # Where a component weighs nothing its columns count alike.
        shares = [row["weight"] / weight if weight > 0.0 else 1.0 / len(own) for row in own]
        utilities = [_utility(row) * share for row, share in zip(own, shares, strict=True)]
        parts.append(reduce(operator.add, utilities).clip(0.0, 100.0).alias(f"{component}_score"))
    score = {component: pl.col(f"{component}_score") for component in SCORE_COMPONENTS}
    weighted = row_sum(score[component] * weights[component] for component in SCORE_COMPONENTS)
    known = row_sum(pl.when(score[component].is_not_null()).then(weights[component]) for component in SCORE_COMPONENTS)
    return frame.with_columns(parts).with_columns((weighted / known).clip(0.0, 100.0).alias("score"))


def _utility(row: Mapping[str, Any]) -> pl.Expr:
    """Return the utility of one row of the anchors as an expression, 0 to 100."""
    value = pl.col(row["column_name"])
    if row["transform"] == "nines":
        value = -(1.0 - value).clip(10.0**-_MOST_NINES, 1.0).log10()
    share = (value - row["anchor_low"]) / (row["anchor_high"] - row["anchor_low"])
    return 100.0 * share.clip(0.0, 1.0)
