"""Losses of the gas supply in freeze-offs of its basin: when they can strike, and which units they strike."""

from __future__ import annotations

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from pipelines.plant.technology import FirmTechnology
from pipelines.reliability.common_mode import GAS_BASIN
from pipelines.reliability.parts import Chain
from pipelines.settings import Settings


def gas_freeze(
    temperature_c: NDArray[np.float64], causes: pl.DataFrame, settings: Settings, step_hours: float = 1.0
) -> Chain:
    """Compute the failures and repairs of the gas supply through freeze-offs of its basin, by hour.

    Wells and gathering lines freeze in cold that they are not built for. The cold spell that does it is wider than the
    basin, so a loss begins in the coldest hours of the region's own year, and may outlast them.

    Parameters
    ----------
    temperature_c : NDArray[np.float64]
        Ambient temperature (deg C), shape (n_hours,).
    causes : pl.DataFrame
        Shared failures as from `common_mode`: events per year of `GAS_BASIN` and their mean length (h).
    settings : Settings
        Share of the year in which a loss may begin.
    step_hours : float
        Length of one step (h).

    Returns
    -------
    Chain
        Out for events x length hours a year in expectation; without the cause, never.
    """
    found = causes.filter(pl.col("cause") == GAS_BASIN)
    share = float(found["unavailability_frac"].sum())
    if share <= 0.0:
        return Chain(np.zeros(len(temperature_c)), 1.0)
    is_cold = temperature_c <= np.quantile(temperature_c, settings.gas_freeze_coldest_frac)
    # The simulation starts a part in the balance of its first step, which would be one of lasting cold.
    is_cold[0] = False
    repair = min(1.0, step_hours / float(found["hours_per_event"][0]))
    each = Chain(np.where(is_cold, 1e-9, 0.0), repair)
    lost = float(outage_probability(each, len(temperature_c)).sum())
    # What begins late in the year ends with it: the rate is that of the hours lost, not of the events.
    failure = 1e-9 * share * len(temperature_c) / lost if lost > 0.0 else 0.0
    return Chain(np.where(is_cold, min(failure, 1.0), 0.0), repair)


def outage_probability(outage: Chain, n_steps: int) -> NDArray[np.float64]:
    """Return the probability of being on outage in every step, shape (n_steps,).

    Parameters
    ----------
    outage : Chain
        The first step has the share of time that its own rates would keep up, as in the simulation.
    n_steps : int
    """
    failure = np.broadcast_to(np.asarray(outage.failure, dtype=np.float64), (n_steps,))
    return _down(np.ascontiguousarray(failure), float(outage.repair)) if failure.any() else np.zeros(n_steps)


@njit(cache=True, nogil=True)
def _down(failure: NDArray[np.float64], repair: float) -> NDArray[np.float64]:  # pragma: no cover
    down = np.zeros(len(failure))
    if failure[0] > 0.0:
        down[0] = failure[0] / (failure[0] + repair)
    for step in range(1, len(failure)):
        down[step] = down[step - 1] * (1.0 - repair) + (1.0 - down[step - 1]) * failure[step]
    return down


def loses_gas(technology: FirmTechnology) -> bool:
    """Return whether a unit is without fuel when the gas supply is lost.

    Outage rates over temperature hold the fuel failures of single plants (Murphy, Sowell and Apt, Applied Energy 2019):
    they are small beside a freeze-off, which takes every unit of a site at once, and are counted beside it.
    """
    return technology.fuel == "natural_gas"
