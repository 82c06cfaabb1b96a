"""What sizes are laid out from: the load, its peak, the ride-through reserve and the counts of units."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.plant.technology import FirmTechnology
from pipelines.settings import Settings

RECIP, FUEL_CELL = "recip_genset", "fuel_cell"
TURBINES = ("gas_turbine_5mw", "gas_turbine_small_industrial")
SMR, DIESEL = "smr", "diesel_standby_genset"


def base_load_mw(settings: Settings) -> float:
    """Return the bus load of a cool hour, which multiples of the load refer to (MW)."""
    return settings.site_it_mw * settings.it_load_factor * settings.pue_base


def peak_load_mw(settings: Settings) -> float:
    """Return the bus load at the design temperature (MW)."""
    rise = max(0.0, settings.hottest_temperature_c - settings.pue_base_temperature_c) * settings.pue_per_c
    return settings.site_it_mw * settings.it_load_factor * (settings.pue_base + rise)


def reserve(unit_mw: float, peak_mw: float, settings: Settings) -> tuple[float, float]:
    """Return power (MW) and energy (MWh) of the ride-through reserve: largest unit + load step for the start time."""
    power = unit_mw + settings.load_step_frac * peak_mw
    return power, power * settings.start_minutes / 60.0


def unit_counts(unit_mw: float, peak_mw: float, spare_share: float) -> range:
    """Return the unit counts from barely enough to `spare_share` of the peak in spares (at least three of them)."""
    least = max(1, int(-(-peak_mw * 0.9 // unit_mw)))
    most = max(least + 3, int(-(-peak_mw * (1.0 + spare_share) // unit_mw)))
    return range(least, most + 1)


@dataclass(frozen=True)
class Layout:
    """What a stack's sizes are made from.

    Attributes
    ----------
    load_mw : float
        Load at the bus that multiples refer to.
    peak_mw : float
        Load at the hottest hour that units and reserves are laid out for.
    unit : FirmTechnology
        Firm units of the stack.
    reserve_mw, reserve_mwh : float
        Ride-through reserve.
    counts : tuple[int, ...]
        Numbers of firm units that are laid out.
    """

    load_mw: float
    peak_mw: float
    unit: FirmTechnology
    reserve_mw: float
    reserve_mwh: float
    counts: tuple[int, ...]


def stack_layout(stack_id: str, technologies: dict[str, FirmTechnology], settings: Settings) -> Layout:
    """Return the layout of a stack with solar or battery: engines for an islanded one, standby gensets for a bridge."""
    peak = peak_load_mw(settings)
    unit = technologies[DIESEL if stack_id == "grid_bess_bridge" else RECIP]
    counts: tuple[int, ...] = (0,)
    if stack_id == "solar_bess_gas":
        counts = tuple(unit_counts(unit.unit_mw, peak, spare_share=0.7))
    elif stack_id == "grid_bess_bridge":
        counts = (0, *unit_counts(unit.unit_mw, peak, spare_share=0.3))
    return Layout(base_load_mw(settings), peak, unit, *reserve(unit.unit_mw, peak, settings), counts)
