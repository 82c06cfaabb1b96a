"""Dispatch and adequacy of every design at every site, kept by what each site's result depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import DTypeLike

from pipelines.contracts.base import REGISTRY
from pipelines.dispatch.batch import NeedBlock, simulate_batch
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.identity import content_hash, tree_hash
from pipelines.plant.technology import Battery, FirmTechnology
from pipelines.reference.parameters import Parameters
from pipelines.reliability.adequacy import NeedAdequacy, adequacy_of_need
from pipelines.reliability.availability import Operation, availability
from pipelines.reliability.common_mode import UNIT_TRANSFORMER, bridge_hours, grid_unavailability, unavailability
from pipelines.reliability.freeze import gas_freeze, is_struck_by_frost, outage_probability
from pipelines.reliability.starts import start_failures
from pipelines.settings import Settings
from pipelines.warehouse.cache import Cache

_PACKAGE = Path(__file__).parents[1]
# What the results depend on besides their arrays; prices and ranks are not among it.
_PHYSICS_CODE = ("dispatch/*.py", "reliability/*.py", "plant/*.py")


@dataclass(frozen=True)
class Plant:
    """Everything about the plant that is the same at every site."""

    designs: DesignSet
    technologies: Mapping[str, FirmTechnology]
    battery: Battery
    parameters: Parameters
    settings: Settings

    @cached_property
    def key(self) -> dict[str, Any]:
        """Return what a result depends on that is the same at every site, for the cache."""
        settings = self.settings
        return {
            "designs": content_hash(self.designs.to_frame()),
            "technologies": {name: asdict(unit) for name, unit in sorted(self.technologies.items())},
            "battery": asdict(self.battery),
            "reserve": [
                self.parameters.value("bess", "forced_outage_rate"),
                settings.start_minutes,
                settings.load_step_frac,
            ],
            "ups": settings.ups_failure_frac,
            "frost": [
                settings.gas_freeze_coldest_frac,
                settings.gas_freeze_below_c,
                settings.gas_freeze_outage_frac,
                settings.gas_freeze_hours,
            ],
            "starts": start_failures(self.technologies, settings),
            "code": physics_version(),
        }


@cache
def physics_version() -> str:
    """Return the hash of the code that dispatch and adequacy come from."""
    return tree_hash(_PACKAGE, _PHYSICS_CODE)


def site_key(site: SiteYear, plant: Plant, causes: pl.DataFrame) -> dict[str, Any]:
    """Return what one site's result depends on, for the cache."""
    return {
        "site": [site.region_id, site.weather_year, str(site.start_utc), site.step_hours],
        "series": site.series_hash,
        "causes": content_hash(causes),
        **plant.key,
    }


def campaign(
    sites: Sequence[SiteYear], plant: Plant, causes: Mapping[str, pl.DataFrame], cache: Cache, *, threads: int = 2
) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Dispatch and assess every design at every site.

    Parameters
    ----------
    sites : Sequence[SiteYear]
    plant : Plant
    causes : Mapping[str, pl.DataFrame]
        Region to its shared failures, as from `common_mode`.
    cache : Cache
        Where each site's result is kept.
    threads : int
        Sites worked on at once; the results do not depend on it.

    Returns
    -------
    tuple[pl.DataFrame, pl.DataFrame, int]
        `sim.dispatch_annual`, `sim.adequacy`, and how many site years came from the cache.
    """

    def one(site: SiteYear) -> tuple[pl.DataFrame, bool]:
        own = causes[site.region_id]
        return cache.frame("campaign", site_key(site, plant, own), lambda: assess_site(site, plant, own))

    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(one, sites))
    together = pl.concat([frame for frame, _ in results])
    annual, adequacy = (
        together.select(REGISTRY[name].schema.column_names()) for name in ("sim.dispatch_annual", "sim.adequacy")
    )
    return annual, adequacy, sum(is_hit for _, is_hit in results)


def assess_site(site: SiteYear, plant: Plant, causes: pl.DataFrame, *, dtype: DTypeLike = np.float32) -> pl.DataFrame:
    """Return the dispatch and adequacy columns of one site year, one row per design.

    Parameters
    ----------
    site : SiteYear
    plant : Plant
    causes : pl.DataFrame
        The region's shared failures, as from `common_mode`.
    dtype : DTypeLike
        numpy.float64 where a design near a limit is decided.

    Returns
    -------
    pl.DataFrame
        Columns of `sim.dispatch_annual` and `sim.adequacy`.
    """
    designs, settings = plant.designs, plant.settings
    needs: list[NeedAdequacy] = []
    ridden = bridge_hours(designs, plant.battery, site.load_mw)
    frost = gas_freeze(site.temperature_c, settings, site.step_hours)
    without_gas = outage_probability(frost, len(site.temperature_c))

    def on_site(_: int, need: NeedBlock) -> None:
        needs.append(
            adequacy_of_need(
                need.firm_need_mw,
                designs,
                plant.technologies,
                site.capacity_frac,
                site.temperature_c,
                second_mw=need.second_mw,
                load_mw=site.load_mw,
                grid_unavailability=np.where(designs.grid_mw > 0, grid_unavailability(causes, ridden), 0.0),
                series_unavailability=unavailability(causes, UNIT_TRANSFORMER),
                start_failure=start_failures(plant.technologies, settings),
                supply_loss={
                    name: without_gas for name, unit in plant.technologies.items() if is_struck_by_frost(unit)
                },
                step_hours=site.step_hours,
            )
        )

    result = simulate_batch(
        [site], designs, plant.technologies, plant.battery, dtype=dtype, with_need=on_site, threads=1
    )
    adequacy = availability(
        designs,
        needs[0],
        Operation(site.load_mw, site.step_hours, result.firm_run_hours[0], result.baseload_run_hours[0]),
        causes,
        plant.technologies,
        settings,
        reserve_unavailability=plant.parameters.value("bess", "forced_outage_rate"),
        frost_events=float((frost.failure * (1.0 - without_gas)).sum()),
    )
    annual = result.to_frame([site], designs)
    return pl.concat([annual, adequacy.drop(set(adequacy.columns) & set(annual.columns))], how="horizontal")
