"""What a night of every county takes: time by stage, memory, growth with sites and years, and what a second run redoes.

`python -m benchmarks.scale` measures all of it on an idle machine in under a quarter of an hour and prints one line per
measurement; `--table FILE` also writes them as the tables of docs/scale.md. `--part` measures some of it.
"""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import polars as pl

from benchmarks.session_memory import run_sampled
from pipelines.counties.places import county_regions
from pipelines.dispatch.designs import design_grid
from pipelines.dispatch.inputs import DesignSet
from pipelines.economics.gas_supply import gas_supply
from pipelines.national.chunk import MONTHS, RESULTS, STAGES, Chunk, Facts, chunks_of
from pipelines.national.engine import run_chunks
from pipelines.national.store import Store
from pipelines.plant.firm import battery, firm_technologies
from pipelines.plant.solar import solar_parameters
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.reliability.campaign import Plant
from pipelines.reliability.common_mode import region_causes
from pipelines.settings import Settings
from pipelines.weather.climate import climate_stations, interpolated_climatology

PARTS = ("sites", "years", "night")
# Steps of a night that are told apart; the rest is summed.
_TOLD_SECONDS = 2.0


@click.command()
@click.option("--part", "parts", type=click.Choice(PARTS), multiple=True, default=PARTS, show_default=True)
@click.option("--sites", default="250,1000,0", show_default=True, help="Numbers of counties, by commas; 0 for all.")
@click.option("--many-years", default=10, show_default=True, help="Weather years of the part `years`.")
@click.option("--some", default=100, show_default=True, help="Counties of the part `years`.")
@click.option("--work", type=click.Path(path_type=Path), default=Path("data/scale"), show_default=True)
@click.option("--as-of", "nights", default="2026-11-22,2026-11-23", show_default=True, help="A night and the next one.")
@click.option("--state", help="Counties of the part `night`: of one state, to try it.")
@click.option("--table", type=click.Path(path_type=Path), help="Write the tables of docs/scale.md here as well.")
def main(
    parts: tuple[str, ...],
    sites: str,
    many_years: int,
    some: int,
    work: Path,
    nights: str,
    state: str | None,
    table: Path | None,
) -> None:
    """Measure and print."""
    work.mkdir(parents=True, exist_ok=True)
    for left in [*work.glob("sites*"), *work.glob("years*"), work / "warm", work / "night"]:
        shutil.rmtree(left, ignore_errors=True)
    texts = [f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}.\n"]
    if "sites" in parts:
        texts.append(_by_sites([int(count) for count in sites.split(",")], work))
    if "years" in parts:
        texts.append(_by_years(some, many_years, work))
    if "night" in parts:
        texts.append(_night(nights.split(","), state, work))
    text = "\n".join(texts)
    click.echo(text)
    if table is not None:
        table.write_text(text)


@dataclass(frozen=True)
class Work:
    """Counties cut into chunks, and what is the same for all of them."""

    chunks: list[Chunk]
    facts: Facts
    settings: Settings

    @property
    def sites(self) -> int:
        return sum(chunk.size for chunk in self.chunks)


def work_of(count: int, years: int) -> Work:
    """Return whole chunks spread evenly over the country with about so many counties, all of them where it is 0."""
    settings = Settings(dispatch_years=years)

    def reference(name: str) -> pl.DataFrame:
        return load_reference(name, settings.reference_dir)

    stations = reference("climate_stations")
    regions = county_regions(reference("candidate_markets"), stations, reference("place_heights"), settings)
    climate = interpolated_climatology(regions, climate_stations(stations, reference("climatology_monthly")))
    figures = parameters(reference("technology"))
    technologies = firm_technologies(figures, reference("temperature_outage"), settings)
    designs = design_grid(technologies, settings, solar_parts=settings.county_solar_parts)
    plant = Plant(DesignSet.from_frame(designs), technologies, battery(figures, settings), figures, settings)
    causes = region_causes(
        regions,
        gas_supply(regions, reference("gas_hub_rules"), settings),
        reference("grid_reliability"),
        figures,
        settings,
    )
    facts = Facts(plant, solar_parameters(figures, settings), reference("data_centre_load"), years)
    chunks = chunks_of(regions, climate, causes, settings.chunk_sites)
    if count:
        # A night's chunks as they are: the first county of each costs more than the others.
        spread = [
            [chunks[(2 * place + 1) * len(chunks) // (2 * wanted)] for place in range(wanted)]
            for wanted in range(1, len(chunks) + 1)
        ]
        chunks = next((some for some in spread if sum(chunk.size for chunk in some) >= count), chunks)
    return Work(chunks, facts, settings)


def measure(own: Work, folder: Path) -> dict[str, float]:
    """Return wall and CPU seconds of the chunks that are not in a folder yet, by stage, and what they leave."""
    store, began = Store(str(folder.absolute())), time.monotonic()
    reports = run_chunks(own.chunks, own.facts, store, own.settings)
    seconds = time.monotonic() - began
    fresh = [report for report in reports if not report.is_hit]
    notes = [store.note(report.key, kind) for report in fresh for kind in (RESULTS, MONTHS)]
    stages = {stage: sum(report.cpu_seconds.get(stage, 0.0) for report in fresh) for stage in STAGES}
    units = max(own.sites * own.facts.years, 1)
    return {
        "sites": own.sites,
        "years": own.facts.years,
        "designs": len(own.facts.plant.designs),
        "chunks_worked_out": len(fresh),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(sum(stages.values()), 2),
        "bytes_per_site_year": round(sum(note["bytes"] for note in notes) / units),
        **{f"{stage}_ms": round(1000.0 * spent / units, 2) for stage, spent in stages.items()},
    }


def _by_sites(counts: list[int], work: Path) -> str:
    # Compiled code is read from the disk by then.
    measure(work_of(1, 1), work / "warm")
    rows = []
    for count in counts:
        own = work_of(count, 1)
        rows.append(measure(own, work / f"sites{count}"))
        click.echo(json.dumps(rows[-1]))
    text = _table(
        ["counties", "seconds", "CPU s", *(f"{stage}, ms per county" for stage in STAGES), "bytes per county"],
        [
            [row["sites"], row["seconds"], row["cpu_seconds"], *(row[f"{stage}_ms"] for stage in STAGES),
             row["bytes_per_site_year"]]
            for row in rows
        ],
    )  # fmt: skip
    first, last = rows[0], rows[-1]
    if last["sites"] > first["sites"]:
        slopes = [
            math.log(last[what] / first[what]) / math.log(last["sites"] / first["sites"])
            for what in ("seconds", "cpu_seconds")
        ]
        text += f"\nSlope from {first['sites']} to {last['sites']} counties: {slopes[0]:.3f} of the time, "
        text += f"{slopes[1]:.3f} of the CPU time (log-log).\n"
    again = measure(own, work / f"sites{counts[-1]}")
    moved = measure(_warmer(own), work / f"sites{counts[-1]}")
    return (
        text + f"\nThe same again: {again['chunks_worked_out']} chunks worked out, {again['seconds']} s. "
        f"One county warmer: {moved['chunks_worked_out']} of {len(own.chunks)}, {moved['seconds']} s.\n"
    )


def _warmer(own: Work) -> Work:
    """Return the same work with the weather of one county changed."""
    chunk = own.chunks[len(own.chunks) // 2]
    name = chunk.regions["region_id"][0]
    warmer = pl.when(pl.col("region_id") == name).then(0.1).otherwise(0.0)
    months = chunk.months.with_columns(pl.col("temperature_mean_c") + warmer)
    changed = [replace(one, months=months) if one is chunk else one for one in own.chunks]
    return Work(changed, own.facts, own.settings)


def _by_years(some: int, years: int, work: Path) -> str:
    every = work_of(0, years).sites
    rows = []
    for count in (1, years):
        rows.append(measure(work_of(some, count), work / f"years{count}"))
        click.echo(json.dumps(rows[-1]))
    minutes = rows[-1]["seconds"] * every / rows[-1]["sites"] / 60.0
    table = _table(
        ["counties", "years", "seconds", "CPU ms per county and year", "bytes per county and year"],
        [
            [row["sites"], row["years"], row["seconds"],
             round(1000.0 * row["cpu_seconds"] / row["sites"] / row["years"], 1), row["bytes_per_site_year"]]
            for row in rows
        ],
    )  # fmt: skip
    return table + f"\nFor {every} counties x {years} years that is {minutes:.0f} minutes of chunks.\n"


def _night(nights: list[str], state: str | None, work: Path) -> str:
    """Run the real command for every county: from an empty folder, the same night again, and the next."""
    data = work / "night"
    rows = []
    text = ""
    for name, as_of in (("first night", nights[0]), ("the same again", nights[0]), ("next night", nights[-1])):
        log = data / "counties" / "logs" / "night.jsonl"
        known = len(log.read_text().splitlines()) if log.exists() else 0
        command = [sys.executable, "-m", "pipelines.cli.main", "refresh", "--scope", "counties", "--as-of", as_of]
        command += ["--state", state] if state else []
        ran = run_sampled(command, {"FIRSTMW_DATA_DIR": str(data.absolute())}, work / "night.log")
        rows.append([name, round(ran.seconds, 1), round(ran.cpu_seconds, 1), round(ran.peak_mb), round(ran.largest_mb)])
        click.echo(json.dumps(rows[-1]))
        steps = _steps(log.read_text().splitlines()[known:])
        if steps:
            told = ", ".join(f"{step} {seconds:.0f}" for step, seconds in steps if seconds >= _TOLD_SECONDS)
            rest = sum(seconds for _, seconds in steps if seconds < _TOLD_SECONDS)
            text += f"\n{name.capitalize()}, seconds by step: {told}; {len(steps)} steps in all, the rest {rest:.0f}.\n"
    return (
        _table([state or "every county", "seconds", "CPU s", "peak MB of all processes", "of the largest"], rows) + text
    )


def _steps(lines: list[str]) -> list[tuple[str, float]]:
    steps = [json.loads(line) for line in lines]
    own = [(str(step["asset"]), float(step["seconds"])) for step in steps if step.get("event") == "step"]
    return sorted(own, key=lambda step: -step[1])


def _table(head: list[str], rows: list[list[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(value) for value in line) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    main()
