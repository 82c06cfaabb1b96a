"""The design that stands for a stack in a region: the least-cost one that meets the availability target."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts import economics as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.errors import ContractError
from pipelines.plant.catalogue import stacks
from pipelines.plant.stack import PARTS, Floor, Part, Stack
from pipelines.settings import Settings

COMPOSITION = "is_composition_met"
"""Whether a design has the parts that give its stack the name; no price or service of the gas changes it."""


def keeps_composition(settings: Settings) -> pl.Expr:
    """Return the expression that is true where a design has the parts that give its stack the name.

    Reads stack_id, sizes, renewable_frac, baseload_mwh and load_mwh. A design of an unknown stack is kept as it is.
    """
    kept = pl.lit(True)
    for stack in stacks(settings).values():
        kept = pl.when(pl.col("stack_id") == stack.id).then(_is_itself(stack, settings)).otherwise(kept)
    return kept


def _is_itself(stack: Stack, settings: Settings) -> pl.Expr:
    """Return whether a design has the parts of the permanent plant and no other, and keeps the stack's floor."""
    has: dict[Part, pl.Expr] = {
        "solar": pl.col("solar_mw") > 0,
        "battery": (pl.col("bess_mw") > 0) & (pl.col("bess_mwh") > 0),
        "reserve": (pl.col("reserve_mw") > 0) & (pl.col("reserve_mwh") > 0),
        "grid": pl.col("grid_mw") > 0,
        "baseload": (pl.col("baseload_technology") == stack.baseload) & (pl.col("baseload_units") > 0),
        "firm": pl.col("firm_units") > 0,
    }
    rules = [has[part] if part in stack.parts else ~has[part] for part in PARTS if part not in _untested(stack)]
    if stack.firm is not None:
        is_own = pl.col("firm_technology").is_in(list(stack.firm.technologies))
        rules.append(is_own | ~has["firm"] if stack.firm.is_optional else is_own)
    if stack.grid is not None:
        rules.append(pl.col("is_grid_flexible") == stack.grid.is_flexible)
    if stack.floor is not None:
        rules.append(share_of(stack.floor) >= getattr(settings, stack.floor.setting))
    return pl.all_horizontal(rules)


def _untested(stack: Stack) -> set[Part]:
    """Return the parts that a design may have or lack."""
    return {"firm"} if stack.firm is not None and stack.firm.is_optional else set()


def share_of(floor: Floor) -> pl.Expr:
    """Return the share of the energy that a floor is about, from renewable_frac, baseload_mwh and load_mwh."""
    return pl.col("renewable_frac") if floor.share == "renewable" else pl.col("baseload_mwh") / pl.col("load_mwh")


def with_composition(candidates: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Add `is_composition_met` from `keeps_composition`; a frame that has it is returned as it is."""
    if COMPOSITION in candidates.columns:
        return candidates
    return candidates.with_columns(keeps_composition(settings).alias(COMPOSITION))


def reaches_target(settings: Settings) -> pl.Expr:
    """Return the expression that is true where a design may be chosen: parts, availability and hours fully served.

    Reads is_composition_met (`with_composition`), availability_frac and full_service_hours_frac.
    """
    return (
        pl.col(COMPOSITION)
        & (pl.col("availability_frac") >= settings.availability_target)
        & (pl.col("full_service_hours_frac") >= settings.min_full_service_hours_frac)
    )


def select_least_cost(candidates: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return one row per region and stack.

    Among the designs that keep the stack's composition: the least levelised cost of those whose availability reaches
    `settings.availability_target` and whose hours fully served reach `settings.min_full_service_hours_frac`; if none
    does, the most available one, cheapest first, with is_target_met false. If no design keeps the composition, the most
    renewable one, with is_composition_met and is_target_met false. What is still equal is decided by design_id.

    Parameters
    ----------
    candidates : pl.DataFrame
        Rows of `lcoe_simple`.

    Returns
    -------
    pl.DataFrame
        Contract `sim.chosen`, ordered by region_id and stack_id.

    Raises
    ------
    ContractError
        If a design belongs to two stacks, or a cost is not finite.
    """
    shared = (
        candidates.select("design_id", "stack_id")
        .unique()
        .group_by("design_id")
        .len()
        .filter(pl.col("len") > 1)
        .sort("design_id")
    )
    if shared.height:
        raise ContractError(
            f"sim.designs: design {shared['design_id'][0]} belongs to two stacks; give each stack designs of its own."
        )
    broken = candidates.filter(~pl.col("lcoe_usd_per_mwh").is_finite() | pl.col("lcoe_usd_per_mwh").is_null())
    if broken.height:
        row = broken.row(0, named=True)
        raise ContractError(
            f"candidates: the cost of design {row['design_id']} in region {row['region_id']} is not a number; "
            "a price, a cost or an energy is missing for it."
        )
    return validate(least_cost(candidates, settings), "sim.chosen")


def least_cost(candidates: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the rows of `select_least_cost`, unchecked and with the other columns of the candidates."""
    marked = _marked(candidates, settings)
    return marked[_least_cost_rows(marked)].with_columns(pl.col("firm_units", "baseload_units").cast(pl.Int64))


def least_cost_rows(candidates: pl.DataFrame, settings: Settings) -> NDArray[np.uint32]:
    """Find the rows that `select_least_cost` selects, from the columns alone that decide it, shape (n_chosen,)."""
    return _least_cost_rows(_marked(candidates, settings))


def _marked(candidates: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    return with_composition(candidates, settings).with_columns(
        reaches_target(settings).alias("is_target_met"),
        # Whether another design is worth more is not for cost to say.
        pl.lit(value=True).alias("is_least_cost"),
    )


def _least_cost_rows(marked: pl.DataFrame) -> NDArray[np.uint32]:
    is_met, is_kept = pl.col("is_target_met"), pl.col(COMPOSITION)
    # The order is found on the columns that decide it; sorting whole rows takes ten times as long.
    first = (
        marked.lazy()
        .select(
            "region_id",
            "stack_id",
            COMPOSITION,
            "is_target_met",
            pl.when(is_met)
            .then(0.0)
            .when(is_kept)
            .then(-pl.col("availability_frac"))
            .otherwise(-pl.col("renewable_frac") - pl.col("baseload_mwh") / pl.col("load_mwh"))
            .alias("_first"),
            "lcoe_usd_per_mwh",
            "design_id",
        )
        .with_row_index("_row")
        .sort(
            "region_id",
            "stack_id",
            COMPOSITION,
            "is_target_met",
            "_first",
            "lcoe_usd_per_mwh",
            "design_id",
            descending=[False, False, True, True, False, False, False],
        )
        .unique(["region_id", "stack_id"], keep="first", maintain_order=True)
        .select("_row")
    )
    return first.collect()["_row"].to_numpy()
