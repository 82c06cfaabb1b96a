"""Hourly traces of the chosen designs, every one checked before it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.trace import check_trace, simulate_trace, trace_limits
from pipelines.errors import ContractError
from pipelines.plant.technology import Battery, FirmTechnology


def traced_sites(sites: Sequence[SiteYear]) -> list[SiteYear]:
    """Return the site year of each region that is traced: its first weather year."""
    first: dict[str, SiteYear] = {}
    for site in sites:
        first.setdefault(site.region_id, site)
    return list(first.values())


def chosen_traces(
    sites: Sequence[SiteYear],
    chosen: pl.DataFrame,
    designs: DesignSet,
    technologies: Mapping[str, FirmTechnology],
    battery: Battery,
    *,
    threads: int = 2,
) -> pl.DataFrame:
    """Return the hours of every chosen design.

    Parameters
    ----------
    sites : Sequence[SiteYear]
        One site year per region, as from `traced_sites`.
    chosen : pl.DataFrame
        region_id, stack_id, design_id.
    designs : DesignSet
    technologies : Mapping[str, FirmTechnology]
    battery : Battery
    threads : int
        Regions worked on at once; the rows do not depend on it.

    Returns
    -------
    pl.DataFrame
        Contract `mart.dispatch_hourly`, ordered by its key.

    Raises
    ------
    ContractError
        If a trace breaks a balance, a limit or the battery's books; names region, stack and hour.
    """
    position = {design_id: index for index, design_id in enumerate(designs.design_id)}
    wanted = chosen.select("region_id", "stack_id", "design_id").sort("region_id", "stack_id")
    by_region = wanted.partition_by("region_id", as_dict=True, maintain_order=True)

    def region(site: SiteYear) -> pl.DataFrame:
        traces = []
        for stack_id, design_id in by_region[site.region_id,].select("stack_id", "design_id").iter_rows():
            index = position[design_id]
            trace = simulate_trace(site, designs, index, technologies, battery)
            violations = check_trace(trace, trace_limits(site, designs, index, battery))
            if violations:
                raise ContractError(
                    f"mart.dispatch_hourly: the trace of {stack_id} in {site.region_id} ({design_id}) breaks "
                    f"{violations[0]}; look for the fault in the dispatch kernel."
                )
            traces.append(trace)
        return pl.concat(traces)

    ordered = sorted((site for site in sites if (site.region_id,) in by_region), key=lambda site: site.region_id)
    with ThreadPoolExecutor(threads) as pool:
        return pl.concat(list(pool.map(region, ordered)), rechunk=False)
