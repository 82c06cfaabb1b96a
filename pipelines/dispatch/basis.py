"""What sizes are made from: the load, its peak, the ride-through reserve and the counts of units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.plant.load import design_pue
from pipelines.plant.stack import Fleet, Stack
from pipelines.plant.technology import FirmTechnology
from pipelines.settings import Settings


def base_load_mw(settings: Settings) -> float:
    """Return the mean bus load of a cool hour, which multiples of the load refer to (MW)."""
    return settings.site_it_mw * settings.it_load_factor * settings.pue_base


def peak_load_mw(settings: Settings) -> float:
    """Return the bus load of the whole IT rating at the design temperature (MW), which the plant is sized for."""
    return settings.site_it_mw * design_pue(settings)


def reserve(unit_mw: float, swing_frac: float, peak_mw: float, settings: Settings) -> tuple[float, float]:
    """Compute power (MW) and energy (MWh) of the ride-through reserve of an islanded site.

    Parameters
    ----------
    unit_mw : float
        Rating of the largest unit that may trip.
    swing_frac : float
        Of `FirmTechnology`: power that follows the swings of the load, share of the capacity that carries it. The
        peak load is that capacity; spare units add nothing to the swings.
    peak_mw : float
    settings : Settings

    Returns
    -------
    tuple[float, float]
        Power for the loss of the unit with a load step, or for the swings, whichever is more; energy for the start
        time of a unit at that power.
    """
    power = max(unit_mw + settings.load_step_frac * peak_mw, settings.swing_reserve_factor * swing_frac * peak_mw)
    return power, power * settings.start_minutes / 60.0


def unit_counts(unit_mw: float, peak_mw: float, spare_share: float) -> range:
    """Return the unit counts from barely enough to `spare_share` of the peak in spares (at least three of them)."""
    least = max(1, int(-(-peak_mw * 0.9 // unit_mw)))
    most = max(least + 3, int(-(-peak_mw * (1.0 + spare_share) // unit_mw)))
    return range(least, most + 1)


def fleet_counts(fleet: Fleet, unit_mw: float, peak_mw: float) -> tuple[int, ...]:
    """Return the numbers of units that a fleet is dispatched with, none among them where it is optional."""
    counts = unit_counts(unit_mw, peak_mw * fleet.load_share, fleet.spare_share)
    return (0, *counts) if fleet.is_optional else tuple(counts)


@dataclass(frozen=True)
class Layout:
    """What a stack's sizes are made from.

    Attributes
    ----------
    load_mw : float
        Load at the bus that multiples refer to.
    peak_mw : float
        Load at the design temperature, which units and reserves are sized for.
    unit : FirmTechnology | None
        Firm units of the stack; None without.
    reserve_mw, reserve_mwh : float
        Ride-through reserve.
    counts : tuple[int, ...]
        Numbers of firm units that are dispatched.
    cloud_ramp_frac : float
        Share of the solar rating that the reserve carries; 0 where a stack has no sun or no reserve.
    """

    load_mw: float
    peak_mw: float
    unit: FirmTechnology | None
    reserve_mw: float
    reserve_mwh: float
    counts: tuple[int, ...]
    cloud_ramp_frac: float = 0.0

    def reserve_of(self, solar_mw: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Compute power (MW) and energy (MWh) of the ride-through reserve beside so much solar (MW AC), shape (n,).

        It carries the loss of a running unit with a load step, the swings of the load, or the solar that clouds take
        from the load while units start, whichever is most; all last for the start time.
        """
        power = np.maximum(self.reserve_mw, self.cloud_ramp_frac * np.minimum(solar_mw, self.peak_mw))
        hours = self.reserve_mwh / self.reserve_mw if self.reserve_mw > 0.0 else 0.0
        return power, power * hours


def stack_layout(stack: Stack, technologies: Mapping[str, FirmTechnology], settings: Settings) -> Layout:
    """Return what the sizes of a stack with continuous sizes are made from; without firm units the one count is 0."""
    peak = peak_load_mw(settings)
    if stack.firm is None:
        return Layout(base_load_mw(settings), peak, None, 0.0, 0.0, (0,))
    unit = technologies[stack.firm.technologies[0]]
    power, energy = reserve(unit.unit_mw, unit.swing_frac, peak, settings) if "reserve" in stack.parts else (0.0, 0.0)
    counts = fleet_counts(stack.firm, unit.unit_mw, peak)
    ramp = settings.cloud_ramp_frac if {"solar", "reserve"} <= stack.parts else 0.0
    return Layout(base_load_mw(settings), peak, unit, power, energy, counts, ramp)
