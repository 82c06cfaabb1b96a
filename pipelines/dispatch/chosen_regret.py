"""What the dispatch rules cost above perfect foresight, for the chosen designs of the best regions."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import numpy as np
import polars as pl

from pipelines.dispatch.bound import RunningPrices, regret
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.options import RULES
from pipelines.dispatch.trace import select_designs
from pipelines.identity import content_hash
from pipelines.plant.technology import Battery, FirmTechnology
from pipelines.settings import Settings
from pipelines.warehouse.cache import Cache


def best_regions(ranked: pl.DataFrame, count: int) -> list[str]:
    """Return the regions whose best stack ranks highest, best first.

    Parameters
    ----------
    ranked : pl.DataFrame
        rank, region_id.
    count : int
    """
    return ranked.sort("rank").unique("region_id", keep="first", maintain_order=True)["region_id"].head(count).to_list()


def comparison_prices(firm_fuel: str, baseload_fuel: str, settings: Settings) -> RunningPrices:
    """Return the prices at which rules are compared, by the fuels of both fleets; an absent fleet has the empty fuel.

    They are settings and not the night's, so that a move of prices leaves the comparison as it is: a rule's regret says
    how well it uses the capacities.
    """
    usd_per_mmbtu = {
        "natural_gas": settings.regret_gas_usd_per_mmbtu,
        "diesel": settings.diesel_usd_per_mmbtu,
        "uranium": settings.uranium_usd_per_mmbtu,
        "": 0.0,
    }
    return RunningPrices(
        usd_per_mmbtu[firm_fuel],
        usd_per_mmbtu[baseload_fuel],
        settings.regret_grid_usd_per_mwh,
        settings.regret_unserved_usd_per_mwh,
    )


def chosen_regret(
    sites: Mapping[str, SiteYear],
    designs: Mapping[str, DesignSet],
    technologies: Mapping[str, FirmTechnology],
    battery: Battery,
    keys: Mapping[str, str],
    settings: Settings,
    cache: Cache,
    *,
    threads: int = 2,
) -> tuple[pl.DataFrame, bool]:
    """Return the regret of every rule for the chosen designs with a battery; without one no rule has a choice.

    Parameters
    ----------
    sites : Mapping[str, SiteYear]
        Region to its site year; only these are worked on.
    designs : Mapping[str, DesignSet]
        Region to its chosen designs, as from `chosen_sets`.
    technologies : Mapping[str, FirmTechnology]
    battery : Battery
    keys : Mapping[str, str]
        Region to the hash of all that its site year is.
    settings : Settings
        Prices that the rules are compared at.
    cache : Cache
        Where each design's rows are kept.
    threads : int

    Returns
    -------
    tuple[pl.DataFrame, bool]
        Contract `mart.dispatch_regret`, ordered by its key, and whether all of it was in the cache.
    """
    tasks = [(region, int(index)) for region in sorted(sites) for index in np.flatnonzero(designs[region].bess_mwh > 0)]

    def one(task: tuple[str, int]) -> tuple[pl.DataFrame, bool]:
        region, index = task
        own = select_designs(designs[region], [index])
        firm, baseload = (
            technologies[name].fuel if name else "" for name in (own.firm_technology[0], own.baseload_technology[0])
        )
        prices = comparison_prices(firm, baseload, settings)
        key = {"site": keys[region], "design": content_hash(own.to_frame()), "prices": asdict(prices)}
        return cache.frame("regret", key, lambda: _rows(sites[region], own, technologies, battery, prices))

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(one, tasks))
    table = pl.concat([pl.DataFrame(schema=_SCHEMA), *(frame for frame, _ in found)])
    return table.sort("region_id", "stack_id", "rule"), all(hit for _, hit in found)


_SCHEMA = {
    "region_id": pl.String, "stack_id": pl.String, "rule": pl.String, "design_id": pl.String, "is_own_rule": pl.Boolean,
    "cost_usd": pl.Float64, "bound_usd": pl.Float64, "regret_usd": pl.Float64, "regret_frac": pl.Float64,
    "firm_mwh": pl.Float64, "unserved_mwh": pl.Float64, "bound_unserved_mwh": pl.Float64,
}  # fmt: skip


def _rows(
    site: SiteYear,
    design: DesignSet,
    technologies: Mapping[str, FirmTechnology],
    battery: Battery,
    prices: RunningPrices,
) -> pl.DataFrame:
    table = regret(site, design, 0, technologies, battery, prices, rules=RULES, is_bound_shared=True)
    return table.with_columns(
        pl.lit(site.region_id).alias("region_id"),
        pl.lit(design.stack_id[0]).alias("stack_id"),
        pl.lit(design.design_id[0]).alias("design_id"),
        (pl.col("rule") == design.rule[0]).alias("is_own_rule"),
    ).select(*_SCHEMA)
