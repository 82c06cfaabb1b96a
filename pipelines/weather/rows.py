"""The rows of a weather file as text: where in a row each quantity and each part of the stamp is."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from pipelines.errors import InputError
from pipelines.weather.headers import WeatherHeader, text_of

_AGAIN = "download the file again"
_STAMP = ("year", "month", "day", "hour")
_TMY3_NAMES = {
    "date": "Date (MM/DD/YYYY)",
    "time": "Time (HH:MM)",
    "ghi_w_per_m2": "GHI (W/m^2)",
    "dni_w_per_m2": "DNI (W/m^2)",
    "dhi_w_per_m2": "DHI (W/m^2)",
    "temperature_c": "Dry-bulb (C)",
    "wind_m_per_s": "Wspd (m/s)",
}
# EnergyPlus auxiliary programs, Weather Converter: places of the fields of a row.
_EPW_PLACES = {
    "year": 0, "month": 1, "day": 2, "hour": 3, "temperature_c": 6, "ghi_w_per_m2": 13, "dni_w_per_m2": 14,
    "dhi_w_per_m2": 15, "wind_m_per_s": 21,
}  # fmt: skip
# The first name is the one that a message asks for; in small letters, as SAM takes them.
_CSV_NAMES = {
    "year": ("Year", "yr"),
    "month": ("Month", "mo"),
    "day": ("Day",),
    "hour": ("Hour", "hr"),
    "minute": ("Minute", "min"),
    "ghi_w_per_m2": ("GHI", "gh", "global", "global horizontal", "global horizontal irradiance"),
    "dni_w_per_m2": ("DNI", "dn", "beam", "direct normal", "direct normal irradiance"),
    "dhi_w_per_m2": ("DHI", "df", "diffuse", "diffuse horizontal", "diffuse horizontal irradiance"),
    "temperature_c": ("Temperature", "tdry", "dry bulb", "dry bulb temp", "ambient", "ambient temp"),
    "wind_m_per_s": ("Wind Speed", "wspd"),
}


@dataclass(frozen=True)
class Rows:
    """The rows of a file: the numbers of their lines, and text by quantity or part of the stamp."""

    lines: list[int]
    texts: dict[str, list[str]]

    def __len__(self) -> int:
        return len(self.lines)


def fault(
    header: WeatherHeader, problem: str, row: int | None = None, column: str | None = None, **more: str
) -> InputError:
    """Make the error of a file, which names it, the row and the column; `remedy` where it is not a new download."""
    return InputError(problem, file=str(header.path), row=row, column=column, remedy=more.get("remedy", _AGAIN))


def read_rows(header: WeatherHeader) -> Rows:
    """Read the rows of data; blank lines and lines of commas are none.

    Raises
    ------
    InputError
        If a row cannot be read or is cut short, or a column that is needed is missing.
    """
    places = _places(header)
    last = max(places.values())
    lines: list[int] = []
    texts: dict[str, list[str]] = {name: [] for name in places}
    fullest, short = 0, None
    for number, line in enumerate(io.StringIO(text_of(header.path.read_bytes()), newline=None), start=1):
        if number < header.first_row or not line.strip(", \t\r\n\x1a"):
            continue
        try:
            fields = next(csv.reader([line])) if '"' in line else line.split(",")
        except csv.Error as error:
            raise fault(header, f"the row cannot be read ({error})", number) from None
        if len(fields) <= last or len(fields) < fullest - 1:
            short = short or (number, len(fields))
        fullest = max(fullest, len(fields))
        lines.append(number)
        for name, place in places.items():
            texts[name].append(fields[place].strip() if place < len(fields) else "")
    if short is not None:
        number, count = short
        separated = " (fields are separated by commas, decimals by points)" if fullest <= last else ""
        raise fault(
            header,
            f"the row has {count} fields instead of {max(fullest, last + 1)}: the file is cut or damaged{separated}",
            number,
        )
    return Rows(lines, texts)


def _places(header: WeatherHeader) -> dict[str, int]:
    """Return where in a row each quantity and each part of the stamp is."""
    if header.source_format == "epw":
        return dict(_EPW_PLACES)
    names = [name.strip() for name in header.columns]
    if header.source_format == "tmy3":
        absent = next((name for name in _TMY3_NAMES.values() if name not in names), None)
        if absent is not None:
            raise fault(header, f"column {absent} is missing", column=absent)
        return {key: names.index(name) for key, name in _TMY3_NAMES.items()}
    # SAM writes units behind some names, in brackets.
    plain = [name.split("(")[0].split("[")[0].strip().lower() for name in names]
    found = {
        key: next((plain.index(name.lower()) for name in choices if name.lower() in plain), None)
        for key, choices in _CSV_NAMES.items()
    }
    is_stamped = any(found[part] is not None for part in _STAMP)
    needed = [key for key in found if key not in (*_STAMP, "minute") or (key in _STAMP and is_stamped)]
    absent = next((_CSV_NAMES[key][0] for key in needed if found[key] is None), None)
    if absent is not None:
        raise fault(
            header,
            f"column {absent} is missing",
            header.first_row - 1,
            absent,
            remedy="ask for the column when you download the file",
        )
    return {key: place for key, place in found.items() if place is not None}
