"""Dispatch and adequacy of every design at every site, kept by what each site's result depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import DTypeLike, NDArray

from pipelines.contracts.base import REGISTRY
from pipelines.dispatch.batch import DispatchResult, NeedBlock, simulate_batch
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.same_need import same_dispatch
from pipelines.dispatch.storage_years import StorageYears, has_no_firm_source
from pipelines.identity import content_hash, tree_hash
from pipelines.plant.technology import Battery, FirmTechnology
from pipelines.reference.parameters import Parameters
from pipelines.reliability.adequacy import NeedAdequacy, adequacy_of_need
from pipelines.reliability.availability import Operation, availability
from pipelines.reliability.common_mode import UNIT_TRANSFORMER, bridge_hours, grid_unavailability, unavailability
from pipelines.reliability.freeze import gas_freeze, loses_gas, outage_probability
from pipelines.reliability.hazard_losses import without_hazards
from pipelines.reliability.starts import run_hours, start_failures
from pipelines.settings import Settings, marked, values_of
from pipelines.warehouse.cache import Cache

_PACKAGE = Path(__file__).parents[1]
# What the results depend on besides their arrays; prices and ranks are not among it.
_PHYSICS_CODE = ("dispatch/*.py", "reliability/*.py", "plant/*.py", "plant/stacks/*.py")


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
        return {
            "designs": content_hash(self.designs.to_frame()),
            "technologies": {name: asdict(unit) for name, unit in sorted(self.technologies.items())},
            "battery": asdict(self.battery),
            "reserve": self.parameters.value("bess", "forced_outage_rate"),
            "settings": values_of(self.settings, marked("physics", "dispatch")),
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
        "causes": content_hash(without_hazards(causes)),
        **plant.key,
    }


def campaign(
    sites: Sequence[SiteYear],
    plant: Plant,
    causes: Mapping[str, pl.DataFrame],
    cache: Cache,
    *,
    further: Mapping[str, StorageYears] | None = None,
    threads: int = 2,
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
    further : Mapping[str, StorageYears] | None
        Region to the years that designs without a firm source run on as well.
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

    alone = replace(plant, designs=plant.designs.take(np.flatnonzero(has_no_firm_source(plant.designs))))
    alone_key = alone.key

    def more(years: StorageYears) -> tuple[pl.DataFrame, bool]:
        own = causes[years.region_id]
        key = {"storage_years": years.key, "causes": content_hash(without_hazards(own)), **alone_key}
        return cache.frame(
            "campaign", key, lambda: pl.concat([assess_site(site, alone, own) for site in years.sites()])
        )

    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(one, sites))
        beyond = list(further.values()) if further and len(alone.designs) else []
        found = list(pool.map(more, beyond))
    together = pl.concat([frame for frame, _ in [*results, *found]])
    annual, adequacy = (
        together.select(REGISTRY[name].schema.column_names()) for name in ("sim.dispatch_annual", "sim.adequacy")
    )
    hits = sum(len(years.weather_years) for years, (_, is_hit) in zip(beyond, found, strict=True) if is_hit)
    return annual, adequacy, hits + sum(is_hit for _, is_hit in results)


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
    return SiteAssessor(site, plant, causes).assess(plant.designs, dtype=dtype)


class SiteAssessor:
    """Dispatches and assesses designs at one site year; what does not depend on the designs is worked out once.

    Parameters
    ----------
    site : SiteYear
    plant : Plant
        Its designs are not used.
    causes : pl.DataFrame
        The region's shared failures, as from `common_mode`.
    has_few : bool
        As for `simulate_batch`.
    """

    def __init__(self, site: SiteYear, plant: Plant, causes: pl.DataFrame, *, has_few: bool = False) -> None:
        self._site, self._plant, self._causes, self._has_few = site, plant, causes, has_few
        frost = gas_freeze(site.temperature_c, causes, plant.settings, site.step_hours)
        without_gas = outage_probability(frost, len(site.temperature_c))
        self._frost_events = float((frost.failure * (1.0 - without_gas)).sum())
        self._supply_loss = {name: without_gas for name, unit in plant.technologies.items() if loses_gas(unit)}

    def assess(self, designs: DesignSet, *, dtype: DTypeLike) -> pl.DataFrame:
        """Compute the columns of `sim.dispatch_annual` and `sim.adequacy`, one row per design."""
        first, column = same_dispatch(designs, self._site)
        result, adequacy = self._run(designs.take(first), column, designs, dtype, np.zeros(len(designs), np.bool_))
        annual = result.take(column).to_frame([self._site], designs)
        return pl.concat([annual, adequacy.drop(set(adequacy.columns) & set(annual.columns))], how="horizontal")

    def shared(
        self, dispatched: DesignSet, column: NDArray[np.int64], designs: DesignSet, *, dtype: DTypeLike = np.float64
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Dispatch some designs and assess more that leave their firm units the same need.

        Parameters
        ----------
        dispatched : DesignSet
        column : NDArray[np.int64]
            Which of them has the need of each design, shape (n_designs,).
        designs : DesignSet
            To be assessed; they differ from what was dispatched in the number of firm units at most.
        dtype : DTypeLike

        Returns
        -------
        tuple[pl.DataFrame, pl.DataFrame]
            Columns of `sim.dispatch_annual`, one row per dispatched design, and of `sim.adequacy`, one row per design.
        """
        is_other = designs.firm_units != dispatched.firm_units[column]
        result, adequacy = self._run(dispatched, column, designs, dtype, is_other)
        return result.to_frame([self._site], dispatched), adequacy

    def _run(
        self,
        dispatched: DesignSet,
        column: NDArray[np.int64],
        designs: DesignSet,
        dtype: DTypeLike,
        is_other: NDArray[np.bool_],
    ) -> tuple[DispatchResult, pl.DataFrame]:
        """Dispatch some designs and assess more, as in `shared`.

        Parameters
        ----------
        dispatched : DesignSet
        column : NDArray[np.int64]
        designs : DesignSet
        dtype : DTypeLike
        is_other : NDArray[np.bool_]
            Designs whose units may run in other hours than those of the dispatched one, shape (n_designs,).
        """
        site, plant, settings = self._site, self._plant, self._plant.settings
        ridden = bridge_hours(designs, plant.battery, site.load_mw)
        needs: list[NeedAdequacy] = []
        other_hours: list[NDArray[np.float64]] = []

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
                    grid_unavailability=np.where(designs.grid_mw > 0, grid_unavailability(self._causes, ridden), 0.0),
                    series_unavailability=unavailability(self._causes, UNIT_TRANSFORMER),
                    start_failure=start_failures(plant.technologies),
                    supply_loss=self._supply_loss,
                    step_hours=site.step_hours,
                    columns=column,
                )
            )
            if is_other.any():
                other_hours.append(run_hours(need.firm_need_mw, column, designs, site, is_other))

        result = simulate_batch(
            [site],
            dispatched,
            plant.technologies,
            plant.battery,
            dtype=dtype,
            with_need=on_site,
            threads=1,
            has_few=self._has_few,
        )
        firm_hours = result.firm_run_hours[0][column]
        if other_hours:
            firm_hours = np.where(is_other, other_hours[0], firm_hours)
        adequacy = availability(
            designs,
            needs[0],
            Operation(site.load_mw, site.step_hours, firm_hours, result.baseload_run_hours[0][column]),
            self._causes,
            plant.technologies,
            settings,
            reserve_unavailability=plant.parameters.value("bess", "forced_outage_rate"),
            frost_events=self._frost_events,
        )
        return result, adequacy
