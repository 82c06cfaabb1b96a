"""What a utility's tariff for large loads adds to grid energy: a minimum bill, collateral and an exit fee."""

from __future__ import annotations

import polars as pl

from pipelines.dispatch.basis import peak_load_mw
from pipelines.economics.capital import capital_recovery_factor
from pipelines.settings import Settings

_HOURS_PER_YEAR = 8760.0
_MINIMA = ("minimum_bill_frac", "minimum_delivery_frac", "minimum_generation_frac")
TERMS = ("contract_mw_from", "load_factor_from_frac", *_MINIMA, "term_years", "has_collateral")
"""Terms of a tariff as the price of grid energy carries them; empty where none is cited."""


def terms_by_region(regions: pl.DataFrame, tariffs: pl.DataFrame, territories: pl.DataFrame) -> pl.DataFrame:
    """Select the cited tariff of a utility in the county of each region.

    Where several utilities serve a county, which one serves the site is not known: the cited tariff is taken, and
    `is_only_utility` is false.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, county_fips.
    tariffs, territories : pl.DataFrame
        Reference tables `large_load_tariffs`, `large_load_territories`.

    Returns
    -------
    pl.DataFrame
        region_id, large_load_tariff_id, is_only_utility and the columns of `TERMS`; regions with a tariff only, one
        row each.
    """
    return (
        regions.select("region_id", "county_fips")
        .join(territories.drop("state"), on="county_fips", how="inner", maintain_order="left")
        .join(tariffs, on="utility_name", how="inner", maintain_order="left")
        .sort("region_id", "tariff_id", maintain_order=True)
        .unique("region_id", keep="first", maintain_order=True)
        .select(
            "region_id",
            pl.col("tariff_id").alias("large_load_tariff_id"),
            (pl.col("utilities") == 1).alias("is_only_utility"),
            *TERMS,
        )
    )


def large_load_usd_per_year(settings: Settings) -> pl.Expr:
    """Compute what the tariff of the region costs a design with a grid connection beyond the energy it takes.

    The site contracts its peak load. The bill is that of the average price; of it, `grid_delivery_price_frac` and
    `grid_capacity_price_frac` are billed by demand. Where demand, taken as the year's mean load, is below the least
    one, the difference is paid; collateral costs its fee; a project that ends before the term pays the minimum bills
    that are left at its end, spread over its years at `discount_rate`.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    pl.Expr
        USD/year, of the columns grid_mw, load_mwh, power_level_usd_per_mwh and `TERMS`; zero without a tariff or
        below its thresholds.
    """
    contract_mw = peak_load_mw(settings)
    used = pl.col("load_mwh") / (_HOURS_PER_YEAR * contract_mw)
    is_held = (
        (pl.col("grid_mw") > 0.0)
        & (pl.lit(contract_mw) >= pl.col("contract_mw_from")).fill_null(value=False)
        & (used >= pl.col("load_factor_from_frac")).fill_null(value=True)
    )
    full_usd = _HOURS_PER_YEAR * contract_mw * pl.col("power_level_usd_per_mwh")
    shares = dict(
        zip(_MINIMA, (1.0, settings.grid_delivery_price_frac, settings.grid_capacity_price_frac), strict=True)
    )

    def billed(demand: pl.Expr) -> pl.Expr:
        """Return a bill for the demand beyond what is given, by the least demand of each part of the price."""
        bill = pl.lit(0.0)
        for name, share in shares.items():
            bill = bill + share * (pl.col(name) - demand).clip(lower_bound=0.0).fill_null(0.0)
        return full_usd * bill

    least_usd = billed(pl.lit(0.0))
    collateral = settings.collateral_years * settings.collateral_cost_frac_per_year
    years, rate = float(settings.project_years), settings.discount_rate
    spread = capital_recovery_factor(rate, years) * (1.0 + rate) ** -years
    left_years = (pl.col("term_years") - years).clip(lower_bound=0.0).fill_null(0.0)
    return (
        pl.when(is_held)
        .then(
            billed(used)
            + pl.when("has_collateral").then(least_usd * collateral).otherwise(0.0)
            + least_usd * left_years * spread
        )
        .otherwise(0.0)
    )
