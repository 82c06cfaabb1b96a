"""Schedules with ranges: start and finish of every activity, and the month in which each module is energised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.timeline.kernel import run_schedule
from pipelines.timeline.network import Network
from pipelines.timeline.plant import NetworkArrays

_POINTS = (0.1, 0.5, 0.9)
SCHEDULED_SAMPLES = 2500
"""Draws from which schedules, and what one activity would save, are computed."""


@dataclass(frozen=True)
class Schedule:
    """Quantiles of one network.

    Attributes
    ----------
    start, finish : NDArray[np.float64]
        P10, P50 and P90 of each activity for the first module, shape (3, n_activities).
    complete : NDArray[np.float64]
        P50 of its finish for the complete plant, shape (n_activities,).
    modules : NDArray[np.float64]
        P10, P50 and P90 of the month in which each module is energised, shape (3, n_modules).
    """

    start: NDArray[np.float64]
    finish: NDArray[np.float64]
    complete: NDArray[np.float64]
    modules: NDArray[np.float64]

    def flat(self) -> NDArray[np.float64]:
        """Return all of it in one row, to be kept."""
        return np.concatenate([self.start.ravel(), self.finish.ravel(), self.complete, self.modules.ravel()])

    @staticmethod
    def of(row: NDArray[np.float64], n_activities: int) -> Schedule:
        """Return the schedule of a flat row."""
        start, finish, complete, modules = np.split(row, [3 * n_activities, 6 * n_activities, 7 * n_activities])
        return Schedule(start.reshape(3, -1), finish.reshape(3, -1), complete, modules.reshape(3, -1))


def schedule(months: NDArray[np.float64], draw_rows: NDArray[np.int64], arrays: NetworkArrays) -> Schedule:
    """Return the quantiles of one network over the same draws as its time to power.

    Parameters
    ----------
    months : NDArray[np.float64]
        Drawn months, shape (n_draws, n_samples).
    draw_rows : NDArray[np.int64]
        Row of `months` of each activity, shape (n_activities,).
    arrays : NetworkArrays
    """
    start, finish, complete, modules = run_schedule(
        months,
        draw_rows,
        arrays.multiple,
        arrays.complete_multiple,
        arrays.pred_start,
        arrays.preds,
        arrays.from_module,
        arrays.varies,
    )
    finishes = quantiles(finish)
    # What has one predecessor starts when that ends, and most of the plant is complete when its first part is.
    starts = np.zeros_like(finishes)
    for activity in range(len(draw_rows)):
        before = arrays.preds[arrays.pred_start[activity] : arrays.pred_start[activity + 1]]
        if len(before) == 1:
            starts[:, activity] = finishes[:, before[0]]
        elif len(before) > 1:
            starts[:, activity] = quantiles(start[activity : activity + 1])[:, 0]
    completes = finishes[1].copy()
    later = np.flatnonzero((complete != finish).any(axis=1))
    completes[later] = quantiles(complete[later])[1]
    return Schedule(starts, finishes, completes, quantiles(modules))


def quantiles(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return P10, P50 and P90 of each row, shape (3, n_rows), with the interpolation of `numpy.quantile`.

    The rows are partitioned where they lie: `numpy.quantile` along the last axis takes several times as long.
    """
    n = rows.shape[1]
    places = [point * (n - 1) for point in _POINTS]
    below = [int(place) for place in places]
    parted = np.partition(rows, sorted({k for low in below for k in (low, min(low + 1, n - 1))}), axis=1)
    found = np.empty((len(places), len(rows)))
    for i, (place, low) in enumerate(zip(places, below, strict=True)):
        left, right = parted[:, low], parted[:, min(low + 1, n - 1)]
        share = place - low
        # As numpy does it: from the nearer end, so that both give the same bits.
        found[i] = np.where(share < 0.5, left + (right - left) * share, right - (right - left) * (1.0 - share))
    return found


def usual_chain(network: Network, on_chain: NDArray[np.float64], from_module: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which activities form the chain that decides most often.

    From the last activity back, each step goes to the predecessor that lies on the critical chain in most samples, so
    that the chain hangs together also where no single activity decides in half of them.
    """
    place = {name: index for index, name in enumerate(network.names)}
    chosen = np.zeros(len(place), dtype=np.bool_)
    here = len(place) - 1
    while True:
        chosen[here] = True
        before = [place[name] for name in network.activities[here].predecessors]
        before = [index for index in before if from_module[index] <= 1]
        if not before:
            return chosen
        here = max(before, key=lambda index: (on_chain[index], -index))


def gantt_frame(
    ids: pl.DataFrame,
    networks: list[Network],
    schedules: list[Schedule],
    chains: list[NDArray[np.bool_]],
    critical: pl.DataFrame,
) -> pl.DataFrame:
    """Return contract `mart.timeline_gantt`; rows as in the critical path.

    Parameters
    ----------
    ids : pl.DataFrame
        region_id, stack_id.
    networks, schedules, chains : list
        One per row of `ids`.
    critical : pl.DataFrame
        Contract `mart.critical_path` of the same rows.
    """
    columns: dict[str, NDArray[np.float64]] = {}
    for name in ("start", "finish"):
        points = np.concatenate([getattr(item, name) for item in schedules] or [np.zeros((3, 0))], axis=1)
        columns |= {f"{name}_months_p{p}": points[i] for i, p in enumerate((10, 50, 90))}
    complete = np.concatenate([item.complete for item in schedules] or [np.zeros(0)])
    predecessors = ["; ".join(a.predecessors) for network in networks for a in network.activities]
    scopes = [a.scope for network in networks for a in network.activities]
    return critical.select(
        *ids.columns, "activity", "activity_order", "description", "duration_id", "on_critical_path_frac"
    ).with_columns(
        *(pl.Series(name, values) for name, values in columns.items()),
        pl.Series("complete_months_p50", complete),
        pl.Series("is_critical", np.concatenate([*chains, np.zeros(0, dtype=np.bool_)])),
        pl.Series("predecessors", predecessors, dtype=pl.String),
        pl.Series("scope", scopes, dtype=pl.String),
    )


def energisation_frame(ids: pl.DataFrame, schedules: list[Schedule], module_mw: float) -> pl.DataFrame:
    """Return contract `mart.energisation`: the month in which each module of each row is energised."""
    lengths = [item.modules.shape[1] for item in schedules]
    points = np.concatenate([item.modules for item in schedules] or [np.zeros((3, 0))], axis=1)
    number = np.concatenate([np.arange(1, n + 1) for n in lengths] or [np.zeros(0, dtype=np.int64)])
    return ids[np.repeat(np.arange(len(ids)), lengths)].with_columns(
        pl.Series("module", number, dtype=pl.Int64),
        pl.Series("online_mw", number * module_mw, dtype=pl.Float64),
        *(pl.Series(f"energised_months_p{p}", points[i]) for i, p in enumerate((10, 50, 90))),
    )
