"""Monthly climatology anywhere in the contiguous states, interpolated between the climate stations of the markets.

What is interpolated is what does not follow from place: clearness index, diffuse share and beam geometry instead of
irradiation (latitude and season are put back exactly), temperature at sea level by the standard atmosphere and less its
fall with latitude over all stations.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.weather.calendar import MONTH_DAYS, MONTH_OF_DAY, TYPICAL_YEAR, hours_of_year
from pipelines.weather.files import great_circle_km
from pipelines.weather.sun import sun_path

LAPSE_C_PER_M = 0.0065
"""Fall of temperature with height: ICAO standard atmosphere, Doc 7488."""
NEIGHBOURS = 8
POWER = 1.0
"""Inverse-distance weighting of the eight nearest stations (Shepard, Proc. ACM 23, 1968); the first power has the least
cross-validated error of 1, 2 and 3."""
HEIGHT_KM_PER_M = 0.10
"""A station 1 km higher or lower counts like one 100 km away, so that mountains are not drawn from plains."""
NEAREST_KM = 5.0
"""Stations nearer than this count as this near, so that one does not drown out the rest."""

TEMPERATURES = (
    "temperature_mean_c",
    "temperature_mean_daily_min_c",
    "temperature_mean_daily_max_c",
    "temperature_max_c",
    "temperature_min_c",
)
_IRRADIATION = ("ghi_kwh_per_m2_day", "dni_kwh_per_m2_day", "dhi_kwh_per_m2_day")
_WIND = "wind_mean_m_per_s"
INTERPOLATED = (*_IRRADIATION, *TEMPERATURES, _WIND)


def climate_stations(climatology: pl.DataFrame) -> pl.DataFrame:
    """Return each station of the climatology once: station_id, station_name, latitude, longitude, elevation_m, month,
    and the means; sorted by station and month.

    Parameters
    ----------
    climatology : pl.DataFrame
        Reference table `climatology_monthly`; several markets may share a station.
    """
    return (
        climatology.sort("station_id", "month", "region_id")
        .unique(["station_id", "month"], keep="first", maintain_order=True)
        .select(
            "station_id",
            "station_name",
            pl.col("station_latitude").alias("latitude"),
            pl.col("station_longitude").alias("longitude"),
            pl.col("station_elevation_m").alias("elevation_m"),
            "month",
            *INTERPOLATED,
        )
    )


def interpolated_climatology(places: pl.DataFrame, stations: pl.DataFrame) -> pl.DataFrame:
    """Return the monthly means of places between the stations.

    Parameters
    ----------
    places : pl.DataFrame
        region_id, latitude, longitude, elevation_m.
    stations : pl.DataFrame
        As from `climate_stations`.

    Returns
    -------
    pl.DataFrame
        region_id, month and the nine means that a synthetic year is made from, in order of the places; with the nearest
        station's name and its distance: climate_station, climate_station_distance_km.
    """
    at = _Places.of(places)
    known = _Places.of(stations.unique("station_id", keep="first", maintain_order=True))
    weights, nearest, distance = _weights(at, known)
    means = {name: stations[name].to_numpy().reshape(-1, 12) for name in INTERPOLATED}
    found = _interpolated(means, weights, at, known)
    n = places.height
    station_names = stations.unique("station_id", keep="first", maintain_order=True)["station_name"]
    return pl.DataFrame(
        {
            "region_id": np.repeat(places["region_id"].to_numpy(), 12),
            "month": np.tile(np.arange(1, 13), n),
            **{name: values.ravel() for name, values in found.items()},
            "climate_station": np.repeat(station_names.to_numpy()[nearest], 12),
            "climate_station_distance_km": np.repeat(distance, 12),
        },
        schema_overrides={"region_id": pl.String, "month": pl.Int64, "climate_station": pl.String},
    )


def cross_validated(stations: pl.DataFrame) -> pl.DataFrame:
    """Return how far each station's months lie from those interpolated from all other stations.

    Returns
    -------
    pl.DataFrame
        station_id, month, nearest_km (to the nearest other station), and for each mean its value and its error
        (interpolated less measured): `<mean>` and `<mean>_error`.
    """
    known = _Places.of(stations.unique("station_id", keep="first", maintain_order=True))
    weights, _, distance = _weights(known, known, leave_out_self=True)
    means = {name: stations[name].to_numpy().reshape(-1, 12) for name in INTERPOLATED}
    found = _interpolated(means, weights, known, known)
    return stations.select("station_id", "month", *INTERPOLATED).with_columns(
        pl.Series("nearest_km", np.repeat(distance, 12)),
        *(pl.Series(f"{name}_error", (found[name] - means[name]).ravel()) for name in INTERPOLATED),
    )


class _Places:
    """Coordinates of places, each of shape (n,)."""

    def __init__(self, latitude: NDArray[np.float64], longitude: NDArray[np.float64], height_m: NDArray[np.float64]):
        self.latitude, self.longitude, self.height_m = latitude, longitude, height_m

    @classmethod
    def of(cls, frame: pl.DataFrame) -> _Places:
        return cls(*(frame[name].to_numpy() for name in ("latitude", "longitude", "elevation_m")))


def _weights(
    at: _Places, known: _Places, *, leave_out_self: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Return weights (n_places, n_stations) that sum to 1, and which station is nearest and how far (km)."""
    flat = great_circle_km(
        at.latitude[:, None], at.longitude[:, None], known.latitude[None, :], known.longitude[None, :]
    )
    if leave_out_self:
        np.fill_diagonal(flat, np.inf)
    rise = HEIGHT_KM_PER_M * np.abs(at.height_m[:, None] - known.height_m[None, :])
    apart = np.maximum(np.hypot(flat, rise), NEAREST_KM)
    order = np.argsort(apart, axis=1, kind="stable")[:, :NEIGHBOURS]
    weights = np.zeros(apart.shape)
    rows = np.arange(len(apart))[:, None]
    weights[rows, order] = apart[rows, order] ** -POWER
    nearest = flat.argmin(axis=1)
    return weights / weights.sum(axis=1, keepdims=True), nearest, flat[np.arange(len(flat)), nearest]


def _interpolated(
    means: Mapping[str, NDArray[np.float64]], weights: NDArray[np.float64], at: _Places, known: _Places
) -> dict[str, NDArray[np.float64]]:
    """Return each mean at the places, shape (n_places, 12)."""
    horizontal, normal = _extraterrestrial(known.latitude)
    ghi, dni, dhi = (means[name] for name in _IRRADIATION)
    clearness = weights @ (ghi / horizontal)
    diffuse = weights @ (dhi / ghi)
    # Beam normal over beam horizontal, as a share of what the sun's path alone gives.
    beam = weights @ (dni / np.maximum(ghi - dhi, 1e-3) * horizontal / normal)
    own_horizontal, own_normal = _extraterrestrial(at.latitude)
    own_ghi = clearness * own_horizontal
    own_dhi = diffuse * own_ghi
    found = {
        _IRRADIATION[0]: own_ghi,
        _IRRADIATION[1]: beam * (own_ghi - own_dhi) * own_normal / own_horizontal,
        _IRRADIATION[2]: own_dhi,
    }
    for name in TEMPERATURES:
        slope = _fall_with_latitude(means[name] + LAPSE_C_PER_M * known.height_m[:, None], known.latitude)
        level = means[name] + _departure(known, slope)
        found[name] = weights @ level - _departure(at, slope)
    return found | {_WIND: weights @ means[_WIND]}


def _departure(places: _Places, slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much colder each place is for its height and latitude than sea level at the equator, (n, 12)."""
    return LAPSE_C_PER_M * places.height_m[:, None] - slope * places.latitude[:, None]


def _fall_with_latitude(at_sea_level: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the slope of temperature on latitude over all stations (deg C per degree), shape (12,)."""
    north = latitude - latitude.mean()
    return north @ (at_sea_level - at_sea_level.mean(axis=0)) / (north @ north)


def _extraterrestrial(latitude: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return daily extraterrestrial irradiation on the horizontal and normal to the beam (kWh/m2), (n, 12)."""
    grid, tables = _extraterrestrial_tables()
    horizontal, normal = (
        np.stack([np.interp(latitude, grid, table[:, month]) for month in range(12)], axis=1) for table in tables
    )
    return horizontal, normal


@lru_cache(maxsize=1)
def _extraterrestrial_tables() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return latitudes every half degree, (n,), and both irradiations there, (2, n, 12)."""
    hours = hours_of_year(TYPICAL_YEAR)
    grid = np.arange(15.0, 65.25, 0.5)
    tables = np.zeros((2, len(grid), 12))
    for row, degrees in enumerate(grid):
        # At the meridian of Greenwich local days are UTC days.
        sun = sun_path(hours, float(degrees), 0.0)
        for which, values in enumerate((sun.extra_horizontal_w_per_m2, sun.extra_normal_w_per_m2 * sun.up_frac)):
            days = values.reshape(365, 24).sum(axis=1) / 1000.0
            tables[which, row] = np.bincount(MONTH_OF_DAY, days) / MONTH_DAYS
    return grid, tables
