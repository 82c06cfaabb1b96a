"""What a county costs: CPU seconds by stage for growing numbers of counties, and the slope between them.

`python -m benchmarks.scale --sites 50,250` measures in one process; finished chunks stay in the work folder with what
they cost, so that a measurement that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import math
import platform
import resource
import time
from datetime import date
from pathlib import Path

import click
import polars as pl

from pipelines.contracts.base import REGISTRY
from pipelines.counties.climate import climate_stations, interpolated_climatology
from pipelines.counties.places import county_regions
from pipelines.dispatch.designs import design_grid
from pipelines.dispatch.inputs import DesignSet
from pipelines.economics.evaluate import evaluate_candidates
from pipelines.economics.prices import gas_prices_by_region, power_prices_by_region
from pipelines.economics.selection import select_least_cost
from pipelines.national.chunk import RESULTS, Facts, chunks_of
from pipelines.national.engine import run_chunks
from pipelines.national.store import Store
from pipelines.plant.firm import battery, firm_technologies
from pipelines.plant.solar import solar_parameters
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.reliability.campaign import Plant
from pipelines.reliability.common_mode import region_causes
from pipelines.settings import Settings


@click.command()
@click.option("--sites", default="50,250,1000,3108", show_default=True, help="Numbers of counties, by commas.")
@click.option("--years", default=1, show_default=True, help="Weather years of each.")
@click.option("--work", type=click.Path(path_type=Path), default=Path("data/scale"), show_default=True)
@click.option("--as-of", default="2026-11-22", show_default=True)
def main(sites: str, years: int, work: Path, as_of: str) -> None:
    """Measure and print one line per number of counties."""
    measured = [measure(int(count), years, work, as_of) for count in sites.split(",")]
    for row in measured:
        click.echo(json.dumps(row))
    if len(measured) > 1:
        first, last = measured[-2], measured[-1]
        slope = math.log(last["cpu_seconds"] / first["cpu_seconds"]) / math.log(last["sites"] / first["sites"])
        click.echo(f"log-log slope from {first['sites']} to {last['sites']} counties: {slope:.3f}")
    click.echo(f"{platform.machine()}, Python {platform.python_version()}")


def measure(count: int, years: int, work: Path, as_of: str) -> dict[str, float]:
    """Return CPU seconds by stage of counties spread evenly over the list."""
    settings = Settings(dispatch_years=years, chunk_workers=1)

    def reference(name: str) -> pl.DataFrame:
        return load_reference(name, settings.reference_dir)

    clock = time.process_time()
    stages: dict[str, float] = {}

    def lap(stage: str) -> None:
        nonlocal clock
        now = time.process_time()
        stages[stage] = stages.get(stage, 0.0) + now - clock
        clock = now

    months = reference("climatology_monthly")
    regions = county_regions(reference("candidate_markets"), months, settings)
    regions = regions[[round(place * (regions.height - 1) / max(count - 1, 1)) for place in range(count)]]
    lap("county table")
    climate = interpolated_climatology(regions, climate_stations(months))
    lap("climatology")
    figures = parameters(reference("technology"))
    technologies = firm_technologies(figures, reference("temperature_outage"), settings)
    designs = design_grid(technologies, settings, solar_parts=settings.county_solar_parts)
    plant = Plant(DesignSet.from_frame(designs), technologies, battery(figures, settings), figures, settings)
    causes = region_causes(regions, reference("grid_reliability"), figures, settings)
    facts = Facts(plant, solar_parameters(figures, settings), reference("data_centre_load"), years)
    chunks = chunks_of(regions, climate, causes, settings.chunk_sites)
    lap("facts")
    store = Store(str(work.absolute()))
    reports = run_chunks(chunks, facts, store, settings)
    clock = time.process_time()
    notes = [store.note(report.key, RESULTS) for report in reports]
    for note in notes:
        for stage, seconds in note["cpu_seconds"].items():
            stages[stage] = stages.get(stage, 0.0) + seconds
    results = pl.concat([store.read(report.key, RESULTS) for report in reports])
    annual, adequacy = (
        results.select(REGISTRY[name].schema.column_names()) for name in ("sim.dispatch_annual", "sim.adequacy")
    )
    lap("take in")
    night = date.fromisoformat(as_of)
    gas = gas_prices_by_region(regions, reference("gas_prices"), reference("emission_factors"), night, settings)
    power = power_prices_by_region(regions, reference("power_prices"), reference("emission_factors"), night, settings)
    candidates = evaluate_candidates(
        designs,
        annual,
        adequacy,
        regions,
        gas,
        power,
        figures,
        reference("locational_multipliers"),
        reference("emission_factors"),
        settings,
        outage_causes=causes,
    )
    select_least_cost(candidates, settings)
    lap("price and choose")
    total = sum(stages.values())
    return {
        "sites": count,
        "years": years,
        "designs": designs.height,
        "cpu_seconds": round(total, 2),
        "cpu_ms_per_site_year": round(1000.0 * total / count / years, 1),
        "worked_out_per_site": round(sum(note["assessed"] for note in notes) / count, 1),
        "rows_per_site_year": round(results.height / count / years, 1),
        "bytes_per_site_year": round(sum(note["bytes"] for note in notes) / count / years),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0),
        **{stage: round(seconds, 2) for stage, seconds in stages.items()},
    }


if __name__ == "__main__":
    main()
