"""mart.deployment_plan: which module, where, in which month."""

from __future__ import annotations

from dataclasses import replace

from assets.night import Night
from assets.portfolio import PORTFOLIO_INPUTS, night_portfolio, portfolio_table
from assets.table_asset import Check, Made, table_asset
from pipelines.portfolio.plan_check import PlanError

PLAN_CHECK = "every_plan_holds"


@table_asset(
    "mart.deployment_plan",
    deps=PORTFOLIO_INPUTS,
    kinds={"scipy", "duckdb"},
    checks={
        PLAN_CHECK: Check(
            "No plan builds before its site is ready, more than has arrived of any equipment class, more than its "
            "crews can set, or for more capital than there is.",
            PlanError,
        )
    },
)
def deployment_plan(night: Night) -> Made:
    """Plan the build-out of every strategy; each plan is checked against its limits every night."""
    night_portfolio(night).check()
    made = portfolio_table(night, "deployment_plan")
    shown = {"plans": len(night_portfolio(night).built)}
    return replace(made, checked={PLAN_CHECK: shown})
