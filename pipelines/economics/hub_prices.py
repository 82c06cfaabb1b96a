"""Gas at the hub: Henry Hub by month, the basis of a region's hub, and real dollars."""

from __future__ import annotations

from datetime import date

import polars as pl

from pipelines.contracts import finance as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.errors import InputError
from pipelines.settings import Settings

_TRAILING_MONTHS = 12
_CITATION = ["source_title", "publisher", "url", "as_of"]


def to_dollar_year(value: float, from_year: int, settings: Settings) -> float:
    """Return an amount of `from_year` dollars in dollars of `settings.dollar_year`."""
    return value * (1.0 + settings.cost_escalation_per_year) ** (settings.dollar_year - from_year)


def dollar_factor(year: pl.Expr, settings: Settings) -> pl.Expr:
    """Return the factor that brings amounts of a column of years to `settings.dollar_year`."""
    return pl.lit(1.0 + settings.cost_escalation_per_year).pow(settings.dollar_year - year.cast(pl.Float64))


def henry_hub_months(gas_prices: pl.DataFrame, as_of: date, settings: Settings) -> pl.DataFrame:
    """Return month, henry_hub_usd_per_mmbtu of the twelve newest months up to `as_of`.

    Raises
    ------
    InputError
        If fewer than twelve months are at hand.
    """
    months = (
        gas_prices.filter(
            (pl.col("geography_type") == "hub")
            & (pl.col("frequency") == "monthly")
            & (pl.col("period") <= as_of.strftime("%Y-%m"))
        )
        .sort("period")
        .tail(_TRAILING_MONTHS)
    )
    if months.height < _TRAILING_MONTHS:
        raise InputError(
            f"only {months.height} Henry Hub months up to {as_of:%Y-%m}, twelve are needed",
            file="gas_prices.csv",
            column="period",
            remedy="add the missing months or choose a later as-of date",
        )
    year = pl.col("period").str.slice(0, 4).cast(pl.Int64)
    return months.select(
        pl.col("period").alias("month"),
        (pl.col("price") * dollar_factor(year, settings)).alias("henry_hub_usd_per_mmbtu"),
    )


def henry_hub_usd_per_mmbtu(gas_prices: pl.DataFrame, as_of: date, settings: Settings) -> tuple[float, str]:
    """Return the mean Henry Hub price of the twelve newest months up to `as_of`, and the newest month."""
    months = henry_hub_months(gas_prices, as_of, settings)
    return float(months["henry_hub_usd_per_mmbtu"].mean()), months["month"][-1]  # type: ignore[arg-type]


def gas_price_months(gas: pl.DataFrame, gas_prices: pl.DataFrame, as_of: date, settings: Settings) -> pl.DataFrame:
    """Return the twelve months behind tonight's gas price in each region.

    Parameters
    ----------
    gas : pl.DataFrame
        Contract `core.gas_prices_by_region`.
    gas_prices : pl.DataFrame
        Reference table.

    Returns
    -------
    pl.DataFrame
        Contract `mart.gas_price_months`.
    """
    crossed = gas.join(
        henry_hub_months(gas_prices, as_of, settings), how="cross", maintain_order="left_right", suffix="_month"
    )
    at_hub = pl.col("henry_hub_usd_per_mmbtu_month") + pl.col("hub_basis_usd_per_mmbtu")
    delivered = (
        pl.max_horizontal(at_hub, pl.lit(settings.gas_floor_usd_per_mmbtu)) + settings.gas_delivery_adder_usd_per_mmbtu
    )
    uses_hub = pl.col("price_basis") == "hub_plus_basis"
    return validate(
        crossed.select(
            "region_id",
            "month",
            pl.col("henry_hub_usd_per_mmbtu_month").alias("henry_hub_usd_per_mmbtu"),
            "hub_basis_usd_per_mmbtu",
            pl.when(uses_hub).then(delivered).otherwise("gas_price_usd_per_mmbtu").alias("gas_price_usd_per_mmbtu"),
            (~uses_hub).alias("is_fallback"),
        ),
        "mart.gas_price_months",
    )


def hub_basis(gas_prices: pl.DataFrame, as_of: date, settings: Settings) -> pl.DataFrame:
    """Return gas_hub, hub_basis_usd_per_mmbtu, hub_basis_year: the last full year of each hub before `as_of`."""
    year = pl.col("period").str.slice(0, 4).cast(pl.Int64)
    return (
        gas_prices.filter(
            (pl.col("geography_type") == "hub_basis") & ~pl.col("is_partial_period") & (year < as_of.year)
        )
        .sort("geography", "period", maintain_order=True)
        .group_by("geography", maintain_order=True)
        .last()
        .select(
            pl.col("geography").alias("gas_hub"),
            (pl.col("price") * dollar_factor(year, settings)).alias("hub_basis_usd_per_mmbtu"),
            year.alias("hub_basis_year"),
            *(pl.col(column).alias(f"hub_{column}") for column in _CITATION),
        )
    )


def hub_basis_ranges(gas_prices: pl.DataFrame, as_of: date, settings: Settings) -> dict[str, tuple[float, float]]:
    """Return by hub how far its full years lie below and above the last one (USD/MMBtu, from zero to both sides)."""
    year = pl.col("period").str.slice(0, 4).cast(pl.Int64)
    full = (
        gas_prices.filter(
            (pl.col("geography_type") == "hub_basis") & ~pl.col("is_partial_period") & (year < as_of.year)
        )
        .with_columns((pl.col("price") * dollar_factor(year, settings)).alias("real"))
        .sort("geography", "period", maintain_order=True)
        .group_by("geography", maintain_order=True)
        .agg(
            (pl.col("real").min() - pl.col("real").last()).alias("low"),
            (pl.col("real").max() - pl.col("real").last()).alias("high"),
        )
    )
    return {row["geography"]: (row["low"], row["high"]) for row in full.iter_rows(named=True)}
