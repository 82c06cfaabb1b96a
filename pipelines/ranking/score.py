"""The score: a weighted view on fixed anchors, so that a score means the same tomorrow."""

from __future__ import annotations

from collections.abc import Mapping
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
        "weight": 0.4,
        "reason": "from the longest published grid wait (7 years) to a modular block on equipment in stock",
    },
    {
        "component": "cost",
        "column_name": "lcoe_usd_per_mwh",
        "unit": "USD/MWh",
        "transform": "linear",
        "anchor_low": 250.0,
        "anchor_high": 50.0,
        "weight": 0.3,
        "reason": "from first-of-a-kind nuclear to the cheapest industrial power of a US state",
    },
    {
        "component": "reliability",
        "column_name": "availability_frac",
        "unit": "nines",
        "transform": "nines",
        "anchor_low": 1.0,
        "anchor_high": 4.0,
        "weight": 0.2,
        "reason": "from one outage hour in ten to under one hour a year",
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

    Parameters
    ----------
    frame : pl.DataFrame
        Rows with the columns that the anchors name.
    anchors : pl.DataFrame | None
        Contract `mart.score_anchors`; the fixed ones when absent.
    """
    rows = {row["component"]: row for row in (anchors if anchors is not None else score_anchors()).to_dicts()}
    parts = []
    for component in SCORE_COMPONENTS:
        row = rows[component]
        value = pl.col(row["column_name"])
        if row["transform"] == "nines":
            value = -(1.0 - value).clip(10.0**-_MOST_NINES, 1.0).log10()
        utility = (value - row["anchor_low"]) / (row["anchor_high"] - row["anchor_low"])
        parts.append((100.0 * utility.clip(0.0, 1.0)).alias(f"{component}_score"))
    total = sum(row["weight"] for row in rows.values())
    weighted = row_sum(
        pl.col(f"{component}_score") * (rows[component]["weight"] / total) for component in SCORE_COMPONENTS
    )
    return frame.with_columns(parts).with_columns(weighted.clip(0.0, 100.0).alias("score"))
