"""Heads of weather files: which of the four formats a file has, where its station is, where its rows begin."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.errors import InputError

WeatherFormat = Literal["tmy3", "epw", "sam_csv", "nsrdb_psm"]

# The widest heads have some hundred fields, the longest some dozen lines.
_LONGEST_LINE = 65_536
_HEAD_LINES = 60
_HEAD_BYTES = 1_000_000
_EPW_HEAD_LINES = 8
_NOT_WEATHER = "remove it from the weather folder or save it in one of these formats"
# What SAM takes in the head of a CSV file, in small letters (System Advisor Model, SSC, lib_weatherfile.cpp).
_HEAD_NAMES = {
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "long", "lng"),
    "zone": ("time zone", "timezone", "tz"),
    "local_zone": ("local time zone",),
    "elevation": ("elevation", "elev", "el", "site elevation"),
    "name": ("city",),
    "source": ("source", "src"),
    "location": ("location id", "station id", "station", "wban", "site", "id"),
}


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
    first_row : int
        Line of the first row of data, 1 for the first line of the file.
    columns : tuple[str, ...]
        Names of the columns as the file gives them; empty where the format fixes their places.
    is_typical : bool
        The head says that the year is a typical one.
    """

    path: Path
    source_format: WeatherFormat
    station_name: str
    latitude: float
    longitude: float
    elevation_m: float
    utc_offset_hours: float
    first_row: int
    columns: tuple[str, ...] = ()
    is_typical: bool = False


def read_weather_header(path: Path) -> WeatherHeader:
    """Read the head of a weather file; the format is recognised by content, not by the file's name.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        If the file is missing, of no known format, or its head has no usable position.
    """
    lines = _head(path)
    rows = [_fields(path, row, line) for row, line in enumerate(lines[:3], start=1)]
    first, second, third = ([*rows, [], [], []])[:3]
    if first and first[0].lower() == "location":
        return _epw(path, first, lines)
    if second and second[0].lower().startswith("date (mm/dd/yyyy)"):
        place = _place(first, count=7, zone=3, latitude=4, longitude=5, elevation=6)
        return _header(path, "tmy3", place, row=1, first_row=3, columns=second)
    names = [name.lower() for name in first]
    found = {
        key: next((names.index(name) for name in choices if name in names), None)
        for key, choices in _HEAD_NAMES.items()
    }
    if len(lines) > 2 and found["latitude"] is not None and found["longitude"] is not None:
        return _csv(path, found, first, second, third)
    raise InputError("the file is not TMY3, EPW, SAM CSV or NSRDB PSM", file=str(path), row=1, remedy=_NOT_WEATHER)


def text_of(content: bytes) -> str:
    """Decode a text file: by its byte order mark, else as UTF-8, else as Latin-1, which fits any bytes."""
    if content.startswith(codecs.BOM_UTF8):
        return content.decode("utf-8-sig", "replace")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _head(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            content = file.read(_HEAD_BYTES)
    except FileNotFoundError:
        raise InputError("the file does not exist", file=str(path), remedy="correct the path and run again") from None
    if not content.strip():
        raise InputError("the file is empty", file=str(path), remedy="download the file again")
    # A character that the end of what is read cuts in two must not turn the whole into Latin-1.
    cut = content.rfind(b"\n") if len(content) == _HEAD_BYTES else len(content)
    lines = re.split(r"\r\n|\n|\r", text_of(content[: cut if cut > 0 else len(content)]), maxsplit=_HEAD_LINES)
    lines = lines[:_HEAD_LINES]
    long = next((row for row, line in enumerate(lines, start=1) if len(line) >= _LONGEST_LINE), None)
    if long is not None:
        raise InputError("the line is too long", file=str(path), row=long, remedy="use a weather file")
    return lines


def _fields(path: Path, row: int, line: str) -> list[str]:
    """Return the fields of a line without the empty ones that trailing commas make."""
    try:
        fields = [field.strip() for field in next(csv.reader([line], skipinitialspace=True), [])]
    except csv.Error as error:
        raise InputError(
            f"the line cannot be read ({error})", file=str(path), row=row, remedy="use a weather file"
        ) from None
    while fields and not fields[-1]:
        fields.pop()
    return fields


def _place(fields: Sequence[str], *, count: int, **places: int) -> dict[str, str]:
    """Return name and position; a name with a comma that is not quoted moves what is behind it."""
    more = 0 if _fits(fields, **places) else max(len(fields) - count, 0)
    found = {name: fields[place + more] if place + more < len(fields) else "" for name, place in places.items()}
    return found | {"name": ", ".join(fields[1 : 2 + more])}


def _is_number(fields: Sequence[str], place: int) -> bool:
    try:
        float(fields[place])
    except (IndexError, ValueError):
        return False
    return True


def _fits(fields: Sequence[str], *, zone: int, latitude: int, longitude: int, **_others: int) -> bool:
    """Tell whether time zone and position are where the format has them."""
    try:
        found = [abs(float(fields[place])) for place in (zone, latitude, longitude)]
    except (IndexError, ValueError):
        return False
    return all(value <= most for value, most in zip(found, (15.0, 90.0, 180.0), strict=True))


def _epw(path: Path, first: list[str], lines: list[str]) -> WeatherHeader:
    place = _place(first, count=10, source=4, latitude=6, longitude=7, zone=8, elevation=9)
    last = next(
        (row for row, line in enumerate(lines, start=1) if line.lower().startswith("data periods")), _EPW_HEAD_LINES
    )
    return _header(path, "epw", place, row=1, first_row=last + 1)


def _csv(
    path: Path, found: Mapping[str, int | None], names: list[str], values: list[str], columns: list[str]
) -> WeatherHeader:
    name = found["name"]
    if name is not None and len(values) > len(names):
        more = len(values) - len(names)
        if not _is_number(values, found["latitude"] or 0):
            values = [*values[:name], ", ".join(values[name : name + more + 1]), *values[name + more + 1 :]]
    place = {
        key: values[column] if column is not None and column < len(values) else "" for key, column in found.items()
    }
    for key in ("zone", "elevation"):
        if found[key] is None and not (key == "zone" and place["local_zone"]):
            title = _HEAD_NAMES[key][0].title()
            raise InputError(
                f"the head has no field {title}", file=str(path), row=1, column=title, remedy="download the file again"
            )
    place["zone"] = place["zone"] or place["local_zone"]
    has_centres = "minute" in [column.lower() for column in columns] and found["local_zone"] is not None
    if place["name"] in {"", "-"}:
        place["name"] = f"{place['source'] or path.stem} {place['location']}".strip()
    place["source"] = " ".join(values)
    return _header(path, "nsrdb_psm" if has_centres else "sam_csv", place, row=2, first_row=4, columns=columns)


def _header(
    path: Path,
    source_format: WeatherFormat,
    place: Mapping[str, str],
    *,
    row: int,
    first_row: int,
    columns: Sequence[str] = (),
) -> WeatherHeader:
    limits = {"latitude": 90.0, "longitude": 180.0, "zone": 14.0, "elevation": 9000.0}
    numbers: dict[str, float] = {}
    for name, limit in limits.items():
        value = place[name].strip()
        numbers[name] = float(value) if _is_number([value], 0) else float("nan")
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
        place["name"],
        numbers["latitude"],
        numbers["longitude"],
        numbers["elevation"],
        numbers["zone"],
        first_row,
        tuple(columns),
        is_typical="tmy" in place.get("source", "").lower(),
    )
