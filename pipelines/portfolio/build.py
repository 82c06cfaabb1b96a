"""The build-out of one strategy: its options, its limits, its plan, and what its limits are worth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from pipelines.portfolio.buildout import (
    Buildout,
    Limits,
    Options,
    options_of,
    plan,
)
from pipelines.portfolio.facts import Facts, candidates
from pipelines.portfolio.keep import Keep
from pipelines.portfolio.selection import LIMITED
from pipelines.portfolio.shadow import shadow_prices
from pipelines.portfolio.sites import sites_of, sized
from pipelines.portfolio.strategies import Strategy
from pipelines.portfolio.supply import Supply, with_ready_months
from pipelines.settings import Settings

STACKS_PER_REGION = 3
# Nightly plans stop by count of nodes: the same inputs give the same plan on any machine.
NODE_LIMIT, NIGHT_GAP = 200, 0.005
# What moves with prices; a plan rests on none of it.
_PRICED = ("rank", "lcoe_usd_per_mwh", "value_usd_per_mw")


@dataclass(frozen=True)
class Built:
    """A plan with what it was made from.

    Attributes
    ----------
    options : Options
    limits : Limits
    plan : pl.DataFrame
        region_id, stack_id, month, modules.
    solve : pl.DataFrame
        One row: status, objective, bound, gap_frac.
    shadow : pl.DataFrame
        Contract mart.supply_shadow_prices without its strategy.
    """

    options: Options
    limits: Limits
    plan: pl.DataFrame
    solve: pl.DataFrame
    shadow: pl.DataFrame

    def modules(self) -> np.ndarray:
        """Return the modules by option and month, shape (n_options, months)."""
        return modules_of(self.plan, self.options, self.limits.months)


def limits_of(settings: Settings, sites: int, supply: Supply) -> Limits:
    """Return the limits in settings for a strategy of so many sites."""
    return Limits(
        months=settings.portfolio_months,
        modules=round(settings.portfolio_mw / settings.module_mw),
        sites=sites,
        crews=float(settings.epc_crews),
        capital_usd_per_quarter=settings.capital_usd_per_quarter,
        supply=supply,
    )


def option_rows(
    facts: Facts, it_mw: float, seed: int, keep: Keep, *, is_grid: bool, regions: list[str]
) -> pl.DataFrame:
    """Return the sized stacks that sites in these regions may be made of, with their ready months."""
    stacks = 1 if is_grid else STACKS_PER_REGION
    rows = (
        sized(candidates(facts, is_grid=is_grid, stacks_per_region=stacks), it_mw, facts)
        .filter(pl.col("region_id").is_in(regions))
        .drop(_PRICED)
        .sort("region_id", "stack_id")
    )
    return keep.frame("ready", {"rows": rows, "seed": seed}, lambda: with_ready_months(rows, facts, seed))


def build(strategy: Strategy, facts: Facts, supply: Supply, seed: int, keep: Keep) -> Built:
    """Return the build-out of a strategy on the sites that it takes.

    Parameters
    ----------
    strategy : Strategy
    facts : Facts
    supply : Supply
        What one buyer can claim.
    seed : int
        Seed of the activity networks.
    keep : Keep
        Where results are kept by what they depend on.
    """
    settings = facts.settings
    rows = option_rows(
        facts,
        float(strategy.rows["site_mw"][0]),
        seed,
        keep,
        is_grid=strategy.is_grid,
        regions=strategy.rows["region_id"].to_list(),
    )
    options = options_of(rows, supply, settings)
    limits = limits_of(settings, strategy.rows.height, supply)
    made: list[Buildout] = []

    def solved() -> Buildout:
        if not made:
            made.append(plan(options, limits, settings, gap=NIGHT_GAP, node_limit=NODE_LIMIT))
        return made[0]

    key = {"rows": rows, "supply": [supply.per_year, supply.first_month], "sites": limits.sites}
    return Built(
        options,
        limits,
        keep.frame("plan", key, lambda: plan_rows(solved(), options)),
        keep.frame("solve", key, lambda: solve_row(solved())),
        keep.frame("shadow", key, lambda: shadow_prices(options, limits, settings)),
    )


def build_anywhere(
    facts: Facts,
    count: int,
    supply: Supply,
    seed: int,
    keep: Keep,
    *,
    gap: float,
    time_limit: float,
    regions: list[str] | None = None,
) -> Built:
    """Return the build-out of so many nodes with the regions left to the programme.

    Parameters
    ----------
    facts : Facts
    count : int
        Nodes at most.
    supply : Supply
    seed : int
    keep : Keep
    gap, time_limit : float
        Proved gap, or seconds, at which the search stops with the best plan found.
    regions : list[str] | None
        Regions that may be taken; all where absent.
    """
    settings = facts.settings
    if regions is None:
        regions = candidates(facts)["region_id"].unique().sort().to_list()
    rows = option_rows(facts, settings.portfolio_mw / count, seed, keep, is_grid=False, regions=regions)
    options = options_of(rows, supply, settings)
    domains = sites_of(rows, facts).domains
    plain = limits_of(settings, count, supply)
    # Where the regions are few, no more can be asked of them than that they share as evenly as they can.
    least = max(-(-count // len(set(domains[kind]))) for kind in LIMITED)
    limits = replace(
        plain,
        max_per_domain=max(settings.portfolio_max_per_domain, least),
        domains={kind: domains[kind] for kind in LIMITED},
    )
    made = plan(options, limits, settings, gap=gap, time_limit=time_limit)
    return Built(options, limits, plan_rows(made, options), solve_row(made), shadow_prices(options, limits, settings))


def plan_rows(made: Buildout, options: Options) -> pl.DataFrame:
    """Return the modules of a plan as rows: region_id, stack_id, month, modules."""
    option, month = np.nonzero(made.modules)
    return (
        options.rows[option]
        .select("region_id", "stack_id")
        .with_columns(
            pl.Series("month", month + 1, dtype=pl.Int64),
            pl.Series("modules", made.modules[option, month], dtype=pl.Int64),
        )
        .sort("region_id", "stack_id", "month")
    )


def solve_row(made: Buildout) -> pl.DataFrame:
    """Return status, objective, bound and gap of a plan."""
    solution = made.solution
    return pl.DataFrame(
        {
            "status": [solution.status],
            "objective": [solution.objective],
            "bound": [solution.bound],
            "gap_frac": [solution.gap],
        }
    )


def modules_of(plan_frame: pl.DataFrame, options: Options, months: int) -> np.ndarray:
    """Return the modules of plan rows by option and month, shape (n_options, months)."""
    place = {key: i for i, key in enumerate(options.rows.select("region_id", "stack_id").iter_rows())}
    built = np.zeros((len(options), months), dtype=np.int64)
    for region, stack, month, count in plan_frame.select("region_id", "stack_id", "month", "modules").iter_rows():
        built[place[region, stack], month - 1] += count
    return built


def plan_table(strategy: str, built: Built) -> pl.DataFrame:
    """Return the rows of mart.deployment_plan."""
    per = built.options.rows.select("region_id", "stack_id", "ready_month").with_columns(
        pl.Series("_capital", built.options.capital_usd), pl.Series("_crew", built.options.crew_months)
    )
    return built.plan.join(per, on=["region_id", "stack_id"], how="left", maintain_order="left").select(
        pl.lit(strategy).alias("strategy"),
        "region_id",
        "stack_id",
        "month",
        "modules",
        (pl.col("modules") * built.options.module_mw).alias("it_mw"),
        "ready_month",
        (pl.col("modules") * pl.col("_capital")).alias("capital_usd"),
        (pl.col("modules") * pl.col("_crew")).alias("crew_months"),
        pl.lit(built.solve["status"][0]).alias("status"),
        pl.lit(built.solve["gap_frac"][0]).alias("gap_frac"),
    )


def curve(strategy: str, built: Built) -> pl.DataFrame:
    """Return the rows of mart.buildout_curve."""
    modules, options = built.modules(), built.options
    cumulated = np.cumsum(modules, axis=1)
    usable = options.module_mw * (options.usable_frac @ cumulated)
    return pl.DataFrame(
        {
            "strategy": [strategy] * built.limits.months,
            "month": np.arange(1, built.limits.months + 1),
            "built_mw": options.module_mw * cumulated.sum(axis=0).astype(np.float64),
            "usable_mw": usable,
            "capital_usd": options.capital_usd @ cumulated,
            "usable_mw_months": np.cumsum(usable),
        }
    )
