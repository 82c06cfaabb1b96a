"""Hourly traces and weeks of the chosen designs, every trace checked before it is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import polars as pl

from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.trace import check_trace, simulate_trace, trace_limits, weekly
from pipelines.errors import ContractError
from pipelines.identity import content_hash
from pipelines.plant.technology import Battery, FirmTechnology
from pipelines.warehouse.cache import Cache

_Made = TypeVar("_Made")


class TraceError(ContractError):
    """A trace breaks a balance, a limit or the battery's books; names region, stack and hour."""


def traced_sites(sites: Sequence[SiteYear]) -> list[SiteYear]:
    """Return the site year of each region that is traced: its first weather year."""
    first: dict[str, SiteYear] = {}
    for site in sites:
        first.setdefault(site.region_id, site)
    return list(first.values())


def chosen_sets(chosen: pl.DataFrame) -> dict[str, DesignSet]:
    """Return by region its chosen designs, in order of the stacks.

    Parameters
    ----------
    chosen : pl.DataFrame
        region_id and contract `sim.designs`, one row per region and stack.
    """
    rows = chosen.sort("region_id", "stack_id").partition_by("region_id", as_dict=True, maintain_order=True)
    return {str(region): DesignSet.from_frame(own) for (region,), own in rows.items()}


def region_traces(
    site: SiteYear, designs: DesignSet, technologies: Mapping[str, FirmTechnology], battery: Battery
) -> pl.DataFrame:
    """Return the hours of a region's chosen designs.

    Returns
    -------
    pl.DataFrame
        Contract `mart.dispatch_hourly`, in the order of the designs.

    Raises
    ------
    TraceError
        If a trace breaks what must hold in every hour.
    """
    traces = []
    for index, (stack_id, design_id) in enumerate(zip(designs.stack_id, designs.design_id, strict=True)):
        trace = simulate_trace(site, designs, index, technologies, battery)
        violations = check_trace(trace, trace_limits(site, designs, index, battery))
        if violations:
            raise TraceError(
                f"mart.dispatch_hourly: the trace of {stack_id} in {site.region_id} ({design_id}) breaks "
                f"{violations[0]}; look for the fault in the dispatch kernel."
            )
        traces.append(trace)
    return pl.concat(traces)


@dataclass(frozen=True)
class ChosenTraces:
    """The traces of the chosen designs of all regions, kept by region.

    Attributes
    ----------
    sites : Mapping[str, SiteYear]
        Region to the site year that is traced.
    designs : Mapping[str, DesignSet]
        Region to its chosen designs, as from `chosen_sets`.
    technologies : Mapping[str, FirmTechnology]
    battery : Battery
    keys : Mapping[str, str]
        Region to the hash of all that its site year is.
    cache : Cache
    threads : int
        Regions worked on at once; the rows do not depend on it.
    """

    sites: Mapping[str, SiteYear]
    designs: Mapping[str, DesignSet]
    technologies: Mapping[str, FirmTechnology]
    battery: Battery
    keys: Mapping[str, str]
    cache: Cache
    threads: int = 2

    @property
    def count(self) -> int:
        """Return how many traces there are."""
        return sum(len(self.designs[region]) for region in self._regions())

    def hourly(self) -> tuple[Path, bool]:
        """Return the file of all hours, contract `mart.dispatch_hourly`, and whether it was there.

        Raises
        ------
        TraceError
            If a trace that was not there breaks what must hold in every hour.
        """
        whole = {region: self._key(region) for region in self._regions()}
        return self.cache.joined("traces", whole, lambda: self._each(self._trace))

    def weekly(self) -> pl.DataFrame:
        """Return the weeks of all traces, contract `mart.dispatch_weekly`."""
        return pl.concat(self._each(self._weeks))

    def _regions(self) -> list[str]:
        return sorted(set(self.sites) & set(self.designs))

    def _key(self, region: str) -> dict[str, str]:
        return {"site": self.keys[region], "designs": content_hash(self.designs[region].to_frame())}

    def _trace(self, region: str) -> Path:
        def make() -> pl.DataFrame:
            trace = region_traces(self.sites[region], self.designs[region], self.technologies, self.battery)
            # While the hours are at hand.
            self.cache.frame("weeks", self._key(region), lambda: weekly(trace))
            return trace

        return self.cache.file("trace", self._key(region), make)[0]

    def _weeks(self, region: str) -> pl.DataFrame:
        def make() -> pl.DataFrame:
            return weekly(pl.read_parquet(self._trace(region), glob=False))

        return self.cache.frame("weeks", self._key(region), make)[0]

    def _each(self, make: Callable[[str], _Made]) -> list[_Made]:
        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(make, self._regions()))
