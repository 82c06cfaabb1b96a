"""Many nodes against one campus: the headline figures, and whether they survive other assumptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from pipelines.portfolio.build import Built, curve
from pipelines.portfolio.buildout import Limits, Options, relaxed
from pipelines.portfolio.events import Event, events_of
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
_ANY = 1e-6


def comparison_row(strategy: Strategy, built: Built, resilience: pl.DataFrame, facts: Facts) -> dict[str, object]:
    """Return the row of mart.portfolio_comparison of one strategy.

    Parameters
    ----------
    strategy : Strategy
    built : Built
    resilience : pl.DataFrame
        Its rows of `resilience.resilience_rows`.
    facts : Facts
    """
    rows, wanted = strategy.rows, facts.settings.portfolio_mw
    by_month = curve(strategy.strategy, built)
    first, full = _first_and_full(by_month, wanted)
    whole = resilience.filter(pl.col("event_type") == ALL).row(0, named=True)
    worst = resilience.filter(pl.col("event_type") != ALL).sort("unserved_mwh_mean", descending=True)["event_type"][0]
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
        **{name: whole[name] for name in ("p_lose_50_frac", "p_lose_100_frac", *_LOSSES[2:])},
        "worst_event_type": worst,
        "status": built.solve["status"][0],
        "gap_frac": built.solve["gap_frac"][0],
    }


def _first_and_full(by_month: pl.DataFrame, wanted_mw: float) -> tuple[int | None, int | None]:
    built = by_month["built_mw"].to_numpy()
    begun, done = np.flatnonzero(built > 0), np.flatnonzero(built >= wanted_mw - 1e-6)
    return (int(begun[0]) + 1 if len(begun) else None), (int(done[0]) + 1 if len(done) else None)


def _through(by_month: pl.DataFrame, month: int) -> float:
    return float(by_month["usable_mw_months"][min(month, by_month.height) - 1])


def sensitivity(
    nodes: tuple[Strategy, Built], campus: tuple[Strategy, Built], events: pl.DataFrame, facts: Facts
) -> pl.DataFrame:
    """Return nodes and campus with every assumed rate and every limit of the build-out halved and doubled.

    Parameters
    ----------
    nodes, campus : tuple[Strategy, Built]
    events : pl.DataFrame
        From `events.read_events`.
    facts : Facts

    Returns
    -------
    pl.DataFrame
        Contract mart.portfolio_sensitivity.
    """
    years = facts.settings.portfolio_years
    pair = [(strategy, events_of(events, strategy.sites)) for strategy, _ in (nodes, campus)]
    base = [sample_all(kinds, strategy.sites, years) for strategy, kinds in pair]

    def losses(varied: Callable[[Event], float]) -> list[dict[str, float]]:
        found = []
        for (strategy, kinds), known in zip(pair, base, strict=True):
            changed = {
                kind.event_type: sample_losses(kind.times(varied(kind)), strategy.sites, years)
                for kind in kinds
                if varied(kind) != 1.0
            }
            found.append(measures(together({**known, **changed}), float(strategy.sites.mw.sum())))
        return found

    as_is = losses(lambda _: 1.0)
    rows = []
    assumed = [kind.event_type for kind in pair[0][1] if kind.is_assumption]
    for name in (*assumed, ALL_RATES):
        for factor in FACTORS:

            def of(kind: Event, name: str = name, factor: float = factor) -> float:
                return factor if kind.is_assumption and name in {kind.event_type, ALL_RATES} else 1.0

            rows += _compared(name, factor, _LOSSES, losses(of), as_is, is_less_better=True)
    rows += _build_rows((nodes[1], campus[1]), facts.settings)
    return pl.DataFrame(rows, schema_overrides={"nodes": pl.Float64, "campus": pl.Float64})


def _build_rows(pair: Sequence[Built], settings: Settings) -> list[dict[str, object]]:
    base = [_dates(built.options, built.limits, settings) for built in pair]
    rows = []
    for name in ("supply_claim_frac", "epc_crews", "capital_usd_per_quarter"):
        for factor in FACTORS:
            varied = [_dates(built.options, _scaled(built.limits, name, factor), settings) for built in pair]
            rows += _compared(name, factor, ("usable_mw_months_36",), varied, base, is_less_better=False)
            rows += _compared(name, factor, ("first_mw_month",), varied, base, is_less_better=True)
    return rows


def _scaled(limits: Limits, name: str, factor: float) -> Limits:
    if name == "supply_claim_frac":
        more = {own: factor * amount for own, amount in limits.supply.per_year.items()}
        return replace(limits, supply=replace(limits.supply, per_year=more))
    if name == "epc_crews":
        return replace(limits, crews=factor * limits.crews)
    return replace(limits, capital_usd_per_quarter=factor * limits.capital_usd_per_quarter)


def _dates(options: Options, limits: Limits, settings: Settings) -> dict[str, float]:
    """Return the dates of the linear relaxation, in which both strategies may build fractions of a module."""
    n_z = len(options) * limits.months
    modules = relaxed(options, limits, settings).x[:n_z].reshape(len(options), limits.months)
    usable = np.cumsum(options.module_mw * (options.usable_frac @ np.cumsum(modules, axis=1)))
    begun = np.flatnonzero(modules.sum(axis=0) > _ANY)
    return {
        "first_mw_month": float(begun[0] + 1) if len(begun) else np.nan,
        "usable_mw_months_36": float(usable[min(MONTH, limits.months) - 1]),
    }


def _compared(
    name: str,
    factor: float,
    wanted: Sequence[str],
    varied: Sequence[Mapping[str, float]],
    base: Sequence[Mapping[str, float]],
    *,
    is_less_better: bool,
) -> list[dict[str, object]]:
    def is_better(pair: Sequence[Mapping[str, float]], measure: str) -> bool:
        own, other = pair[0][measure], pair[1][measure]
        if np.isnan(own) or np.isnan(other):
            return bool(np.isnan(other) and not np.isnan(own))
        return bool(own < other if is_less_better else own > other)

    return [
        {
            "assumption": name,
            "factor": factor,
            "measure": measure,
            "nodes": None if np.isnan(varied[0][measure]) else varied[0][measure],
            "campus": None if np.isnan(varied[1][measure]) else varied[1][measure],
            "is_nodes_better": is_better(varied, measure),
            "is_nodes_better_base": is_better(base, measure),
            "is_conclusion_kept": is_better(varied, measure) == is_better(base, measure),
        }
        for measure in wanted
    ]
