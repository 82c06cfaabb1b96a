"""Losses of the gas supply in hard frost: when they can strike, and which units they strike."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipelines.plant.technology import FirmTechnology
from pipelines.reliability.parts import Chain, chain
from pipelines.settings import Settings


def gas_freeze(temperature_c: NDArray[np.float64], settings: Settings, step_hours: float = 1.0) -> Chain:
    """Return the failures and repairs of the gas supply through frost, by hour.

    Wells and gathering lines freeze in cold that a region is not built for. So the supply can fail in the coldest
    hours of the region's own year, as far as they are below a limit.

    Parameters
    ----------
    temperature_c : NDArray[np.float64]
        Ambient temperature (deg C), shape (n_hours,).
    settings : Settings
        Share of the year that is cold for the region, the limit, the share of such hours without gas, and the mean
        length of one loss, which may outlast the cold.
    step_hours : float
        Length of one step (h).
    """
    limit = min(float(np.quantile(temperature_c, settings.gas_freeze_coldest_frac)), settings.gas_freeze_below_c)
    while_cold = chain(settings.gas_freeze_outage_frac, settings.gas_freeze_hours, step_hours)
    return Chain(np.where(temperature_c <= limit, while_cold.failure, 0.0), while_cold.repair)


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


def is_struck_by_frost(technology: FirmTechnology) -> bool:
    """Return whether losses of gas in frost are to be counted for a unit.

    Outage rates over temperature are records of whole plants, fuel failures included (Murphy, Sowell and Apt, Applied
    Energy 2019): a unit with such a table has its frost already.
    """
    return technology.fuel == "natural_gas" and not technology.forced_outage_by_temperature
