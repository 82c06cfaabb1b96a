"""Many nodes against one campus: the headline figures, and whether they survive other assumptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from pipelines.portfolio.build import Built, curve
from pipelines.portfolio.buildout import Limits, Options, relaxed
from pipelines.portfolio.events import events_of
from pipelines.portfolio.facts import Facts
from pipelines.portfolio.resilience import ALL, measures, sample_all, together
from pipelines.portfolio.simulate import sample_losses
from pipelines.portfolio.sites import sited_value
from pipelines.portfolio.strategies import Strategy
from pipelines.settings import Settings

MONTH = 36
FACTORS = (0.5, 2.0)
ALL_RATES = "all_assumed_rates"
_LOSSES = (
    "p_lose_25_frac", "p_lose_50_frac", "unserved_mwh_mean", "unserved_mwh_p95", "unserved_mwh_p99",
    "unserved_mwh_cvar95",
)  # fmt: skip
_DATES = ("first_mw_month", "usable_mw_months_36")
_LIMITS = ("supply_claim_frac", "epc_crews", "capital_usd_per_quarter")
_ANY = 1e-6


def comparison_row(
    strategy: Strategy, built: Built, resilience: pl.DataFrame, events: pl.DataFrame, facts: Facts
) -> dict[str, object]:
    """Return the row of mart.portfolio_comparison of one strategy.

    Parameters
    ----------
    strategy : Strategy
    built : Built
    resilience : pl.DataFrame
        Its rows of `resilience.resilience_rows`.
    events : pl.DataFrame
        From `events.read_events`.
    facts : Facts
    """
    picked = strategy.selection
    rows, wanted = strategy.rows, facts.settings.portfolio_mw
    by_month = curve(strategy.strategy, built)
    first, full = _first_and_full(by_month, wanted)
    whole = resilience.filter(pl.col("event_type") == ALL).row(0, named=True)
    worst = resilience.filter(pl.col("event_type") != ALL).sort("unserved_mwh_mean", descending=True)["event_type"][0]
    fleet_wide = events.filter(pl.col("footprint") == "fleet")["event_type"]
    local = resilience.filter(~pl.col("event_type").is_in([*fleet_wide, ALL]))
    capex = float(rows["site_capex_usd"].sum())
    return {
        "strategy": strategy.strategy,
        "description": strategy.description,
        "sites": rows.height,
        "it_mw": wanted,
        "first_mw_month": first,
        "full_mw_month": full,
        "built_mw": float(by_month["built_mw"][-1]),
        "usable_mw_months_36": _through(by_month, MONTH),
        "usable_mw_months": float(by_month["usable_mw_months"][-1]),
        "capex_musd": capex / 1e6,
        "capex_usd_per_kw": capex / (1000.0 * float(rows["site_mw"].sum())),
        "value_usd_per_mw": float(np.mean(sited_value(rows))),
        "completion_probability": float(built.options.rows["completion_probability"].mean()),  # type: ignore[arg-type]
        "worst_single_loss_mw": whole["largest_single_loss_mw"],
        "worst_single_loss_frac": whole["largest_single_loss_frac"],
        "worst_local_loss_mw": float(local["largest_single_loss_mw"].max() or 0.0),  # type: ignore[arg-type]
        **{name: whole[name] for name in ("p_lose_50_frac", "p_lose_100_frac", *_LOSSES[2:])},
        "worst_event_type": worst,
        "max_correlation": picked.max_correlation if picked else None,
        "max_per_domain": picked.max_per_domain if picked else None,
        "is_loosened": picked.is_loosened if picked else None,
        "selection_gap_frac": picked.solution.gap if picked else None,
        "status": built.solve["status"][0],
        "gap_frac": built.solve["gap_frac"][0],
    }


def _first_and_full(by_month: pl.DataFrame, wanted_mw: float) -> tuple[int | None, int | None]:
    built = by_month["built_mw"].to_numpy()
    begun, done = np.flatnonzero(built > 0), np.flatnonzero(built >= wanted_mw - 1e-6)
    return (int(begun[0]) + 1 if len(begun) else None), (int(done[0]) + 1 if len(done) else None)


def _through(by_month: pl.DataFrame, month: int) -> float:
    return float(by_month["usable_mw_months"][min(month, by_month.height) - 1])


def varied(strategy: Strategy, built: Built, events: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Return the figures of a strategy with every assumed rate and every limit of its build-out halved and doubled.

    Parameters
    ----------
    strategy : Strategy
    built : Built
    events : pl.DataFrame
        From `events.read_events`.
    facts : Facts

    Returns
    -------
    pl.DataFrame
        assumption, factor (1 for things as they are), measure, figure (null where there is none).
    """
    years, total_mw = facts.settings.portfolio_years, float(strategy.sites.mw.sum())
    kinds = events_of(events, strategy.sites)
    base = sample_all(kinds, strategy.sites, years)
    # What a factor makes of one kind serves its own row and that of all assumed rates.
    changed = {
        (kind.event_type, factor): sample_losses(kind.times(factor), strategy.sites, years)
        for kind in kinds
        if kind.is_assumption
        for factor in FACTORS
    }
    assumed = [kind.event_type for kind in kinds if kind.is_assumption]
    rows: list[tuple[str, float, str, float]] = []

    def add(name: str, factor: float, wanted: Sequence[str], figures: Mapping[str, float]) -> None:
        rows.extend((name, factor, measure, figures[measure]) for measure in wanted)

    for name in (*assumed, ALL_RATES):
        add(name, 1.0, _LOSSES, measures(together(base), total_mw))
        for factor in FACTORS:
            moved = {own: changed[own, factor] for own in assumed if name in {own, ALL_RATES}}
            add(name, factor, _LOSSES, measures(together({**base, **moved}), total_mw))
    for name in _LIMITS:
        for factor in (1.0, *FACTORS):
            dates = _dates(built.options, _scaled(built.limits, name, factor), facts.settings)
            add(name, factor, _DATES, dates)
    frame = pl.DataFrame(rows, schema=["assumption", "factor", "measure", "figure"], orient="row")
    return frame.with_columns(pl.col("figure").fill_nan(None))


def sensitivity(nodes: pl.DataFrame, campus: pl.DataFrame) -> pl.DataFrame:
    """Return nodes and campus side by side, and whether the better one stays the better one.

    Parameters
    ----------
    nodes, campus : pl.DataFrame
        From `varied`.

    Returns
    -------
    pl.DataFrame
        Contract mart.portfolio_sensitivity.
    """
    key = ["assumption", "factor", "measure"]
    both = nodes.rename({"figure": "nodes"}).join(campus.rename({"figure": "campus"}), on=key, maintain_order="left")
    own, other = pl.col("nodes"), pl.col("campus")
    # More MW-months are better, less of everything else; a date is better than none.
    is_better = pl.when(pl.col("measure") == "usable_mw_months_36").then(own > other).otherwise(own < other)
    marked = both.with_columns(
        pl.when(own.is_not_null() & other.is_not_null())
        .then(is_better)
        .otherwise(own.is_not_null() & other.is_null())
        .alias("is_nodes_better")
    )
    base = marked.filter(pl.col("factor") == 1.0).select(
        "assumption", "measure", pl.col("is_nodes_better").alias("is_nodes_better_base")
    )
    return (
        marked.filter(pl.col("factor") != 1.0)
        .join(base, on=["assumption", "measure"], how="left", maintain_order="left")
        .with_columns((pl.col("is_nodes_better") == pl.col("is_nodes_better_base")).alias("is_conclusion_kept"))
    )


def _scaled(limits: Limits, name: str, factor: float) -> Limits:
    if name == "supply_claim_frac":
        more = {own: factor * amount for own, amount in limits.supply.per_year.items()}
        return replace(limits, supply=replace(limits.supply, per_year=more))
    if name == "epc_crews":
        return replace(limits, crews=factor * limits.crews)
    return replace(limits, capital_usd_per_quarter=factor * limits.capital_usd_per_quarter)


def _dates(options: Options, limits: Limits, settings: Settings) -> dict[str, float]:
    """Return the dates of the linear relaxation, in which any strategy may build fractions of a module."""
    n_z = len(options) * limits.months
    modules = relaxed(options, limits, settings).x[:n_z].reshape(len(options), limits.months)
    usable = np.cumsum(options.module_mw * (options.usable_frac @ np.cumsum(modules, axis=1)))
    begun = np.flatnonzero(modules.sum(axis=0) > _ANY)
    return {
        "first_mw_month": float(begun[0] + 1) if len(begun) else np.nan,
        "usable_mw_months_36": float(usable[min(MONTH, limits.months) - 1]),
    }
