"""The design grid: every sizing of every stack that a night dispatches. It depends on physics and settings, not prices.

Sizes are the same in every region, so that a design means the same everywhere; each stack's grid keeps the parts that
give the stack its name, so that no design belongs to two stacks.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import polars as pl

from pipelines.plant.technology import FirmTechnology
from pipelines.settings import Settings

STACKS: dict[str, str] = {
    "solar_bess_gas": "Solar, battery and reciprocating gas engines, islanded; engines give what is still missing.",
    "gas_recip": "Reciprocating gas engines, islanded, with a battery reserve that bridges a trip.",
    "gas_turbine": "Small industrial gas turbines, islanded, with a battery reserve that bridges a trip.",
    "fuel_cell": "Solid-oxide fuel-cell blocks on natural gas, islanded, with a battery reserve that bridges a trip.",
    "solar_bess": "Solar and battery alone, islanded.",
    "grid": "Firm grid service with UPS and standby diesel gensets.",
    "grid_bess_bridge": "Flexible (interruptible) grid service; a battery carries the curtailed hours, standby diesel gensets the rest.",
    "smr_hybrid": "Small modular reactor units as baseload with reciprocating gas engines as follower, islanded.",
}
ISLANDED = {"solar_bess_gas", "gas_recip", "gas_turbine", "fuel_cell", "solar_bess", "smr_hybrid"}
RECIP, FUEL_CELL = "recip_genset", "fuel_cell"
TURBINES = ("gas_turbine_5mw", "gas_turbine_small_industrial")
SMR, DIESEL = "smr", "diesel_standby_genset"


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


def peak_load_mw(settings: Settings) -> float:
    """Return the bus load at the design temperature (MW)."""
    rise = max(0.0, settings.hottest_temperature_c - settings.pue_base_temperature_c) * settings.pue_per_c
    return settings.site_it_mw * settings.it_load_factor * (settings.pue_base + rise)


def design_grid(technologies: dict[str, FirmTechnology], settings: Settings) -> pl.DataFrame:
    """Return every design of every stack.

    Parameters
    ----------
    technologies : dict[str, FirmTechnology]
        Technology to its unit, for every firm technology that a stack uses.
    settings : Settings
        Site size, start time, load step and PUE are used.

    Returns
    -------
    pl.DataFrame
        Contract `sim.designs`, in a fixed order.
    """
    load = settings.site_it_mw * settings.it_load_factor * settings.pue_base
    peak = peak_load_mw(settings)
    designs = itertools.chain(
        _solar_bess_gas(technologies, settings, load, peak),
        _firm_only("gas_recip", technologies[RECIP], settings, peak, spare_share=1.0),
        *(_firm_only("gas_turbine", technologies[name], settings, peak, spare_share=1.2) for name in TURBINES),
        _firm_only("fuel_cell", technologies[FUEL_CELL], settings, peak, spare_share=1.0),
        _solar_bess(load),
        _grid(technologies[DIESEL], peak),
        _grid_bess_bridge(technologies[DIESEL], peak),
        _smr_hybrid(technologies, settings, load, peak),
    )
    return pl.DataFrame([asdict(design) for design in designs])


def reserve(unit_mw: float, peak_mw: float, settings: Settings) -> tuple[float, float]:
    """Return power (MW) and energy (MWh) of the ride-through reserve: largest unit + load step for the start time."""
    power = unit_mw + settings.load_step_frac * peak_mw
    return power, power * settings.start_minutes / 60.0


def _unit_counts(unit_mw: float, peak_mw: float, spare_share: float) -> range:
    """Return the unit counts from barely enough to `spare_share` of the peak in spares (at least three of them)."""
    least = max(1, int(-(-peak_mw * 0.9 // unit_mw)))
    most = max(least + 3, int(-(-peak_mw * (1.0 + spare_share) // unit_mw)))
    return range(least, most + 1)


def _solar_bess_gas(
    technologies: dict[str, FirmTechnology], settings: Settings, load_mw: float, peak_mw: float
) -> Iterable[Design]:
    unit = technologies[RECIP].unit_mw
    reserve_mw, reserve_mwh = reserve(unit, peak_mw, settings)
    solar_multiples = (1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0)
    batteries = ((0.5, 1.0), (0.5, 2.0), (0.75, 3.0), (1.0, 2.0), (1.0, 4.0), (1.0, 6.0), (1.0, 8.0), (1.5, 8.0), (1.5, 12.0))
    for solar, (power, hours), units in itertools.product(
        solar_multiples, batteries, _unit_counts(unit, peak_mw, spare_share=0.7)
    ):
        solar_mw, bess_mw = solar * load_mw, power * load_mw
        yield Design(
            f"solar_bess_gas-s{solar:g}-b{power:g}x{hours:g}h-n{units}",
            "solar_bess_gas",
            solar_mw=solar_mw,
            bess_mw=bess_mw,
            bess_mwh=bess_mw * hours,
            reserve_mw=reserve_mw,
            reserve_mwh=reserve_mwh,
            firm_technology=RECIP,
            firm_units=units,
            firm_unit_mw=unit,
        )


def _firm_only(
    stack_id: str, technology: FirmTechnology, settings: Settings, peak_mw: float, *, spare_share: float
) -> Iterable[Design]:
    reserve_mw, reserve_mwh = reserve(technology.unit_mw, peak_mw, settings)
    for units in _unit_counts(technology.unit_mw, peak_mw, spare_share):
        yield Design(
            f"{stack_id}-n{units}x{technology.unit_mw:g}",
            stack_id,
            reserve_mw=reserve_mw,
            reserve_mwh=reserve_mwh,
            firm_technology=technology.technology,
            firm_units=units,
            firm_unit_mw=technology.unit_mw,
        )


def _solar_bess(load_mw: float) -> Iterable[Design]:
    for solar, hours in itertools.product(
        (4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0), (12.0, 16.0, 20.0, 24.0, 36.0, 48.0, 72.0, 96.0)
    ):
        # Discharge must carry the load alone; charging must take most of the noon surplus.
        power = max(1.25, 0.5 * (solar - 1.0))
        yield Design(
            f"solar_bess-s{solar:g}-b{hours:g}h",
            "solar_bess",
            solar_mw=solar * load_mw,
            bess_mw=power * load_mw,
            bess_mwh=hours * load_mw,
        )


def _grid(standby: FirmTechnology, peak_mw: float) -> Iterable[Design]:
    for units in _unit_counts(standby.unit_mw, peak_mw, spare_share=0.5):
        yield Design(
            f"grid-n{units}",
            "grid",
            grid_mw=1.1 * peak_mw,
            firm_technology=standby.technology,
            firm_units=units,
            firm_unit_mw=standby.unit_mw,
        )


def _grid_bess_bridge(standby: FirmTechnology, peak_mw: float) -> Iterable[Design]:
    for hours, units in itertools.product(
        (1.0, 2.0, 4.0, 6.0, 8.0, 12.0), (0, *_unit_counts(standby.unit_mw, peak_mw, spare_share=0.3))
    ):
        yield Design(
            f"grid_bess_bridge-b{hours:g}h-n{units}",
            "grid_bess_bridge",
            bess_mw=peak_mw,
            bess_mwh=peak_mw * hours,
            grid_mw=1.1 * peak_mw,
            is_grid_flexible=True,
            firm_technology=standby.technology if units else "",
            firm_units=units,
            firm_unit_mw=standby.unit_mw if units else 0.0,
        )


def _smr_hybrid(
    technologies: dict[str, FirmTechnology], settings: Settings, load_mw: float, peak_mw: float
) -> Iterable[Design]:
    reactor, engine = technologies[SMR].unit_mw, technologies[RECIP].unit_mw
    reserve_mw, reserve_mwh = reserve(max(reactor, engine), peak_mw, settings)
    most = max(1, int(load_mw // reactor))
    for reactors, engines in itertools.product(
        range(max(1, most // 2), most + 1), _unit_counts(engine, peak_mw * 0.5, spare_share=1.6)
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
