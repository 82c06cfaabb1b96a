"""From drawn networks to the months of each phase."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.plant.catalogue import stacks
from pipelines.settings import Settings
from pipelines.timeline.outcomes import Outcome
from pipelines.timeline.rows import Row


def phase_share(rows: list[Row], outcomes: list[Outcome], online: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share online in each phase, completion left out, shape (n_rows, n_phases, horizon_months)."""
    most = max((len(row.arrays.ends) for row in rows), default=0)
    # Entry p is what is online in phase p or a later one.
    since = np.zeros((len(rows), most + 2, online.shape[1]))
    since[:, 0] = online
    for place, (row, outcome) in enumerate(zip(rows, outcomes, strict=True)):
        own = len(row.arrays.ends)
        since[place, 1 : own + 1] = outcome.later.reshape(own, online.shape[1])
    return np.maximum(since[:, :-1] - since[:, 1:], 0.0)


def end_by_permits(
    stack_ids: list[str],
    phases: NDArray[np.float64],
    begins: NDArray[np.float64],
    online: NDArray[np.float64],
    settings: Settings,
) -> None:
    """Take the site offline where rented units have run for as long as they may, counted from the phase's median month.

    Single draws (`Draws`) are left as they are.
    """
    known, months = stacks(settings), np.arange(1, phases.shape[2] + 1)
    for row, name in enumerate(stack_ids):
        for place, phase in enumerate(known[name].early if name in known else ()):
            if phase.rental is not None and phase.rental.permit_months is not None:
                phases[row, place, months > begins[row, place] + phase.rental.permit_months] = 0.0
                online[row] = phases[row].sum(axis=0)


def phase_begins(outcomes: list[Outcome], n_phases: int) -> NDArray[np.float64]:
    """Return the median month in which each phase begins, not a number beyond a row's own, (n_rows, n_phases)."""
    begins = np.full((len(outcomes), n_phases), np.nan)
    for place, outcome in enumerate(outcomes):
        begins[place, 0] = outcome.first[1]
        begins[place, 1 : len(outcome.ended) + 1] = outcome.ended
    return begins
