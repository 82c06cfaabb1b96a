"""What a megawatt is worth: the discounted margin of the compute it powers, less the cost of the power."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.economics.capital import capital_recovery_factor
from pipelines.errors import ContractError
from pipelines.settings import Settings

_HOURS_PER_YEAR = 8760.0


def margin_usd_per_mw_year(settings: Settings) -> float:
    """Return the yearly margin of one MW of IT before power.

    Revenue less the annualised compute capital, which is bought when the MW is energised, less the operating cost that
    is not power. Revenue alone is never the margin.
    """
    capital = settings.compute_capex_usd_per_mw * capital_recovery_factor(
        settings.value_discount_rate, settings.compute_life_years
    )
    opex = settings.compute_capex_usd_per_mw * settings.nonpower_opex_frac
    return settings.revenue_usd_per_mw_year - capital - opex


def value_usd_per_mw(
    chosen: pl.DataFrame,
    online_share: NDArray[np.float64],
    settings: Settings,
    *,
    margin: float | None = None,
) -> NDArray[np.float64]:
    """Return the value of each chosen design per planned MW of IT.

    Sum over the months m = 1..M of the horizon of (1 + r)^(-m/12) x expected online share in m x (availability x
    (margin - power cost) - interruptions x restart time x margin), all per year / 12. Power cost is the levelised cost
    times the energy at the bus of one MW of IT.

    Parameters
    ----------
    chosen : pl.DataFrame
        lcoe_usd_per_mwh, availability_frac, load_mwh, interruptions_per_year; (n_rows,).
    online_share : NDArray[np.float64]
        Expected share of the site's IT online at the end of each month, shape (n_rows, n_months), n_months at least
        the horizon; row i belongs to row i of `chosen`.
    margin : float | None
        Margin before power (USD per MW of IT and year); the settings' when absent.

    Returns
    -------
    NDArray[np.float64]
        Value (USD per MW of IT), shape (n_rows,).

    Raises
    ------
    ContractError
        If the shares do not cover the rows or the horizon.
    """
    months = settings.horizon_months
    if online_share.shape[0] != chosen.height or online_share.shape[1] < months:
        raise ContractError(
            f"online_share: shape {online_share.shape} does not cover {chosen.height} rows and {months} months; "
            "build it from the same rows and horizon."
        )
    before_power = margin_usd_per_mw_year(settings) if margin is None else margin
    discount = (1.0 + settings.value_discount_rate) ** (-np.arange(1, months + 1) / 12.0)
    # One column at a time in a fixed order: the same sum on any number of threads.
    online = np.zeros(chosen.height)
    for month in range(months):
        online += discount[month] * online_share[:, month]
    return online / 12.0 * yearly_net_usd_per_mw(chosen, before_power, settings)


def yearly_net_usd_per_mw(chosen: pl.DataFrame, margin: float, settings: Settings) -> NDArray[np.float64]:
    """Return margin less power cost of one MW of IT that is online for a year, outages counted; shape (n_rows,)."""
    bus_mwh = chosen["load_mwh"].to_numpy() / settings.site_it_mw
    power = chosen["lcoe_usd_per_mwh"].to_numpy() * bus_mwh
    restart = chosen["interruptions_per_year"].to_numpy() * settings.restart_hours / _HOURS_PER_YEAR * margin
    return chosen["availability_frac"].to_numpy() * (margin - power) - restart
