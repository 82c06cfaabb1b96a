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
    return settings.revenue_usd_per_mw_year - settings.compute_capex_usd_per_mw * compute_charge_frac(settings)


def compute_charge_frac(settings: Settings) -> float:
    """Return the yearly cost of compute capital, share of it: recovery over its life plus operation without power."""
    return (
        capital_recovery_factor(settings.value_discount_rate, settings.compute_life_years) + settings.nonpower_opex_frac
    )


def discount_by_month(settings: Settings) -> NDArray[np.float64]:
    """Return (1 + r)^(-m/12) / 12 for the months m = 1..M of the horizon: the years a month online is worth."""
    months = np.arange(1, settings.horizon_months + 1)
    return np.asarray((1.0 + settings.value_discount_rate) ** (-months / 12.0) / 12.0, dtype=np.float64)


def online_years_discounted(online_share: NDArray[np.float64], settings: Settings) -> NDArray[np.float64]:
    """Return the discounted years that one planned MW is expected to be online within the horizon.

    Parameters
    ----------
    online_share : NDArray[np.float64]
        Expected share of the site's IT online at the end of each month, shape (n_rows, n_months), n_months at least
        the horizon.

    Returns
    -------
    NDArray[np.float64]
        Years, shape (n_rows,).

    Raises
    ------
    ContractError
        If the shares do not cover the horizon.
    """
    discount = discount_by_month(settings)
    if online_share.shape[1] < discount.size:
        raise ContractError(
            f"online_share: shape {online_share.shape} does not cover {discount.size} months; "
            "build it with the same horizon."
        )
    # One column at a time in a fixed order: the same sum on any number of threads.
    years = np.zeros(online_share.shape[0])
    for month, worth in enumerate(discount):
        years += worth * online_share[:, month]
    return years


def net_usd_per_mw_year(
    *,
    lcoe_usd_per_mwh: NDArray[np.float64],
    load_mwh: NDArray[np.float64],
    availability_frac: NDArray[np.float64],
    interruptions_per_year: NDArray[np.float64],
    settings: Settings,
    margin: float | None = None,
) -> NDArray[np.float64]:
    """Compute what a MW of IT online earns in a year: availability x (margin - power) - restarts, shape (n_rows,).

    Parameters
    ----------
    lcoe_usd_per_mwh : NDArray[np.float64]
        Levelised cost per MWh served at the bus, shape (n_rows,) as all of them.
    load_mwh : NDArray[np.float64]
        Energy demanded at the bus of the site (MWh/year).
    availability_frac : NDArray[np.float64]
        Energy served of that demanded.
    interruptions_per_year : NDArray[np.float64]
        Interruptions of the whole site.
    settings : Settings
    margin : float | None
        Margin before power (USD per MW of IT and year); the settings' when absent.
    """
    before_power = margin_usd_per_mw_year(settings) if margin is None else margin
    power = _power(lcoe_usd_per_mwh, load_mwh, settings)
    return availability_frac * (before_power - power) - _restart(interruptions_per_year, before_power, settings)


def _power(lcoe: NDArray[np.float64], load_mwh: NDArray[np.float64], settings: Settings) -> NDArray[np.float64]:
    return lcoe * load_mwh / settings.site_it_mw


def _restart(interruptions: NDArray[np.float64], margin: float, settings: Settings) -> NDArray[np.float64]:
    return interruptions * settings.restart_hours / _HOURS_PER_YEAR * margin


def value_columns(
    chosen: pl.DataFrame,
    online_share: NDArray[np.float64],
    settings: Settings,
    *,
    margin: float | None = None,
) -> pl.DataFrame:
    """Return the value of each chosen design per planned MW of IT, and the factors it is made of.

    value = online_years_discounted x net_usd_per_mw_year, and
    net_usd_per_mw_year = availability x (margin - power_usd_per_mw_year) - restart_usd_per_mw_year;
    power is the levelised cost times the energy at the bus of one MW of IT, restarts cost the margin of the time that
    the compute takes to come back.

    Parameters
    ----------
    chosen : pl.DataFrame
        Contract `sim.phased`: lcoe_usd_per_mwh, load_mwh, online_availability_frac, online_interruptions_per_year;
        (n_rows,).
    online_share : NDArray[np.float64]
        As in `online_years_discounted`; row i belongs to row i of `chosen`.
    margin : float | None
        Margin before power (USD per MW of IT and year); the settings' when absent.

    Returns
    -------
    pl.DataFrame
        online_years_discounted, power_usd_per_mw_year, restart_usd_per_mw_year, unserved_usd_per_mw_year,
        net_usd_per_mw_year, value_usd_per_mw, delay_usd_per_mw_month; (n_rows,).

    Raises
    ------
    ContractError
        If the shares do not cover the rows or the horizon.
    """
    if online_share.shape[0] != chosen.height:
        raise ContractError(
            f"online_share: shape {online_share.shape} does not cover {chosen.height} rows; build it from them."
        )
    before_power = margin_usd_per_mw_year(settings) if margin is None else margin
    years = online_years_discounted(online_share, settings)
    lcoe, load = chosen["lcoe_usd_per_mwh"].to_numpy(), chosen["load_mwh"].to_numpy()
    availability = chosen["online_availability_frac"].to_numpy()
    interruptions = chosen["online_interruptions_per_year"].to_numpy()
    power, restart = _power(lcoe, load, settings), _restart(interruptions, before_power, settings)
    net = net_usd_per_mw_year(
        lcoe_usd_per_mwh=lcoe,
        load_mwh=load,
        availability_frac=availability,
        interruptions_per_year=interruptions,
        settings=settings,
        margin=before_power,
    )
    # The same plan a month later: every month's share falls to the month after, the last one out of the horizon.
    later = np.concatenate([np.zeros((chosen.height, 1)), online_share[:, : settings.horizon_months - 1]], axis=1)
    return pl.DataFrame(
        {
            "online_years_discounted": years,
            "power_usd_per_mw_year": power,
            "restart_usd_per_mw_year": restart,
            "unserved_usd_per_mw_year": (1.0 - availability) * before_power + restart,
            "net_usd_per_mw_year": net,
            "value_usd_per_mw": years * net,
            "delay_usd_per_mw_month": (years - online_years_discounted(later, settings)) * net,
        }
    )
