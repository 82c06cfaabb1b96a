"""What the parts of a stack can do: firm units and batteries, as the dispatch and the adequacy see them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class FirmTechnology:
    """One kind of dispatchable unit.

    Attributes
    ----------
    technology : str
        Name as in the reference table of technologies.
    unit_mw : float
        Rating of one unit at ISO conditions (MW AC).
    heat_rate_mmbtu_per_mwh : float
        Fuel at full load, higher heating value.
    no_load_frac : float
        Share of the full-load fuel that a running unit burns at zero output; fuel is linear between.
    min_load_frac : float
        Least output of a running unit, as a share of what it can give in that hour.
    forced_outage_rate : float
        Share of time a unit is on forced outage, where no temperature table applies.
    forced_outage_by_temperature : tuple[tuple[float, float], ...]
        (deg C, forced outage rate) of this prime mover, rising in temperature; empty where the facts give none.
    planned_outage_rate : float
        Share of the year a unit is on planned maintenance.
    mtbf_hours, mttr_hours : float
        Mean running time between trips and mean time to repair (h).
    derate_per_c, derate_above_c : float
        Share of output lost per deg C above the stated temperature.
    derate_per_km : float
        Share of output lost per km of altitude.
    fuel : str
        What the unit burns.
    start_failure : float
        Probability that a call of the unit fails.
    swing_frac : float
        Power of the grid-forming battery or capacitors that follow the swings of the load, as a share of the capacity
        that carries it.
    """

    technology: str
    unit_mw: float
    heat_rate_mmbtu_per_mwh: float
    no_load_frac: float
    min_load_frac: float
    forced_outage_rate: float
    forced_outage_by_temperature: tuple[tuple[float, float], ...]
    planned_outage_rate: float
    mtbf_hours: float
    mttr_hours: float
    derate_per_c: float
    derate_above_c: float
    derate_per_km: float
    fuel: str
    start_failure: float = 0.0
    swing_frac: float = 0.0

    def capacity_frac(self, temperature_c: NDArray[np.float64], elevation_m: float) -> NDArray[np.float64]:
        """Return the share of the rating that a unit can give, by hour.

        Parameters
        ----------
        temperature_c : NDArray[np.float64]
            Ambient temperature (deg C), shape (n_hours,).
        elevation_m : float
            Height of the site above the sea (m).

        Returns
        -------
        NDArray[np.float64]
            Shape (n_hours,), in (0, 1]; the cold gives no more than the rating.
        """
        heat = 1.0 - self.derate_per_c * np.maximum(np.asarray(temperature_c, float) - self.derate_above_c, 0.0)
        altitude = 1.0 - self.derate_per_km * max(elevation_m, 0.0) / 1000.0
        return np.clip(heat * altitude, 0.05, 1.0)


@dataclass(frozen=True)
class Battery:
    """A battery as seen at the AC bus; the round trip is the product of the two efficiencies.

    Attributes
    ----------
    charge_efficiency, discharge_efficiency : float
        One way, at the AC bus.
    soc_floor_frac, soc_start_frac : float
        Least state of charge, and that of the first hour, share of the energy.
    in_service_frac : float
        Mean share of its blocks that are in service: a dispatch without outages has this share of power and energy.
    """

    charge_efficiency: float
    discharge_efficiency: float
    soc_floor_frac: float
    soc_start_frac: float
    in_service_frac: float = 1.0
