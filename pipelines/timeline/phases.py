"""Phases of a plant as designs: what runs before the permanent plant, sized as if it carried the whole site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipelines.dispatch.basis import peak_load_mw, reserve
from pipelines.plant.catalogue import stacks
from pipelines.plant.stack import Part, Phase, Stack, Units
from pipelines.plant.technology import FirmTechnology
from pipelines.settings import Settings
from pipelines.timeline.plant import module_count, modules_on_firm_units, phase_units
from pipelines.timeline.rows import sizes_of

_POWERS: dict[Part, tuple[str, ...]] = {
    "solar": ("solar_mw",),
    "battery": ("bess_mw", "bess_mwh"),
    "reserve": ("reserve_mw", "reserve_mwh"),
    "grid": ("grid_mw",),
    "baseload": ("baseload_unit_mw",),
    "firm": ("firm_unit_mw",),
}
_NAMED = ("design_id", "stack_id", "firm_units", "firm_unit_mw", "baseload_units", "baseload_unit_mw")
"""What `phase_design_id` reads of a design."""
_UNITS: dict[Part, dict[str, Any]] = {
    "grid": {"is_grid_flexible": False},
    "baseload": {"baseload_technology": "", "baseload_units": 0},
    "firm": {"firm_technology": "", "firm_units": 0},
}


def phase_designs(
    designs: pl.DataFrame, technologies: Mapping[str, FirmTechnology], settings: Settings
) -> pl.DataFrame:
    """Make the designs of the phases before the permanent plant.

    In such a phase the firm units carry the modules that they can carry alone with one unit spare. Costs, outages and
    carbon per MWh do not change when units and load are scaled together, so the units are scaled up until they carry
    the whole site: the phase is then dispatched and priced like any other design. A design whose units carry no module
    alone has no such phase. Units that the phase brings are as many as carry the whole site with one spare.

    Parameters
    ----------
    designs : pl.DataFrame
        Contract `sim.designs`.
    technologies : Mapping[str, FirmTechnology]
        Technology to its unit.
    settings : Settings
        Site, modules, design temperature, the folder of the user's own stacks.

    Returns
    -------
    pl.DataFrame
        Contract `sim.designs`, each design once, in the order of `designs`.
    """
    found: dict[str, dict[str, Any]] = {}
    for row in designs.iter_rows(named=True):
        for phase in _early(row, settings):
            name = phase_design_id(row, phase, settings)
            if name in found:
                continue
            if phase.units is not None:
                own, share = _with_units(row, phase.units, technologies, settings), 1.0
            elif (share := _carried(row, settings)) > 0.0:
                own = _without_sun(row, phase, technologies, settings)
            else:
                continue
            found[name] = _scaled(own, phase, share) | {"design_id": name}
    return pl.DataFrame(list(found.values()), schema=designs.schema)


def phases_of(chosen: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """List the phases of chosen designs.

    Parameters
    ----------
    chosen : pl.DataFrame
        region_id and contract `sim.designs`.

    Returns
    -------
    pl.DataFrame
        region_id, stack_id, design_id, phase (from 1), phase_id, phase_design_id; the permanent plant among them.
    """
    known = stacks(settings)
    rows = []
    for row in chosen.select("region_id", *_NAMED).iter_rows(named=True):
        stack = known.get(row["stack_id"])
        for number, phase in enumerate(stack.phases if stack is not None else (), start=1):
            is_early = stack is not None and number < len(stack.phases)
            own = phase_design_id(row, phase, settings) if is_early else row["design_id"]
            rows.append((row["region_id"], row["stack_id"], row["design_id"], number, phase.id, own))
    names = dict.fromkeys(("region_id", "stack_id", "design_id", "phase", "phase_id", "phase_design_id"), pl.String)
    return pl.DataFrame(rows, schema=names | {"phase": pl.Int64}, orient="row")


def phases_needed(pairs: pl.DataFrame, designs: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return region_id, design_id of the early phases of designs that may be chosen in a region.

    Parameters
    ----------
    pairs : pl.DataFrame
        region_id, design_id.
    designs : pl.DataFrame
        Contract `sim.designs`, of all of them.
    """
    listed = phases_of(designs.with_columns(pl.lit("").alias("region_id")), settings)
    early = listed.filter(pl.col("phase_design_id") != pl.col("design_id"))
    found = pairs.join(early.select("design_id", "phase_design_id"), on="design_id", maintain_order="left")
    return found.select("region_id", pl.col("phase_design_id").alias("design_id")).unique(maintain_order=True)


def with_rentals(designs: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Mark the designs whose firm units are rented, so that pricing leaves their capital out.

    Parameters
    ----------
    designs : pl.DataFrame
        Contract `sim.designs`, phases among them.

    Returns
    -------
    pl.DataFrame
        The same with `is_firm_rented`; unchanged where no stack rents.
    """
    rented = [f"{stack.id}-{phase.id}-" for stack in stacks(settings).values() for phase in stack.early if phase.rental]
    if not rented:
        return designs
    is_rented = pl.any_horizontal(pl.col("design_id").str.starts_with(name) for name in rented)
    return designs.with_columns(is_rented.alias("is_firm_rented"))


def _with_units(
    design: dict[str, Any], units: Units, technologies: Mapping[str, FirmTechnology], settings: Settings
) -> dict[str, Any]:
    """Return a design with the units that a phase brings, and a reserve for one of them and the swings of the load."""
    swing = technologies[units.technology].swing_frac
    reserve_mw, reserve_mwh = reserve(units.unit_mw, swing, peak_load_mw(settings), settings)
    return design | _brought(units, settings) | {"reserve_mw": reserve_mw, "reserve_mwh": reserve_mwh}


def _brought(units: Units, settings: Settings) -> dict[str, Any]:
    return {
        "firm_technology": units.technology,
        "firm_units": phase_units(units.unit_mw, module_count(settings), settings),
        "firm_unit_mw": units.unit_mw,
    }


def _without_sun(
    design: dict[str, Any], phase: Phase, technologies: Mapping[str, FirmTechnology], settings: Settings
) -> dict[str, Any]:
    """Return a design with the reserve that its units need where the phase has no solar whose clouds it would carry."""
    if "solar" in phase.parts or design["solar_mw"] <= 0.0 or design["reserve_mw"] <= 0.0:
        return design
    swing = technologies[design["firm_technology"]].swing_frac
    reserve_mw, reserve_mwh = reserve(design["firm_unit_mw"], swing, peak_load_mw(settings), settings)
    return design | {"reserve_mw": reserve_mw, "reserve_mwh": reserve_mwh}


def phase_design_id(design: dict[str, Any], phase: Phase, settings: Settings) -> str:
    """Return the name of the design of a phase: phases of the same units are one."""
    if phase.units is not None:
        design = design | _brought(phase.units, settings)
    parts = [f"n{design['firm_units']}x{design['firm_unit_mw']:g}"]
    if "baseload" in phase.parts:
        parts.append(f"r{design['baseload_units']}x{design['baseload_unit_mw']:g}")
    return "-".join([design["stack_id"], phase.id, *parts])


def _early(design: dict[str, Any], settings: Settings) -> tuple[Phase, ...]:
    stack: Stack | None = stacks(settings).get(design["stack_id"])
    return stack.early if stack is not None else ()


def _carried(design: dict[str, Any], settings: Settings) -> float:
    """Return the share of the site's modules that the firm units carry alone."""
    return modules_on_firm_units(sizes_of(design), settings) / module_count(settings)


def _scaled(design: dict[str, Any], phase: Phase, share: float) -> dict[str, Any]:
    """Return a design without the parts that the phase lacks, its own parts scaled up by the share that they carry."""
    made = dict(design)
    for part, columns in _POWERS.items():
        if part in phase.parts:
            made |= {name: design[name] / share for name in columns}
        else:
            made |= dict.fromkeys(columns, 0.0) | _UNITS.get(part, {})
    return made
