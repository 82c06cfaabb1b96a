"""The climate stations of the night, read by the assets that make weather."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from pipelines.weather.climate import climate_stations

CLIMATE_INPUTS = ["core.climate_stations", "core.climatology_monthly"]


def night_stations(night: Night) -> pl.DataFrame:
    """Return the months of all stations, as from `climate_stations`."""
    return night.once("stations", lambda: climate_stations(*(night.read(name) for name in CLIMATE_INPUTS)))
