"""Weather files of four formats, read and put on one clock: UTC, hourly interval starts, means over the interval.

| format    | stamps in the file                                   | irradiance                      |
|-----------|------------------------------------------------------|---------------------------------|
| tmy3      | local standard time, end of the hour, 01:00 .. 24:00 | mean of the hour that ends then |
| epw       | local standard time, end of the hour, 1 .. 24        | mean of the hour that ends then |
| sam_csv   | local standard time, hour 0 .. 23, no minute         | mean of the hour that begins    |
| nsrdb_psm | zone of the header, centre of the interval           | value at the centre             |
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.deferred import deferred
from pipelines.errors import InputError
from pipelines.weather.calendar import TYPICAL_YEAR, hours_of_year
from pipelines.weather.headers import WeatherFormat, WeatherHeader, read_weather_header
from pipelines.weather.sun import sun_path

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = deferred("pandas")
pvlib = deferred("pvlib")

# Lines before the first row of data, by format.
_HEADER_LINES: dict[str, int] = {"tmy3": 2, "epw": 8, "sam_csv": 3, "nsrdb_psm": 3}
_TMY3_NAMES = {
    "ghi_w_per_m2": "GHI (W/m^2)",
    "dni_w_per_m2": "DNI (W/m^2)",
    "dhi_w_per_m2": "DHI (W/m^2)",
    "temperature_c": "Dry-bulb (C)",
    "wind_m_per_s": "Wspd (m/s)",
}
_EPW_NAMES = {
    "ghi_w_per_m2": "ghi",
    "dni_w_per_m2": "dni",
    "dhi_w_per_m2": "dhi",
    "temperature_c": "temp_air",
    "wind_m_per_s": "wind_speed",
}
_CSV_NAMES = {
    "ghi_w_per_m2": ("GHI",),
    "dni_w_per_m2": ("DNI",),
    "dhi_w_per_m2": ("DHI",),
    "temperature_c": ("Temperature", "Tdry"),
    "wind_m_per_s": ("Wind Speed", "Wspd"),
}
# What each quantity can be at the surface of the earth; beyond it the value is a missing code or a fault.
_BOUNDS = {
    "ghi_w_per_m2": (-5.0, 1600.0),
    "dni_w_per_m2": (-5.0, 1450.0),
    "dhi_w_per_m2": (-5.0, 1100.0),
    "temperature_c": (-70.0, 60.0),
    "wind_m_per_s": (0.0, 90.0),
}
_LONGEST_FILLED_GAP_HOURS = 6
# Sky light before sunrise, smeared over an hour; more than that while the sun is down is a wrong clock.
_TWILIGHT_W_PER_M2 = 30.0


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


def read_weather_file(path: Path) -> WeatherFile:
    """Return one weather file on the common clock: UTC interval starts, hourly.

    A typical year, and an actual year whose leap day the publisher left out, is put on the calendar of 2025: its local
    year is rolled into UTC, not cut. An actual year keeps its own dates and its leap day.

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
        If the file is missing, truncated, out of order or holds values that cannot be, naming row and column.
    """
    header = read_weather_header(path)
    _check_rows(path, header.source_format)
    values, stamps, sources = _read(path, header)
    _check_stamps(stamps, header)
    columns = {name: values[name].to_numpy(dtype=np.float64) for name in _BOUNDS}
    filled = _check_values(columns, header)
    if len(stamps) in {17_520, 17_568}:
        columns = {name: _halves_to_hours(column, int(stamps.minute[0])) for name, column in columns.items()}
    hours = len(columns["ghi_w_per_m2"])
    year = int(sources[0])
    is_one_year = bool((sources == year).all()) and "tmy" not in path.name.lower()
    offset = header.utc_offset_hours
    if is_one_year and hours == len(hours_of_year(year)):
        hour_utc = hours_of_year(year) - np.timedelta64(round(offset * 3600), "s")
    else:
        whole = round(offset)
        columns = {name: np.roll(column, -whole) for name, column in columns.items()}
        hour_utc = hours_of_year(TYPICAL_YEAR) - np.timedelta64(round((offset - whole) * 3600), "s")
    _check_night(columns, hour_utc, header)
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
    )


def _check_rows(path: Path, source_format: str) -> None:
    """Refuse a file whose rows are short or too few, before a parser guesses at it."""
    skipped = _HEADER_LINES[source_format]
    with path.open(encoding="latin-1") as file:
        counts = [line.count(",") for line in file if line.strip()]
    rows = counts[skipped:]
    expected = {8760, 8784, 17_520, 17_568} if source_format == "nsrdb_psm" else {8760, 8784}
    fields = max(rows, default=0)
    short = next((index for index, count in enumerate(rows) if count < fields), None)
    if short is not None:
        raise InputError(
            f"the row has {rows[short] + 1} fields instead of {fields + 1}: the file is cut or damaged",
            file=str(path),
            row=skipped + short + 1,
            remedy="download the file again",
        )
    if len(rows) not in expected:
        raise InputError(
            f"the file ends after {len(rows)} rows of data, a year has {sorted(expected)[0]} or {sorted(expected)[1]}",
            file=str(path),
            row=skipped + len(rows),
            remedy="download the file again",
        )


def _read(path: Path, header: WeatherHeader) -> tuple[pd.DataFrame, pd.DatetimeIndex, NDArray[np.int64]]:
    """Return the quantities, the interval starts (PSM: centres) in the file's zone, and the years of the rows."""
    try:
        if header.source_format == "tmy3":
            # One year for all rows: 24:00 on 28 February of a leap year would otherwise become 29 February.
            data, _ = pvlib.iotools.read_tmy3(path, coerce_year=TYPICAL_YEAR, map_variables=False, encoding="latin-1")
            names = dict(_TMY3_NAMES)
            stamps = data.index.tz_localize(None) - pd.Timedelta(hours=1)
            years = data["Date (MM/DD/YYYY)"].str[-4:].astype(int).to_numpy()
        elif header.source_format == "epw":
            data, _ = pvlib.iotools.read_epw(path)
            names = dict(_EPW_NAMES)
            stamps = data.index.tz_localize(None)
            years = data["year"].to_numpy()
        elif header.source_format == "nsrdb_psm":
            data, _ = pvlib.iotools.read_nsrdb_psm4(path, map_variables=False)
            names = _csv_names(data, path)
            stamps = data.index.tz_localize(None)
            years = data["Year"].to_numpy()
        else:
            data = pd.read_csv(path, skiprows=2, encoding="latin-1", skipinitialspace=True)
            names = _csv_names(data, path)
            stamps = pd.DatetimeIndex(pd.to_datetime(data[["Year", "Month", "Day", "Hour"]]))
            years = data["Year"].to_numpy()
    except KeyError as error:
        raise InputError(
            f"column {error.args[0]} is missing",
            file=str(path),
            column=str(error.args[0]),
            remedy="download the file again",
        ) from error
    except ValueError as error:
        raise InputError(
            f"the file cannot be read ({error})", file=str(path), remedy="download the file again"
        ) from error
    absent = [column for column in names.values() if column not in data.columns]
    if absent:
        raise InputError(
            f"column {absent[0]} is missing", file=str(path), column=absent[0], remedy="download the file again"
        )
    table = data[list(names.values())].reset_index(drop=True)
    table.columns = list(names)
    return table.apply(pd.to_numeric, errors="coerce"), stamps, years


def _csv_names(data: pd.DataFrame, path: Path) -> dict[str, str]:
    data.columns = [str(column).strip() for column in data.columns]
    found: dict[str, str] = {}
    for name, choices in _CSV_NAMES.items():
        column = next((choice for choice in choices if choice in data.columns), None)
        if column is None:
            raise InputError(
                f"column {choices[0]} is missing",
                file=str(path),
                row=3,
                column=choices[0],
                remedy="ask for the column when you download the file",
            )
        found[name] = column
    return found


def _check_stamps(stamps: pd.DatetimeIndex, header: WeatherHeader) -> None:
    """Refuse rows out of the calendar's order; typical years jump between years, so the year is left out."""
    step = 8760 * 60 // (len(stamps) if len(stamps) in {8760, 17_520} else len(stamps) * 365 // 366)
    first = int(stamps.minute[0])
    year = 2024 if len(stamps) in {8784, 17_568} else 2025
    wanted = pd.date_range(f"{year}-01-01", periods=len(stamps), freq=f"{step}min") + pd.Timedelta(minutes=first)
    is_right = (
        (stamps.month == wanted.month)
        & (stamps.day == wanted.day)
        & (stamps.hour == wanted.hour)
        & (stamps.minute == wanted.minute)
    )
    wrong = np.flatnonzero(~is_right)
    if len(wrong):
        place = int(wrong[0])
        raise InputError(
            f"the stamp {stamps[place]:%m-%d %H:%M} stands where {wanted[place]:%m-%d %H:%M} belongs",
            file=str(header.path),
            row=_HEADER_LINES[header.source_format] + place + 1,
            remedy="put the rows in the order of the calendar, one per step, without gaps",
        )


def _check_values(columns: dict[str, NDArray[np.float64]], header: WeatherHeader) -> int:
    """Bound every value, in place: fill short gaps of temperature and wind, refuse the rest; count the filled."""
    filled = 0
    for name, (low, high) in _BOUNDS.items():
        column = columns[name]
        is_bad = ~((column >= low) & (column <= high))
        if is_bad.any():
            place = int(np.flatnonzero(is_bad)[0])
            longest = _longest_run(is_bad)
            if name not in {"temperature_c", "wind_m_per_s"} or longest > _LONGEST_FILLED_GAP_HOURS:
                raise InputError(
                    f"value {column[place]:g} is missing or cannot be (it must lie in {low:g} to {high:g})",
                    file=str(header.path),
                    row=_HEADER_LINES[header.source_format] + place + 1,
                    column=name,
                    remedy="repair the row or use another file",
                )
            good = np.flatnonzero(~is_bad)
            column = np.interp(np.arange(len(column)), good, column[good])
            filled += int(is_bad.sum())
        if name not in {"temperature_c"}:
            column = np.maximum(column, 0.0)
        columns[name] = column
    return filled


def _check_night(
    columns: dict[str, NDArray[np.float64]], hour_utc: NDArray[np.datetime64], header: WeatherHeader
) -> None:
    """Refuse daylight at night, which is a clock or a zone gone wrong; put twilight to zero, in place."""
    sun = sun_path(hour_utc, header.latitude, header.longitude)
    is_night = sun.up_frac == 0.0
    night = np.where(is_night, columns["ghi_w_per_m2"], 0.0)
    if night.max() > _TWILIGHT_W_PER_M2:
        place = int(night.argmax())
        raise InputError(
            f"{night[place]:g} W/m2 at {str(hour_utc[place])[:16]} UTC while the sun is down: "
            "the clock, the time zone or the position is wrong",
            file=str(header.path),
            column="ghi_w_per_m2",
            remedy="correct the head of the file or use another file",
        )
    for name in ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2"):
        columns[name] = np.where(is_night, 0.0, columns[name])


def _longest_run(is_bad: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_bad.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _halves_to_hours(column: NDArray[np.float64], first_minute: int) -> NDArray[np.float64]:
    """Return hourly means of half-hourly values that stand at the centres of their intervals."""
    pairs = column.reshape(-1, 2)
    if first_minute == 15:
        return pairs.mean(axis=1)
    # Centres at :00 and :30: an hour holds half of the interval at either end and the whole of the middle one.
    return 0.25 * pairs[:, 0] + 0.5 * pairs[:, 1] + 0.25 * np.roll(pairs[:, 0], -1)
