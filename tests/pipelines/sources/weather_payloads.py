"""Weather answers for the tests: recorded ones, and a made-up sky in the layouts that no full recording exists of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pvlib

from pipelines.reference.regions import reference_climatology, reference_regions
from pipelines.settings import REFERENCE_DIR, Settings
from pipelines.sources.asking import Asking
from pipelines.sources.base import Payload
from pipelines.weather.calendar import hours_of_year
from pipelines.weather.sun import sun_path
from pipelines.weather.synthetic import synthetic_year

RETRIEVED = datetime(2026, 9, 1, 6)
TEXAS = (32.45, -99.73)


def payload(source_id: str, key: str, content: bytes, *, url: str = "", retrieved: datetime = RETRIEVED) -> Payload:
    """Return an answer as it is stored."""
    return Payload(source_id, key, content, url or "https://example.org/", 200, retrieved)


def asking(as_of: datetime, held: frozenset[str] = frozenset(), **settings: object) -> Asking:
    """Return what a night of two regions wants."""
    regions = pl.DataFrame(
        {
            "region_id": ["reno_nv", "abilene_tx"],
            "state": ["NV", "TX"],
            "latitude": [39.53, 32.45],
            "longitude": [-119.81, -99.73],
            "elevation_m": [1370.0, 530.0],
        }
    )
    return Asking(as_of.date(), regions, Settings(**settings), held)


@dataclass(frozen=True)
class Sky:
    """A made-up sky in steps of ten minutes, by pvlib's SPA, from a day before its year to a day after."""

    stamp: np.ndarray
    ghi: np.ndarray
    dni: np.ndarray
    dhi: np.ndarray
    bhi: np.ndarray

    def mean(self, name: str, start: np.ndarray) -> np.ndarray:
        """Return means of the hours that begin at `start`."""
        series = pd.Series(getattr(self, name), self.stamp).resample("1h").mean()
        return series.reindex(start).to_numpy()


@cache
def made_up_sky(year: int, latitude: float = TEXAS[0], longitude: float = TEXAS[1]) -> Sky:
    """Return a sky whose clearness changes from day to day."""
    stamp = pd.date_range(f"{year - 1}-12-31", f"{year + 1}-01-02", freq="10min", inclusive="left")
    sun = pvlib.solarposition.get_solarposition(stamp + pd.Timedelta(minutes=5), latitude, longitude)
    height = np.maximum(np.cos(np.radians(sun["zenith"].to_numpy())), 0.0)
    clear = 0.25 + 0.75 * np.abs(np.sin(stamp.day_of_year.to_numpy() * 2.1))
    dni = np.where(height > 0.0, 950.0 * clear * np.exp(-0.13 / np.maximum(height, 0.02)), 0.0)
    dhi = 160.0 * (1.3 - clear) * np.sqrt(height)
    return Sky(stamp.to_numpy(), dni * height + dhi, dni, dhi, dni * height)


def air(stamp: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return temperature (deg C) and wind (m/s) at instants, straight between whole hours."""
    hour = (stamp - np.datetime64("2000-01-01T00")) / np.timedelta64(1, "h")
    return np.round(12.0 + 14.0 * np.sin(hour * 2 * np.pi / 8766) + 5.0 * np.sin(hour * 2 * np.pi / 24), 1), np.round(
        3.5 + 2.0 * np.sin(hour / 17.0), 2
    )


@cache
def open_meteo_year(year: int) -> bytes:
    """Return the JSON of Open-Meteo's archive for a year and the day after it."""
    sky = made_up_sky(year)
    stamp = np.arange(np.datetime64(f"{year}-01-01T00"), np.datetime64(f"{year + 1}-01-02T00"), np.timedelta64(1, "h"))
    before = (stamp - np.timedelta64(1, "h")).astype("datetime64[ns]")
    temperature, wind = air(stamp)
    hourly = {
        "time": [str(moment)[:16].replace(" ", "T") for moment in stamp.astype("datetime64[m]")],
        "shortwave_radiation": np.round(sky.mean("ghi", before), 1).tolist(),
        "direct_normal_irradiance": np.round(sky.mean("dni", before), 1).tolist(),
        "diffuse_radiation": np.round(sky.mean("dhi", before), 1).tolist(),
        "temperature_2m": temperature.tolist(),
        "wind_speed_10m": wind.tolist(),
    }
    units = dict.fromkeys(hourly, "W/m²") | {"time": "iso8601", "temperature_2m": "°C", "wind_speed_10m": "m/s"}
    document = {
        "latitude": 32.478027,
        "longitude": -99.69696,
        "generationtime_ms": 24.12,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "timezone_abbreviation": "GMT",
        "elevation": 527.0,
        "hourly_units": units,
        "hourly": hourly,
    }
    return json.dumps(document, ensure_ascii=False).encode()


@cache
def pvgis_series(year: int) -> bytes:
    """Return the JSON of PVGIS seriescalc on the horizontal plane with components, ERA5."""
    sky = made_up_sky(year)
    start = np.arange(np.datetime64(f"{year}-01-01T00"), np.datetime64(f"{year + 1}-01-01T00"), np.timedelta64(1, "h"))
    start = start.astype("datetime64[ns]")
    beam, diffuse = (np.round(sky.mean(name, start), 2) for name in ("bhi", "dhi"))
    temperature, wind = air(start)
    elevation = np.round(90.0 - sun_path(start.astype("datetime64[us]"), *TEXAS).zenith_deg.clip(0.0, 90.0), 2)
    rows = [
        {"time": f"{pd.Timestamp(moment):%Y%m%d:%H}30", "Gb(i)": b, "Gd(i)": d, "Gr(i)": 0.0, "H_sun": h, "T2m": t}
        | {"WS10m": w, "Int": 0.0}
        for moment, b, d, h, t, w in zip(
            start, beam.tolist(), diffuse.tolist(), elevation.tolist(), temperature.tolist(), wind.tolist(), strict=True
        )
    ]
    units = {"Gb(i)": "W/m2", "Gd(i)": "W/m2", "Gr(i)": "W/m2", "H_sun": "degree", "T2m": "degree Celsius"}
    variables = {name: {"description": name, "units": unit} for name, unit in (units | {"WS10m": "m/s"}).items()}
    place = {"latitude": TEXAS[0], "longitude": TEXAS[1], "elevation": 530.0}
    document = {
        "inputs": {
            "location": place,
            "meteo_data": {"radiation_db": "PVGIS-ERA5", "meteo_db": "ERA5", "year_min": year, "year_max": year},
            "mounting_system": {"fixed": {"slope": {"value": 0, "optimal": False}, "azimuth": {"value": 0}}},
        },
        "outputs": {"hourly": rows},
        "meta": {"inputs": {}, "outputs": {"hourly": {"type": "time series", "variables": variables}}},
    }
    return json.dumps(document).encode()


def tmy3_lines(place: str, ghi: Any, dni: Any, dhi: Any, temperature: Any, wind: Any) -> list[str]:
    """Return the lines of a TMY3 file of a place, the first line of the file, from hours of local standard time."""
    names = "Date (MM/DD/YYYY),Time (HH:MM),GHI (W/m^2),DNI (W/m^2),DHI (W/m^2),Dry-bulb (C),Wspd (m/s)"
    # The months of a typical year are of several years.
    dates = [
        f"{str(date)[5:7]}/{str(date)[8:10]}/{1995 if str(date)[5:7] < '07' else 1988}" for date in hours_of_year(1995)
    ]
    rows = [
        f"{dates[i]},{i % 24 + 1:02d}:00,{ghi[i]:.0f},{dni[i]:.0f},{dhi[i]:.0f},{temperature[i]},{wind[i]}"
        for i in range(8760)
    ]
    return [place, names, *rows]


@dataclass(frozen=True)
class ReferencePlace:
    """A market with its reference months and one year that is made from them."""

    latitude: float
    longitude: float
    elevation_m: float
    months: pl.DataFrame
    year: pl.DataFrame

    def tmy3_lines(self, utc_offset_hours: int) -> list[str]:
        """Return the lines of a TMY3 file of the year."""
        local = {name: np.roll(self.year[name].to_numpy(), utc_offset_hours) for name in self.year.columns}
        place = f'720001,"MADE UP",US,{utc_offset_hours}.0,{self.latitude},{self.longitude},{self.elevation_m:.0f}'
        irradiance = (local[f"{name}_w_per_m2"] for name in ("ghi", "dni", "dhi"))
        air = (np.round(local[name], 1) for name in ("temperature_c", "wind_m_per_s"))
        return tmy3_lines(place, *irradiance, *air)


@cache
def reference_place(region_id: str) -> ReferencePlace:
    """Return a market of the reference tables with the first of its synthetic years."""
    market = reference_regions(REFERENCE_DIR).filter(pl.col("region_id") == region_id)
    months = reference_climatology(market, REFERENCE_DIR)
    place = market.select("latitude", "longitude", "elevation_m").row(0)
    return ReferencePlace(*place, months, synthetic_year(months, region_id, *place, 1))
