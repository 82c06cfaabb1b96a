"""A synthetic reference year of hourly weather for one site, from monthly climatology alone."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.deferred import deferred
from pipelines.errors import InputError
from pipelines.identity import stable_seed
from pipelines.weather.air import hourly_temperature, hourly_wind
from pipelines.weather.calendar import MONTH_DAYS, MONTH_OF_DAY, TYPICAL_YEAR, hours_of_year, solar_offset_hours
from pipelines.weather.clearness import daily_clearness
from pipelines.weather.irradiance import DARK_KWH_PER_M2, Sky, SplitError, day_shape, hourly_global, split_beam
from pipelines.weather.sun import SunPath, sun_path

pvlib = deferred("pvlib")

_NEEDED = (
    "ghi_kwh_per_m2_day",
    "dni_kwh_per_m2_day",
    "dhi_kwh_per_m2_day",
    "temperature_mean_c",
    "temperature_mean_daily_min_c",
    "temperature_mean_daily_max_c",
    "temperature_max_c",
    "temperature_min_c",
    "wind_mean_m_per_s",
)


def synthetic_year(
    climatology: pl.DataFrame,
    region_id: str,
    latitude: float,
    longitude: float,
    elevation_m: float,
    year_index: int,
    sun: SunPath | Sky | None = None,
) -> pl.DataFrame:
    """Return one synthetic year of hourly weather that keeps the monthly means of the climatology.

    Parameters
    ----------
    climatology : pl.DataFrame
        Twelve rows of one region of `core.climatology_monthly`: month 1 to 12 and the means named there.
    region_id : str
        Seeds the year together with `year_index`.
    latitude, longitude : float
        Degrees, north and east positive.
    elevation_m : float
        Height above sea level (m).
    year_index : int
        1, 2, ...: which of the region's synthetic years.
    sun : SunPath | Sky | None
        The sun over the hours of the typical calendar, or over the local days as from `local_sky`, where the caller has
        it already.

    Returns
    -------
    pl.DataFrame
        Rows of `core.weather_hourly`: 8760 UTC hours of the typical calendar. Months are those of local solar time, so
        the local year is rolled into UTC, not cut.

    Raises
    ------
    InputError
        If the climatology has not each month once, a value is missing, or its irradiation means contradict each other.

    Notes
    -----
    Method and constants: docs/methods/weather.md.
    """
    means = _monthly(climatology, region_id)
    generator = np.random.default_rng(stable_seed("synthetic_year", region_id, year_index))
    hour_utc = hours_of_year(TYPICAL_YEAR)
    if sun is None:
        sun = sun_path(hour_utc, latitude, longitude)
    offset = solar_offset_hours(longitude)
    sky = sun if isinstance(sun, Sky) else local_sky(sun, longitude, elevation_m)

    extra_days = sky.extra_horizontal.sum(axis=1) / 1000.0
    ghi_total = means["ghi_kwh_per_m2_day"] * MONTH_DAYS
    # A month of polar night has no irradiation, and then no clearness.
    clearness = ghi_total / np.maximum(np.bincount(MONTH_OF_DAY, extra_days), DARK_KWH_PER_M2)
    diffuse = means["dhi_kwh_per_m2_day"] / np.maximum(means["ghi_kwh_per_m2_day"], DARK_KWH_PER_M2)
    days = daily_clearness(clearness, diffuse, extra_days, generator)
    try:
        ghi, dni, dhi = split_beam(
            hourly_global(days, sky, generator),
            sky,
            1000.0 * ghi_total,
            1000.0 * means["dni_kwh_per_m2_day"] * MONTH_DAYS,
            1000.0 * means["dhi_kwh_per_m2_day"] * MONTH_DAYS,
        )
    except SplitError as error:
        raise InputError(
            f"global, beam and diffuse irradiation of {region_id} in month {error.month} contradict each other",
            file="climatology_monthly.csv",
            column="dni_kwh_per_m2_day",
            remedy="take the three means from one source, for the site's own latitude",
        ) from error
    temperature = hourly_temperature(means, days, clearness, generator)
    wind = hourly_wind(means["wind_mean_m_per_s"], generator)

    def utc(local: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.roll(local.ravel(), -offset)

    return pl.DataFrame(
        {
            "region_id": pl.repeat(region_id, len(hour_utc), eager=True),
            "weather_year": pl.repeat(year_index, len(hour_utc), dtype=pl.Int64, eager=True),
            "hour_utc": hour_utc,
            "ghi_w_per_m2": utc(ghi),
            "dni_w_per_m2": utc(dni),
            "dhi_w_per_m2": utc(dhi),
            "temperature_c": utc(temperature),
            "wind_m_per_s": utc(wind),
        }
    )


def _monthly(climatology: pl.DataFrame, region_id: str) -> dict[str, NDArray[np.float64]]:
    table = climatology.sort("month")
    if table["month"].to_list() != list(range(1, 13)):
        raise InputError(
            f"the climatology of {region_id} has the months {table['month'].to_list()}, not 1 to 12 once each",
            file="climatology_monthly.csv",
            column="month",
            remedy="give one row per month",
        )
    means = {name: table[name].to_numpy().astype(np.float64) for name in _NEEDED}
    for name, values in means.items():
        if not np.isfinite(values).all():
            month = int(np.flatnonzero(~np.isfinite(values))[0]) + 1
            raise InputError(
                f"the climatology of {region_id} has no value in month {month}",
                file="climatology_monthly.csv",
                column=name,
                remedy="fill the value",
            )
    return means


def local_sky(sun: SunPath, longitude: float, elevation_m: float) -> Sky:
    """Compute the sun over local solar days, shape (365, 24), from that over the hours of the typical calendar."""
    offset = solar_offset_hours(longitude)
    pressure = float(pvlib.atmosphere.alt2pres(elevation_m))

    def local(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.roll(values, offset).reshape(365, 24)

    cosine = local(sun.cos_zenith)
    zenith = np.minimum(np.degrees(np.arccos(np.clip(cosine, 0.0, 1.0))), 89.9)
    relative = pvlib.atmosphere.get_relative_airmass(zenith)
    noon = 12.0 - (longitude / 15.0 - offset)
    solar_hour = np.arange(24, dtype=np.float64) + 0.5 - noon
    return Sky(
        extra_horizontal=local(sun.extra_horizontal_w_per_m2),
        extra_normal=local(sun.extra_normal_w_per_m2),
        up_frac=local(sun.up_frac),
        cos_zenith=cosine,
        solar_hour=np.broadcast_to(solar_hour, (365, 24)),
        airmass=pvlib.atmosphere.get_absolute_airmass(relative, pressure),
        day_shape=day_shape(solar_hour, local(sun.up_frac).sum(axis=1)),
        pressure_pa=pressure,
    )
