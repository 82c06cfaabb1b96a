"""Heads of weather files: which of the four formats a file has, and where its station stands."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from pipelines.errors import InputError

WeatherFormat = Literal["tmy3", "epw", "sam_csv", "nsrdb_psm"]


@dataclass(frozen=True)
class WeatherHeader:
    """What the head of a weather file says.

    Attributes
    ----------
    path : Path
    source_format : str
        tmy3, epw, sam_csv or nsrdb_psm.
    station_name : str
    latitude, longitude : float
        Degrees, north and east positive.
    elevation_m : float
    utc_offset_hours : float
        Zone of the file's stamps.
    """

    path: Path
    source_format: WeatherFormat
    station_name: str
    latitude: float
    longitude: float
    elevation_m: float
    utc_offset_hours: float


def read_weather_header(path: Path) -> WeatherHeader:
    """Return the head of a weather file; the format is told by content, not by the file's name.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        If the file is missing, of no known format, or its head has no usable position.
    """
    lines = _lines(path, 3)
    first = next(csv.reader(lines[:1]), [])
    if lines[0].startswith("LOCATION,"):
        return _header(path, "epw", first, {"name": 1, "latitude": 6, "longitude": 7, "zone": 8, "elevation": 9}, row=1)
    if len(lines) > 1 and lines[1].startswith("Date (MM/DD/YYYY)"):
        return _header(
            path, "tmy3", first, {"name": 1, "zone": 3, "latitude": 4, "longitude": 5, "elevation": 6}, row=1
        )
    if first and first[0].strip() == "Source" and len(lines) > 2:
        names = [name.strip() for name in first]
        wanted = {
            "name": "City",
            "latitude": "Latitude",
            "longitude": "Longitude",
            "zone": "Time Zone",
            "elevation": "Elevation",
        }
        missing = [column for column in wanted.values() if column not in names]
        if missing:
            raise InputError(
                f"the head has no field {missing[0]}",
                file=str(path),
                row=1,
                column=missing[0],
                remedy="download the file again",
            )
        columns = {key: names.index(column) for key, column in wanted.items()}
        columns_of_data = next(csv.reader(lines[2:3]))
        has_centres = "Minute" in columns_of_data and "Local Time Zone" in names
        values = next(csv.reader(lines[1:2]), [])
        header = _header(path, "nsrdb_psm" if has_centres else "sam_csv", values, columns, row=2)
        if header.station_name in {"", "-"}:
            identity = values[names.index("Location ID")] if "Location ID" in names else path.stem
            return replace(header, station_name=f"{values[0].strip()} {identity.strip()}")
        return header
    raise InputError(
        "the file is not TMY3, EPW, SAM CSV or NSRDB PSM",
        file=str(path),
        row=1,
        remedy="remove it from the weather folder or save it in one of these formats",
    )


# The widest heads have some hundred fields.
_LONGEST_LINE = 65_536


def _lines(path: Path, count: int) -> list[str]:
    try:
        with path.open(encoding="latin-1") as file:
            lines = [file.readline(_LONGEST_LINE).lstrip("ï»¿") for _ in range(count)]
    except FileNotFoundError:
        raise InputError("the file does not exist", file=str(path), remedy="correct the path and run again") from None
    lines = [line for line in lines if line]
    long = next((row for row, line in enumerate(lines, start=1) if len(line) >= _LONGEST_LINE - 3), None)
    if long is not None:
        raise InputError("the line is too long", file=str(path), row=long, remedy="use a weather file")
    if not lines:
        raise InputError("the file is empty", file=str(path), remedy="download the file again")
    return lines


def _header(
    path: Path, source_format: WeatherFormat, fields: list[str], places: dict[str, int], *, row: int
) -> WeatherHeader:
    limits = {"latitude": 90.0, "longitude": 180.0, "zone": 14.0, "elevation": 9000.0}
    numbers: dict[str, float] = {}
    for name, limit in limits.items():
        value = fields[places[name]].strip() if places[name] < len(fields) else ""
        try:
            numbers[name] = float(value)
        except ValueError:
            numbers[name] = np.nan
        if not abs(numbers[name]) <= limit:
            raise InputError(
                f"{name} {value!r} is not a number within {limit:g}",
                file=str(path),
                row=row,
                column=name,
                remedy="correct the head of the file or download it again",
            )
    return WeatherHeader(
        path,
        source_format,
        fields[places["name"]].strip(),
        numbers["latitude"],
        numbers["longitude"],
        numbers["elevation"],
        numbers["zone"],
    )
