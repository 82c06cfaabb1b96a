"""mart.data_status: how old and how whole each source is."""

from __future__ import annotations

import polars as pl

from assets.core.weather_choice import weather_folder
from assets.mart.sources import CITED
from assets.night import Night
from assets.table_asset import table_asset
from pipelines.counties.progress import progress_of
from pipelines.counties.status import county_status
from pipelines.input_families import family_of
from pipelines.reference.provenance import data_status as status_of_sources
from pipelines.sources.live import with_live_status
from pipelines.sources.snapshots import snapshot_status
from pipelines.weather.files import with_folder_status


@table_asset("mart.data_status", deps=[*CITED, "core.regions", "core.weather_choice", "core.weather_hourly"])
def data_status(night: Night) -> pl.DataFrame:
    """Say how fresh everything is."""
    status = status_of_sources(
        {name.removeprefix("core."): night.read(name) for name in CITED},
        night.read("core.weather_choice"),
        night.read("core.weather_hourly", ["region_id"]),
        night.as_of,
    )
    status = with_live_status(status, night.live, night.as_of)
    status = pl.concat([status, snapshot_status(night.live, night.as_of).select(status.columns)])
    if night.scope.is_counties:
        own = county_status(
            night.read("core.weather_choice"),
            progress_of(night.live.record.progress) if night.live else None,
            night.settings.profile == "live",
        )
        status = pl.concat([status, own.select(status.columns)])
    else:
        status = with_folder_status(status, weather_folder(night))
    return status.with_columns(pl.Series("family", map(family_of, status["source_id"])))
