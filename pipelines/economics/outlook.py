"""Where prices go from tonight: the cases of the Annual Energy Outlook, as factors on tonight's prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts import finance as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.economics.finance import Terms, level
from pipelines.errors import InputError
from pipelines.settings import Settings

CASES = ("flat", "reference", "high_oil_and_gas_supply", "low_oil_and_gas_supply")
"""Cases of the outlook; flat keeps tonight's price in real money."""
_SERIES = {"gas": "gas_electric_power", "power": "electricity_industrial"}
_NATION = "US"


@dataclass(frozen=True)
class Outlook:
    """Level factors of one case: what tonight's prices are multiplied by for the whole project.

    Attributes
    ----------
    case : str
    gas, power : float
        Level price over the project's years, share of tonight's, in real money.
    """

    case: str
    gas: float
    power: float


def price_path(projections: pl.DataFrame, fuel: str, case: str, as_of: date, settings: Settings) -> NDArray[np.float64]:
    """Return the national price in each operating year as a share of the case's price in the year of `as_of`.

    Operation starts `project_start_years` after the decision. Outside the years of the outlook its first or last
    figure stands.

    Parameters
    ----------
    projections : pl.DataFrame
        Reference table `price_projections`.
    fuel : str
        "gas" or "power".
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
    if case == "flat":
        return np.ones(settings.project_years)
    rows = projections.filter(
        (pl.col("series") == _SERIES[fuel]) & (pl.col("region") == _NATION) & (pl.col("case") == case)
    ).sort("year")
    if rows.is_empty():
        raise InputError(
            f"no national {_SERIES[fuel]} of the case {case}",
            file="price_projections.csv",
            column="case",
            remedy="restore its rows or set FIRSTMW_ENERGY_OUTLOOK=flat",
        )
    years, prices = rows["year"].to_numpy().astype(np.float64), rows["price_2024_usd_per_mmbtu"].to_numpy()
    operating = as_of.year + settings.project_start_years + np.arange(settings.project_years)
    path = np.interp(operating, years, prices) / np.interp(as_of.year, years, prices)
    return np.asarray(path, dtype=np.float64)


def outlook(projections: pl.DataFrame, as_of: date, own: Terms, settings: Settings, case: str | None = None) -> Outlook:
    """Return the level factors of a case, the settings' where none is named."""
    wanted = case or settings.energy_outlook
    factors = [level(price_path(projections, fuel, wanted, as_of, settings), own) for fuel in ("gas", "power")]
    return Outlook(wanted, *factors)


def energy_outlook(
    projections: pl.DataFrame, henry_hub_usd_per_mmbtu: float, as_of: date, own: Terms, settings: Settings
) -> pl.DataFrame:
    """Return every case by operating year, contract `mart.energy_outlook`."""
    source = projections.row(0, named=True)
    frames = []
    for case in CASES:
        gas, power = (price_path(projections, fuel, case, as_of, settings) for fuel in ("gas", "power"))
        level_of = outlook(projections, as_of, own, settings, case)
        frames.append(
            pl.DataFrame(
                {
                    "outlook_case": [case] * len(gas),
                    "year": (as_of.year + settings.project_start_years + np.arange(len(gas))).astype(np.int64),
                    "gas_factor": gas,
                    "power_factor": power,
                    "henry_hub_usd_per_mmbtu": henry_hub_usd_per_mmbtu * gas,
                    "gas_level_factor": [level_of.gas] * len(gas),
                    "power_level_factor": [level_of.power] * len(gas),
                    "is_used": [case == settings.energy_outlook] * len(gas),
                    **{
                        name: ["" if case == "flat" else source[name]] * len(gas)
                        for name in ("source_title", "publisher", "url", "as_of")
                    },
                }
            )
        )
    return validate(pl.concat(frames), "mart.energy_outlook")
