"""Weather files of four formats, read and put on one clock: UTC, hourly interval starts, means over the interval.

| format    | stamps in the file                                   | irradiance                      |
|-----------|------------------------------------------------------|---------------------------------|
| tmy3      | local standard time, end of the interval, to 24:00   | mean of the interval that ends  |
| epw       | local standard time, end of the hour, 1 .. 24        | mean of the interval that ends  |
| sam_csv   | local standard time, hour 0 .. 23                    | mean of the interval that begins|
| nsrdb_psm | zone of the header, centre of the interval           | value at the centre             |

An EPW file whose hours run from 0 to 23 has interval starts. Steps of 5, 10, 15 and 30 minutes become hours of the same
energy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import InputError
from pipelines.weather.calendar import TYPICAL_YEAR, hours_of_year
from pipelines.weather.headers import WeatherFormat, WeatherHeader, read_weather_header
from pipelines.weather.plausible import judge
from pipelines.weather.rows import Rows, fault, read_rows
from pipelines.weather.sun import sun_path

_SUN = ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2")
# What each quantity can be at the surface of the earth; beyond it the value is a missing code or a fault.
_BOUNDS = {
    "ghi_w_per_m2": (-5.0, 1600.0),
    "dni_w_per_m2": (-5.0, 1450.0),
    "dhi_w_per_m2": (-5.0, 1100.0),
    "temperature_c": (-70.0, 60.0),
    "wind_m_per_s": (0.0, 90.0),
}
_LONGEST_FILLED_GAP_HOURS = 6
STEPS_PER_HOUR = (1, 2, 4, 6, 12)


@dataclass(frozen=True)
class WeatherFile:
    """One weather file on the common clock.

    Attributes
    ----------
    frame : pl.DataFrame
        hour_utc (interval start), ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2 (means of the interval), temperature_c,
        wind_m_per_s; hourly, contiguous.
    latitude, longitude, elevation_m : float
    source_format, station_name : str
    is_actual_year : bool
        True for one calendar year of observations, false for a typical year put together from several.
    weather_year : int
        Calendar year of an actual year, 0 for a typical one.
    filled_hours : int
        Hours whose temperature or wind was missing and interpolated.
    warnings : tuple[str, ...]
        What is odd about the hours, as the end of a sentence that begins with the file.
    """

    frame: pl.DataFrame
    latitude: float
    longitude: float
    elevation_m: float
    source_format: WeatherFormat
    station_name: str
    is_actual_year: bool
    weather_year: int
    filled_hours: int
    warnings: tuple[str, ...] = ()


def read_weather_file(path: Path) -> WeatherFile:
    """Read one weather file and put it on the common clock: UTC interval starts, hourly.

    A typical year, and an actual year whose leap day the publisher left out, is put on the calendar of 2025: its local
    year is rolled into UTC, not cut. An actual year keeps its own dates and its leap day. A year is typical where the
    head says so or the months come from several years; the name of the file does not matter.

    Parameters
    ----------
    path : Path
        A TMY3, EPW, SAM CSV or NSRDB PSM file.

    Returns
    -------
    WeatherFile

    Raises
    ------
    InputError
        If the file is missing, truncated, out of order or holds values that cannot be, naming row and column, or
        contradicts the sun or itself (`pipelines.weather.plausible`).
    """
    header = read_weather_header(path)
    rows = read_rows(header)
    steps, year_length = _shape(header, rows)
    first_minute = _check_stamps(header, rows, steps, year_length)
    columns = {name: _numbers(rows.texts[name]) for name in _BOUNDS}
    filled = _check_values(columns, header, rows)
    are_instants = header.source_format == "nsrdb_psm" and first_minute == 0
    columns = {name: _hourly(column, steps, are_instants) for name, column in columns.items()}
    years = _years(header, rows)
    year = int(years[0])
    is_one_year = bool((years == year).all()) and not header.is_typical
    offset = header.utc_offset_hours
    if is_one_year and year_length == len(hours_of_year(year)):
        hour_utc = hours_of_year(year) - np.timedelta64(round(offset * 3600), "s")
    else:
        whole = round(offset)
        columns = {name: np.roll(_typical(column), -whole) for name, column in columns.items()}
        hour_utc = hours_of_year(TYPICAL_YEAR) - np.timedelta64(round((offset - whole) * 3600), "s")
    verdict = judge(hour_utc, header.latitude, header.longitude, *(columns[name] for name in _SUN))
    if verdict.fault:
        raise InputError(
            f"the file {verdict.fault}",
            file=str(path),
            column=verdict.column or None,
            remedy="correct the file or use another one",
        )
    is_night = sun_path(hour_utc, header.latitude, header.longitude).up_frac == 0.0
    columns |= {name: np.where(is_night, 0.0, columns[name]) for name in _SUN}
    return WeatherFile(
        frame=pl.DataFrame({"hour_utc": hour_utc, **columns}),
        latitude=header.latitude,
        longitude=header.longitude,
        elevation_m=header.elevation_m,
        source_format=header.source_format,
        station_name=header.station_name,
        is_actual_year=is_one_year,
        weather_year=year if is_one_year else 0,
        filled_hours=filled,
        warnings=verdict.warnings,
    )


def _shape(header: WeatherHeader, rows: Rows) -> tuple[int, int]:
    """Return the rows per hour and the hours of the year that the rows make up."""
    for steps in STEPS_PER_HOUR:
        for hours in (8760, 8784):
            if len(rows) == steps * hours:
                return steps, hours
    minutes = ", ".join(f"{60 // steps}" for steps in STEPS_PER_HOUR)
    last = rows.lines[-1] if rows.lines else header.first_row
    raise fault(
        header,
        f"the file ends after {len(rows)} rows of data, a year has 8760 or 8784 hours, in steps of {minutes} minutes",
        last,
        remedy="give a whole year, or download the file again",
    )


def _check_stamps(header: WeatherHeader, rows: Rows, steps: int, hours: int) -> int:
    """Refuse rows out of the calendar's order, and return the minute of the hour that the first value represents.

    Typical years jump between years, so the year is left out; 0 is the start of an interval.
    """
    minutes = 60 // steps
    calendar = 2024 if hours == 8784 else TYPICAL_YEAR
    wanted = np.arange(
        np.datetime64(f"{calendar}-01-01T00:00", "m"), np.datetime64(f"{calendar + 1}-01-01T00:00", "m"), minutes
    )
    if "hour" not in rows.texts and "time" not in rows.texts:
        return 0
    month, day, minute = _stamps(header, rows, steps)
    first = int(minute[0])
    if not 0 <= first < minutes:
        first = 0
    date = wanted.astype("datetime64[D]")
    is_right = (
        (month == (wanted.astype("datetime64[M]").astype(int) % 12) + 1)
        & (day == (date - wanted.astype("datetime64[M]")).astype(int) + 1)
        & (minute == (wanted - date).astype(int) + first)
    )
    wrong = np.flatnonzero(~is_right)
    if len(wrong):
        place = int(wrong[0])
        found = f"{month[place]:02d}-{day[place]:02d} {minute[place] // 60:02d}:{minute[place] % 60:02d}"
        due = wanted[place] + np.timedelta64(first, "m")
        raise fault(
            header,
            f"the stamp {found} stands where {str(due)[5:].replace('T', ' ')} belongs",
            rows.lines[place],
            remedy="put the rows in the order of the calendar, one per step, without gaps",
        )
    return first


def _stamps(
    header: WeatherHeader, rows: Rows, steps: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return month, day and minute of the day at which the interval of each row begins (PSM: its centre)."""
    step = 60 // steps
    if header.source_format == "tmy3":
        dates = pl.Series(rows.texts["date"]).str.split("/").list
        times = pl.Series(rows.texts["time"]).str.split(":").list
        month, day = (_whole(header, rows, dates.get(part, null_on_oob=True), "date", 1, most)
                      for part, most in ((0, 12), (1, 31)))  # fmt: skip
        hour = _whole(header, rows, times.get(0, null_on_oob=True), "time", 0, 24)
        minute = 60 * hour + _whole(header, rows, times.get(1, null_on_oob=True), "time", 0, 59) - step
        # 00:00 of the next day ends the interval that 24:00 of this one does.
        before = minute < 0
        month[before], day[before] = np.roll(month, 1)[before], np.roll(day, 1)[before]
        return month, day, np.where(before, minute + 1440, minute)
    limits = {"month": (1, 12), "day": (1, 31), "hour": (0, 24)}
    month, day, hour = (
        _whole(header, rows, pl.Series(rows.texts[name]), name, *limits[name]) for name in ("month", "day", "hour")
    )
    if header.source_format == "epw":
        # Hours 0 to 23 begin, hours 1 to 24 end; what minutes say within the hour differs between programs.
        hour = hour - (0 if hour.min() == 0 else 1)
        return month, day, 60 * hour + np.tile(np.arange(steps) * step, len(hour) // steps)
    minute = np.zeros(len(hour), np.int64)
    if "minute" in rows.texts:
        minute = _whole(header, rows, pl.Series(rows.texts["minute"]), "minute", 0, 59)
    if header.source_format == "sam_csv" and hour.min() == 1:
        hour = hour - 1
    return month, day, 60 * hour + minute


def _whole(
    header: WeatherHeader, rows: Rows, texts: pl.Series, column: str, least: int, most: int
) -> NDArray[np.int64]:
    """Return parts of stamps as whole numbers within their limits."""
    numbers = texts.str.strip_chars().cast(pl.Float64, strict=False)
    is_bad = (numbers.is_null() | (numbers != numbers.floor()) | (numbers < least) | (numbers > most)).fill_null(True)
    if is_bad.any():
        place = int(is_bad.arg_max() or 0)
        source = rows.texts[column][place]
        raise fault(header, f"{column} {source!r} is not a stamp", rows.lines[place], column, remedy="correct the row")
    return numbers.cast(pl.Int64).to_numpy().copy()


def _years(header: WeatherHeader, rows: Rows) -> NDArray[np.int64]:
    """Return the years that the rows come from; of two digits, 50 and above are of the last century."""
    if header.source_format == "tmy3":
        texts = pl.Series(rows.texts["date"]).str.split("/").list.get(2, null_on_oob=True)
        column = "date"
    elif "year" in rows.texts:
        texts, column = pl.Series(rows.texts["year"]), "year"
    else:
        return np.arange(len(rows))
    years = _whole(header, rows, texts, column, 0, 2200)
    years = np.where(years < 50, years + 2000, np.where(years < 100, years + 1900, years))
    # 24:00 of 31 December may be written as the first minute of the next year.
    return years[:-1] if header.source_format == "tmy3" else years


def _numbers(texts: Sequence[str]) -> NDArray[np.float64]:
    return pl.Series(texts, dtype=pl.String).cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy().copy()


def _hourly(column: NDArray[np.float64], steps: int, are_instants: bool) -> NDArray[np.float64]:
    """Return the means of hours.

    Values at the full hour and between, such as of PSM in steps of less than an hour, stand in the middle of their
    intervals: an hour holds half of its first interval and half of the first of the next hour.
    """
    parts = column.reshape(-1, steps)
    if steps == 1 or not are_instants:
        return parts.mean(axis=1)
    return parts.mean(axis=1) + (np.roll(parts[:, 0], -1) - parts[:, 0]) / (2 * steps)


def _typical(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the hours of a year without those of a leap day."""
    return np.delete(column, slice(59 * 24, 60 * 24)) if len(column) == 8784 else column


def _check_values(columns: dict[str, NDArray[np.float64]], header: WeatherHeader, rows: Rows) -> int:
    """Bound every value, in place: fill short gaps of temperature and wind, refuse the rest; count the filled."""
    filled = 0
    for name, (low, high) in _BOUNDS.items():
        column = columns[name]
        is_bad = ~((column >= low) & (column <= high))
        if is_bad.any():
            place = int(np.flatnonzero(is_bad)[0])
            longest = _longest_run(is_bad) * 8760 / len(column)
            if name not in {"temperature_c", "wind_m_per_s"} or longest > _LONGEST_FILLED_GAP_HOURS:
                found = rows.texts[name][place] or "(empty)"
                raise InputError(
                    f"value {found} is missing or cannot be (it must lie in {low:g} to {high:g})",
                    file=str(header.path),
                    row=rows.lines[place],
                    column=name,
                    remedy="repair the row or use another file",
                )
            good = np.flatnonzero(~is_bad)
            column = np.interp(np.arange(len(column)), good, column[good])
            filled += round(is_bad.sum() * 8760 / len(column))
        if name not in {"temperature_c"}:
            column = np.maximum(column, 0.0)
        columns[name] = column
    return filled


def _longest_run(is_bad: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_bad.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max(initial=0))
