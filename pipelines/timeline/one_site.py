"""Months to power of one site, bought in one way: what `firstmw when` and the backtest ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.settings import Settings
from pipelines.timeline.buying import Buying
from pipelines.timeline.draws import DrawBook, draw_network
from pipelines.timeline.rows import Row, prepare
from pipelines.timeline.schedule import SCHEDULED_SAMPLES, schedule

_POINTS = (0.1, 0.5, 0.9)
_SHOWN_SHARE = 0.01


@dataclass(frozen=True)
class SiteMonths:
    """Months to power of one site.

    Attributes
    ----------
    first, full : NDArray[np.float64]
        Months to the first and to all modules in each draw, shape (n_samples,).
    modules : NDArray[np.float64]
        P10, P50 and P90 of the month in which each module is energised, shape (3, n_modules).
    row : Row
        Network, paths taken and durations drawn.
    shares : NDArray[np.float64]
        Mean share of the months to the first module in each activity on the critical chain, shape (n_activities,).
    """

    first: NDArray[np.float64]
    full: NDArray[np.float64]
    modules: NDArray[np.float64]
    row: Row
    shares: NDArray[np.float64]

    def points(self, which: NDArray[np.float64]) -> tuple[float, float, float]:
        """Return P10, P50 and P90 of draws."""
        low, mid, high = np.quantile(which, _POINTS)
        return float(low), float(mid), float(high)

    def binding(self) -> list[dict[str, Any]]:
        """List the activities that hold up the first module, the largest share first."""
        order = np.argsort(-self.shares, kind="stable")
        return [
            {"activity": self.row.network.names[index], "criticality_frac": float(self.shares[index])}
            for index in order
            if self.shares[index] >= _SHOWN_SHARE
        ]


def months_of_site(
    region: pl.DataFrame,
    design: Mapping[str, Any],
    used: pl.DataFrame,
    policy: pl.DataFrame,
    settings: Settings,
    seed: int,
    buying: Buying,
    *,
    is_schedule_wanted: bool = True,
    ready: dict[tuple, Any] | None = None,
) -> SiteMonths:
    """Draw the months to power of one site.

    Parameters
    ----------
    region : pl.DataFrame
        One row: region_id, state, iso and, where known, the facts of the place.
    design : Mapping[str, Any]
        stack_id, firm_technology, firm_units, firm_unit_mw and solar_mw (MW), bess_mwh and reserve_mwh (MWh); with
        firm_mwh (a year) where known.
    used : pl.DataFrame
        Contract core.durations.
    policy : pl.DataFrame
        Reference table.
    settings : Settings
        Site, modules, samples.
    seed : int
        Seed of the draws: that of a night gives the draws of its rows.
    buying : Buying
    is_schedule_wanted : bool
        Whether the month of each module is wanted; `modules` is empty otherwise.
    ready : dict[tuple, Any] | None
        Networks read for other sites; grows.

    Raises
    ------
    InputError
        If a duration that the network needs has no row.
    UsageError
        If a path is named that is not sold for this size.
    """
    chosen = pl.DataFrame([{**design, "region_id": region["region_id"][0]}])
    (row,) = prepare(region, chosen, used, policy, settings, ready=ready, buying=buying)
    book = DrawBook()
    draw_rows = row.draw_rows(book)
    months = book.months(settings.timeline_samples, seed, settings)
    drawn = draw_network(months, draw_rows, row.arrays, settings)
    modules = np.zeros((3, 0))
    if is_schedule_wanted:
        modules = schedule(months[:, :SCHEDULED_SAMPLES], draw_rows, row.arrays).modules
    return SiteMonths(drawn.first, drawn.full, modules, row, drawn.time_share)


def scaled_design(design: Mapping[str, Any], it_mw: float, settings: Settings) -> dict[str, Any]:
    """Scale a design of a site of `site_it_mw` to another size: sizes in proportion, units rounded up."""
    share = it_mw / settings.site_it_mw
    scaled = dict(design)
    for name in ("solar_mw", "bess_mwh", "firm_mwh"):
        if scaled.get(name) is not None:
            scaled[name] = scaled[name] * share
    scaled["firm_units"] = ceil((scaled["firm_units"] or 0) * share - 1e-9)
    return scaled
