"""The design grid: every sizing of every stack that a night dispatches. It depends on physics and settings, not prices.

Sizes are the same in every region, so that a design means the same everywhere; each stack's grid keeps the parts that
give the stack its name, so that no design belongs to two stacks.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.dispatch.basis import base_load_mw, fleet_counts, peak_load_mw, reserve, stack_layout
from pipelines.dispatch.lattice import SUBSTEPS, grid_points, lattice_designs
from pipelines.errors import InputError
from pipelines.plant.catalogue import stacks
from pipelines.plant.stack import Axes, Stack
from pipelines.plant.technology import FirmTechnology
from pipelines.reference.technologies import FILE
from pipelines.reference.technologies import technologies as known_technologies
from pipelines.settings import Settings


@dataclass(frozen=True)
class Design:
    """One sizing of one stack; powers in MW AC, energies in MWh, an absent part is 0 and an empty name."""

    design_id: str
    stack_id: str
    solar_mw: float = 0.0
    bess_mw: float = 0.0
    bess_mwh: float = 0.0
    reserve_mw: float = 0.0
    reserve_mwh: float = 0.0
    grid_mw: float = 0.0
    is_grid_flexible: bool = False
    baseload_technology: str = ""
    baseload_units: int = 0
    baseload_unit_mw: float = 0.0
    firm_technology: str = ""
    firm_units: int = 0
    firm_unit_mw: float = 0.0
    rule: str = "load_following"


def design_grid(
    technologies: Mapping[str, FirmTechnology], settings: Settings, *, solar_parts: int = 1
) -> pl.DataFrame:
    """Return every design of every stack.

    Parameters
    ----------
    technologies : Mapping[str, FirmTechnology]
        Technology to its unit, for every firm technology that a stack uses.
    settings : Settings
        Site size, start time, load step and PUE; the folder of the user's own stacks.
    solar_parts : int
        Parts that each gap between the solar sizes is split into, where the batteries of the grid are listed; divides
        `SUBSTEPS`.

    Returns
    -------
    pl.DataFrame
        Contract `sim.designs`, by stack in order of their ids.
    """
    frames = []
    for stack in stacks(settings).values():
        _need_technologies(stack, technologies)
        if stack.axes is not None:
            layout = stack_layout(stack, technologies, settings)
            places, counts = _places(stack.axes, solar_parts), np.array(layout.counts)
            every = np.repeat(places, len(counts), axis=0), np.tile(counts, len(places))
            frames.append(lattice_designs(stack, *every, layout))
        else:
            frames.append(pl.DataFrame([asdict(design) for design in _unit_designs(stack, technologies, settings)]))
    return pl.concat(frames)


def _need_technologies(stack: Stack, technologies: Mapping[str, FirmTechnology]) -> None:
    unknown = [name for name in stack.technologies if name not in technologies]
    if unknown:
        raise InputError(
            f"technology {unknown[0]!r} of stack {stack.id!r} has no unit",
            file=FILE,
            column="technology",
            remedy="add a row with its unit_mw",
        )


def _places(axes: Axes, parts: int) -> NDArray[np.int64]:
    """Return the lattice points of the design grid; of listed pairs, those with every value of the first axis."""
    if not axes.pairs:
        return grid_points(axes)
    first, *others = axes.values.values()
    pairs = [[own.index(value) * SUBSTEPS for own, value in zip(others, pair, strict=True)] for pair in axes.pairs]
    sizes = range(0, (len(first) - 1) * SUBSTEPS + 1, SUBSTEPS // parts)
    return np.array([(size, *pair) for size in sizes for pair in pairs])


def _unit_designs(stack: Stack, technologies: Mapping[str, FirmTechnology], settings: Settings) -> Iterable[Design]:
    """Return the designs of a stack without continuous sizes: every number of units of its fleets."""
    load_mw, peak_mw = base_load_mw(settings), peak_load_mw(settings)
    assert stack.firm is not None
    baseload = technologies[stack.baseload] if stack.baseload else None
    most = max(1, round(load_mw / baseload.unit_mw)) if baseload else 0
    baseload_counts = range(max(1, most // 2), most + 1) if baseload else range(1)
    for unit in (technologies[name] for name in stack.firm.technologies):
        largest = max(unit.unit_mw, baseload.unit_mw if baseload else 0.0)
        swing = max(unit.swing_frac, baseload.swing_frac if baseload else 0.0)
        has_reserve = "reserve" in stack.parts
        reserve_mw, reserve_mwh = reserve(largest, swing, peak_mw, settings) if has_reserve else (0.0, 0.0)
        for reactors, units in itertools.product(baseload_counts, fleet_counts(stack.firm, unit.unit_mw, peak_mw)):
            name = stack.design_name.format(reactors=reactors, units=units, unit_mw=unit.unit_mw)
            yield Design(
                f"{stack.id}-{name}",
                stack.id,
                reserve_mw=reserve_mw,
                reserve_mwh=reserve_mwh,
                grid_mw=stack.grid.per_peak * peak_mw if stack.grid else 0.0,
                is_grid_flexible=bool(stack.grid and stack.grid.is_flexible),
                baseload_technology=stack.baseload,
                baseload_units=reactors,
                baseload_unit_mw=baseload.unit_mw if baseload else 0.0,
                firm_technology=unit.technology,
                firm_units=units,
                firm_unit_mw=unit.unit_mw,
            )


def described_stacks(designs: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return what each stack is made of and in how many sizes it is dispatched, contract `mart.stacks`.

    Parameters
    ----------
    designs : pl.DataFrame
        Contract `sim.designs`.
    settings : Settings
        The folders of the user's own stacks and of the reference tables.
    """
    known = known_technologies(settings)
    described = pl.DataFrame(
        [
            {
                "stack_id": stack.id,
                "label": stack.label,
                "description": stack.sentence,
                "is_islanded": stack.is_islanded,
                "firm_label": known[stack.firm.technologies[0]].label if stack.firm else "",
                "baseload_label": known[stack.baseload].label if stack.baseload else "",
                "former_stack_id": stack.former_id,
            }
            for stack in stacks(settings).values()
        ]
    )
    sizes = designs.group_by("stack_id", maintain_order=True).agg(pl.len().cast(pl.Int64).alias("designs"))
    return described.join(sizes, on="stack_id", how="left", maintain_order="left").sort("stack_id")
