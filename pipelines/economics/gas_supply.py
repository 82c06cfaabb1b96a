"""Which hub serves a place, what its basis is by year, and what the way from hub to site costs."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.economics.hub_prices import dollar_factor
from pipelines.errors import InputError
from pipelines.settings import Settings

ENDS = ("low", "mid", "high")
_ADDERS = [f"adder_{end}_usd_per_mmbtu" for end in ENDS]


def gas_supply(regions: pl.DataFrame, rules: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Find the hub of each region: the rule of its own, else the first of its state that fits its place.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, state, latitude, longitude (degrees).
    rules : pl.DataFrame
        Reference table `gas_hub_rules`.

    Returns
    -------
    pl.DataFrame
        region_id, gas_rule, gas_hub, adder_<low, mid, high>_usd_per_mmbtu in real dollars, rows as in `regions`; null
        where no rule fits.
    """
    within = pl.all_horizontal(
        pl.col("region_id_rule").is_null() | (pl.col("region_id_rule") == pl.col("region_id")),
        *(
            pl.col(f"{name}_from").is_null() | (pl.col(name) >= pl.col(f"{name}_from"))
            for name in ("latitude", "longitude")
        ),
        *(
            pl.col(f"{name}_below").is_null() | (pl.col(name) < pl.col(f"{name}_below"))
            for name in ("latitude", "longitude")
        ),
    )
    places = regions.select("region_id", "state", "latitude", "longitude")
    fits = (
        places.join(rules, on="state", how="inner", suffix="_rule", maintain_order="left_right")
        .filter(within)
        .sort("region_id", "priority", "rule_id", maintain_order=True)
        .unique("region_id", keep="first", maintain_order=True)
        .select(
            "region_id",
            pl.col("rule_id").alias("gas_rule"),
            "gas_hub",
            *(pl.col(name) * dollar_factor(pl.col("dollar_year"), settings) for name in _ADDERS),
        )
    )
    return places.select("region_id").join(fits, on="region_id", how="left", maintain_order="left")


def hub_basis_by_year(
    supply: pl.DataFrame, hubs: pl.DataFrame, rules: pl.DataFrame, years: NDArray[np.int64], settings: Settings
) -> dict[str, NDArray[np.float64]]:
    """Return the basis of each region's hub by year: linear between the years of the table, flat outside them.

    Parameters
    ----------
    supply : pl.DataFrame
        From `gas_supply`.
    hubs, rules : pl.DataFrame
        Reference tables `gas_hubs`, `gas_hub_rules`.
    years : NDArray[np.int64]
        Calendar years, shape (n_years,).

    Returns
    -------
    dict[str, NDArray[np.float64]]
        "low", "mid", "high" in real dollars (USD/MMBtu), each of shape (n_regions, n_years); NaN without a hub.

    Raises
    ------
    InputError
        If a rule names a hub without a row.
    """
    by_hub = {str(hub): rows.sort("year") for (hub,), rows in hubs.partition_by("gas_hub", as_dict=True).items()}
    found = {end: np.full((supply.height, len(years)), np.nan) for end in ENDS}
    for hub in supply["gas_hub"].drop_nulls().unique(maintain_order=True):
        if hub not in by_hub:
            row = int((rules["gas_hub"] == hub).arg_true()[0])
            raise InputError(
                f"the hub {hub!r} has no row in gas_hubs.csv",
                file="gas_hub_rules.csv",
                row=row + 2,
                column="gas_hub",
                remedy="name a hub of gas_hubs.csv or add its basis there",
            )
        of_hub = (supply["gas_hub"] == hub).fill_null(value=False).to_numpy()
        rows = by_hub[hub]
        known = rows["year"].to_numpy().astype(np.float64)
        factor = rows.select(dollar_factor(pl.col("dollar_year"), settings)).to_series()
        for end in ENDS:
            basis = (rows[f"basis_{end}_usd_per_mmbtu"] * factor).to_numpy()
            found[end][of_hub] = np.interp(years.astype(np.float64), known, basis)
    return found
