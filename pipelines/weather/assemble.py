"""Hours of weather and of solar output for many regions, kept by what each region's hours depend on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from pipelines.identity import content_hash, tree_hash
from pipelines.plant.solar import SolarParameters, solar_mw_per_mw
from pipelines.warehouse.cache import Cache
from pipelines.weather.files import file_year
from pipelines.weather.monthly import weather_monthly
from pipelines.weather.readers import read_weather_file
from pipelines.weather.synthetic import synthetic_year

_PACKAGE = Path(__file__).parents[1]
Item = TypeVar("Item")


@cache
def weather_version() -> str:
    """Return the hash of the code that weather and solar output come from."""
    return tree_hash(_PACKAGE, ("weather/*.py", "plant/solar.py"))


def region_weather(
    regions: pl.DataFrame,
    climatology: pl.DataFrame,
    weather_choice: pl.DataFrame,
    weather_dir: Path | None,
    years: int,
    kept: Cache,
) -> tuple[pl.DataFrame, int]:
    """Return the hours that each region runs on.

    Parameters
    ----------
    regions : pl.DataFrame
        Contract `core.regions`.
    climatology : pl.DataFrame
        Reference table `climatology_monthly`.
    weather_choice : pl.DataFrame
        Contract `core.weather_choice`.
    weather_dir : Path | None
        Folder of the chosen files.
    years : int
        Synthetic years per region; a file gives the one year it holds.
    kept : Cache

    Returns
    -------
    tuple[pl.DataFrame, int]
        Contract `core.weather_hourly`, in order of region and time, and how many regions came from the cache.
    """
    months = climatology.partition_by("region_id", as_dict=True, maintain_order=True)
    files = dict(weather_choice.select("region_id", "file_name").iter_rows())

    def one(region: dict[str, Any]) -> tuple[pl.DataFrame, bool]:
        region_id = region["region_id"]
        if files[region_id] is not None and weather_dir is not None:
            path = weather_dir / files[region_id]
            key = {"region": region_id, "file": content_hash(path), "code": weather_version()}
            return kept.frame("weather", key, lambda: file_year(read_weather_file(path), region_id))
        own = months[region_id,]
        place = {name: region[name] for name in ("latitude", "longitude", "elevation_m")}
        key = {"region": region_id, **place, "months": content_hash(own), "years": years, "code": weather_version()}
        return kept.frame(
            "weather",
            key,
            lambda: pl.concat(
                [synthetic_year(own, region_id, **place, year_index=year) for year in range(1, years + 1)]
            ),
        )

    return _all(one, regions.sort("region_id").to_dicts())


def region_solar(
    regions: pl.DataFrame, weather: pl.DataFrame, parameters: SolarParameters, kept: Cache
) -> tuple[pl.DataFrame, int]:
    """Return what a megawatt of single-axis tracking solar gives in every hour of the weather.

    Parameters
    ----------
    regions : pl.DataFrame
        Contract `core.regions`.
    weather : pl.DataFrame
        Contract `core.weather_hourly`.
    parameters : SolarParameters
    kept : Cache

    Returns
    -------
    tuple[pl.DataFrame, int]
        Contract `sim.solar_hourly`, rows as in `weather`, and how many region-years came from the cache.
    """
    places = {row["region_id"]: row for row in regions.to_dicts()}

    def one(hours: pl.DataFrame) -> tuple[pl.DataFrame, bool]:
        region = places[hours["region_id"][0]]
        place = {name: region[name] for name in ("latitude", "longitude", "elevation_m")}
        key = {**place, "weather": content_hash(hours), "solar": asdict(parameters), "code": weather_version()}
        return kept.frame(
            "solar",
            key,
            lambda: hours.select("region_id", "weather_year", "hour_utc").with_columns(
                pl.Series("solar_mw_per_mw", solar_mw_per_mw(hours, **place, parameters=parameters))
            ),
        )

    return _all(one, weather.partition_by("region_id", "weather_year", maintain_order=True))


def monthly_summary(
    regions: pl.DataFrame, weather_choice: pl.DataFrame, weather: pl.DataFrame, solar: pl.DataFrame
) -> pl.DataFrame:
    """Return the months of every region and weather year, contract `mart.weather_monthly`.

    Parameters
    ----------
    regions, weather_choice, weather, solar : pl.DataFrame
        Contracts `core.regions`, `core.weather_choice`, `core.weather_hourly`, `sim.solar_hourly`.
    """
    key = ["region_id", "weather_year"]
    about = {
        row["region_id"]: row
        for row in regions.join(weather_choice, on="region_id", how="left", maintain_order="left").to_dicts()
    }
    suns = solar.partition_by(key, as_dict=True, maintain_order=True)
    return pl.concat(
        weather_monthly(
            hours,
            about[region_id]["longitude"],
            suns[region_id, year]["solar_mw_per_mw"].to_numpy(),
            weather_source=about[region_id]["weather_source"],
            station=about[region_id]["station"] or about[region_id]["climate_station"],
        )
        for (region_id, year), hours in weather.partition_by(key, as_dict=True, maintain_order=True).items()
    )


def _all(one: Callable[[Item], tuple[pl.DataFrame, bool]], items: Sequence[Item]) -> tuple[pl.DataFrame, int]:
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(one, items))
    return pl.concat([frame for frame, _ in results]), sum(is_hit for _, is_hit in results)
