"""The choice by value: of the least-cost designs of each number of firm units, the one that is worth most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts import economics as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.economics.fuel_service import DECIDING, with_services
from pipelines.economics.selection import reaches_target, with_composition
from pipelines.economics.value import net_usd_per_mw_year, value_columns
from pipelines.ranking.phases import over_phases, priced_phases
from pipelines.settings import Settings
from pipelines.timeline.plant import module_count, phase_units
from pipelines.timeline.time_to_power import SiteMonths

KEY = ["region_id", "stack_id"]
_FLEET = ["firm_technology", "firm_unit_mw", "firm_units"]
Timed: TypeAlias = Callable[[pl.DataFrame], SiteMonths]
"""From designs, of which a region and stack may have several, to their months."""


def contenders(
    first: pl.DataFrame, candidates: pl.DataFrame, services: pl.DataFrame, settings: Settings
) -> list[pl.DataFrame]:
    """List the designs of each region and stack that may be worth most, the least-cost one first.

    Of each number of units of a firm technology it is the least-cost design at the target, where it costs at most
    `sizing_cost_margin_frac` above the least cost of the stack; `sizing_contenders` at most, the cheapest ones. All
    have the service of the gas that the first has. A stack that misses the target has one.

    Parameters
    ----------
    first : pl.DataFrame
        Contract `sim.chosen`: the least-cost design of each region and stack with the service chosen for it.
    candidates : pl.DataFrame
        Contract `sim.candidates`.
    services : pl.DataFrame
        From `fuel_service.service_terms`.
    settings : Settings

    Returns
    -------
    list[pl.DataFrame]
        Columns of `first`: the first frame holds every region and stack, the next ones those with so many designs.
    """
    if settings.sizing_contenders <= 1:
        return [first]
    met = first.filter("is_target_met").select(*KEY, "fuel_service", pl.col("lcoe_usd_per_mwh").alias("_best"))
    deciding = with_composition(candidates.select(DECIDING), settings).with_row_index("_place")
    wanted = deciding.join(met.select(KEY), on=KEY, how="semi")
    served = with_services(wanted, met, services, settings).filter(reaches_target(settings))
    ceiling = pl.col("_best") + settings.sizing_cost_margin_frac * pl.col("_best").abs()
    # The order is found on the columns that decide it; sorting whole rows takes ten times as long.
    order = (
        served.lazy()
        .select("_place", *KEY, "design_id", *_FLEET, "lcoe_usd_per_mwh")
        .join(met.lazy(), on=KEY, how="inner", maintain_order="left")
        .filter(pl.col("lcoe_usd_per_mwh") <= ceiling)
        .sort(*KEY, "lcoe_usd_per_mwh", "design_id")
        .unique([*KEY, *_FLEET], keep="first", maintain_order=True)
        .with_columns(pl.int_range(pl.len()).over(KEY).alias("_slot"))
        .collect()
    )
    later = order.filter(pl.col("_slot").is_between(1, settings.sizing_contenders - 1))
    if later.is_empty():
        return [first]
    own = with_services(candidates[later["_place"].to_numpy()].hstack(later.select("_slot")), met, services, settings)
    marked = own.sort("_slot", *KEY).with_columns(
        pl.lit(value=True).alias("is_target_met"),
        pl.lit(value=True).alias("is_composition_met"),
        pl.lit(value=False).alias("is_least_cost"),
        pl.col("firm_units", "baseload_units").cast(pl.Int64),
    )
    slots = marked.select("_slot", *first.columns)
    return [first, *slots.partition_by("_slot", maintain_order=True, include_key=False)]


def choose_by_value(
    slots: Sequence[pl.DataFrame], timed: Timed, phases: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Choose of each region and stack the contender that is worth most, each with its own months.

    Designs with so many firm units that all modules are carried with one unit spare come in the same months, whatever
    units they have beyond: of those only the one with the largest net margin is valued. What is worth the same is
    decided by the lower cost.

    Parameters
    ----------
    slots : Sequence[pl.DataFrame]
        From `contenders`.
    timed : Timed
    phases : pl.DataFrame
        Contract `sim.candidates` of the phases before the permanent plants.
    settings : Settings

    Returns
    -------
    pl.DataFrame
        Contract `sim.chosen`, ordered by region_id and stack_id.
    """
    first = slots[0]
    if len(slots) == 1:
        return first
    every = pl.concat([slot.with_columns(pl.lit(place).alias("_slot")) for place, slot in enumerate(slots)])
    rows = every.select(*KEY, "_slot").with_columns(
        pl.Series("_months", _months_of(every, settings), pl.String), pl.Series("_net", _net(every, settings))
    )
    rows = rows.with_row_index("_row").sort(
        *KEY, "_months", "_net", "_slot", descending=[False, False, False, True, False]
    )
    distinct = rows.unique([*KEY, "_months"], keep="first", maintain_order=True)
    distinct = distinct.with_columns(pl.len().over(KEY).alias("_count"))
    taken = [distinct.filter(pl.col("_count") == 1).select("_row", *KEY)]
    contested = distinct.filter(pl.col("_count") > 1)
    if contested.height:
        designs = every[contested["_row"].to_numpy()]
        worth = values_of(designs.drop("_slot"), designs["_slot"], timed(designs), phases, settings)
        best = contested.with_columns(pl.Series("_value", worth)).sort(
            *KEY, "_value", "_slot", descending=[False, False, True, False]
        )
        taken.append(best.unique(KEY, keep="first", maintain_order=True).select("_row", *KEY))
    order = pl.concat(taken).sort(KEY)["_row"].to_numpy()
    return validate(every[order].drop("_slot"), "sim.chosen")


def values_of(
    designs: pl.DataFrame, slots: pl.Series, months: SiteMonths, phases: pl.DataFrame, settings: Settings
) -> NDArray[np.float64]:
    """Compute what each design is worth over its phases (USD per planned MW of IT), shape (n_rows,).

    Parameters
    ----------
    designs : pl.DataFrame
        Contract `sim.chosen`, but that a region and stack may have several rows.
    slots : pl.Series
        A number that tells these apart.
    months : SiteMonths
        Of the designs, in their order.
    phases : pl.DataFrame
        Contract `sim.candidates` of their early phases.
    settings : Settings
    """
    # Each slot is a region of its own, so that one pass prices the phases of all.
    apart = pl.format("{}|{}", "region_id", "_slot").alias("region_id")
    alone = designs.with_columns(slots.alias("_slot")).with_columns(apart).drop("_slot")
    own = phases.join(designs.select("region_id").unique(), on="region_id", how="semi", maintain_order="left")
    copies = own.join(slots.unique().sort().alias("_slot").to_frame(), how="cross", maintain_order="left_right")
    priced = copies.with_columns(apart).drop("_slot")
    keys = alone.select(KEY)
    lived = over_phases(alone, priced_phases(alone, priced, keys, months.phase_share, months.phase_begins, settings))
    return value_columns(lived, months.online_share, settings)["value_usd_per_mw"].to_numpy()


def _months_of(designs: pl.DataFrame, settings: Settings) -> list[str]:
    """Name what the months of each design depend on: its units up to those that the last module waits for."""
    modules = module_count(settings)
    ratings = designs.filter(pl.col("firm_unit_mw") > 0.0)["firm_unit_mw"].unique()
    needed = {unit_mw: phase_units(unit_mw, modules, settings) for unit_mw in ratings}
    return [
        f"{technology} {min(units, needed.get(unit_mw, 0))} x {unit_mw:g}"
        for technology, unit_mw, units in designs.select(_FLEET).iter_rows()
    ]


def _net(designs: pl.DataFrame, settings: Settings) -> NDArray[np.float64]:
    return net_usd_per_mw_year(
        lcoe_usd_per_mwh=designs["lcoe_usd_per_mwh"].to_numpy(),
        load_mwh=designs["load_mwh"].to_numpy(),
        availability_frac=designs["availability_frac"].to_numpy(),
        interruptions_per_year=designs["interruptions_per_year"].to_numpy(),
        settings=settings,
    )
