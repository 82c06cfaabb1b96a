"""What the weather of each year does to the chosen designs, and the hardest week of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.dispatch.batch import NeedBlock, simulate_batch
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.storage_years import StorageYears, has_no_firm_source
from pipelines.identity import content_hash
from pipelines.plant.technology import Battery, FirmTechnology
from pipelines.warehouse.cache import Cache

ANNUAL = ["region_id", "design_id", "weather_year", "load_mwh", "solar_mwh", "curtailed_mwh", "grid_mwh",
          "baseload_mwh", "firm_mwh", "firm_fuel_mmbtu", "unserved_mwh", "renewable_frac"]  # fmt: skip
ADEQUACY = ["region_id", "design_id", "weather_year", "availability_frac", "full_service_hours_frac",
            "eue_mwh_per_year", "lolh_hours_per_year"]  # fmt: skip
_DAYS = 7
_KEY = ["region_id", "stack_id", "weather_year"]


def hardest_weeks(
    site: SiteYear, designs: DesignSet, technologies: Mapping[str, FirmTechnology], battery: Battery
) -> pl.DataFrame:
    """Return the hardest week of a site year for each design.

    The week with the most energy unserved by the sizes; where there is none, with the most asked of the firm units;
    where nothing is asked of them, with the most given by the second block or the grid. Weeks are of seven days from
    the first hour, the last may be short.

    Parameters
    ----------
    site : SiteYear
    designs : DesignSet
        One per stack.
    technologies : Mapping[str, FirmTechnology]
    battery : Battery

    Returns
    -------
    pl.DataFrame
        region_id, stack_id, weather_year, hardest_week, hardest_week_start_utc, hardest_week_unserved_mwh,
        hardest_week_firm_need_mwh.
    """
    found: list[tuple[NDArray[np.float64], ...]] = []
    capacity = np.stack(
        [
            units * unit_mw * site.capacity_frac.get(name, np.ones(len(site.load_mw)))
            for name, units, unit_mw in zip(
                designs.firm_technology, designs.firm_units, designs.firm_unit_mw, strict=True
            )
        ],
        axis=1,
    )
    steps = round(_DAYS * 24 / site.step_hours)
    starts = np.arange(0, len(site.load_mw), steps)

    def by_week(values: NDArray[np.floating]) -> NDArray[np.float64]:
        return np.add.reduceat(values.astype(np.float64), starts, axis=0) * site.step_hours

    def on_site(_: int, need: NeedBlock) -> None:
        want = need.firm_need_mw
        found.append((by_week(np.maximum(want - capacity, 0.0)), by_week(want), by_week(need.second_mw)))

    simulate_batch([site], designs, technologies, battery, dtype=np.float64, with_need=on_site, threads=1)
    unserved, asked, second = found[0]
    # Rounding in the ninth digit is no unserved energy.
    unserved[unserved < 1e-6] = 0.0
    weeks = np.array([np.lexsort((-second[:, k], -asked[:, k], -unserved[:, k]))[0] for k in range(len(designs))])
    each = np.arange(len(designs))
    return pl.DataFrame(
        {
            "region_id": [site.region_id] * len(designs),
            "stack_id": designs.stack_id,
            "weather_year": np.full(len(designs), site.weather_year, np.int64),
            "hardest_week": weeks.astype(np.int64) + 1,
            "hardest_week_start_utc": [
                site.start_utc.replace(tzinfo=None) + timedelta(days=_DAYS * int(week)) for week in weeks
            ],
            "hardest_week_unserved_mwh": unserved[weeks, each],
            "hardest_week_firm_need_mwh": asked[weeks, each],
        },
        schema_overrides={"hardest_week_start_utc": pl.Datetime("us")},
    )


def weather_years(
    sites: Sequence[SiteYear],
    designs: Mapping[str, DesignSet],
    annual: pl.DataFrame,
    adequacy: pl.DataFrame,
    technologies: Mapping[str, FirmTechnology],
    battery: Battery,
    keys: Sequence[str],
    cache: Cache,
    *,
    further: Mapping[str, StorageYears] | None = None,
    threads: int = 2,
) -> pl.DataFrame:
    """Return what each weather year does to the chosen designs.

    Parameters
    ----------
    sites : Sequence[SiteYear]
        Every weather year of every region.
    designs : Mapping[str, DesignSet]
        Region to its chosen designs, as from `chosen_sets`.
    annual, adequacy : pl.DataFrame
        Columns `ANNUAL` and `ADEQUACY` of the contracts `sim.dispatch_annual`, `sim.adequacy`.
    technologies : Mapping[str, FirmTechnology]
    battery : Battery
    keys : Sequence[str]
        Hash of all that each site year is.
    cache : Cache
    further : Mapping[str, StorageYears] | None
        Region to the years that designs without a firm source run on as well.
    threads : int
        Site years worked on at once; the rows do not depend on it.

    Returns
    -------
    pl.DataFrame
        Contract `mart.weather_years`, ordered by its key.
    """

    def one(pair: tuple[SiteYear, str]) -> pl.DataFrame:
        site, own = pair
        chosen = designs[site.region_id]
        key = {"site": own, "designs": content_hash(chosen.to_frame())}
        return cache.frame("hardest", key, lambda: hardest_weeks(site, chosen, technologies, battery))[0]

    def more(years: StorageYears) -> pl.DataFrame:
        chosen = designs[years.region_id]
        alone = chosen.take(np.flatnonzero(has_no_firm_source(chosen)))
        key = {"site": years.key, "designs": content_hash(alone.to_frame())}

        def made() -> pl.DataFrame:
            return pl.concat([hardest_weeks(site, alone, technologies, battery) for site in years.sites()])

        return cache.frame("hardest", key, made)[0]

    beyond = [years for years in (further or {}).values() if has_no_firm_source(designs[years.region_id]).any()]
    with ThreadPoolExecutor(threads) as pool:
        weeks = pl.concat([*pool.map(one, zip(sites, keys, strict=True)), *pool.map(more, beyond)])
    chosen = pl.concat(
        [
            pl.DataFrame({"region_id": region, "stack_id": own.stack_id, "design_id": own.design_id})
            for region, own in sorted(designs.items())
        ]
    )
    key = ["region_id", "design_id", "weather_year"]
    return (
        chosen.join(annual.select(ANNUAL), on=key[:2], how="inner", maintain_order="left")
        .join(adequacy.select(ADEQUACY), on=key, how="inner", maintain_order="left")
        .join(weeks, on=_KEY, how="inner", maintain_order="left")
        .sort(_KEY)
    )
