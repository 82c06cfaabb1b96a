"""From a weather answer's rows to core.weather_hourly: every row is held to the calendar, to physics and to the sun."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import polars as pl

import pipelines.contracts.weather  # noqa: F401 - registers the table
from pipelines.contracts.base import REGISTRY
from pipelines.sources.base import NotPublishedYet, Parsed, Payload
from pipelines.sources.weather_common import (
    AIR,
    PUBLICATION_LAG,
    SUN,
    TYPICAL,
    TYPICAL_KEY,
    Readings,
    broken,
    is_number,
    region_of,
)
from pipelines.weather.calendar import TYPICAL_YEAR, hours_of_year
from pipelines.weather.plausible import JUDGED_HOURS, TWILIGHT_W_PER_M2, judge
from pipelines.weather.sun import sun_path

TABLE = "core.weather_hourly"
_LONGEST_FILLED_GAP_HOURS = 6
# Splines and sensors undershoot zero at night by a few W/m2.
_UNDERSHOOT_W_PER_M2 = 5.0
# Single lit hours at night are bad rows, more of them a wrong clock.
_MOST_LIT_NIGHT_HOURS = 2
_HIGH_SUN_COS_ZENITH = 0.3
# The windiest station of the United States has a yearly mean of 16 m/s.
_LARGEST_MEAN_WIND_M_PER_S = 16.0
# Point Barrow, the northernmost of the United States, lies at 71.4.
_FARTHEST_DEG = 72.0
# Cells of the coarsest source are one degree wide.
_LARGEST_SHIFT_DEG = 1.0


def to_core(payload: Payload, readings: Readings) -> Parsed:
    """Return the rows of core.weather_hourly that an answer gives, and a reason for every other row.

    Gaps of up to six hours that the source itself declares in temperature or wind are interpolated and counted in the
    notes; irradiance is never made up. Irradiance while the sun is down is twilight and put to zero. A year of which an
    hour is lost cannot be run on: then all its hours are left out.

    Parameters
    ----------
    payload : Payload
    readings : Readings

    Returns
    -------
    Parsed

    Raises
    ------
    NotPublishedYet
        If the year ended so recently that its missing end is still to come.
    SourceBroken
        If place, clock or the quantities as a whole cannot be right.
    """
    region_id, weather_year = _asked(payload)
    _check_place(payload, readings.latitude, readings.longitude)
    frame = readings.frame.with_columns(_first_faults(weather_year)).sort("start_utc", "source_row", nulls_last=True)
    _check_published(payload, readings, frame, weather_year)
    frame, filled = _fill_gaps(frame)
    limits = {name: _limits(name) for name in (*SUN, *AIR)}
    frame = frame.with_columns(
        pl.coalesce("fault", *(_value_fault(name, readings, *limits[name]) for name in (*SUN, *AIR))).alias("fault")
    )
    frame, dark = _judge_sun(payload, readings, frame)
    frame = _keep_whole(readings, frame, weather_year)
    good = frame.filter(pl.col("fault").is_null())
    rows = good.select(
        pl.lit(region_id).alias("region_id"),
        pl.lit(weather_year, dtype=pl.Int64).alias("weather_year"),
        pl.col("start_utc").alias("hour_utc"),
        *SUN,
        *AIR,
    )
    rejects = (
        frame.filter(pl.col("fault").is_not_null())
        .sort("source_row")
        .select(
            pl.lit(TABLE).alias("table_name"),
            pl.lit(f"{payload.source_id}/{payload.key}").alias("source_id"),
            "source_row",
            pl.col("fault").alias("reason"),
        )
    )
    return Parsed(TABLE, rows, rejects, frame.height, (*readings.notes, *filled, *dark))


def _asked(payload: Payload) -> tuple[str, int]:
    region_id, year = region_of(payload.key), payload.key.rpartition("/")[2]
    if not region_id or not (year == TYPICAL_KEY or (year.isascii() and year.isdigit() and len(year) == 4)):
        broken(payload, "has a key that names no region and year", "store it under region/year or region/tmy")
    return region_id, TYPICAL if year == TYPICAL_KEY else int(year)


def _check_place(payload: Payload, latitude: float, longitude: float) -> None:
    """Refuse a place that is none, or is not the one that the address asked for."""
    if not (abs(latitude) <= _FARTHEST_DEG and abs(longitude) <= 180.0):
        broken(payload, f"stands for {latitude:g}, {longitude:g}, where no site can be")
    query = parse_qs(urlsplit(payload.url).query)
    point = query.get("wkt", [""])[0].removeprefix("POINT(").removesuffix(")").split()
    asked = (
        next((query[name][0] for name in ("latitude", "lat") if name in query), point[1] if len(point) == 2 else ""),
        next((query[name][0] for name in ("longitude", "lon") if name in query), point[0] if len(point) == 2 else ""),
    )
    for name, given, wanted in (("latitude", latitude, asked[0]), ("longitude", longitude, asked[1])):
        if is_number(wanted) and abs(given - float(wanted)) > _LARGEST_SHIFT_DEG:
            broken(payload, f"stands for {name} {given:g}, {float(wanted):g} was asked for")


def _first_faults(weather_year: int) -> pl.Expr:
    outside = "no hour of a typical year" if weather_year == TYPICAL else f"the hour lies outside {weather_year}"
    return (
        pl.when(pl.col("fault").is_not_null())
        .then("fault")
        .when(pl.col("start_utc").is_null())
        .then(pl.lit("the stamp cannot be read"))
        .when(pl.col("own_year").ne_missing(weather_year))
        .then(pl.lit(outside))
        .when(pl.col("fault").is_null() & ~pl.col("start_utc").is_first_distinct())
        .then(pl.lit("the hour stands twice"))
        .alias("fault")
    )


def _check_published(payload: Payload, readings: Readings, frame: pl.DataFrame, weather_year: int) -> None:
    """Raise NotPublishedYet where a year that has just ended lacks its last days of irradiance."""
    present = [name for name in SUN if name not in readings.absent]
    if weather_year == TYPICAL or not present:
        return
    hours = frame.filter(pl.col("fault").is_null())
    is_missing = hours.select(pl.any_horizontal(pl.col(name).is_null() for name in present)).to_series()
    if not hours.height or not is_missing[-1]:
        return
    asked_at = payload.retrieved_at_utc.replace(tzinfo=None)
    if asked_at < datetime(weather_year + 1, 1, 1) + PUBLICATION_LAG:
        given = hours.filter(~is_missing)
        through = f"through {given['start_utc'][-1]:%Y-%m-%d %H:%M} UTC" if given.height else "not at all"
        raise NotPublishedYet(
            f"{payload.source_id}: irradiance for {payload.key!r} is published {through}; ask again later."
        )


def _fill_gaps(frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Interpolate short declared gaps of temperature and wind between the hours that serve; say how many."""
    serves = frame.filter(pl.col("fault").is_null())
    notes = []
    for name in AIR:
        run = pl.len().over(pl.col(name).is_null().rle_id())
        is_short = pl.col(name).is_null() & (run <= _LONGEST_FILLED_GAP_HOURS)
        gaps = int(serves[name].null_count())
        serves = serves.with_columns(pl.when(is_short).then(pl.col(name).interpolate()).otherwise(name).alias(name))
        if count := gaps - int(serves[name].null_count()):
            notes.append(f"{count} hours of {name} interpolated")
    others = frame.filter(pl.col("fault").is_not_null())
    return pl.concat([serves, others]), tuple(notes)


def _limits(name: str) -> tuple[float, float]:
    column: Any = REGISTRY[TABLE].schema.columns()[name]
    undershoot = _UNDERSHOOT_W_PER_M2 if name in SUN else 0.0
    return float(column.min) - undershoot, float(column.max)


def _value_fault(name: str, readings: Readings, low: float, high: float) -> pl.Expr:
    theirs = readings.names.get(name, name)
    value = pl.col(name)
    return (
        pl.when(value.is_null())
        .then(pl.lit(f"{theirs} is {'not in the answer' if name in readings.absent else 'missing'}"))
        .when(value.is_nan())
        .then(pl.lit(f"{theirs} is no number"))
        .when((value < low) | (value > high))
        .then(pl.format("{} is {} in units of {}, outside {} to {}", pl.lit(theirs), value, pl.lit(name), low, high))
    )


def _judge_sun(payload: Payload, readings: Readings, frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Judge the hours that serve by the sun, as those of files are (`pipelines.weather.plausible`).

    Also say how many hours have no light at all while the sun is high, which is how some satellite gaps come.
    """
    serves, others = frame.filter(pl.col("fault").is_null()), frame.filter(pl.col("fault").is_not_null())
    start = serves["start_utc"].to_numpy()
    sun = sun_path(start, readings.latitude, readings.longitude)
    is_night = sun.up_frac == 0.0
    ghi = serves["ghi_w_per_m2"].to_numpy()
    is_lit = is_night & (ghi > TWILIGHT_W_PER_M2)
    day = {name: np.where(is_night, 0.0, np.maximum(serves[name].to_numpy(), 0.0)) for name in SUN}
    verdict = judge(
        start,
        readings.latitude,
        readings.longitude,
        ghi,
        *(serves[name].to_numpy() for name in SUN[1:]),
        most_lit_hours=_MOST_LIT_NIGHT_HOURS,
    )
    if verdict.fault:
        broken(payload, verdict.fault)
    mean_wind = float(serves["wind_m_per_s"].to_numpy().mean()) if serves.height >= JUDGED_HOURS else 0.0
    if mean_wind > _LARGEST_MEAN_WIND_M_PER_S:
        broken(payload, f"has a mean wind of {mean_wind:.0f} m/s")
    serves = serves.with_columns(
        pl.when(pl.Series(is_lit)).then(pl.lit("daylight while the sun is down")).alias("fault"),
        *(pl.Series(name, values) for name, values in day.items()),
    )
    dark = int((~is_night & (sun.cos_zenith > _HIGH_SUN_COS_ZENITH) & (ghi <= 0.0)).sum())
    notes = [f"{dark} hours without light while the sun is high"] if dark else []
    return pl.concat([serves, others]), (*notes, *verdict.warnings)


def _keep_whole(readings: Readings, frame: pl.DataFrame, weather_year: int) -> pl.DataFrame:
    """Leave out all hours of a year that lacks one."""
    serves = pl.col("fault").is_null()
    start = frame.filter(serves)["start_utc"]
    calendar = TYPICAL_YEAR if weather_year == TYPICAL or readings.is_without_leap_day else weather_year
    wanted = len(hours_of_year(calendar))
    # Hours are distinct by now: as many as the year has, from first to last, are all of them.
    if len(start) == wanted and (start[-1] - start[0]).total_seconds() == (wanted - 1) * 3600:
        return frame
    named = "the typical year" if weather_year == TYPICAL else str(weather_year)
    reason = f"{named} is not whole: {len(start):,} of {wanted:,} hours can serve"
    return frame.with_columns(pl.when(serves).then(pl.lit(reason)).otherwise("fault").alias("fault"))
