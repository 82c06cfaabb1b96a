"""How far a night departs from the release before: rows, distributions, the order of the best regions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.settings import Settings

SHIFTED = ("first_mw_months_p50", "lcoe_usd_per_mwh", "availability_frac", "co2_kg_per_mwh", "value_usd_per_mw")
BEST_REGIONS = 20
# Fewer rows than these change by a few of them from night to night, and say nothing about the whole.
_LEAST_ROWS = 20
DRIFT_CHECKS = {
    "row_counts": "No table's rows changed by more than FIRSTMW_DRIFT_MAX_ROWS_FRAC since the release before.",
    "distribution_shift": "No ranked quantity's distribution moved by more than FIRSTMW_DRIFT_MAX_SHIFT "
    "(Kolmogorov-Smirnov).",
    "rank_churn": "No more than FIRSTMW_DRIFT_MAX_CHURN_FRAC of the best regions changed; beyond it, on the same code, "
    "the release is held for review.",
}


@dataclass(frozen=True)
class Finding:
    """One check of drift.

    Attributes
    ----------
    told : str
        What departs, in a clause; empty where nothing does.
    is_held : bool
        Whether the release waits for a review because of it.
    figures : dict[str, float]
        What was measured.
    """

    told: str = ""
    is_held: bool = False
    figures: dict[str, float] = field(default_factory=dict)


def no_drift() -> dict[str, Finding]:
    """Return the findings of a night without a release to hold it against."""
    return {name: Finding() for name in DRIFT_CHECKS}


def drift(
    rows_before: Mapping[str, int],
    rows: Mapping[str, int],
    ranked_before: pl.DataFrame | None,
    ranked: pl.DataFrame,
    settings: Settings,
    *,
    is_same_code: bool,
) -> dict[str, Finding]:
    """Return one finding per check.

    Parameters
    ----------
    rows_before, rows : Mapping[str, int]
        Published tables and their rows, of the release before and of tonight.
    ranked_before, ranked : pl.DataFrame
        `ranked_sites` of both: region_id, region_rank, is_region_best and the quantities of `SHIFTED`.
    settings : Settings
        The three limits (`drift_...`).
    is_same_code : bool
        Whether the code is that of the release before: ranks that move with new code are announced by its changelog,
        ranks that move by themselves are held for review.

    Returns
    -------
    dict[str, Finding]
        By the names of `DRIFT_CHECKS`.
    """
    found = no_drift() | {"row_counts": _row_counts(rows_before, rows, settings.drift_max_rows_frac)}
    if ranked_before is None:
        return found
    return found | {
        "distribution_shift": _shift(ranked_before, ranked, settings.drift_max_shift),
        "rank_churn": _churn(ranked_before, ranked, settings.drift_max_churn_frac, is_same_code=is_same_code),
    }


def distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the largest difference between two empirical distributions (two-sample Kolmogorov-Smirnov statistic)."""
    if not len(one) or not len(other):
        return float(len(one) != len(other))
    places = np.sort(np.concatenate([one, other]))
    shares = [np.searchsorted(np.sort(sample), places, side="right") / len(sample) for sample in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())


def churn_frac(before: list[str], after: list[str]) -> float:
    """Return the share of the earlier names that are not among the later ones."""
    return len(set(before) - set(after)) / len(before) if before else 0.0


def _row_counts(before: Mapping[str, int], after: Mapping[str, int], limit: float) -> Finding:
    changes = {
        name: after[name] / rows - 1.0 for name, rows in sorted(before.items()) if name in after and rows >= _LEAST_ROWS
    }
    told = [
        f"{name} has {after[name]:,} rows after {before[name]:,}" for name, by in changes.items() if abs(by) > limit
    ]
    worst = max((abs(by) for by in changes.values()), default=0.0)
    return Finding("; ".join(told), figures={"largest_change_frac": worst})


def _shift(before: pl.DataFrame, after: pl.DataFrame, limit: float) -> Finding:
    figures = {
        name: distance(*(frame[name].drop_nulls().drop_nans().to_numpy() for frame in (before, after)))
        for name in SHIFTED
    }
    if before.height < _LEAST_ROWS or after.height < _LEAST_ROWS:
        return Finding(figures=figures)
    told = [f"the distribution of {name} moved by {value:.2f}" for name, value in figures.items() if value > limit]
    return Finding("; ".join(told), figures=figures)


def _churn(before: pl.DataFrame, after: pl.DataFrame, limit: float, *, is_same_code: bool) -> Finding:
    best = [_best(frame) for frame in (before, after)]
    share = churn_frac(*best)
    figures = {"churn_frac": share, "regions": float(len(best[0]))}
    if len(best[0]) < BEST_REGIONS or share <= limit:
        return Finding(figures=figures)
    told = f"{100 * share:.0f} % of the {BEST_REGIONS} best regions changed, more than {100 * limit:.0f} %"
    return Finding(told, is_held=is_same_code, figures=figures)


def _best(ranked: pl.DataFrame) -> list[str]:
    return ranked.filter("is_region_best").sort("region_rank")["region_id"].head(BEST_REGIONS).to_list()
