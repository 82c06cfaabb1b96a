"""Months to power in each posture, on the same draws."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipelines.contracts import procurement as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import REGISTRY, validate
from pipelines.settings import Settings
from pipelines.timeline.outcomes import Known
from pipelines.timeline.paths import POSTURES
from pipelines.timeline.rows import site_cases
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
    # How a site buys moves nothing of what its networks read of place and design.
    cases = site_cases(inputs["regions"], inputs["chosen"], inputs["policy"], settings)
    frames = []
    for posture in POSTURES:
        result = own
        if posture != settings.posture:
            there = settings.model_copy(update={"posture": posture})
            result = time_to_power(
                **inputs, settings=there, seed=seed, known=known, used=own.durations, cases=cases, is_path_wanted=False
            )
        frames.append(result.time_to_power.with_columns(pl.lit(posture).alias("posture")))
    return validate(pl.concat(frames).select(REGISTRY[TABLE].schema.column_names()), TABLE)
