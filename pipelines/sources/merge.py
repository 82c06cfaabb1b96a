"""Live rows into the tables that a night computes on: over the reference, never instead of what only it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.contracts.base import REGISTRY
from pipelines.sources.live import LiveInputs
from pipelines.sources.weather_common import TYPICAL, WEATHER, region_of
from pipelines.warehouse.cache import Cache
from pipelines.weather.assemble import region_weather

Year = tuple[str, pl.DataFrame]
"""Source and hours of a weather year."""
_NOT_FETCHED = ["file", "synthetic"]
_HOURS = {True: 8784, False: 8760}


def merged(reference: pl.DataFrame, live: pl.DataFrame, table: str) -> pl.DataFrame:
    """Return a reference table with the live rows in place of those with the same key, and the new ones.

    Parameters
    ----------
    reference, live : pl.DataFrame
        Rows of the same contract.
    table : str
        Its name.
    """
    key = REGISTRY[table].key
    kept = reference.join(live.select(key), on=key, how="anti", maintain_order="left")
    return pl.concat([live.select(reference.columns), kept]).sort(key)


def live_choice(choice: pl.DataFrame, live: LiveInputs | None, order: Sequence[str]) -> pl.DataFrame:
    """Return whose weather each region has in a live night.

    A region runs on the whole calendar years that the night has for it, each from the first source in the order that
    has it, or on a fetched typical year where there is no calendar year. A weather file counts by its own place there.

    Parameters
    ----------
    choice : pl.DataFrame
        Rows of `core.weather_choice` for files and synthetic years.
    live : LiveInputs | None
        None for a night without live data.
    order : Sequence[str]
        Names of sources, "file" among them.
    """
    if live is None:
        return choice
    years, titles, came = _whole_years(live)
    places = {name: place for place, name in enumerate(order)}
    last = len(places)
    named = []
    for region_id, own in choice.select("region_id", "weather_source").iter_rows():
        found = _used(years.get(region_id, {}))
        sources = list(dict.fromkeys(source for _, (source, _) in sorted(found.items(), reverse=True)))
        best = min((places.get(source, last) for source in sources), default=last + 1)
        if sources and not (own == "file" and places.get("file", last + 1) < best):
            moments = [came[source, region_id, year] for year, (source, _) in found.items()]
            newest = max((moment for moment in moments if moment), default=None)
            named.append((region_id, sources[0], "; ".join(titles[source] for source in sources), newest))
    schema: dict[str, Any] = {
        "region_id": pl.String,
        "_source": pl.String,
        "_station": pl.String,
        "_came": pl.Datetime("us"),
    }
    return _with_live(choice, pl.DataFrame(named, schema=schema, orient="row"))


def night_weather(
    regions: pl.DataFrame,
    climatology: pl.DataFrame,
    choice: pl.DataFrame,
    live: LiveInputs | None,
    weather_dir: Path | None,
    years: int,
    kept: Cache,
) -> tuple[pl.DataFrame, int]:
    """Return the hours that each region runs on: fetched years, a file's, or synthetic ones.

    Parameters
    ----------
    regions, climatology : pl.DataFrame
        Contract `core.regions`, reference table `climatology_monthly`.
    choice : pl.DataFrame
        Contract `core.weather_choice`.
    live : LiveInputs | None
    weather_dir : Path | None
    years : int
        Synthetic years per region.
    kept : Cache

    Returns
    -------
    tuple[pl.DataFrame, int]
        Contract `core.weather_hourly`, in order of region and time, and how many regions came from the cache.
    """
    is_fetched = ~pl.col("weather_source").is_in(_NOT_FETCHED)
    fetched = choice.filter(is_fetched)["region_id"].sort().to_list()
    others = regions.filter(~pl.col("region_id").is_in(fetched))
    frames: list[pl.DataFrame] = []
    hits = 0
    if others.height:
        frame, hits = region_weather(others, climatology, choice, weather_dir, years, kept)
        frames.append(frame)
    if live is not None and fetched:
        held, _, _ = _whole_years(live)
        frames += [hours for region_id in fetched for _, (_, hours) in sorted(_used(held[region_id]).items())]
    # Each part is in order of its own: only whole regions change places.
    return (pl.concat(frames).sort("region_id", maintain_order=True) if fetched else frames[0]), hits


def _used(years: Mapping[int, Year]) -> Mapping[int, Year]:
    """Return the calendar years, or the typical year where there are none."""
    calendar = {year: held for year, held in years.items() if year != TYPICAL}
    return calendar or years


def _whole_years(
    live: LiveInputs,
) -> tuple[Mapping[str, Mapping[int, Year]], Mapping[str, str], Mapping[tuple[str, str, int], datetime | None]]:
    """Return source and hours by region and year, of years without a missing hour, the first source with it.

    With them the titles of the sources, and when each year came.
    """
    years: dict[str, dict[int, Year]] = {}
    titles: dict[str, str] = {}
    came: dict[tuple[str, str, int], datetime | None] = {}
    for outcome, group, part in live.parsed(WEATHER):
        region_id = region_of(group.key)
        rows = part.rows.filter(pl.col("region_id") == region_id)
        for (year,), hours in rows.partition_by("weather_year", as_dict=True, maintain_order=True).items():
            if is_whole_year(hours):
                years.setdefault(region_id, {}).setdefault(int(year), (outcome.source_id, hours.sort("hour_utc")))
                titles[outcome.source_id] = live.title(outcome.source_id)
                moment = group.good.retrieved_at_utc if group.good is not None else None
                came[outcome.source_id, region_id, int(year)] = moment
    return years, titles, came


def is_whole_year(hours: pl.DataFrame) -> bool:
    """Return whether the hours of one weather year are all there, each once."""
    year = int(hours["weather_year"][0])
    is_leap = year != TYPICAL and (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
    return hours.height == _HOURS[is_leap] and bool(hours["hour_utc"].is_unique().all())


def _with_live(choice: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    is_live = pl.col("_source").is_not_null()
    return (
        choice.join(named, on="region_id", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("_source", "weather_source").alias("weather_source"),
            pl.coalesce("_station", "station").alias("station"),
            pl.col("_came").alias("retrieved_at_utc"),
            # Gridded data are made for the place itself.
            pl.when(is_live).then(0.0).otherwise("distance_km").alias("distance_km"),
            *(pl.when(~is_live).then(name).alias(name) for name in ("weather_format", "file_name")),
        )
        .drop("_source", "_station", "_came")
    )
