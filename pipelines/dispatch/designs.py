"""The design grid: every sizing of every stack that a night dispatches. It depends on physics and settings, not prices.

Sizes are the same in every region, so that a design means the same everywhere; each stack's grid keeps the parts that
give the stack its name, so that no design belongs to two stacks.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.dispatch.basis import (
    DIESEL,
    FUEL_CELL,
    RECIP,
    SMR,
    TURBINES,
    base_load_mw,
    peak_load_mw,
    reserve,
    stack_layout,
    unit_counts,
)
from pipelines.dispatch.lattice import AXES, SUBSTEPS, grid_points, lattice_designs
from pipelines.plant.technology import FirmTechnology
from pipelines.settings import Settings

STACKS: dict[str, str] = {
    "solar_bess_gas": "Solar, battery and reciprocating gas engines, islanded; engines give what is still missing.",
    "gas_recip": "Reciprocating gas engines, islanded, with a battery reserve that bridges a trip.",
    "gas_turbine": "Small industrial gas turbines, islanded, with a battery reserve that bridges a trip.",
    "fuel_cell": "Solid-oxide fuel-cell blocks on natural gas, islanded, with a battery reserve that bridges a trip.",
    "solar_bess": "Solar and battery alone, islanded.",
    "grid": "Firm grid service with UPS and standby diesel gensets.",
    "grid_bess_bridge": "Flexible (interruptible) grid service; a battery carries the curtailed hours, standby diesel "
    "gensets the rest.",
    "smr_hybrid": "Small modular reactor units as baseload with reciprocating gas engines as follower, islanded.",
}
ISLANDED = {"solar_bess_gas", "gas_recip", "gas_turbine", "fuel_cell", "solar_bess", "smr_hybrid"}


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


def design_grid(technologies: dict[str, FirmTechnology], settings: Settings, *, solar_parts: int = 1) -> pl.DataFrame:
    """Return every design of every stack.

    Parameters
    ----------
    technologies : dict[str, FirmTechnology]
        Technology to its unit, for every firm technology that a stack uses.
    settings : Settings
        Site size, start time, load step and PUE are used.
    solar_parts : int
        Parts that each gap between the solar sizes of solar_bess_gas is split into; divides `SUBSTEPS`.

    Returns
    -------
    pl.DataFrame
        Contract `sim.designs`, in a fixed order.
    """
    load, peak = base_load_mw(settings), peak_load_mw(settings)
    own = itertools.chain(
        _firm_only("gas_recip", technologies[RECIP], settings, peak, spare_share=1.0),
        *(_firm_only("gas_turbine", technologies[name], settings, peak, spare_share=1.2) for name in TURBINES),
        _firm_only("fuel_cell", technologies[FUEL_CELL], settings, peak, spare_share=1.0),
        _grid(technologies[DIESEL], peak),
        _smr_hybrid(technologies, settings, load, peak),
    )
    places = {stack_id: grid_points(stack_id) for stack_id in AXES} | {
        "solar_bess_gas": _solar_bess_gas_places(solar_parts)
    }
    return pl.concat(
        [_lattice_grid(stack_id, technologies, settings, where) for stack_id, where in places.items()]
        + [pl.DataFrame([asdict(design) for design in own])]
    )


def _lattice_grid(
    stack_id: str, technologies: dict[str, FirmTechnology], settings: Settings, places: NDArray[np.int64]
) -> pl.DataFrame:
    """Return the designs at places of the lattice, each with every number of firm units."""
    layout = stack_layout(stack_id, technologies, settings)
    counts = np.array(layout.counts)
    return lattice_designs(stack_id, np.repeat(places, len(counts), axis=0), np.tile(counts, len(places)), layout)


def _solar_bess_gas_places(parts: int) -> NDArray[np.int64]:
    """Return every solar size with the batteries (multiple of the load, hours) that suit an hourly to daily shift."""
    batteries = (
        (0.5, 1.0), (0.5, 2.0), (0.75, 3.0), (1.0, 2.0), (1.0, 4.0), (1.0, 6.0), (1.0, 8.0), (1.5, 8.0), (1.5, 12.0),
    )  # fmt: skip
    solar, power, hours = AXES["solar_bess_gas"].values()
    pairs = [(power.index(p) * SUBSTEPS, hours.index(h) * SUBSTEPS) for p, h in batteries]
    sizes = range(0, (len(solar) - 1) * SUBSTEPS + 1, SUBSTEPS // parts)
    return np.array([(size, *pair) for size in sizes for pair in pairs])


def _firm_only(
    stack_id: str, technology: FirmTechnology, settings: Settings, peak_mw: float, *, spare_share: float
) -> Iterable[Design]:
    reserve_mw, reserve_mwh = reserve(technology.unit_mw, peak_mw, settings)
    for units in unit_counts(technology.unit_mw, peak_mw, spare_share):
        yield Design(
            f"{stack_id}-n{units}x{technology.unit_mw:g}",
            stack_id,
            reserve_mw=reserve_mw,
            reserve_mwh=reserve_mwh,
            firm_technology=technology.technology,
            firm_units=units,
            firm_unit_mw=technology.unit_mw,
        )


def _grid(standby: FirmTechnology, peak_mw: float) -> Iterable[Design]:
    for units in unit_counts(standby.unit_mw, peak_mw, spare_share=0.5):
        yield Design(
            f"grid-n{units}",
            "grid",
            grid_mw=1.1 * peak_mw,
            firm_technology=standby.technology,
            firm_units=units,
            firm_unit_mw=standby.unit_mw,
        )


def _smr_hybrid(
    technologies: dict[str, FirmTechnology], settings: Settings, load_mw: float, peak_mw: float
) -> Iterable[Design]:
    reactor, engine = technologies[SMR].unit_mw, technologies[RECIP].unit_mw
    reserve_mw, reserve_mwh = reserve(max(reactor, engine), peak_mw, settings)
    most = max(1, int(load_mw // reactor))
    for reactors, engines in itertools.product(
        range(max(1, most // 2), most + 1), unit_counts(engine, peak_mw * 0.5, spare_share=1.6)
    ):
        yield Design(
            f"smr_hybrid-r{reactors}-n{engines}",
            "smr_hybrid",
            reserve_mw=reserve_mw,
            reserve_mwh=reserve_mwh,
            baseload_technology=SMR,
            baseload_units=reactors,
            baseload_unit_mw=reactor,
            firm_technology=RECIP,
            firm_units=engines,
            firm_unit_mw=engine,
        )


def described_stacks(designs: pl.DataFrame) -> pl.DataFrame:
    """Return what each stack is made of and in how many sizes it is dispatched, contract `mart.stacks`.

    Parameters
    ----------
    designs : pl.DataFrame
        Contract `sim.designs`.
    """
    described = pl.DataFrame(
        [
            {"stack_id": stack_id, "description": sentence, "is_islanded": stack_id in ISLANDED}
            for stack_id, sentence in STACKS.items()
        ]
    )
    sizes = designs.group_by("stack_id", maintain_order=True).agg(pl.len().cast(pl.Int64).alias("designs"))
    return described.join(sizes, on="stack_id", how="left", maintain_order="left").sort("stack_id")
