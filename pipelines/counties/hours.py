"""Fetched hours of counties, laid into the store of the chunks one county-year at a time."""

from __future__ import annotations

import logging
from datetime import datetime

import polars as pl

from pipelines.errors import FirstmwError
from pipelines.identity import content_hash
from pipelines.national.chunk import FETCHED, HOURS
from pipelines.national.store import Store
from pipelines.settings import Settings
from pipelines.sources.archive import Good
from pipelines.sources.live import LiveInputs
from pipelines.sources.merge import is_whole_year
from pipelines.sources.parsing import parsing_version
from pipelines.sources.weather_common import WEATHER

log = logging.getLogger("firstmw.sources")


def chunk_store(settings: Settings) -> Store:
    """Return where chunks leave their results and find fetched hours."""
    return Store(settings.chunk_store or str(settings.data_dir.absolute() / "cache" / "chunks"))


def fetched_years(live: LiveInputs | None, store: Store) -> pl.DataFrame:
    """Return the county-years that a night runs on, their hours in the store.

    Parameters
    ----------
    live : LiveInputs | None
        None for a night without fetched weather.
    store : Store

    Returns
    -------
    pl.DataFrame
        Columns `FETCHED`, in order of region_id and weather_year. A county-year whose answer can no longer be read is
        left out.
    """
    rows: list[tuple[str, int, str, str, datetime, str, str]] = []
    if live is None:
        return pl.DataFrame(rows, schema=FETCHED, orient="row")
    for source_id, group in live.answers(WEATHER):
        if group.good is None:
            continue
        named = _in_store(live, source_id, group.good, store)
        if named is not None:
            region_id, _, year = group.key.rpartition("/")
            moment = group.good.retrieved_at_utc
            rows.append((region_id, int(year), source_id, live.title(source_id), moment, *named))
    return pl.DataFrame(rows, schema=FETCHED, orient="row").sort("region_id", "weather_year")


def county_choice(regions: pl.DataFrame, years: pl.DataFrame) -> pl.DataFrame:
    """Return whose weather each county has: fetched years, or the climatology between the stations.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id.
    years : pl.DataFrame
        As from `fetched_years`.

    Returns
    -------
    pl.DataFrame
        Contract `core.weather_choice`, in order of the regions.
    """
    newest = (
        years.sort("region_id", "weather_year", descending=[False, True])
        .group_by("region_id", maintain_order=True)
        .agg(
            pl.col("weather_source").first(),
            pl.col("station").unique(maintain_order=True).str.join("; "),
            pl.col("retrieved_at_utc").max(),
        )
    )
    return (
        regions.select("region_id")
        .join(newest, on="region_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("weather_source").fill_null("synthetic"),
            # Gridded data are made for the place itself.
            pl.when(pl.col("weather_source").is_not_null()).then(0.0).alias("distance_km"),
            *(pl.lit(None, dtype=pl.String).alias(name) for name in ("weather_format", "file_name")),
        )
        .select("region_id", "weather_source", "station", "weather_format", "distance_km", "file_name",
                "retrieved_at_utc")
    )  # fmt: skip


def _in_store(live: LiveInputs, source_id: str, good: Good, store: Store) -> tuple[str, str] | None:
    """Return the name of an answer's hours in the store and their hash; None where they cannot be read."""
    key = content_hash(source_id, good.key, [kept.sha256 for kept in good.payloads], parsing_version())[:32]
    if not store.has(key, HOURS):
        try:
            parts = live.read(source_id, good)
        except FirstmwError as error:
            log.warning("%s: the held answer for %r is left out: %s", source_id, good.key, error)
            return None
        hours = pl.concat([part.rows for part in parts if part.table == WEATHER]).sort("hour_utc")
        if not is_whole_year(hours):
            log.warning("%s: the held answer for %r is left out: it is not a whole year", source_id, good.key)
            return None
        store.write(key, HOURS, hours, {"content": content_hash(hours)})
    return key, str(store.note(key, HOURS)["content"])
