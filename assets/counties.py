"""What the assets do otherwise when counties are the regions: simulate in chunks, keep hours of the best alone."""

from __future__ import annotations

import time
from dataclasses import dataclass

import polars as pl

from assets.night import Night, log
from assets.plant import grid_plant, plant_parameters, plant_technologies
from pipelines.contracts.base import REGISTRY
from pipelines.counties.climate import climate_stations, interpolated_climatology
from pipelines.dispatch.inputs import SiteYear
from pipelines.dispatch.site_years import site_years
from pipelines.national.chunk import MONTHS, RESULTS, Facts, Report, chunks_of
from pipelines.national.engine import run_chunks
from pipelines.national.store import Store
from pipelines.plant.solar import solar_parameters
from pipelines.sizing.refine import Finalists
from pipelines.weather.assemble import region_solar, region_weather

COUNTY_INPUTS = ["core.climatology_monthly"]


@dataclass(frozen=True)
class CountyResults:
    """What the chunks left.

    Attributes
    ----------
    annual, adequacy : pl.DataFrame
        Contracts `sim.dispatch_annual`, `sim.adequacy`, of the designs that can stand for a stack.
    months : pl.DataFrame
        Contract `mart.weather_monthly`.
    reports : list[Report]
        One per chunk.
    """

    annual: pl.DataFrame
    adequacy: pl.DataFrame
    months: pl.DataFrame
    reports: list[Report]

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


def county_climatology(night: Night) -> pl.DataFrame:
    """Return the interpolated months of the night's counties; made by the first asset that asks."""
    if "county climatology" not in night.shared:
        night.shared["county climatology"] = interpolated_climatology(
            night.read("core.regions", ["region_id", "latitude", "longitude", "elevation_m"]),
            climate_stations(night.read("core.climatology_monthly")),
        )
    return night.shared["county climatology"]


def county_results(night: Night) -> CountyResults:
    """Return the results of every county; simulated by the first asset that asks, chunk by chunk."""
    if "county results" not in night.shared:
        night.shared["county results"] = _county_results(night)
    return night.shared["county results"]


def _county_results(night: Night) -> CountyResults:
    settings = night.settings
    facts = Facts(
        grid_plant(night),
        solar_parameters(plant_parameters(night), settings),
        night.read("core.data_centre_load"),
        settings.dispatch_years,
    )
    chunks = chunks_of(
        night.read("core.regions"),
        county_climatology(night),
        night.read("core.outage_causes"),
        settings.chunk_sites,
    )
    store = Store(settings.chunk_store or str(settings.data_dir.absolute() / "cache" / "chunks"))
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
    results = pl.concat([store.read(report.key, RESULTS) for report in reports])
    annual, adequacy = (
        results.select(REGISTRY[name].schema.column_names()).sort("region_id", "design_id", "weather_year")
        for name in ("sim.dispatch_annual", "sim.adequacy")
    )
    months = pl.concat([store.read(report.key, MONTHS) for report in reports])
    return CountyResults(annual, adequacy, months.sort("region_id", "weather_year", "month"), reports)


def county_sites(night: Night) -> list[SiteYear]:
    """Return the site years of the best counties, whose hours are shown; they are made again from the climatology."""
    if "county sites" not in night.shared:
        night.shared["county sites"] = _county_sites(night)
    return night.shared["county sites"]


def best_counties(night: Night, count: int) -> list[str]:
    """Return the counties whose best stack ranks first."""
    ranked = night.read("mart.ranked_sites", ["region_id", "region_rank"])
    return ranked.filter(pl.col("region_rank") <= count)["region_id"].unique().sort().to_list()


def _county_sites(night: Night) -> list[SiteYear]:
    best = best_counties(night, max(night.settings.trace_sites, night.settings.sample_sites))
    regions = night.read("core.regions").filter(pl.col("region_id").is_in(best))
    choice = night.read("core.weather_choice").with_columns(pl.lit(None, dtype=pl.String).alias("file_name"))
    weather, _ = region_weather(
        regions, county_climatology(night), choice, None, night.settings.dispatch_years, night.cache
    )
    solar, _ = region_solar(regions, weather, solar_parameters(plant_parameters(night), night.settings), night.cache)
    return site_years(
        regions, weather, solar, plant_technologies(night), night.read("core.data_centre_load"), night.settings
    )


def no_finalists(night: Night) -> Finalists:
    """Return that no design was worked out around the best: counties keep to the design grid."""
    annual, adequacy = (
        pl.DataFrame(REGISTRY[f"sim.{name}"].schema.create_empty()) for name in ("dispatch_annual", "adequacy")
    )
    return Finalists(
        night.read("sim.design_grid").clear(), annual, adequacy, night.read("sim.grid_candidates").clear(), 0, 0
    )
