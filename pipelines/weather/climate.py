"""Monthly climatology of any place in the states, from the climate stations around it.

What is interpolated is what does not follow from place: clearness index, diffuse share and beam geometry instead of
irradiation (latitude and season are put back exactly), temperature at sea level by the standard atmosphere and less its
fall with latitude over all stations.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.weather.files import great_circle_km
from pipelines.weather.sun import daily_extraterrestrial

LAPSE_C_PER_M = 0.0065
"""Fall of temperature with height: ICAO standard atmosphere, Doc 7488."""
NEIGHBOURS = 12
POWER = 1.0
"""Inverse-distance weighting of the twelve nearest stations (Shepard, Proc. ACM 23, 1968); of powers 1 to 3 and 4 to 16
stations the least cross-validated error, which is flat between 8 and 16."""
HEIGHT_KM_PER_M = 0.10
"""A station 1 km higher or lower counts like one 100 km away, so that mountains are not drawn from plains."""
_NEAREST_KM = 1e-6
_LEAST_SUN_KWH = 0.05
"""Extraterrestrial irradiation of a day (kWh/m2) below which a month says nothing of the air above a station."""
_CLEAREST = 0.85
"""Highest clearness index of a month; only twilight beside a sun that hardly rises measures more."""

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


def climate_stations(stations: pl.DataFrame, climatology: pl.DataFrame) -> pl.DataFrame:
    """Join the stations with their months and blank the means that are not to be trusted.

    Beam and diffuse irradiation of a station whose clock is an hour or two off contradict the sun's path, its global
    irradiation does not depend on the clock. One temperature or wind beyond what the place has ever seen spoils the
    month's extremes, and several its means.

    Parameters
    ----------
    stations : pl.DataFrame
        Reference table `climate_stations`.
    climatology : pl.DataFrame
        Reference table `climatology_monthly`.

    Returns
    -------
    pl.DataFrame
        station_id, station_name, latitude, longitude, elevation_m, month, and the nine means `INTERPOLATED`, null where
        they are not trusted; sorted by station and month.
    """
    is_clock_off = pl.col("clock_off_months") > 0
    return (
        climatology.join(stations, on="station_id", how="inner", maintain_order="left")
        .sort("station_id", "month")
        .select(
            "station_id",
            "station_name",
            "latitude",
            "longitude",
            "elevation_m",
            "month",
            _IRRADIATION[0],
            *(pl.when(~is_clock_off).then(name).alias(name) for name in _IRRADIATION[1:]),
            *(pl.when(pl.col("suspect_temperature_hours") == 0).then(name).alias(name) for name in TEMPERATURES),
            pl.when(pl.col("suspect_wind_hours") == 0).then(_WIND).alias(_WIND),
        )
    )


def nearest_stations(places: pl.DataFrame, stations: pl.DataFrame) -> pl.DataFrame:
    """Find the climate station nearest to each place.

    Parameters
    ----------
    places : pl.DataFrame
        region_id, latitude, longitude.
    stations : pl.DataFrame
        station_id, station_name, latitude, longitude; a station may have several rows.

    Returns
    -------
    pl.DataFrame
        region_id, station_id, climate_station, climate_station_distance_km, in order of the places.
    """
    known = stations.unique("station_id", keep="first", maintain_order=True)
    apart = _apart_km(places, known)
    nearest = apart.argmin(axis=1)
    return pl.DataFrame(
        {
            "region_id": places["region_id"],
            "station_id": known["station_id"][nearest],
            "climate_station": known["station_name"][nearest],
            "climate_station_distance_km": apart[np.arange(places.height), nearest],
        }
    )


def nearest_climatology(places: pl.DataFrame, stations: pl.DataFrame) -> pl.DataFrame:
    """Read the months of the station nearest to each place, its temperatures brought to the height of the place.

    Parameters
    ----------
    places : pl.DataFrame
        region_id, latitude, longitude, elevation_m.
    stations : pl.DataFrame
        As from `climate_stations`; a mean that is not trusted there is interpolated between the other stations.

    Returns
    -------
    pl.DataFrame
        region_id, month and the nine means, in order of the places.
    """
    nearest = nearest_stations(places, stations).select("region_id", "station_id")
    used = stations.join(nearest, on="station_id", how="semi", maintain_order="left")
    at = used.unique("station_id", keep="first", maintain_order=True).with_columns(region_id="station_id")
    between = interpolated_climatology(at, stations).rename({"region_id": "station_id"})
    whole = used.join(between, on=["station_id", "month"], how="left", maintain_order="left", suffix="_between")
    rise = LAPSE_C_PER_M * (pl.col("elevation_m") - pl.col("elevation_m_of_place"))
    heights = places.select("region_id", elevation_m_of_place="elevation_m")
    return (
        nearest.join(heights, on="region_id", how="left", maintain_order="left")
        .join(whole, on="station_id", how="left", maintain_order="left")
        .sort("region_id", "month", maintain_order=True)
        .select(
            "region_id",
            "month",
            *(pl.coalesce(name, f"{name}_between") + (rise if name in TEMPERATURES else 0.0) for name in INTERPOLATED),
        )
    )


def interpolated_climatology(places: pl.DataFrame, stations: pl.DataFrame) -> pl.DataFrame:
    """Interpolate the monthly means of places between the stations.

    Parameters
    ----------
    places : pl.DataFrame
        region_id, latitude, longitude, elevation_m.
    stations : pl.DataFrame
        As from `climate_stations`.

    Returns
    -------
    pl.DataFrame
        region_id, month and the nine means that a synthetic year is made from, in order of the places. At a station
        they are its own.
    """
    known = stations.unique("station_id", keep="first", maintain_order=True)
    at, of = _Places.of(places), _Places.of(known)
    found = _interpolated(_means(stations), _weights(_apart_km(places, known), at, of), at, of)
    return pl.DataFrame(
        {
            "region_id": np.repeat(places["region_id"].to_numpy(), 12),
            "month": np.tile(np.arange(1, 13), places.height),
            **{name: values.ravel() for name, values in found.items()},
        },
        schema_overrides={"region_id": pl.String, "month": pl.Int64},
    )


def cross_validated(stations: pl.DataFrame, donors: pl.Series | None = None) -> pl.DataFrame:
    """Compare each station's months with those interpolated from the others.

    Parameters
    ----------
    stations : pl.DataFrame
        As from `climate_stations`.
    donors : pl.Series | None
        Names of the stations to interpolate from; all where absent.

    Returns
    -------
    pl.DataFrame
        station_id, month, nearest_km (to the nearest other station), for each mean its value and two errors (found less
        measured): `<mean>_error` of the interpolation, `<mean>_nearest_error` of the nearest other station,
        its temperatures brought to the height. Null where the mean is not trusted.
    """
    known = stations.unique("station_id", keep="first", maintain_order=True)
    places = _Places.of(known)
    apart = _apart_km(known, known)
    np.fill_diagonal(apart, np.inf)
    if donors is not None:
        apart[:, ~known["station_id"].is_in(donors.implode()).to_numpy()] = np.inf
    means = _means(stations)
    found = _interpolated(means, _weights(apart, places, places), places, places)
    nearest = apart.argmin(axis=1)
    errors = {f"{name}_error": found[name] - means[name] for name in INTERPOLATED}
    rise = LAPSE_C_PER_M * (places.height_m[nearest] - places.height_m)[:, None]
    errors |= {
        f"{name}_nearest_error": means[name][nearest] - means[name] + (rise if name in TEMPERATURES else 0.0)
        for name in INTERPOLATED
    }
    return stations.select("station_id", "month", *INTERPOLATED).with_columns(
        pl.Series("nearest_km", np.repeat(apart.min(axis=1), 12)),
        *(pl.Series(name, values.ravel(), nan_to_null=True) for name, values in errors.items()),
    )


class _Places:
    """Coordinates of places, each of shape (n,)."""

    def __init__(self, latitude: NDArray[np.float64], longitude: NDArray[np.float64], height_m: NDArray[np.float64]):
        self.latitude, self.longitude, self.height_m = latitude, longitude, height_m

    @classmethod
    def of(cls, frame: pl.DataFrame) -> _Places:
        return cls(*(frame[name].to_numpy() for name in ("latitude", "longitude", "elevation_m")))


def _means(stations: pl.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Return each mean by station and month, (n_stations, 12), not a number where it is not trusted."""
    return {name: stations[name].cast(pl.Float64).fill_null(np.nan).to_numpy().reshape(-1, 12) for name in INTERPOLATED}


def _apart_km(places: pl.DataFrame, known: pl.DataFrame) -> NDArray[np.float64]:
    """Return the distance from each place to each station, (n_places, n_stations)."""
    return great_circle_km(
        places["latitude"].to_numpy()[:, None],
        places["longitude"].to_numpy()[:, None],
        known["latitude"].to_numpy()[None, :],
        known["longitude"].to_numpy()[None, :],
    )


def _weights(apart_km: NDArray[np.float64], at: _Places, known: _Places) -> NDArray[np.float64]:
    """Return weights (n_places, n_stations) of the nearest stations, 0 for the others."""
    rise = HEIGHT_KM_PER_M * np.abs(at.height_m[:, None] - known.height_m[None, :])
    apart = np.maximum(np.hypot(apart_km, rise), _NEAREST_KM)
    order = np.argsort(apart, axis=1, kind="stable")[:, :NEIGHBOURS]
    weights = np.zeros(apart.shape)
    rows = np.arange(len(apart))[:, None]
    weights[rows, order] = apart[rows, order] ** -POWER
    return weights


def _mean(weights: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weighted means of what is known, (n_places, 12); the mean of all stations where no neighbour knows."""
    is_known = np.isfinite(values)
    filled = np.where(is_known, values, 0.0)
    share = weights @ is_known
    everywhere = filled.sum(axis=0) / np.maximum(is_known.sum(axis=0), 1)
    return np.where(share > 0.0, weights @ filled / np.where(share > 0.0, share, 1.0), everywhere)


def _interpolated(
    means: Mapping[str, NDArray[np.float64]], weights: NDArray[np.float64], at: _Places, known: _Places
) -> dict[str, NDArray[np.float64]]:
    """Return each mean at the places, shape (n_places, 12)."""
    horizontal, normal = daily_extraterrestrial(known.latitude)
    horizontal = np.where(horizontal > _LEAST_SUN_KWH, horizontal, np.nan)
    ghi, dni, dhi = (means[name] for name in _IRRADIATION)
    clearness = _mean(weights, np.minimum(ghi / horizontal, _CLEAREST))
    diffuse = _mean(weights, dhi / np.where(horizontal > _LEAST_SUN_KWH, ghi, np.nan))
    # Beam normal over beam horizontal, as a share of what the sun's path alone gives.
    beam = _mean(weights, dni / np.maximum(ghi - dhi, 1e-3) * horizontal / np.maximum(normal, 1e-9))
    own_horizontal, own_normal = daily_extraterrestrial(at.latitude)
    own_ghi = clearness * own_horizontal
    own_dhi = diffuse * own_ghi
    found = {
        _IRRADIATION[0]: own_ghi,
        _IRRADIATION[1]: beam * (own_ghi - own_dhi) * own_normal / np.maximum(own_horizontal, 1e-9),
        _IRRADIATION[2]: own_dhi,
    }
    for name in TEMPERATURES:
        slope = _fall_with_latitude(means[name] + LAPSE_C_PER_M * known.height_m[:, None], known.latitude)
        level = means[name] + _departure(known, slope)
        found[name] = _mean(weights, level) - _departure(at, slope)
    return found | {_WIND: _mean(weights, means[_WIND])}


def _departure(places: _Places, slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much colder each place is for its height and latitude than sea level at the equator, (n, 12)."""
    return LAPSE_C_PER_M * places.height_m[:, None] - slope * places.latitude[:, None]


def _fall_with_latitude(at_sea_level: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the slope of temperature on latitude over all stations (deg C per degree), shape (12,)."""
    is_known = np.isfinite(at_sea_level)
    count = is_known.sum(axis=0)
    north = np.where(is_known, latitude[:, None] - (latitude @ is_known) / count, 0.0)
    level = np.where(is_known, at_sea_level, 0.0)
    return (north * (level - level.sum(axis=0) / count)).sum(axis=0) / (north**2).sum(axis=0)
