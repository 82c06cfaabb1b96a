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
    local = pl.col("hour_utc") + pl.duration(hours=solar_offset_hours(longitude))
    hours = weather.with_columns(
        local.dt.month().cast(pl.Int64).alias("month"),
        local.dt.day().alias("day"),
        pl.Series("solar", solar_mw_per_mw),
    )
    irradiation = [
        (pl.col(f"{name}_w_per_m2").mean() * 0.024).alias(f"{name}_kwh_per_m2_day") for name in ("ghi", "dni", "dhi")
    ]
    days = hours.group_by("month", "day", maintain_order=True).agg(
        pl.col("temperature_c").min().alias("low"), pl.col("temperature_c").max().alias("high")
    )
    extremes = days.group_by("month", maintain_order=True).agg(
        pl.col("low").mean().alias("temperature_mean_daily_min_c"),
        pl.col("high").mean().alias("temperature_mean_daily_max_c"),
        pl.col("high").max().alias("temperature_max_c"),
        pl.col("low").min().alias("temperature_min_c"),
    )
    return (
        hours.group_by("month", maintain_order=True)
        .agg(
            *irradiation,
            pl.col("solar").mean().alias("solar_capacity_frac"),
            pl.col("temperature_c").mean().alias("temperature_mean_c"),
            pl.col("wind_m_per_s").mean().alias("wind_mean_m_per_s"),
        )
        .join(extremes, on="month", how="left", maintain_order="left")
        .sort("month")
        .select(
            pl.lit(weather["region_id"][0]).alias("region_id"),
            pl.lit(weather["weather_year"][0], dtype=pl.Int64).alias("weather_year"),
            "month",
            pl.lit(weather_source).alias("weather_source"),
            pl.lit(station, dtype=pl.String).alias("station"),
            "ghi_kwh_per_m2_day",
            "dni_kwh_per_m2_day",
            "dhi_kwh_per_m2_day",
            "solar_capacity_frac",
            "temperature_mean_c",
            "temperature_mean_daily_min_c",
            "temperature_mean_daily_max_c",
            "temperature_max_c",
            "temperature_min_c",
            "wind_mean_m_per_s",
        )
    )
