"""Electrical load of a site at its bus: IT load times a PUE that rises with outdoor temperature."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.settings import Settings


def pue(temperature_c: NDArray[np.float64] | np.float64, settings: Settings) -> NDArray[np.float64]:
    """Return power usage effectiveness: flat while outdoor air cools, then linear with temperature.

    Parameters
    ----------
    temperature_c : NDArray[np.float64]
        Outdoor dry-bulb temperature (deg C), shape (n_hours,) or one figure.
    settings : Settings
        `pue_base`, `pue_base_temperature_c`, `pue_per_c`.

    Returns
    -------
    NDArray[np.float64]
        Site energy over IT energy, shape (n_hours,), at least `pue_base`.
    """
    above = np.maximum(temperature_c - settings.pue_base_temperature_c, 0.0)
    return settings.pue_base + settings.pue_per_c * above


def design_pue(settings: Settings) -> float:
    """Return the PUE at the design temperature, at which everything that serves the load is sized and counted."""
    return float(pue(np.float64(settings.design_temperature_c), settings))


def load_mw(temperature_c: NDArray[np.float64], settings: Settings) -> NDArray[np.float64]:
    """Return the load at the site bus, as the mean of each hour.

    IT runs at `it_load_factor` of its rating in the mean; what lies between that and the rating swings within seconds
    and is carried by the grid-forming reserve.

    Parameters
    ----------
    temperature_c : NDArray[np.float64]
        Outdoor dry-bulb temperature (deg C), shape (n_hours,).
    settings : Settings
        `site_it_mw`, `it_load_factor` and the PUE settings.

    Returns
    -------
    NDArray[np.float64]
        Load (MW), shape (n_hours,).

    Raises
    ------
    ValueError
        If a temperature is not a finite number, which would hide as a load of NaN.
    """
    temperature_c = np.asarray(temperature_c, dtype=np.float64)
    if not np.isfinite(temperature_c).all():
        raise ValueError("temperature_c holds a value that is not finite; fill the weather year first")
    return settings.site_it_mw * settings.it_load_factor * pue(temperature_c, settings)
