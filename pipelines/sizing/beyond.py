"""Sizes beyond the design grid: the search of one site goes on where its best is as large as an axis, or misses."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from pipelines.contracts.base import REGISTRY
from pipelines.dispatch.basis import Layout
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.lattice import SUBSTEPS, place_of
from pipelines.economics.selection import keeps_composition, select_least_cost, share_of
from pipelines.plant.catalogue import stacks
from pipelines.plant.stack import Axes
from pipelines.reliability.campaign import Plant, assess_site
from pipelines.settings import Settings
from pipelines.sizing.fine import Lattice
from pipelines.sizing.market import Market

FACTORS = (1.5, 1.2, 1.08, 1.03, 1.012)
"""Steps of every size, one after the other: each until no neighbour is better."""
MOST_STEPS = 60
"""Steps of a search, however far its limits are from what can be built."""
LARGEST = {"solar_mw": 60.0, "bess_mw": 20.0, "bess_mwh": 400.0}
"""Sizes at which a search ends, as multiples of the load (MW, MW, MWh); no site is built so, and limits that need more
are missed."""
_LEAST_LOST = 1e-12


def limits_missed(settings: Settings) -> list[pl.Expr]:
    """Return by how much a design misses its limits, the one that counts first in front; 0 where it keeps them.

    The logarithm of the energy lost over what may be lost, then the share of sun or reactors that is missing. Reads
    availability_frac, stack_id, renewable_frac, baseload_mwh and load_mwh.
    """
    lost = (1.0 - pl.col("availability_frac")).clip(_LEAST_LOST)
    is_available = pl.col("availability_frac") >= settings.availability_target
    share = pl.lit(0.0)
    for stack in stacks(settings).values():
        if stack.floor is not None:
            missing = getattr(settings, stack.floor.setting) - share_of(stack.floor)
            share = pl.when(pl.col("stack_id") == stack.id).then(missing).otherwise(share)
    return [
        pl.when(is_available).then(0.0).otherwise((lost / (1.0 - settings.availability_target)).log()),
        share.clip(0.0),
    ]


def nearest(candidates: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Select one design of each stack: the least-cost one within its limits, else the one nearest to them.

    Parameters
    ----------
    candidates : pl.DataFrame
        Contract `sim.candidates`, of one region.
    settings : Settings

    Returns
    -------
    pl.DataFrame
        Contract `sim.chosen`. Of designs that miss, those that reach the availability come first, then those that miss
        it or the stack's share of sun or reactors by least, then the cheapest.
    """
    availability, share = limits_missed(settings)
    ordered = candidates.with_columns(_kept=keeps_composition(settings), _availability=availability, _share=share).sort(
        "_availability", "_share", pl.col("_kept").not_(), "lcoe_usd_per_mwh", "design_id"
    )
    first = ordered.unique("stack_id", keep="first", maintain_order=True)
    return select_least_cost(first.select(candidates.columns), settings)


def beyond_the_grid(
    site: SiteYear, plant: Plant, causes: pl.DataFrame, candidates: pl.DataFrame, market: Market
) -> pl.DataFrame:
    """Find designs better than the best of the lattice, where that lies at its upper edge or misses its limits.

    Every size and the number of firm units are moved up and down together by a factor, the best neighbour is taken, and
    the factor is made smaller where none is better: a pattern search (Hooke and Jeeves, Journal of the ACM 8, 1961),
    each design dispatched and assessed in double precision. No size falls below the least of the design grid, with
    which a part still is one.

    Parameters
    ----------
    site : SiteYear
    plant : Plant
        With the design grid.
    causes : pl.DataFrame
        The region's shared failures.
    candidates : pl.DataFrame
        Grid and lattice at the prices of the night, contract `sim.candidates`.
    market : Market

    Returns
    -------
    pl.DataFrame
        Contract `sim.candidates`: what the searches ended at; no row where none was needed.
    """
    lattice = Lattice.of(plant.technologies, market.settings)
    best = nearest(candidates, market.settings).filter(pl.col("stack_id").is_in(list(lattice.stacks))).to_dicts()
    ends = [
        _search(row, lattice.layouts[row["stack_id"]], site, plant, causes, market).select(candidates.columns)
        for row in best
        if not row["is_target_met"]
        or is_at_an_upper_end(
            row, lattice.stacks[row["stack_id"]].continuous(), lattice.layouts[row["stack_id"]].load_mw
        )
    ]
    return pl.concat([candidates.clear(), *ends])


def is_at_an_upper_end(design: Mapping[str, Any], axes: Axes, load_mw: float) -> bool:
    """Return whether a design is as large as an axis of its lattice, so that a better one may lie beyond.

    At a lower end a part is as small as it may be to still be one; what lies below is another stack.
    """
    places = zip(place_of(axes, dict(design), load_mw), axes.values.values(), strict=True)
    return any(place == (len(values) - 1) * SUBSTEPS for place, values in places)


def _search(
    start: Mapping[str, Any], layout: Layout, site: SiteYear, plant: Plant, causes: pl.DataFrame, market: Market
) -> pl.DataFrame:
    """Return the row of candidates that the search around a design ends at."""
    names = REGISTRY["sim.designs"].schema.column_names()
    best = {name: start[name] for name in names}
    grid = plant.designs.to_frame().filter(pl.col("stack_id") == start["stack_id"])
    room = {
        name: (grid[name].to_numpy().min(), most * layout.load_mw)
        for name, most in LARGEST.items()
        if start[name] > 0.0
    }
    at: pl.DataFrame | None = None
    steps = iter(range(MOST_STEPS))
    for factor in FACTORS:
        for _ in steps:
            designs = _neighbours(best, factor, room, layout)
            own = replace(plant, designs=DesignSet.from_frame(designs))
            rows = assess_site(site, own, causes, dtype=np.float64)
            annual, adequacy = (
                rows.select(REGISTRY[name].schema.column_names()) for name in ("sim.dispatch_annual", "sim.adequacy")
            )
            priced = market.price(designs, annual, adequacy)
            taken = nearest(priced, market.settings)["design_id"][0]
            at = priced.filter(pl.col("design_id") == taken)
            if taken == designs["design_id"][0]:
                break
            best = designs.row(by_predicate=pl.col("design_id") == taken, named=True)
    assert at is not None
    return at


def _neighbours(
    design: Mapping[str, Any], factor: float, room: Mapping[str, tuple[float, float]], layout: Layout
) -> pl.DataFrame:
    """Return a design and those around it within the room of each size, contract `sim.designs`; itself first."""
    sizes = {
        name: [design[name], max(design[name] / factor, least), min(design[name] * factor, most)]
        for name, (least, most) in room.items()
    }
    units = [design["firm_units"]]
    if design["firm_technology"]:
        units += [max(design["firm_units"] - 1, 1), design["firm_units"] + 1]
    rows = []
    for *values, count in itertools.product(*sizes.values(), units):
        row = dict(design) | dict(zip(sizes, values, strict=True)) | {"firm_units": count}
        solar, power = row["solar_mw"] / layout.load_mw, row["bess_mw"] / layout.load_mw
        hours = row["bess_mwh"] / row["bess_mw"]
        row["reserve_mw"], row["reserve_mwh"] = (
            float(own[0]) for own in layout.reserve_of(np.array([row["solar_mw"]]))
        )
        row["design_id"] = f"{row['stack_id']}-s{solar:.6g}-b{power:.6g}x{hours:.6g}h-n{count}"
        rows.append(row)
    return pl.DataFrame(rows).unique("design_id", keep="first", maintain_order=True)
