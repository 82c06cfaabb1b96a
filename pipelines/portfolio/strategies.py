"""Strategies as data, and the regions that each of them takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import InputError
from pipelines.portfolio.events import events_of, loss_correlation, loss_covariance
from pipelines.portfolio.facts import Facts, candidates
from pipelines.portfolio.geometry import distances_km
from pipelines.portfolio.selection import LIMITED, Selection, select
from pipelines.portfolio.sites import Sites, sited_value, sites_of, sized
from pipelines.reference.side_table import read_side_table

STRATEGIES_FILE = Path(__file__).with_name("strategies.csv")
CAMPUS, NODES = "campus", "nodes"
_COLUMNS = ("strategy", "sites", "is_grid", "placement", "description")


@dataclass(frozen=True)
class Strategy:
    """The same IT on so many sites: where, and on whose power.

    Attributes
    ----------
    strategy, description : str
    rows : pl.DataFrame
        Sized candidates, one row per site.
    sites : Sites
    selection : Selection | None
        How they were chosen; None where a plan chose them.
    is_grid : bool
    """

    strategy: str
    description: str
    rows: pl.DataFrame
    sites: Sites
    selection: Selection | None
    is_grid: bool


def read_strategies(path: Path = STRATEGIES_FILE) -> pl.DataFrame:
    """Read the table of strategies; the word nodes under sites stands for the number of nodes.

    Raises
    ------
    InputError
        If the file, a column or a word is not what it can be.
    """
    frame = read_side_table(path, _COLUMNS)
    for line, row in enumerate(frame.iter_rows(named=True), start=2):
        if not (row["sites"] == "nodes" or (row["sites"].isdigit() and int(row["sites"]) > 0)):
            raise InputError(f"value {row['sites']!r} is no count of sites", file=str(path), row=line, column="sites")
        if row["placement"] not in {"value", "diversified"}:
            raise InputError(
                f"value {row['placement']!r} is neither value nor diversified",
                file=str(path), row=line, column="placement",
            )  # fmt: skip
    return frame


def pool(facts: Facts, it_mw: float, *, is_grid: bool) -> tuple[pl.DataFrame, Sites]:
    """Return every region's best site of a size, and its arrays."""
    rows = sized(candidates(facts, is_grid=is_grid), it_mw, facts)
    return rows, sites_of(rows, facts)


def _correlation(sites: Sites, events: pl.DataFrame) -> NDArray[np.float64]:
    """Return the correlation of the losses of sites."""
    return loss_correlation(events_of(events, sites), distances_km(sites.latitude, sites.longitude))


def place(facts: Facts, events: pl.DataFrame) -> list[Strategy]:
    """Return the strategies with the regions they take.

    Every strategy builds the same IT. A value placement takes the most valuable regions whatever they share; a
    diversified one keeps the limits in settings, loosened where the regions of the night are too few for them.

    Parameters
    ----------
    facts : Facts
    events : pl.DataFrame
        From `events.read_events`.
    """
    settings = facts.settings
    placed = []
    for row in read_strategies().iter_rows(named=True):
        is_grid = row["is_grid"] == "true"
        base = candidates(facts, is_grid=is_grid)
        wanted = settings.portfolio_nodes if row["sites"] == "nodes" else int(row["sites"])
        count = min(wanted, base.height)
        rows, sites = pool(facts, settings.portfolio_mw / count, is_grid=is_grid)
        is_free = row["placement"] == "value"
        found = select(
            sited_value(rows),
            count,
            # Where nothing limits what sites share, nobody asks how much that is.
            np.eye(rows.height) if is_free else _correlation(sites, events),
            {kind: sites.domains[kind] for kind in LIMITED},
            max_correlation=1.0 if is_free else settings.portfolio_max_correlation,
            max_per_domain=count if is_free else settings.portfolio_max_per_domain,
        )
        chosen = rows[found.chosen]
        placed.append(Strategy(row["strategy"], row["description"], chosen, sites_of(chosen, facts), found, is_grid))
    return placed


def diversification_curve(facts: Facts, events: pl.DataFrame, count: int) -> pl.DataFrame:
    """Return what less shared risk costs: the value of the best nodes under tighter and tighter limits.

    Parameters
    ----------
    facts : Facts
    events : pl.DataFrame
    count : int
        Nodes.

    Returns
    -------
    pl.DataFrame
        Contract mart.diversification_curve. Limits that no choice of nodes keeps are left out.
    """
    settings = facts.settings
    rows, sites = pool(facts, settings.portfolio_mw / count, is_grid=False)
    correlation = _correlation(sites, events)
    value, domains = sited_value(rows), {kind: sites.domains[kind] for kind in LIMITED}
    steps = [(1.0, most) for most in _halved(count)]
    apart = correlation[~np.eye(len(correlation), dtype=np.bool_)]
    top = float(apart.max(initial=0.0))
    steps += [(limit, count) for limit in np.round(np.arange(0.975, 0.02, -0.025), 3).tolist() if limit < top]
    found: list[dict[str, object]] = []
    free = 0.0
    for limit, most in steps:
        picked = select(value, count, correlation, domains, max_correlation=limit, max_per_domain=most)
        if picked.is_loosened:
            # Tighter limits of the same kind leave no choice either.
            if limit < 1.0:
                break
            continue
        chosen = picked.chosen
        total = float(value[chosen].sum())
        free = total if not found else free
        part = rows[chosen]
        own = sites_of(part, facts)
        pairs = correlation[np.ix_(chosen, chosen)]
        spread = _loss_std_mwh(events, own)
        found.append(
            {
                "limit_kind": "per_domain" if limit == 1.0 else "correlation",
                "max_per_domain": most,
                "max_correlation": limit,
                "nodes": count,
                "value_usd_per_mw": total / count,
                "price_usd_per_mw": (free - total) / count,
                "price_frac": (free - total) / abs(free) if free else 0.0,
                "largest_domain_nodes": max(
                    max(own.domains[kind].count(name) for name in own.domains[kind]) for kind in LIMITED
                ),
                "mean_correlation": float(pairs[np.triu_indices(count, 1)].mean()) if count > 1 else 0.0,
                "loss_std_mwh": spread,
                "status": picked.solution.status,
                "gap_frac": picked.solution.gap,
            }
        )
    return pl.DataFrame(found).unique(["limit_kind", "max_per_domain", "max_correlation"], maintain_order=True)


def _halved(count: int) -> list[int]:
    return sorted({count, *(max(count // k, 1) for k in (2, 3, 4, 5, 7, 10, 20))}, reverse=True)


def _loss_std_mwh(events: pl.DataFrame, sites: Sites) -> float:
    between = distances_km(sites.latitude, sites.longitude)
    return float(np.sqrt(sites.mw @ loss_covariance(events_of(events, sites), between) @ sites.mw))
