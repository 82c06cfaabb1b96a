"""Gas at Henry Hub: the spot price, the path it fades into, and real dollars."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import InputError
from pipelines.settings import Settings

FLAT = "flat"
"""Case that keeps tonight's prices in real money."""
_MONTHS = 12


def to_dollar_year(value: float, from_year: int, settings: Settings) -> float:
    """Return an amount of `from_year` dollars in dollars of `settings.dollar_year`."""
    return value * (1.0 + settings.cost_escalation_per_year) ** (settings.dollar_year - from_year)


def dollar_factor(year: pl.Expr, settings: Settings) -> pl.Expr:
    """Return the factor that brings amounts of a column of years to `settings.dollar_year`."""
    return pl.lit(1.0 + settings.cost_escalation_per_year).pow(settings.dollar_year - year.cast(pl.Float64))


def operating_years(as_of: date, settings: Settings) -> NDArray[np.int64]:
    """Return the calendar years of operation of a project decided on at a date, shape (project_years,)."""
    return np.asarray(as_of.year + settings.project_start_years + np.arange(settings.project_years), dtype=np.int64)


def henry_hub_spot(gas_prices: pl.DataFrame, as_of: date, settings: Settings) -> tuple[float, str]:
    """Read the newest monthly Henry Hub spot price up to a date.

    Parameters
    ----------
    gas_prices : pl.DataFrame
        Reference table.
    as_of : date
        Logical date; nothing newer is used.

    Returns
    -------
    tuple[float, str]
        Price in real dollars (USD/MMBtu) and its month, YYYY-MM.

    Raises
    ------
    InputError
        If there is no month up to the date.
    """
    months = gas_prices.filter(
        (pl.col("geography_type") == "hub")
        & (pl.col("frequency") == "monthly")
        & (pl.col("period") <= as_of.strftime("%Y-%m"))
    ).sort("period")
    if months.is_empty():
        raise InputError(
            f"no Henry Hub month up to {as_of:%Y-%m}",
            file="gas_prices.csv",
            column="period",
            remedy="add the missing months or choose a later as-of date",
        )
    month, price = months.select("period", "price").row(-1)
    return to_dollar_year(float(price), int(month[:4]), settings), month


def outlook_path(
    henry_hub: pl.DataFrame, case: str, years: NDArray[np.int64], settings: Settings
) -> NDArray[np.float64]:
    """Return Henry Hub in a case of the outlook by year, in real dollars; flat outside the years of the table.

    Parameters
    ----------
    henry_hub : pl.DataFrame
        Reference table `henry_hub_path`.
    case : str
        One of its cases.
    years : NDArray[np.int64]
        Calendar years, shape (n_years,).

    Returns
    -------
    NDArray[np.float64]
        USD/MMBtu, shape (n_years,).

    Raises
    ------
    InputError
        If the table has no rows of the case.
    """
    rows = henry_hub.filter(pl.col("outlook_case") == case).sort("year")
    if rows.is_empty():
        raise InputError(
            f"no Henry Hub path of the case {case}",
            file="henry_hub_path.csv",
            column="outlook_case",
            remedy="restore its rows or set FIRSTMW_ENERGY_OUTLOOK=flat",
        )
    prices = rows["henry_hub_usd_per_mmbtu"] * rows.select(dollar_factor(pl.col("dollar_year"), settings)).to_series()
    return np.interp(years.astype(np.float64), rows["year"].to_numpy().astype(np.float64), prices.to_numpy())


def spot_weight(years: NDArray[np.int64], as_of: date, settings: Settings) -> NDArray[np.float64]:
    """Return the weight of the spot price in the mean of each calendar year.

    One in the `gas_spot_months` after the month of the date, then falling linearly to nothing by
    `gas_spot_fade_months`: a forward curve starts at the spot and forgets it.

    Parameters
    ----------
    years : NDArray[np.int64]
        Calendar years, shape (n_years,).

    Returns
    -------
    NDArray[np.float64]
        Shares, shape (n_years,).
    """
    ahead = (years[:, None] - as_of.year) * _MONTHS + np.arange(1, _MONTHS + 1)[None, :] - as_of.month
    fade = max(settings.gas_spot_fade_months - settings.gas_spot_months, 1)
    left = 1.0 - (ahead - settings.gas_spot_months) / fade
    return np.asarray(np.clip(left, 0.0, 1.0).mean(axis=1), dtype=np.float64)


def henry_hub_by_year(
    henry_hub: pl.DataFrame, spot: float, case: str, years: NDArray[np.int64], as_of: date, settings: Settings
) -> NDArray[np.float64]:
    """Return Henry Hub by year: the spot price, fading into a case of the outlook; the spot for good in `FLAT`.

    Parameters
    ----------
    henry_hub : pl.DataFrame
        Reference table `henry_hub_path`.
    spot : float
        From `henry_hub_spot` (USD/MMBtu).
    case : str
        Case of the outlook, or `FLAT`.
    years : NDArray[np.int64]
        Calendar years, shape (n_years,).

    Returns
    -------
    NDArray[np.float64]
        USD/MMBtu, shape (n_years,).
    """
    if case == FLAT:
        return np.full(len(years), spot)
    weight = spot_weight(years, as_of, settings)
    return weight * spot + (1.0 - weight) * outlook_path(henry_hub, case, years, settings)
