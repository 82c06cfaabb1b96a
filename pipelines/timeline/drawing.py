"""Networks drawn by Monte Carlo, each distinct one once and none that is known."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipelines.settings import Settings
from pipelines.timeline.draws import DrawBook, draw_network
from pipelines.timeline.kernel import first_if_free
from pipelines.timeline.outcomes import Known, Outcome
from pipelines.timeline.rows import Row, once
from pipelines.timeline.schedule import SCHEDULED_SAMPLES, schedule


def draw_missing(
    rows: Sequence[Row], settings: Settings, seed: int, known: Known, *, threads: int, is_path_wanted: bool
) -> list[str]:
    """Draw the networks of rows that are not known yet, and return the key of each row in `known.outcomes`."""
    of_draws = _draw_settings(settings, seed)
    keys = [once(known.ready, (row, of_draws), partial(row.hash, of_draws)) for row in rows]
    outcomes = known.outcomes
    known.asked.update(keys)
    distinct = dict(zip(keys, rows, strict=True))
    missing = {
        key: row
        for key, row in distinct.items()
        if key not in outcomes or (is_path_wanted and not outcomes[key].has_path)
    }
    if missing:
        draws = DrawBook()
        draw_rows = [row.draw_rows(draws) for row in missing.values()]
        months = draws.months(settings.timeline_samples, seed, settings)
        draw = partial(_draw, months=months, settings=settings, is_path_wanted=is_path_wanted)
        with ThreadPoolExecutor(max_workers=threads) as pool:
            outcomes.update(zip(missing, pool.map(draw, missing.values(), draw_rows), strict=True))
    known.has_new |= bool(missing)
    return keys


def _draw_settings(settings: Settings, seed: int) -> tuple:
    """Return what every network's outcome depends on beside its own durations and sizes."""
    return (
        seed,
        settings.timeline_samples,
        settings.robustness_draws,
        settings.duration_tail_per_sigma,
        settings.duration_correlation,
        settings.horizon_months,
        settings.value_discount_rate,
        settings.cancellation_hazard_per_year,
        settings.slip_median_ratio,
        settings.slip_p90_ratio,
    )


def _draw(
    row: Row, draw_rows: NDArray[np.int64], *, months: NDArray[np.float64], settings: Settings, is_path_wanted: bool
) -> Outcome:
    arrays, drawn = row.arrays, draw_network(months, draw_rows, row.arrays, settings)
    first, full = drawn.first, drawn.full
    part = months[:, :SCHEDULED_SAMPLES]
    base = float(np.median(first[:SCHEDULED_SAMPLES]))
    saved = np.zeros(len(draw_rows))
    for activity in np.flatnonzero(drawn.on_chain) if is_path_wanted else ():
        free = first_if_free(
            part, draw_rows, arrays.multiple, arrays.pred_start, arrays.preds, arrays.from_module, activity
        )
        saved[activity] = base - float(np.median(free))
    return Outcome(
        has_path=is_path_wanted,
        first=tuple(np.quantile(first, [0.1, 0.5, 0.9]).tolist()),
        full=tuple(np.quantile(full, [0.1, 0.5, 0.9]).tolist()),
        first_draws=first[: settings.robustness_draws].copy(),
        online_years=drawn.earned[: settings.robustness_draws].copy(),
        complete_p50=float(np.median(drawn.complete)),
        p_first=tuple(
            float(np.mean((first <= month) * np.exp(-settings.cancellation_hazard_per_year * first / 12.0)))
            for month in (12, 24, 36, 60)
        ),
        online=drawn.online_share,
        later=drawn.later_share.ravel(),
        ended=np.median(drawn.ended, axis=1) if len(drawn.ended) else np.zeros(0),
        time_share=drawn.time_share,
        on_chain=drawn.on_chain,
        saved=saved,
        start_mean=drawn.start_mean,
        finish_mean=drawn.finish_mean,
        schedule=_schedule(row, draw_rows, part, (first, full, drawn.complete)) if is_path_wanted else np.zeros(0),
    )


def _schedule(
    row: Row, draw_rows: NDArray[np.int64], part: NDArray[np.float64], ends: tuple[NDArray[np.float64], ...]
) -> NDArray[np.float64]:
    """Return the quantiles over part of the samples, those of the first module and of all over all samples."""
    found = schedule(part, draw_rows, row.arrays)
    first, full = (np.quantile(end, [0.1, 0.5, 0.9]) for end in ends[:2])
    found.finish[:, -1] = found.modules[:, 0] = first
    found.modules[:, -1] = full
    np.clip(found.modules, first[:, None], full[:, None], out=found.modules)
    found.complete[-1] = np.median(ends[2])
    return found.flat()
