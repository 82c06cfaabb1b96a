"""One chunk of sites from climatology to kept results: weather, sun, dispatch of every design, outages, months.

A chunk is a pure function of what it holds, so that any process of any machine makes the same bytes, and may be run
twice without harm. What it leaves: one Parquet file of results, one of months, each under the hash of the chunk.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.site_years import site_year
from pipelines.identity import content_hash, tree_hash
from pipelines.national.screen import Families, decided_designs
from pipelines.national.store import Store
from pipelines.plant.catalogue import stack_files
from pipelines.plant.grid import curtailed_hours_per_year
from pipelines.plant.solar import SolarParameters, solar_mw_per_mw
from pipelines.reliability.campaign import Plant, SiteAssessor
from pipelines.settings import marked, values_of
from pipelines.weather.assemble import weather_version
from pipelines.weather.calendar import TYPICAL_YEAR, hours_of_year
from pipelines.weather.monthly import weather_monthly
from pipelines.weather.sun import sun_path
from pipelines.weather.synthetic import synthetic_year

RESULTS, MONTHS, HOURS = "results", "months", "hours"
FETCHED: dict[str, Any] = {
    "region_id": pl.String,
    "weather_year": pl.Int64,
    "weather_source": pl.String,
    "station": pl.String,
    "retrieved_at_utc": pl.Datetime("us"),
    "hours_key": pl.String,
    "hours_hash": pl.String,
}
"""Of a fetched year: whose it is, where it comes from and when it came, its name in the store, its content."""
_HERE = Path(__file__).parent
STAGES = ("weather", "solar", "dispatch_and_adequacy", "months", "write")


@dataclass(frozen=True)
class Facts:
    """What is the same for every chunk.

    Attributes
    ----------
    plant : Plant
        With every design of the grid.
    phases : DesignSet
        The phases before the permanent plant, all of which are simulated.
    solar : SolarParameters
    load_facts : pl.DataFrame
        Reference table `data_centre_load`.
    years : int
        Weather years of each site.
    """

    plant: Plant
    phases: DesignSet
    solar: SolarParameters
    load_facts: pl.DataFrame
    years: int

    @property
    def key(self) -> dict[str, Any]:
        """Return what every chunk's results depend on beside its sites."""
        return {
            "plant": self.plant.key,
            "phases": content_hash(self.phases.to_frame()),
            "stacks": {path.name: content_hash(path) for path in stack_files(self.plant.settings)},
            # What the screen keeps designs by; what they are dispatched with is in the plant's key.
            "settings": values_of(self.plant.settings, marked("physics", "choice")),
            "solar": asdict(self.solar),
            "load": content_hash(self.load_facts),
            "years": self.years,
            "code": [weather_version(), national_version()],
        }


@dataclass(frozen=True)
class Chunk:
    """Some sites with their climatology and their shared failures, each frame in order of region_id.

    Attributes
    ----------
    regions : pl.DataFrame
        region_id, latitude, longitude, elevation_m, climate_station.
    months : pl.DataFrame
        Monthly means, twelve rows per region that has no fetched year.
    causes : pl.DataFrame
        Contract `core.outage_causes` of these regions.
    fetched : pl.DataFrame
        Columns `FETCHED`: the years that stand for the climatology, by region.
    """

    regions: pl.DataFrame
    months: pl.DataFrame
    causes: pl.DataFrame
    fetched: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FETCHED))

    @property
    def size(self) -> int:
        """Return the number of sites."""
        return self.regions.height

    def key(self, facts_key: dict[str, Any]) -> str:
        """Return the name of what this chunk leaves."""
        # The same hours are the same result, whenever they came and wherever they lie.
        fetched = self.fetched.drop("retrieved_at_utc", "hours_key")
        own = [fetched] if fetched.height else []
        return content_hash(self.regions, self.months, self.causes.drop("as_of", strict=False), facts_key, *own)[:32]


@dataclass
class Report:
    """What became of a chunk: its name, whether it was there, its rows, and CPU seconds by stage."""

    key: str
    sites: int
    is_hit: bool
    rows: int = 0
    assessed: int = 0
    cpu_seconds: dict[str, float] = field(default_factory=dict)


@cache
def national_version() -> str:
    """Return the hash of the code of this package that results come from."""
    return tree_hash(_HERE, ("chunk.py", "screen.py"))


def chunks_of(
    regions: pl.DataFrame,
    months: pl.DataFrame,
    causes: pl.DataFrame,
    most_sites: int,
    fetched: pl.DataFrame | None = None,
) -> list[Chunk]:
    """Split sites into chunks that stay within a state, so that a county added to one state moves no other chunk.

    Parameters
    ----------
    regions : pl.DataFrame
        Contract `core.regions`.
    months : pl.DataFrame
        As from `interpolated_climatology`.
    causes : pl.DataFrame
        Contract `core.outage_causes`.
    most_sites : int
        Sites of a chunk at most.
    fetched : pl.DataFrame | None
        Columns `FETCHED`, in order of region and year; a region with such years needs no months.
    """
    ordered = regions.sort("state", "region_id").with_columns(
        (pl.int_range(pl.len()).over("state") // most_sites).alias("_piece")
    )
    columns = ["region_id", "latitude", "longitude", "elevation_m", "climate_station"]
    made = []
    years = pl.DataFrame(schema=FETCHED) if fetched is None else fetched
    with_years = set(years["region_id"])
    of_months = months.partition_by("region_id", as_dict=True, maintain_order=True)
    of_causes = causes.partition_by("region_id", as_dict=True, maintain_order=True)
    for own in ordered.partition_by("state", "_piece", maintain_order=True):
        names = own["region_id"].to_list()
        made.append(
            Chunk(
                own.select(columns),
                pl.concat([months.clear(), *(of_months[name,] for name in names if name not in with_years)]),
                pl.concat([of_causes[name,] for name in names]),
                years.filter(pl.col("region_id").is_in(names)) if with_years else years,
            )
        )
    return made


def run_chunk(chunk: Chunk, facts: Facts, store: Store, key: str) -> Report:
    """Work out a chunk unless it is there, and leave its two files in the store.

    Returns
    -------
    Report
        Without the rows, which stay in the store: only this travels between machines.
    """
    if store.has(key, RESULTS):
        return Report(key, chunk.size, is_hit=True)
    results, months, report = simulate_chunk(chunk, facts, store)
    began = time.process_time()
    # The results last: a chunk is there when its results are.
    store.write(key, MONTHS, months)
    report.cpu_seconds["write"] = time.process_time() - began
    about = {"sites": report.sites, "assessed": report.assessed, "cpu_seconds": report.cpu_seconds}
    store.write(key, RESULTS, results, about)
    report.key, report.rows = key, results.height
    return report


def simulate_chunk(chunk: Chunk, facts: Facts, store: Store | None = None) -> tuple[pl.DataFrame, pl.DataFrame, Report]:
    """Return the results of a chunk's kept designs, the months of its sites, and how long each stage took.

    The store is read for fetched years only.
    """
    families = Families.of(facts.plant.designs)
    guess = np.full(len(families.members), -1, dtype=np.int64)
    report = Report("", chunk.size, is_hit=False, cpu_seconds=dict.fromkeys(STAGES, 0.0))
    settings = facts.plant.settings
    curtailed_hours = curtailed_hours_per_year(facts.load_facts, settings.flexible_grid_curtailed_frac)
    hour_utc = hours_of_year(TYPICAL_YEAR)
    of_months = chunk.months.partition_by("region_id", as_dict=True, maintain_order=True)
    of_causes = chunk.causes.partition_by("region_id", as_dict=True, maintain_order=True)
    of_years = chunk.fetched.partition_by("region_id", as_dict=True, maintain_order=True)
    results, months = [], []
    clock = time.process_time()

    def lap(stage: str) -> None:
        nonlocal clock
        now = time.process_time()
        report.cpu_seconds[stage] += now - clock
        clock = now

    for region in chunk.regions.iter_rows(named=True):
        name = region["region_id"]
        place = {column: region[column] for column in ("latitude", "longitude", "elevation_m")}
        own = of_years.get((name,))
        if own is not None and store is not None:
            hours = [store.read(key, HOURS) for key in own["hours_key"]]
            suns_above = [
                sun_path(year["hour_utc"].to_numpy(), region["latitude"], region["longitude"]) for year in hours
            ]
            about = list(own.select("weather_source", "station").iter_rows())
        else:
            # The sun over a place is that of every synthetic year there, and of its solar plant.
            suns_above = [sun_path(hour_utc, region["latitude"], region["longitude"])] * facts.years
            hours = [
                synthetic_year(of_months[name,], name, **place, year_index=year, sun=suns_above[0])
                for year in range(1, facts.years + 1)
            ]
            about = [("synthetic", region["climate_station"])] * facts.years
        lap("weather")
        output = [
            solar_mw_per_mw(year, **place, parameters=facts.solar, sun=sun)
            for year, sun in zip(hours, suns_above, strict=True)
        ]
        lap("solar")
        months += [
            weather_monthly(year, region["longitude"], made, weather_source=source, station=station)
            for year, made, (source, station) in zip(hours, output, about, strict=True)
        ]
        lap("months")
        years = [
            site_year(
                name,
                year["weather_year"][0],
                year["hour_utc"][0],
                year["temperature_c"].to_numpy(),
                made,
                region["elevation_m"],
                facts.plant.technologies,
                curtailed_hours,
                settings,
            )
            for year, made in zip(hours, output, strict=True)
        ]
        years.sort(key=lambda site: site.weather_year)
        rows, assessed = decided_designs(years, facts.plant, of_causes[name,], families, guess)
        results += [rows, *_phase_rows(years, facts, of_causes[name,])]
        report.assessed += assessed
        lap("dispatch_and_adequacy")
    return pl.concat(results), pl.concat(months), report


def _phase_rows(years: list[SiteYear], facts: Facts, causes: pl.DataFrame) -> list[pl.DataFrame]:
    """Return dispatch and adequacy of the phases in each year of a site."""
    if not len(facts.phases):
        return []
    return [
        SiteAssessor(year, facts.plant, causes, has_few=True).assess(facts.phases, dtype=np.float32) for year in years
    ]
