"""What a higher target takes: the least-cost design that reaches it, or how near the most available one comes."""

from __future__ import annotations

import polars as pl

from pipelines.contracts import economics as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.economics.fuel_service import DECIDING, with_service
from pipelines.economics.fuel_service_table import INTERRUPTIBLE
from pipelines.economics.selection import keeps_composition
from pipelines.settings import Settings

_KEY = ["region_id", "stack_id"]


def target_costs(
    candidates: pl.DataFrame, chosen: pl.DataFrame, services: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Find for each target of energy served the least-cost design that reaches it, with any service of its gas.

    Parameters
    ----------
    candidates, chosen : pl.DataFrame
        Contracts `sim.candidates`, `sim.chosen`.
    services : pl.DataFrame
        From `fuel_service.service_terms`.
    settings : Settings
        The targets.

    Returns
    -------
    pl.DataFrame
        Contract `mart.target_costs`. Where no design reaches a target, the row has the most available one.
    """
    narrow = candidates.select(DECIDING).filter(keeps_composition(settings))
    names = [name for name in services["fuel_service"].unique(maintain_order=True) if name != INTERRUPTIBLE]
    secured = [with_service(narrow, services.filter(pl.col("fuel_service") == name), settings) for name in names]
    every = [frame for frame in (narrow, *secured) if frame.height]
    available = pl.concat(_first(frame, [-pl.col("availability_frac"), pl.col("lcoe_usd_per_mwh")]) for frame in every)
    nearest = _first(available, [-pl.col("availability_frac"), pl.col("lcoe_usd_per_mwh")])
    found = []
    for target in settings.target_cases:
        reach = pl.col("availability_frac") >= target
        met = _first(
            pl.concat(_first(frame.filter(reach), [pl.col("lcoe_usd_per_mwh")]) for frame in every),
            [pl.col("lcoe_usd_per_mwh")],
        )
        missed = nearest.join(met.select(_KEY), on=_KEY, how="anti", maintain_order="left")
        found.append(
            pl.concat(
                [met.with_columns(is_reached=pl.lit(value=True)), missed.with_columns(is_reached=pl.lit(value=False))]
            ).with_columns(pl.lit(target).alias("target_frac"))
        )
    tonight = chosen.select(
        *_KEY, pl.col("firm_units").alias("_units"), pl.col("lcoe_usd_per_mwh").alias("_lcoe"),
        pl.col("firm_technology").alias("_technology"),
    )  # fmt: skip
    rows = pl.concat(found).join(tonight, on=_KEY, how="inner", maintain_order="left")
    by_gas = pl.col("gas_basin_left_frac") * pl.col("unserved_gas_basin_mwh") + pl.col("gas_lateral_left_frac") * (
        pl.col("unserved_gas_supply_mwh") - pl.col("unserved_gas_basin_mwh")
    )
    is_same = pl.col("firm_technology") == pl.col("_technology")
    rows = rows.with_columns(
        pl.when(is_same).then(pl.col("firm_units").cast(pl.Int64) - pl.col("_units")).alias("firm_units_change"),
        pl.col("firm_units").cast(pl.Int64),
        (pl.col("lcoe_usd_per_mwh") - pl.col("_lcoe")).alias("lcoe_change_usd_per_mwh"),
        pl.when(pl.col("eue_mwh_per_year") > 0.0)
        .then((by_gas / pl.col("eue_mwh_per_year")).clip(0.0, 1.0))
        .otherwise(0.0)
        .alias("gas_supply_frac"),
    )
    return validate(rows.sort(*_KEY, "target_frac"), "mart.target_costs")


def _first(rows: pl.DataFrame, order: list[pl.Expr]) -> pl.DataFrame:
    """Select the first row of each region and stack in an order; what is equal is decided by the design."""
    place = rows.select(*_KEY, "design_id", *(by.alias(f"_{number}") for number, by in enumerate(order)))
    keys = [*_KEY, *(f"_{number}" for number in range(len(order))), "design_id"]
    ordered = place.with_row_index("_row").sort(keys, maintain_order=True)
    return rows[ordered.unique(_KEY, keep="first", maintain_order=True)["_row"].to_numpy()]
