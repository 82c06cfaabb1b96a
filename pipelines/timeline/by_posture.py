"""Months to power in each posture, on the same draws."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipelines.contracts import procurement as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import REGISTRY, validate
from pipelines.settings import Settings
from pipelines.timeline.outcomes import Known
from pipelines.timeline.paths import POSTURES
from pipelines.timeline.time_to_power import TimelineResult, time_to_power

TABLE = "mart.time_to_power_by_posture"


def time_to_power_by_posture(
    own: TimelineResult, settings: Settings, seed: int, *, known: Known | None = None, **inputs: Any
) -> pl.DataFrame:
    """Return months to power in each posture.

    Parameters
    ----------
    own : TimelineResult
        Time to power in the posture of the settings, which is not drawn again.
    settings : Settings
    seed : int
        Seed of the draws: the same as that of `own`.
    known : Known | None
        Networks drawn before.
    **inputs : Any
        The other arguments of `time_to_power`.

    Returns
    -------
    pl.DataFrame
        Contract mart.time_to_power_by_posture, a posture after the other in the row order of the chosen designs.
    """
    frames = []
    for posture in POSTURES:
        result = own
        if posture != settings.posture:
            there = settings.model_copy(update={"posture": posture})
            shared: dict[str, Any] = {"known": known, "used": own.durations, "cases": own.cases}
            result = time_to_power(**inputs, settings=there, seed=seed, is_path_wanted=False, **shared)
        frames.append(result.time_to_power.with_columns(pl.lit(posture).alias("posture")))
    return validate(pl.concat(frames).select(REGISTRY[TABLE].schema.column_names()), TABLE)
