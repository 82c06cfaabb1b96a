"""One round of the sources for a night of counties: weather within its limits, everything else as for the markets."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.counties.live_weather import OnCounty, fetch_county_weather
from pipelines.sources.archive import NightRecord, SourceOutcome
from pipelines.sources.night import Round, fetch_night
from pipelines.sources.parsing import Connector
from pipelines.sources.weather_common import WEATHER
from pipelines.warehouse.raw import RawStore


def fetch_counties(
    work: Round,
    connectors: Sequence[Connector],
    counties: pl.DataFrame,
    *,
    scope: Mapping[str, Any],
    earlier: NightRecord | None = None,
    on_source: Callable[[SourceOutcome], None] | None = None,
    on_county: OnCounty | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> NightRecord:
    """Ask the sources for a night of counties and return what the night has of each.

    Parameters
    ----------
    work : Round
    connectors : Sequence[Connector]
    counties : pl.DataFrame
        region_id, latitude, longitude; the most valuable first.
    scope : Mapping[str, Any]
        What the night is about, for its record.
    earlier : NightRecord | None
        A round of the same night before this one; the weather that it fetched stands.
    on_source : Callable[[SourceOutcome], None] | None
    on_county : OnCounty | None
    pause : Callable[[float], None]
        Waits so many seconds.
    """
    of_weather = [one for one in connectors if WEATHER in one.tables and not work.is_offline]
    others = [one for one in connectors if WEATHER not in one.tables]
    before = [earlier.source(one.source.source_id) for one in of_weather] if earlier is not None else []
    if earlier is not None and all(outcome is not None for outcome in before):
        fetched = tuple(outcome for outcome in before if outcome is not None)
        progress: Mapping[str, Any] = earlier.progress
    elif of_weather:
        fetched, found = fetch_county_weather(
            work, of_weather, counties, ledgers=_beside(work.archive.raw), pause=pause, on_county=on_county
        )
        progress = asdict(found)
        for outcome in fetched:
            if on_source is not None:
                on_source(outcome)
    else:
        fetched, progress = (), {}
    return fetch_night(
        work, others, scope=scope, earlier=earlier, on_source=on_source, fetched=fetched, progress=progress
    )


def in_order_of_worth(counties: pl.DataFrame, ranked: pl.DataFrame) -> pl.DataFrame:
    """Return the counties in the order that a release ranks them, those it does not rank after them by FIPS.

    Parameters
    ----------
    counties : pl.DataFrame
        region_id, and what else is known of them.
    ranked : pl.DataFrame
        region_id, region_rank; several rows per region.
    """
    best = ranked.group_by("region_id").agg(pl.col("region_rank").min())
    return (
        counties.join(best, on="region_id", how="left")
        .sort("region_rank", "region_id", nulls_last=True)
        .drop("region_rank")
    )


def _beside(raw: RawStore) -> list[RawStore]:
    """Return the ledger of the markets, whose nights ask the same publishers; counties lie in a folder below theirs."""
    markets = Path(raw.folder).parents[1]
    return [RawStore(markets)] if (markets / "raw" / "ledger.jsonl").is_file() else []
