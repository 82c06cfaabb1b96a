"""Time to power of every region and stack: Monte Carlo of the activity networks on durations as used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts import timeline as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.contracts.timeline import CriticalPath, Energisation, TimelineGantt
from pipelines.settings import Settings
from pipelines.timeline.drawing import draw_missing
from pipelines.timeline.draws import Draws
from pipelines.timeline.durations import durations
from pipelines.timeline.outcomes import Known, Outcome
from pipelines.timeline.phase_months import end_by_permits, phase_begins, phase_share
from pipelines.timeline.rows import Row, SiteCase, rows_of, site_cases
from pipelines.timeline.schedule import (
    Schedule,
    energisation_frame,
    gantt_frame,
    usual_chain,
)

_GENERATING = ("firm_mw", "phase_mw", "solar_mw", "bess_gwh")
"""Quantities of the activities that set what makes or stores power."""


@dataclass(frozen=True)
class TimelineResult:
    """Time to power of a night.

    Attributes
    ----------
    time_to_power : pl.DataFrame
        Contract mart.time_to_power, in the row order of the chosen designs.
    critical_path : pl.DataFrame
        Contract mart.critical_path, rows of one region and stack together and in network order.
    online_share : NDArray[np.float64]
        Expected share of the IT MW online at the end of month 1..horizon, completion included, shape
        (n_rows, horizon_months), rows as in `time_to_power`.
    phase_share : NDArray[np.float64]
        The same in each phase of the stack, shape (n_rows, n_phases, horizon_months); phases beyond its own are 0.
    phase_begins : NDArray[np.float64]
        Median month in which each phase begins, shape (n_rows, n_phases); not a number beyond its own.
    durations : pl.DataFrame
        Contract core.durations.
    draws : Draws
        Single draws behind the shares, completion left out.
    cases : list[SiteCase]
        What the networks read of place and design; how a site buys moves nothing of it.
    gantt, energisation : pl.DataFrame
        Contracts mart.timeline_gantt, mart.energisation; empty where the critical path is not wanted.
    """

    time_to_power: pl.DataFrame
    critical_path: pl.DataFrame
    online_share: NDArray[np.float64]
    phase_share: NDArray[np.float64]
    phase_begins: NDArray[np.float64]
    durations: pl.DataFrame
    draws: Draws
    cases: list[SiteCase]
    gantt: pl.DataFrame
    energisation: pl.DataFrame


@dataclass(frozen=True)
class SiteMonths:
    """Months of designs: `online_share`, `phase_share` and `phase_begins` as in `TimelineResult`, a row per design."""

    online_share: NDArray[np.float64]
    phase_share: NDArray[np.float64]
    phase_begins: NDArray[np.float64]


def time_to_power(
    regions: pl.DataFrame,
    chosen: pl.DataFrame,
    lead_times: pl.DataFrame,
    policy: pl.DataFrame,
    queue_statistics: pl.DataFrame,
    settings: Settings,
    seed: int,
    *,
    threads: int = 2,
    known: Known | None = None,
    used: pl.DataFrame | None = None,
    cases: list[SiteCase] | None = None,
    is_path_wanted: bool = True,
) -> TimelineResult:
    """Return months to the first module and to all, who holds them up, and the expected share online by month.

    Activity network with predecessor links, drawn by Monte Carlo (Van Slyke 1963, Operations Research 11). The first MW
    is the earliest month in which an installed subset of the plant carries one module at the target. All rows use the
    same draws of the same duration, so that rows differ by what they are and not by chance.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, state, iso.
    chosen : pl.DataFrame
        One row per region and stack: region_id, stack_id, firm_technology, firm_units (count), firm_unit_mw and
        solar_mw (MW), bess_mwh and reserve_mwh (MWh).
    lead_times, policy, queue_statistics : pl.DataFrame
        Reference tables.
    settings : Settings
        Samples, horizon, site, rates, assumed durations, completion probability.
    seed : int
        Seed of the draws.
    threads : int
        Networks drawn at the same time.
    known : Known | None
        Networks drawn before; those drawn now are added.
    used : pl.DataFrame | None
        Contract core.durations, where it is at hand.
    cases : list[SiteCase] | None
        From `site_cases` of the designs, where they have been selected before.
    is_path_wanted : bool
        Whether the critical path is wanted; its table is empty otherwise.

    Returns
    -------
    TimelineResult

    Raises
    ------
    InputError
        If a column or a region is missing, or a duration that a network needs is not in `durations.csv`.
    """
    if used is None:
        used = validate(durations(lead_times, policy, queue_statistics, settings), "core.durations")
    known = Known() if known is None else known
    cases = site_cases(regions, chosen, policy, settings) if cases is None else cases
    drawn = _drawn(cases, chosen, used, policy, settings, seed, threads, known, is_path_wanted=is_path_wanted)
    rows, per_row = drawn.rows, drawn.outcomes
    ids = chosen.select("region_id", "stack_id")
    critical = _critical_frame(ids, rows, per_row, used) if is_path_wanted else _empty(CriticalPath)
    gantt: pl.DataFrame
    energisation: pl.DataFrame
    gantt, energisation = _empty(TimelineGantt), _empty(Energisation)
    if is_path_wanted:
        schedules = [Schedule.of(outcome.schedule, len(row.drawn)) for row, outcome in zip(rows, per_row, strict=True)]
        chains = [
            usual_chain(row.network, outcome.on_chain, row.arrays.from_module)
            for row, outcome in zip(rows, per_row, strict=True)
        ]
        gantt = validate(
            gantt_frame(ids, [row.network for row in rows], schedules, chains, critical), "mart.timeline_gantt"
        )
        energisation = validate(energisation_frame(ids, schedules, settings.module_mw), "mart.energisation")
    return TimelineResult(
        time_to_power=validate(
            _months_frame(ids, rows, per_row, drawn.months.online_share, settings), "mart.time_to_power"
        ),
        critical_path=validate(critical, "mart.critical_path"),
        online_share=drawn.months.online_share,
        phase_share=drawn.months.phase_share,
        phase_begins=drawn.months.phase_begins,
        durations=used,
        draws=_kept_draws(drawn.keys, dict.fromkeys(drawn.keys), known.outcomes),
        cases=cases,
        gantt=gantt,
        energisation=energisation,
    )


def site_months(
    regions: pl.DataFrame,
    designs: pl.DataFrame,
    used: pl.DataFrame,
    policy: pl.DataFrame,
    settings: Settings,
    seed: int,
    *,
    threads: int = 2,
    known: Known,
    cases: list[SiteCase] | None = None,
) -> SiteMonths:
    """Draw the share online by month of designs, of which a region and stack may have several.

    Parameters
    ----------
    regions, policy, settings, seed, threads, cases
        As in `time_to_power`.
    designs : pl.DataFrame
        As the chosen designs there.
    used : pl.DataFrame
        Contract core.durations.
    known : Known
        Networks drawn before; those drawn now are added.
    """
    cases = site_cases(regions, designs, policy, settings) if cases is None else cases
    return _drawn(cases, designs, used, policy, settings, seed, threads, known, is_path_wanted=False).months


@dataclass(frozen=True)
class _Drawn:
    rows: list[Row]
    keys: list[str]
    outcomes: list[Outcome]
    months: SiteMonths


def _drawn(
    cases: list[SiteCase],
    chosen: pl.DataFrame,
    used: pl.DataFrame,
    policy: pl.DataFrame,
    settings: Settings,
    seed: int,
    threads: int,
    known: Known,
    *,
    is_path_wanted: bool,
) -> _Drawn:
    """Draw the networks of the rows that are not known yet, and read off the months of all."""
    rows = rows_of(cases, used, policy, settings, ready=known.ready)
    keys = draw_missing(rows, settings, seed, known, threads=threads, is_path_wanted=is_path_wanted)
    per_row = [known.outcomes[key] for key in keys]
    completion = np.array([row.completion for row in rows])
    online = np.array([outcome.online for outcome in per_row]).reshape(len(rows), settings.horizon_months)
    phases = phase_share(rows, per_row, online) * completion[:, None, None]
    online *= completion[:, None]
    begins = phase_begins(per_row, phases.shape[1])
    end_by_permits(chosen["stack_id"].to_list(), phases, begins, online, settings)
    return _Drawn(rows, keys, per_row, SiteMonths(online, phases, begins))


def _kept_draws(keys: list[str], distinct: Iterable[str], outcomes: dict[str, Outcome]) -> Draws:
    places = {key: place for place, key in enumerate(distinct)}
    return Draws(
        network=np.array([places[key] for key in keys], dtype=np.int64),
        first_mw_months=np.array([outcomes[key].first_draws for key in places]),
        online_years=np.array([outcomes[key].online_years for key in places]),
    )


@cache
def _empty(table: type[dy.Schema]) -> pl.DataFrame:
    """Return a table without rows."""
    return table.create_empty()


def _months_frame(
    ids: pl.DataFrame, rows: list[Row], outcomes: list[Outcome], online: NDArray[np.float64], settings: Settings
) -> pl.DataFrame:
    first = np.array([outcome.first for outcome in outcomes]).reshape(-1, 3)
    full = np.array([outcome.full for outcome in outcomes]).reshape(-1, 3)
    completion = np.array([row.completion for row in rows])
    # Rows that are alike are one object.
    idle = {id(row): _idle_months(row, outcome) for row, outcome in zip(rows, outcomes, strict=True)}
    p_first = np.array([outcome.p_first for outcome in outcomes]).reshape(-1, 4) * completion[:, None]
    return ids.with_columns(
        *(pl.Series(f"first_mw_months_p{p}", first[:, i]) for i, p in enumerate((10, 50, 90))),
        *(pl.Series(f"full_mw_months_p{p}", full[:, i]) for i, p in enumerate((10, 50, 90))),
        pl.Series("plant_complete_months_p50", [outcome.complete_p50 for outcome in outcomes], pl.Float64),
        pl.Series("idle_months_mean", [idle[id(row)] for row in rows], pl.Float64),
        pl.Series(
            "critical_activity",
            [
                row.network.names[int(np.argmax(outcome.time_share))]
                for row, outcome in zip(rows, outcomes, strict=True)
            ],
            pl.String,
        ),
        *(pl.Series(f"p_first_mw_{m}_months", p_first[:, i]) for i, m in enumerate((12, 24, 36, 60))),
        pl.Series("completion_probability", completion),
        pl.Series("usable_mw_months_60", online[:, :60].sum(axis=1) * settings.site_it_mw),
    )


def _idle_months(row: Row, outcome: Outcome) -> float:
    """Compute the mean months that the last generating part set for the first module waits until that module runs."""
    finish = np.asarray(outcome.finish_mean)
    is_set = [
        activity.quantity in _GENERATING and activity.scope != "full" and multiple > 0.0
        for activity, multiple in zip(row.network.activities, row.arrays.multiple[:, 0], strict=True)
    ]
    return float(finish[-1] - finish[is_set].max()) if any(is_set) else 0.0


def _critical_frame(ids: pl.DataFrame, rows: list[Row], outcomes: list[Outcome], used: pl.DataFrame) -> pl.DataFrame:
    lengths = [len(row.drawn) for row in rows]
    repeat = np.repeat(np.arange(len(rows)), lengths)
    activities = [activity for row in rows for activity in row.network.activities]
    first_multiple = np.concatenate([row.arrays.multiple[:, 0] for row in rows] or [np.zeros(0)])
    own_mid = np.array([mid for row in rows for _, _, mid, _ in row.drawn])
    frame = ids[repeat].with_columns(
        pl.Series("activity", [activity.activity for activity in activities], pl.String),
        pl.Series("activity_order", [i for n in lengths for i in range(1, n + 1)], pl.Int64),
        pl.Series("description", [activity.description for activity in activities], pl.String),
        pl.Series("duration_id", [name for row in rows for name in row.duration_ids], pl.String),
        pl.Series("duration_p50_months", own_mid * first_multiple),
        *(
            pl.Series(column, np.concatenate([getattr(outcome, name) for outcome in outcomes] or [np.zeros(0)]))
            for column, name in (
                ("criticality_frac", "time_share"),
                ("on_critical_path_frac", "on_chain"),
                ("months_saved_if_free", "saved"),
                ("start_mean_months", "start_mean"),
                ("finish_mean_months", "finish_mean"),
            )
        ),
    )
    source = (
        pl.when(pl.col("as_of") == "")
        .then(pl.col("source_title"))
        .otherwise(pl.col("publisher") + pl.lit(" (") + pl.col("as_of") + pl.lit(")"))
    )
    return frame.join(used.select("duration_id", source.alias("source")), on="duration_id", maintain_order="left")
