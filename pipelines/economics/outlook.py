"""Where prices go from tonight: the cases of the Annual Energy Outlook for Henry Hub and for grid energy."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts import finance as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.economics.finance import Terms, level
from pipelines.economics.hub_prices import FLAT, henry_hub_by_year, operating_years
from pipelines.errors import InputError
from pipelines.settings import Settings

CASES = (FLAT, "reference", "high_oil_and_gas_supply", "low_oil_and_gas_supply")
"""Cases of the outlook; flat keeps tonight's price in real money."""
_SERIES = "electricity_industrial"
_NATION = "US"
_CITATION = ("source_title", "publisher", "url", "as_of")


def power_path(projections: pl.DataFrame, case: str, as_of: date, settings: Settings) -> NDArray[np.float64]:
    """Return the national price of grid energy in each operating year, as a share of its price in the year of `as_of`.

    Outside the years of the outlook its first or last figure holds.

    Parameters
    ----------
    projections : pl.DataFrame
        Reference table `price_projections`.
    case : str
        One of `CASES`.
    as_of : date
        Logical date.

    Returns
    -------
    NDArray[np.float64]
        Shape (project_years,).

    Raises
    ------
    InputError
        If the outlook has no figures of the case.
    """
    if case == FLAT:
        return np.ones(settings.project_years)
    rows = projections.filter(
        (pl.col("series") == _SERIES) & (pl.col("region") == _NATION) & (pl.col("case") == case)
    ).sort("year")
    if rows.is_empty():
        raise InputError(
            f"no national {_SERIES} of the case {case}",
            file="price_projections.csv",
            column="case",
            remedy="restore its rows or set FIRSTMW_ENERGY_OUTLOOK=flat",
        )
    years, prices = rows["year"].to_numpy().astype(np.float64), rows["price_2024_usd_per_mmbtu"].to_numpy()
    operating = operating_years(as_of, settings).astype(np.float64)
    path = np.interp(operating, years, prices) / np.interp(as_of.year, years, prices)
    return np.asarray(path, dtype=np.float64)


def power_level_factor(projections: pl.DataFrame, as_of: date, own: Terms, settings: Settings) -> float:
    """Return the level price of grid energy over the project as a share of tonight's, in the case of the settings."""
    return level(power_path(projections, settings.energy_outlook, as_of, settings), own)


def henry_hub_level(
    henry_hub: pl.DataFrame, spot: float, as_of: date, own: Terms, settings: Settings, case: str | None = None
) -> float:
    """Return the level price of Henry Hub over the project (USD/MMBtu) in a case, the settings' where none is named.

    Parameters
    ----------
    henry_hub : pl.DataFrame
        Reference table `henry_hub_path`.
    spot : float
        Newest spot price (USD/MMBtu), which the path starts from.
    """
    years = operating_years(as_of, settings)
    return level(henry_hub_by_year(henry_hub, spot, case or settings.energy_outlook, years, as_of, settings), own)


def energy_outlook(
    projections: pl.DataFrame, henry_hub: pl.DataFrame, spot: float, as_of: date, own: Terms, settings: Settings
) -> pl.DataFrame:
    """Return every case by operating year, contract `mart.energy_outlook`.

    Parameters
    ----------
    projections, henry_hub : pl.DataFrame
        Reference tables `price_projections`, `henry_hub_path`.
    spot : float
        Newest Henry Hub spot price (USD/MMBtu).
    """
    years = operating_years(as_of, settings)
    frames = []
    for case in CASES:
        power = power_path(projections, case, as_of, settings)
        gas = henry_hub_by_year(henry_hub, spot, case, years, as_of, settings)
        cited = [
            table.row(0, named=True)
            for table in (henry_hub.filter(pl.col("outlook_case") == case), projections)
            if table.height and case != FLAT
        ]
        frames.append(
            pl.DataFrame({"year": years, "henry_hub_usd_per_mmbtu": gas, "power_factor": power}).with_columns(
                pl.lit(case).alias("outlook_case"),
                pl.lit(level(gas, own)).alias("henry_hub_level_usd_per_mmbtu"),
                pl.lit(level(power, own)).alias("power_level_factor"),
                pl.lit(case == settings.energy_outlook).alias("is_used"),
                *(pl.lit("; ".join(str(row[name]) for row in cited)).alias(name) for name in _CITATION),
            )
        )
    return validate(pl.concat(frames), "mart.energy_outlook")
