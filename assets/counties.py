"""What the assets do otherwise when counties are the regions: simulate in chunks, keep hours of the best alone."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import polars as pl

from assets.climate import CLIMATE_INPUTS
from assets.county_hours import county_climatology, county_years
from assets.night import Night, log
from assets.plant import grid_plant, of_grid, plant_parameters
from pipelines.contracts.base import REGISTRY
from pipelines.contracts.sites import BARE_REGIONS
from pipelines.counties.hours import chunk_store
from pipelines.dispatch.inputs import DesignSet
from pipelines.national.chunk import MONTHS, RESULTS, Facts, Report, chunks_of
from pipelines.national.engine import run_chunks
from pipelines.national.store import Store
from pipelines.plant.solar import solar_parameters
from pipelines.sizing.refine import Finalists

# What the chunks are made from.
RESULT_INPUTS = [
    "core.regions",
    *CLIMATE_INPUTS,
    "core.outage_causes",
    "core.data_centre_load",
    "core.technology",
    "core.temperature_outage",
    "sim.design_grid",
]


@dataclass(frozen=True)
class CountyResults:
    """What the chunks left; read again for each table, so that no more than one is in memory.

    Attributes
    ----------
    store : Store
    reports : list[Report]
        One per chunk.
    """

    store: Store
    reports: list[Report]

    @property
    def annual(self) -> pl.DataFrame:
        """Return contract `sim.dispatch_annual` of the designs that can stand for a stack."""
        return self._rows(RESULTS, "sim.dispatch_annual", ["region_id", "design_id", "weather_year"])

    @property
    def adequacy(self) -> pl.DataFrame:
        """Return contract `sim.adequacy` of the same designs."""
        return self._rows(RESULTS, "sim.adequacy", ["region_id", "design_id", "weather_year"])

    @property
    def months(self) -> pl.DataFrame:
        """Return contract `mart.weather_monthly`."""
        return self._rows(MONTHS, "mart.weather_monthly", ["region_id", "weather_year", "month"])

    def _rows(self, kind: str, table: str, key: list[str]) -> pl.DataFrame:
        columns = REGISTRY[table].schema.column_names()
        # Chunks do not share a region: sorted one by one and put in order of their first, the whole is sorted.
        parts = [self.store.read(report.key, kind, columns).sort(key) for report in self.reports]
        return pl.concat(sorted(parts, key=lambda part: part["region_id"][0]))

    @property
    def is_cache_hit(self) -> bool:
        """Return whether no chunk was worked out anew."""
        return all(report.is_hit for report in self.reports)

    @property
    def metadata(self) -> dict[str, float]:
        """Return counts and CPU seconds for the asset."""
        seconds: dict[str, float] = {}
        for report in self.reports:
            for stage, spent in report.cpu_seconds.items():
                seconds[f"cpu_seconds_{stage}"] = seconds.get(f"cpu_seconds_{stage}", 0.0) + spent
        hits = sum(report.is_hit for report in self.reports)
        return {"chunks": len(self.reports), "chunks_from_cache": hits, **seconds}


def county_results(night: Night) -> CountyResults:
    """Return the results of every county; simulated by the first asset that asks, chunk by chunk."""
    return night.once("county results", lambda: _county_results(night))


def _county_results(night: Night) -> CountyResults:
    settings = night.settings
    plant, grid = grid_plant(night), night.read("sim.design_grid")
    facts = Facts(
        replace(plant, designs=DesignSet.from_frame(grid)),
        DesignSet.from_frame(of_grid(night, plant.designs.to_frame(), are_phases=True)),
        solar_parameters(plant_parameters(night), settings),
        night.read("core.data_centre_load"),
        settings.dispatch_years,
    )
    chunks = chunks_of(
        night.read("core.regions", BARE_REGIONS),
        county_climatology(night),
        night.read("core.outage_causes"),
        settings.chunk_sites,
        county_years(night),
    )
    store = chunk_store(settings)
    started, fresh = time.monotonic(), 0

    def on_chunk(report: Report, done: int, of: int) -> None:
        nonlocal fresh
        if report.is_hit:
            return
        fresh += 1
        spent = time.monotonic() - started
        left = spent / fresh * (of - done)
        log.info("chunk", extra={"progress": (f"chunk {done} of {of}, {left:.0f} s left", report.rows, spent)})

    reports = run_chunks(chunks, facts, store, settings, on_chunk)
    store.write_night(night.run_id, [report.key for report in reports])
    return CountyResults(store, reports)


def no_finalists(night: Night) -> Finalists:
    """Return that no design was worked out around the best: counties keep to the design grid."""
    annual, adequacy, priced = (
        pl.DataFrame(REGISTRY[f"sim.{name}"].schema.create_empty())
        for name in ("dispatch_annual", "adequacy", "candidates")
    )
    return Finalists(night.read("sim.design_grid").clear(), annual, adequacy, priced, 0, 0)
