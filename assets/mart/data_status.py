"""mart.data_status: how old and how whole each source is."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.mart.sources import CITED
from assets.table_asset import table_asset
from pipelines.reference.provenance import data_status as status_of_sources


@table_asset("mart.data_status", deps=[*CITED, "core.weather_choice", "core.weather_hourly"])
def data_status(night: Night) -> pl.DataFrame:
    """Say how fresh everything is."""
    return status_of_sources(
        {name.removeprefix("core."): night.read(name) for name in CITED},
        night.read("core.weather_choice"),
        night.read("core.weather_hourly", ["region_id"]),
        night.as_of,
    )
