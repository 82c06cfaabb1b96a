"""The whole portfolio of a night: strategies placed, built, struck and compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipelines.portfolio.build import Built, build, curve, plan_table
from pipelines.portfolio.compare import comparison_row, sensitivity, varied
from pipelines.portfolio.events import ASSUMED_RATES, events_of, read_events
from pipelines.portfolio.facts import Facts
from pipelines.portfolio.keep import Keep
from pipelines.portfolio.plan_check import check_plan
from pipelines.portfolio.resilience import resilience_rows
from pipelines.portfolio.sites import sited_value
from pipelines.portfolio.strategies import CAMPUS, NODES, Strategy, diversification_curve, place
from pipelines.portfolio.supply import Supply, claimable
from pipelines.settings import Settings
from pipelines.timeline.draws import TIMELINE_SEED
from pipelines.warehouse.cache import Cache

_COUNTED = (
    ("gas_hub", "sites_on_gas_hub"),
    ("balancing_area", "sites_in_balancing_area"),
    ("weather_cell", "sites_in_weather_cell"),
)
# Columns of the comparison that may be empty in every row.
_NULLABLE: dict[str, type[pl.DataType]] = {
    "first_mw_month": pl.Int64,
    "full_mw_month": pl.Int64,
    "max_correlation": pl.Float64,
    "max_per_domain": pl.Int64,
    "is_loosened": pl.Boolean,
    "selection_gap_frac": pl.Float64,
}
# What losses and plans rest on; values move with prices every night and are joined afterwards.
_PRICED = ("rank", "lcoe_usd_per_mwh", "value_usd_per_mw")


@dataclass(frozen=True)
class Study:
    """The tables of a portfolio, by the name of their mart, and how many results were kept from before."""

    tables: dict[str, pl.DataFrame]
    strategies: dict[str, Strategy]
    built: dict[str, Built]
    hits: int
    misses: int

    def check(self) -> None:
        """Hold every plan against its limits.

        Raises
        ------
        PlanError
            If one breaks a limit.
        """
        for own in self.built.values():
            check_plan(own.plan, own.options, own.limits)


def study(
    facts: Facts,
    cache: Cache | None = None,
    *,
    strategies: list[Strategy] | None = None,
    plans: Mapping[str, Built] | None = None,
    supply: Supply | None = None,
) -> Study:
    """Return every table of the portfolio.

    Parameters
    ----------
    facts : Facts
    cache : Cache | None
        Where simulations and plans are kept by what they depend on; a night on which only prices move makes none anew
        unless they move the regions that are chosen.
    strategies : list[Strategy] | None
        Placed already; by `strategies.place` otherwise.
    plans : Mapping[str, Built] | None
        Plans made already, by strategy.
    supply : Supply | None
        What can be claimed, where it is worked out already.

    Returns
    -------
    Study
    """
    settings, events, keep = facts.settings, read_events(), Keep(facts, cache)
    supply = supply or claimable(facts)
    placed = strategies or place(facts, events)
    built: dict[str, Built] = {}
    losses: dict[str, pl.DataFrame] = {}
    for strategy in placed:
        known = (plans or {}).get(strategy.strategy)
        built[strategy.strategy] = known or build(strategy, facts, supply, TIMELINE_SEED, keep)
        losses[strategy.strategy] = keep.frame(
            "losses",
            {"rows": strategy.rows.drop(_PRICED)},
            lambda own=strategy: resilience_rows(  # type: ignore[misc]
                events_of(events, own.sites), own.sites, settings.portfolio_years
            ),
        )
    by_name = {strategy.strategy: strategy for strategy in placed}
    nodes, campus = (
        keep.frame(
            "varied",
            {"rows": by_name[name].rows.drop(_PRICED), "options": built[name].options.rows},
            lambda own=name: varied(by_name[own], built[own], events, facts),  # type: ignore[misc]
        )
        for name in (NODES, CAMPUS)
    )
    tables = {
        "portfolio_events": events_table(events, settings),
        "portfolio_sites": pl.concat(_sites_table(strategy, built[strategy.strategy]) for strategy in placed),
        "portfolio_resilience": pl.concat(
            frame.select(pl.lit(name).alias("strategy"), pl.all()) for name, frame in losses.items()
        ),
        "portfolio_comparison": pl.DataFrame(
            [comparison_row(s, built[s.strategy], losses[s.strategy], events, facts) for s in placed],
            schema_overrides=_NULLABLE,
        ),
        "portfolio_sensitivity": sensitivity(nodes, campus),
        "diversification_curve": diversification_curve(facts, events, by_name[NODES].rows.height),
        "deployment_plan": pl.concat(plan_table(name, own) for name, own in built.items()),
        "buildout_curve": pl.concat(curve(name, own) for name, own in built.items()),
        "supply_shadow_prices": pl.concat(
            own.shadow.select(pl.lit(name).alias("strategy"), pl.all()) for name, own in built.items()
        ),
    }
    return Study(tables, by_name, built, keep.hits, keep.misses)


def events_table(events: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the rows of mart.portfolio_events."""
    return events.with_columns(
        pl.col("rate_kind").is_in(ASSUMED_RATES).alias("is_assumption"),
        # Freeze-offs have the rate and length of each basin; `assumptions` lists them.
        pl.when(pl.col("rate_kind") == "basin")
        .then(settings.gas_freeze_cut_frac)
        .otherwise("strike_frac")
        .alias("strike_frac"),
        pl.col("index_frequency").alias("index_frequency_per_year"),
        *(pl.col(f"rate_{level}").alias(f"rate_{level}_per_year") for level in ("low", "mid", "high")),
    )


def _sites_table(strategy: Strategy, built: Built) -> pl.DataFrame:
    rows, domains = strategy.rows, strategy.sites.domains
    dates = built.options.rows.select("region_id", "stack_id", "first_mw_months_p50", "completion_probability")
    return (
        rows.with_columns(
            pl.lit(strategy.strategy).alias("strategy"),
            (pl.col("site_capex_usd") / (1000.0 * pl.col("site_mw"))).alias("capex_usd_per_kw"),
            pl.Series("value_usd_per_mw", sited_value(rows)),
            pl.col("iso").alias("grid_operator"),
            pl.Series("weather_cell", domains["weather_cell"]),
        )
        .join(dates, on=["region_id", "stack_id"], how="left", maintain_order="left")
        .with_columns(*(pl.len().over(kind).cast(pl.Int64).alias(name) for kind, name in _COUNTED))
        .select(
            "strategy", "region_id", "region_name", "state", "stack_id", "site_mw", "firm_technology", "firm_units",
            "capex_usd_per_kw", "value_usd_per_mw", "first_mw_months_p50", "completion_probability", "gas_hub",
            "fuel_basin", "balancing_area", "grid_operator", "weather_cell", *(name for _, name in _COUNTED),
        )
    )  # fmt: skip
