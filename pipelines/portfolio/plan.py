"""A plan over all regions at once, and the comparison of its nodes with the other strategies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from pipelines.contracts.places import PEOPLE_WITHIN_KM
from pipelines.errors import UsageError
from pipelines.ordered import group_sum
from pipelines.portfolio.build import STACKS_PER_REGION, Built, build_anywhere, plan_table
from pipelines.portfolio.coverage import covering, people_reached, reached
from pipelines.portfolio.events import read_events
from pipelines.portfolio.facts import Facts, candidates
from pipelines.portfolio.keep import Keep
from pipelines.portfolio.selection import LIMITED
from pipelines.portfolio.sites import sited_value, sites_of, sized
from pipelines.portfolio.strategies import NODES, Strategy, place
from pipelines.portfolio.study import TIMELINE_SEED, Study, study
from pipelines.portfolio.supply import claimable

_DESCRIPTION = "Many isolated nodes, regions and months chosen at once"


@dataclass(frozen=True)
class PlanAnswer:
    """A plan as the command shows it.

    Attributes
    ----------
    built : Built
    nodes : pl.DataFrame
        One row per node: region, stack, IT built (MW), months, capital (USD), failure domains.
    modules : pl.DataFrame
        Rows of mart.deployment_plan of the plan.
    limits : dict[str, Any]
        What the plan was held to.
    people : dict[float, float]
        People within a distance (km) of a node.
    study : Study
        The strategies compared; the nodes are those of the plan.
    """

    built: Built
    nodes: pl.DataFrame
    modules: pl.DataFrame
    limits: dict[str, Any]
    people: dict[float, float]
    study: Study


def plan_nodes(facts: Facts, *, gap: float, time_limit: float, cover_km: float | None = None) -> PlanAnswer:
    """Plan nodes over all regions, check the plan, and compare it.

    Parameters
    ----------
    facts : Facts
    gap : float
        Proved gap at which the search may stop.
    time_limit : float
        Seconds of search.
    cover_km : float | None
        Distance within which the nodes reach as many people as so many nodes can; the most usable power where absent.

    Raises
    ------
    UsageError
        If no module can be energised within the months planned.
    """
    settings, keep = facts.settings, Keep(facts)
    supply = claimable(facts)
    count = min(settings.portfolio_nodes, candidates(facts)["region_id"].n_unique())
    regions = None if cover_km is None else _covering_regions(facts, count, cover_km)
    built = build_anywhere(facts, count, supply, TIMELINE_SEED, keep, gap=gap, time_limit=time_limit, regions=regions)
    if built.plan.is_empty():
        earliest = int(built.options.rows["ready_month"].min())  # type: ignore[arg-type]
        raise UsageError(
            f"no site energises a module within {settings.portfolio_months} months, the first is ready in month "
            f"{earliest}; give a later --by, or more supply, crews or capital."
        )
    keys = ["region_id", "stack_id"]
    options = candidates(facts, stacks_per_region=STACKS_PER_REGION)
    rows = sized(options, settings.portfolio_mw / count, facts).join(
        built.plan.select(keys).unique(), on=keys, how="semi", maintain_order="left"
    )
    nodes = Strategy(NODES, _DESCRIPTION, rows, sites_of(rows, facts), None, is_grid=False)
    events = read_events()
    placed = [nodes if strategy.strategy == NODES else strategy for strategy in place(facts, events)]
    found = study(facts, strategies=placed, plans={NODES: built}, supply=supply)
    found.check()
    limits = built.limits
    reaches = sorted({*PEOPLE_WITHIN_KM, *([] if cover_km is None else [cover_km])})
    return PlanAnswer(
        built=built,
        nodes=_nodes(built, found),
        modules=plan_table(NODES, built).drop("strategy", "status", "gap_frac"),
        limits={
            "months": limits.months,
            "modules": limits.modules,
            "nodes": limits.sites,
            "crews": limits.crews,
            "capital_usd_per_quarter": limits.capital_usd_per_quarter,
            "max_per_domain": limits.max_per_domain,
            "supply_per_year": limits.supply.per_year,
            "supply_first_month": limits.supply.first_month,
        },
        people={reach: people_reached(rows, reach) for reach in reaches},
        study=found,
    )


def _covering_regions(facts: Facts, count: int, cover_km: float) -> list[str]:
    """List the regions whose sites reach the most people, with the limits on shared domains kept."""
    settings = facts.settings
    rows = sized(candidates(facts), settings.portfolio_mw / count, facts)
    domains = sites_of(rows, facts).domains
    chosen = covering(
        *reached(rows, cover_km),
        sited_value(rows),
        count,
        {kind: domains[kind] for kind in LIMITED},
        settings.portfolio_max_per_domain,
    )
    return sorted(rows["region_id"][chosen].to_list())


def _nodes(built: Built, found: Study) -> pl.DataFrame:
    totals = (
        plan_table(NODES, built)
        .group_by("region_id", "stack_id", maintain_order=True)
        .agg(
            group_sum("modules"),
            group_sum("it_mw"),
            pl.col("ready_month").first(),
            pl.col("month").min().alias("first_month"),
            pl.col("month").max().alias("last_month"),
            group_sum("capital_usd"),
        )
    )
    domains = found.tables["portfolio_sites"].filter(pl.col("strategy") == NODES).drop("strategy")
    return totals.join(domains, on=["region_id", "stack_id"], how="left", maintain_order="left").sort(
        "first_month", "region_id"
    )
