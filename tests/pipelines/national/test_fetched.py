"""Fetched hours in chunks: they stand for the climatology, and one county's change is one chunk's."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.identity import content_hash
from pipelines.national.chunk import FETCHED, HOURS, MONTHS, RESULTS, Facts, chunks_of, run_chunk
from pipelines.national.engine import run_chunks
from pipelines.national.store import Store
from pipelines.settings import Settings
from pipelines.weather.synthetic import synthetic_year


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path))


def fetched(store: Store, regions: pl.DataFrame, months: pl.DataFrame, *names: str, year_index: int = 1) -> Any:
    """Put the synthetic hours of counties into the store as if they had been fetched."""
    rows = []
    for name in names:
        place = regions.row(by_predicate=pl.col("region_id") == name, named=True)
        hours = synthetic_year(
            months.filter(pl.col("region_id") == name),
            name,
            **{column: place[column] for column in ("latitude", "longitude", "elevation_m")},
            year_index=year_index,
        ).with_columns(pl.lit(1, dtype=pl.Int64).alias("weather_year"))
        key = content_hash(hours)
        store.write(key, HOURS, hours, {"content": key})
        rows.append((name, 1, "open_meteo", "a source", datetime(2026, 11, 22), key, key))
    return pl.DataFrame(rows, schema=FETCHED, orient="row")


def test_the_same_hours_fetched_or_made_give_the_same_results(
    regions: pl.DataFrame, months: pl.DataFrame, causes: pl.DataFrame, few_facts: Facts, store: Store
) -> None:
    one = regions.filter(pl.col("region_id") == "48003")
    (made,) = chunks_of(one, months, causes, 4)
    # A county with hours of its own needs no climatology.
    (came,) = chunks_of(one, months.clear(), causes, 4, fetched(store, regions, months, "48003"))
    keys = [chunk.key(few_facts.key) for chunk in (made, came)]
    assert keys[0] != keys[1]
    for chunk, key in zip((made, came), keys, strict=True):
        run_chunk(chunk, few_facts, store, key)
    first, second = (store.read(key, RESULTS) for key in keys)
    assert first.equals(second)
    about = ["weather_source", "station"]
    first, second = (store.read(key, MONTHS) for key in keys)
    assert first.drop(about).equals(second.drop(about))
    assert second.select(about).unique().rows() == [("open_meteo", "a source")]


def test_a_county_whose_weather_changed_makes_its_own_chunk_alone(
    regions: pl.DataFrame, months: pl.DataFrame, causes: pl.DataFrame, few_facts: Facts, store: Store
) -> None:
    settings = Settings(chunk_workers=1)

    def made_anew(years: pl.DataFrame) -> list[list[str]]:
        chunks = chunks_of(regions, months, causes, 1, years)
        reports = run_chunks(chunks, few_facts, store, settings)
        return [list(chunk.regions["region_id"]) for chunk, one in zip(chunks, reports, strict=True) if not one.is_hit]

    first = fetched(store, regions, months, "04013", "48003")
    assert made_anew(first) == [["04013"], ["04019"], ["23003"], ["48003"]]
    assert made_anew(first) == []
    # Asked for again, the same hours at another time: nothing has changed.
    later = first.with_columns(pl.lit(datetime(2026, 12, 1)).alias("retrieved_at_utc"))
    assert made_anew(later) == []
    other = fetched(store, regions, months, "48003", year_index=2)
    assert made_anew(pl.concat([first.head(1), other])) == [["48003"]]
    # One more county's weather arrives.
    more = fetched(store, regions, months, "04013", "23003", "48003")
    assert made_anew(more) == [["23003"]]
