"""Where weather comes from and how many years of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator
from pydantic_settings import NoDecode

from pipelines.settings.lists import split_names
from pipelines.settings.marks import physics

WeatherSource = Literal["file", "nsrdb", "nasa_power", "open_meteo", "pvgis"]


class Weather(BaseModel):
    """Where weather comes from and how many years of it."""

    weather_sources: Annotated[tuple[WeatherSource, ...], NoDecode, BeforeValidator(split_names)] = physics(
        ("file", "nsrdb", "nasa_power", "open_meteo", "pvgis"),
        "hours",
        description="where weather comes from, by name and separated by commas; each serves what those before it lack",
    )
    live_weather_years: int = physics(
        3, "hours", ge=1, le=30, description="newest calendar years of weather fetched per region"
    )
    county_weather_years: int = physics(
        1, "hours", is_for_counties=True, ge=1, le=30, description="newest calendar years of weather fetched per county"
    )
    live_weather_typical_year: bool = physics(True, "hours", description="whether a typical year is fetched as well")
    weather_max_distance_km: float = physics(
        50.0, "hours", gt=0, description="a region uses a weather file only within this distance (km); assumption"
    )
    dispatch_years: int = physics(
        1, "hours", ge=1, le=30, description="weather years that every design is dispatched over"
    )
    storage_weather_years: int = physics(
        5,
        "hours",
        ge=1,
        le=30,
        description="weather years that designs without grid and units are sized over at least: those that every "
        "design is dispatched over, then further synthetic ones; counties run on dispatch_years alone",
    )
