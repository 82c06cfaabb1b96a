"""Months of a weather year, in the columns of the climatology."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.weather.calendar import solar_offset_hours


def weather_monthly(
    weather: pl.DataFrame,
    longitude: float,
    solar_mw_per_mw: NDArray[np.float64],
    *,
    weather_source: str,
    station: str | None,
) -> pl.DataFrame:
    """Return the months of one region-year.

    Parameters
    ----------
    weather : pl.DataFrame
        One region-year of `core.weather_hourly`, shape (n_hours,).
    longitude : float
        Degrees east; days and months are those of local solar time.
    solar_mw_per_mw : NDArray[np.float64]
        Solar output per MW AC over the same hours, shape (n_hours,).
    weather_source : str
        "file" or "synthetic".
    station : str | None
        Station of the file, or of the climatology.

    Returns
    -------
    pl.DataFrame
        Twelve rows of `mart.weather_monthly`; with its first columns left out it serves as a climatology.
    """
    local = weather["hour_utc"].to_numpy() + np.timedelta64(solar_offset_hours(longitude), "h")
    date = local.astype("datetime64[D]")
    month = date.astype("datetime64[M]").astype(np.int64) % 12
    day = (date - date.astype("datetime64[M]")).astype(np.int64)
    temperature = weather["temperature_c"].to_numpy()
    # A local year rolled into UTC has both ends of one day: days are told apart by month and day alone.
    place = month * 31 + day
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    lowest, highest = np.full(12 * 31, np.inf), np.full(12 * 31, -np.inf)
    np.minimum.at(lowest, place[starts], np.minimum.reduceat(temperature, starts))
    np.maximum.at(highest, place[starts], np.maximum.reduceat(temperature, starts))
    days = np.flatnonzero(np.isfinite(lowest))
    of_day, lowest, highest = days // 31, lowest[days], highest[days]
    months = np.unique(of_day)

    def mean(values: NDArray[np.float64], group: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.bincount(group, values, 12)[months] / np.bincount(group, minlength=12)[months]

    def hourly(column: str) -> NDArray[np.float64]:
        return mean(weather[column].to_numpy(), month)

    top, bottom = np.full(12, -np.inf), np.full(12, np.inf)
    np.maximum.at(top, of_day, highest)
    np.minimum.at(bottom, of_day, lowest)
    return pl.DataFrame(
        {
            "region_id": pl.repeat(weather["region_id"][0], len(months), eager=True),
            "weather_year": pl.repeat(weather["weather_year"][0], len(months), dtype=pl.Int64, eager=True),
            "month": months + 1,
            "weather_source": pl.repeat(weather_source, len(months), eager=True),
            "station": pl.repeat(station, len(months), dtype=pl.String, eager=True),
            **{f"{name}_kwh_per_m2_day": hourly(f"{name}_w_per_m2") * 0.024 for name in ("ghi", "dni", "dhi")},
            "solar_capacity_frac": mean(solar_mw_per_mw, month),
            "temperature_mean_c": hourly("temperature_c"),
            "temperature_mean_daily_min_c": mean(lowest, of_day),
            "temperature_mean_daily_max_c": mean(highest, of_day),
            "temperature_max_c": top[months],
            "temperature_min_c": bottom[months],
            "wind_mean_m_per_s": hourly("wind_m_per_s"),
        }
    )
