"""Draws of the activity networks: what is drawn once for all rows, and what is kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.identity import stable_seed
from pipelines.settings import Settings
from pipelines.timeline.distribution import quantile, scores, slip_ratios
from pipelines.timeline.kernel import run_network
from pipelines.timeline.plant import NetworkArrays

TIMELINE_SEED = stable_seed("time to power")
"""Seed of the activity networks; credits are decided on the same draws."""
GIVEN = "given"
"""Name of the scores of months that are known: they are the same in every draw."""
Figure = tuple[float, float, float]


_CAP, _SLIP, _OR = " at most ", " slips ", " or "


def slipping(scores: str, share: float, others: Sequence[tuple[Figure, float]] = ()) -> str:
    """Name scores whose months slip.

    Parameters
    ----------
    scores : str
    share : float
        Power of the project's ratio of delivered over quoted months: 0 for months as they happened, 1 for quotes.
    others : Sequence[tuple[Figure, float]]
        P10, P50, P90 and share of other ways to buy: the soonest of all counts in every draw.
    """
    name = f"{scores}{_SLIP}{share!r}" if share or others else scores
    return name + "".join(f"{_OR}{low!r},{mid!r},{high!r},{own!r}" for (low, mid, high), own in others)


def capped(scores: str, months: float) -> str:
    """Name scores whose months are drawn as usual and are at most so many."""
    return f"{scores}{_CAP}{months!r}"


@dataclass(frozen=True)
class Draws:
    """Single draws of the networks, the same ones for every row: draw i of any two rows is the same state of the world.

    Attributes
    ----------
    network : NDArray[np.int64]
        Distinct network of each row of `time_to_power`, shape (n_rows,).
    first_mw_months : NDArray[np.float64]
        Months to the first module, shape (n_networks, n_draws).
    online_years : NDArray[np.float64]
        Discounted years that a planned MW is online within the horizon, shape (n_networks, n_draws).
    """

    network: NDArray[np.int64]
    first_mw_months: NDArray[np.float64]
    online_years: NDArray[np.float64]


class NetworkDraw(NamedTuple):
    """What one network gives over its samples: as `kernel.run_network` returns it, but the shares online.

    Attributes
    ----------
    first, full, complete, earned : NDArray[np.float64]
        Months until one module, all modules, the complete plant; mean worth of the modules; shape (n_samples,).
    online_share : NDArray[np.float64]
        Expected share of the modules online at the end of month 1..horizon, given up projects left out.
    time_share, on_chain, start_mean, finish_mean : NDArray[np.float64]
        Of each activity, shape (n_activities,).
    later_share : NDArray[np.float64]
        Expected share of the modules online in the phases after each end of a phase, shape (n_ends, horizon), given up
        projects left out.
    ended : NDArray[np.float64]
        Months until each end of a phase, shape (n_ends, n_samples).
    """

    first: NDArray[np.float64]
    full: NDArray[np.float64]
    complete: NDArray[np.float64]
    earned: NDArray[np.float64]
    online_share: NDArray[np.float64]
    time_share: NDArray[np.float64]
    on_chain: NDArray[np.float64]
    start_mean: NDArray[np.float64]
    finish_mean: NDArray[np.float64]
    later_share: NDArray[np.float64]
    ended: NDArray[np.float64]


def draw_network(
    months: NDArray[np.float64], draw_rows: NDArray[np.int64], arrays: NetworkArrays, settings: Settings
) -> NetworkDraw:
    """Return what one network gives over its samples.

    Parameters
    ----------
    months : NDArray[np.float64]
        Drawn months, shape (n_draws, n_samples).
    draw_rows : NDArray[np.int64]
        Row of `months` of each activity, shape (n_activities,).
    arrays : NetworkArrays
    settings : Settings
        Horizon, discount rate, hazard of giving up.
    """
    drawn = NetworkDraw(
        *run_network(
            months,
            draw_rows,
            arrays.multiple,
            arrays.complete_multiple,
            arrays.pred_start,
            arrays.preds,
            arrays.from_module,
            arrays.is_full,
            arrays.varies,
            settings.horizon_months,
            online_worth(settings),
            arrays.ends,
            not_given_up(settings),
        )
    )
    modules = arrays.multiple.shape[1]
    return drawn._replace(
        online_share=surviving(drawn.online_share, settings) / modules,
        later_share=np.cumsum(drawn.later_share, axis=1)[:, 1:] / modules,
    )


class DrawBook:
    """Drawn months, one row per distinct pair of scores and figures."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, float, float, float], int] = {}

    def row(self, score_name: str, figure: tuple[float, float, float]) -> int:
        return self.rows.setdefault((score_name, *figure), len(self.rows))

    def months(self, n_samples: int, seed: int, settings: Settings) -> NDArray[np.float64]:
        """Return the draws, shape (n_draws, n_samples)."""
        names = sorted({_parts(key[0])[0] for key in self.rows})
        drawn = dict(zip(names, scores(names, n_samples, seed, settings.duration_correlation), strict=True))
        months = np.empty((len(self.rows), n_samples))

        @cache
        def slipped(share: float) -> NDArray[np.float64] | float:
            if share == 0.0:
                return 1.0
            ratios = slip_ratios(n_samples, seed, settings.slip_median_ratio, settings.slip_p90_ratio)
            return np.asarray(ratios**share, dtype=np.float64)

        for (name, low, mid, high), row in self.rows.items():
            base, share, others, cap = _parts(name)
            if base == GIVEN:
                months[row] = mid
                continue
            months[row] = slipped(share) * quantile(drawn[base], low, mid, high, tail=settings.duration_tail_per_sigma)
            for figure, own in others:
                other = slipped(own) * quantile(drawn[base], *figure, tail=settings.duration_tail_per_sigma)
                months[row] = np.minimum(months[row], other)
            if cap < inf:
                months[row] = np.minimum(months[row], cap)
        return months


def _parts(name: str) -> tuple[str, float, list[tuple[Figure, float]], float]:
    """Return scores, share that slips, other ways to buy with theirs, and the most months, from a name of scores."""
    rest, _, cap = name.partition(_CAP)
    first, *others = rest.split(_OR)
    base, _, share = first.partition(_SLIP)
    found = [tuple(float(part) for part in other.split(",")) for other in others]
    return base, float(share or 0.0), [((one[0], one[1], one[2]), one[3]) for one in found], float(cap or "inf")


def not_given_up(settings: Settings) -> NDArray[np.float64]:
    """Return the chance that a project is not given up before month 0, 1, .. of the horizon.

    A constant hazard h per year: exp(-h m / 12). It ends with energisation: what runs is not given up.
    """
    return np.exp(-settings.cancellation_hazard_per_year * np.arange(settings.horizon_months + 1) / 12.0)


def surviving(online: NDArray[np.float64], settings: Settings) -> NDArray[np.float64]:
    """Return the modules expected online by month with those left out whose project is given up before they run.

    Parameters
    ----------
    online : NDArray[np.float64]
        Mean number online at the end of each month if none is given up, shape (horizon_months,).
    """
    return np.cumsum(np.diff(online, prepend=0.0) * not_given_up(settings)[1:])


def online_worth(settings: Settings) -> NDArray[np.float64]:
    """Return the discounted years from each month to the end of the horizon, shape (horizon_months + 1,).

    Counted with the chance that the project is not given up before that month.
    """
    months = np.arange(1, settings.horizon_months + 1)
    by_month = (1.0 + settings.value_discount_rate) ** (-months / 12.0) / 12.0
    return np.concatenate([[0.0], np.cumsum(by_month[::-1])[::-1]]) * not_given_up(settings)
