"""What rules on carbon add to gas burnt on a site: price by year, and the plants that they cover."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.economics.hub_prices import to_dollar_year
from pipelines.errors import InputError
from pipelines.settings import Settings


def carbon_price_by_year(
    prices: pl.DataFrame, rule: str, years: NDArray[np.int64], settings: Settings
) -> NDArray[np.float64]:
    """Return the price of a rule by year: that of its newest row, grown from there; the first row's before it.

    Parameters
    ----------
    prices : pl.DataFrame
        Reference table `carbon_prices`.
    rule : str
        Its `carbon_rule`.
    years : NDArray[np.int64]
        Calendar years, shape (n_years,).

    Returns
    -------
    NDArray[np.float64]
        USD per tonne in real dollars, shape (n_years,).

    Raises
    ------
    InputError
        If the rule has no price.
    """
    rows = prices.filter(pl.col("carbon_rule") == rule).sort("year")
    if rows.is_empty():
        raise InputError(
            f"the rule {rule!r} of carbon_rules.csv has no price",
            file="carbon_prices.csv",
            column="carbon_rule",
            remedy="add its price or take the rule out",
        )
    known = rows["year"].to_numpy()
    price = np.array(
        [
            to_dollar_year(value, year, settings)
            for value, year in rows.select("price_usd_per_tonne", "dollar_year").iter_rows()
        ]
    )
    newest = np.maximum(np.searchsorted(known, years, side="right") - 1, 0)
    grown = np.maximum(years - known[newest], 0)
    return np.asarray(price[newest] * (1.0 + rows["growth_frac_per_year"].to_numpy()[newest]) ** grown)


def carbon_by_state(
    rules: pl.DataFrame, prices: pl.DataFrame, years: NDArray[np.int64], co2_kg_per_mmbtu: float, settings: Settings
) -> dict[str, NDArray[np.float64]]:
    """Return what carbon adds to a MMBtu of gas by state with a rule and by year (USD/MMBtu), each of shape (n_years,).

    Parameters
    ----------
    rules, prices : pl.DataFrame
        Reference tables `carbon_rules`, `carbon_prices`.
    co2_kg_per_mmbtu : float
        Combustion CO2 of gas.
    """
    return {
        state: carbon_price_by_year(prices, rule, years, settings) * (co2_kg_per_mmbtu / 1000.0)
        for state, rule in rules.select("state", "carbon_rule").iter_rows()
    }


def is_covered(largest_gas_unit_mw: pl.Expr, gas_tonnes_per_year: pl.Expr) -> pl.Expr:
    """Return whether the rule of its region charges a plant's gas, by the columns `carbon_*` of gas prices.

    Parameters
    ----------
    largest_gas_unit_mw : pl.Expr
        Rating of the largest unit that burns gas (MW).
    gas_tonnes_per_year : pl.Expr
        CO2 of the gas that the plant burns (tonne/year).
    """
    return pl.any_horizontal(
        pl.col("has_supplier_duty"),
        (largest_gas_unit_mw >= pl.col("carbon_unit_mw_from")).fill_null(value=False),
        (gas_tonnes_per_year >= pl.col("carbon_tonnes_from")).fill_null(value=False),
    )
