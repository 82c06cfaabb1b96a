"""The sources asked for a night, markets' or counties'."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import polars as pl

from assets.night import Night, Scope, in_scope, record_scope
from pipelines import nightlog
from pipelines.counties.fetching import fetch_counties, in_order_of_worth
from pipelines.counties.live_weather import OnCounty
from pipelines.counties.table import county_places
from pipelines.errors import FirstmwError
from pipelines.reference.regions import reference_regions
from pipelines.settings import Settings
from pipelines.sources.archive import Archive, NightRecord, SourceOutcome
from pipelines.sources.asking import Asking
from pipelines.sources.client import Client
from pipelines.sources.night import Round, fetch_night
from pipelines.sources.parsing import Parser
from pipelines.sources.registry import connectors
from pipelines.warehouse import Cache, RawStore, release_info


def fetch_sources(
    settings: Settings,
    scope: Scope,
    *,
    earlier: NightRecord | None = None,
    on_source: Callable[[SourceOutcome], None] | None = None,
    on_county: OnCounty | None = None,
) -> NightRecord:
    """Ask every source for what the night wants; in the reference profile only read the user's files.

    The caller holds the build lock.

    Parameters
    ----------
    settings : Settings
    scope : Scope
    earlier : NightRecord | None
        A round of the same night: only what it found not yet published is asked again.
    on_source : Callable[[SourceOutcome], None] | None
        Called as each source is done.
    on_county : OnCounty | None
        Called as the weather of counties comes.
    """
    data_dir = settings.data_dir.absolute()
    raw = RawStore(data_dir)
    asking = Asking(scope.as_of, _asked_regions(settings, scope), settings)
    work = Round(asking, Client(settings), Archive(raw), Parser(raw, Cache(data_dir / "cache")))
    chosen = connectors(settings)
    if settings.profile != "live":
        # Without network there is nothing that depends on the hour.
        as_of = datetime(scope.as_of.year, scope.as_of.month, scope.as_of.day)
        work = replace(work, is_offline=True, now=lambda: as_of)
        chosen = tuple(one for one in chosen if one.user_files is not None and one.user_files(asking))
    if not scope.is_counties:
        return fetch_night(work, chosen, scope=record_scope(settings, scope), earlier=earlier, on_source=on_source)
    record = fetch_counties(
        work,
        chosen,
        in_order_of_worth(asking.regions, ranked_before(data_dir)),
        scope=record_scope(settings, scope),
        earlier=earlier,
        on_source=on_source,
        on_county=on_county,
    )
    if record.progress:
        nightlog.append(data_dir, nightlog.COUNTY_WEATHER, {"as_of": scope.as_of, **record.progress})
    return record


def _asked_regions(settings: Settings, scope: Scope) -> pl.DataFrame:
    """Return the places that sources are asked for: the markets or the counties in scope."""
    if scope.is_counties:
        return in_scope(county_places(settings), scope)
    return in_scope(reference_regions(settings.reference_dir), scope)


def ranked_before(data_dir: Path) -> pl.DataFrame:
    """Return region_id and region_rank of the last release, none where there is none."""
    try:
        path = release_info(data_dir).path / "parquet" / "ranked_sites.parquet"
        return pl.read_parquet(path, columns=["region_id", "region_rank"], glob=False)
    except (FirstmwError, FileNotFoundError):
        return pl.DataFrame(schema={"region_id": pl.String, "region_rank": pl.Int64})


def round_before(night: Night) -> NightRecord | None:
    """Return what the sources of this date answered before, without those to ask again; None where all are asked."""
    if not night.ask_again:
        return None
    try:
        record = Archive(night.raw).read_night(night.as_of, record_scope(night.settings, night.scope))
    except FirstmwError:
        return None
    kept = tuple(source for source in record.sources if source.source_id not in night.ask_again)
    return replace(record, sources=kept)
