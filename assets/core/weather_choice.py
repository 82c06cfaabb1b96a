"""core.weather_choice: which weather file a region runs on, if one is near enough."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.weather.files import choose_weather, weather_files


@table_asset("core.weather_choice", deps=["core.regions", "raw.ledger"])
def weather_choice(night: Night) -> pl.DataFrame:
    """Match regions with the files of the weather folder."""
    return choose_weather(
        night.read("core.regions"), weather_files(night.settings.weather_dir), night.settings.weather_max_distance_km
    )
