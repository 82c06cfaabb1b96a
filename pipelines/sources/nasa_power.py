"""NASA POWER, hourly point service: satellite irradiance on one degree, reanalysis weather on half a degree, from 2001.

Stamps are the starts of hours, in UTC or in local solar time (whole hours by longitude); values are means of the hour.
Both layouts that the service offers are read: CSV with a head of varying length, and JSON.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import polars as pl

from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceInfo, SourceRefused
from pipelines.sources.weather_common import (
    AIR,
    SUN,
    Readings,
    SourceNames,
    broken,
    json_numbers,
    json_of,
    stamp_of,
    table_of,
    text_numbers,
    text_of,
    wanted_years,
    years_of,
)
from pipelines.sources.weather_rows import to_core
from pipelines.weather.calendar import solar_offset_hours

SOURCE = SourceInfo(
    source_id="nasa_power",
    title="NASA POWER hourly point data (CERES SYN1deg irradiance, MERRA-2 weather)",
    publisher="NASA Langley Research Center, POWER Project",
    licence="Open data of the US Government, free of charge; acknowledgement asked",
    base_url="https://power.larc.nasa.gov",
    cadence="yearly",
    calls_per_night="1 per region and year that is not held; none once all are",
    # Limits exist and are not published; a year of hours is some 0.5 MB.
    calls_per_second=1.0,
    # Assumption: what a night of counties may ask of a free service without a named limit.
    call_limits={"day": 1_000},
)
FIRST_YEAR = 2001

_NAMES = SourceNames("nasa_power")
_DEFAULT_FILL = -999.0
_SUN_UNITS = {"wm-2", "w/m2", "w/m^2", "wh/m2", "wh/m^2", "whm-2"}
_UNITS = {
    **dict.fromkeys(SUN, _SUN_UNITS),
    "temperature_c": {"c", "°c", "degc"},
    "wind_m_per_s": {"m/s", "ms-1"},
}
_PLACE = re.compile(r"location:\s*latitude\s+(-?[\d.]+)\s+longitude\s+(-?[\d.]+)", re.IGNORECASE)
_CLOCK = re.compile(r"^dates\b.*\bin\s+(utc|lst)\s*$", re.IGNORECASE)
_MISSING = re.compile(r"missing source data.*:\s*(-?[\d.]+)\s*$", re.IGNORECASE)
_PARAMETER = re.compile(r"^(\w+)\s+\S.*\(([^()]*)\)\s*$")


def requests(asking: Asking) -> list[Request]:
    """Return the requests of a night: the published years that are not held."""
    return region_years(asking.regions, years_of(asking, SOURCE.source_id), asking.held)


def region_years(regions: pl.DataFrame, years: Iterable[int], held: Collection[str] = ()) -> list[Request]:
    """Return one request per region and calendar year that is not held, all quantities at once.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, latitude, longitude.
    years : Iterable[int]
        Calendar years; a typical year (0) is not to be had here.
    held : Collection[str]
        Keys of region-years that are held, from whichever source.
    """
    return [
        Request(
            source_id=SOURCE.source_id,
            key=key,
            path="/api/temporal/hourly/point",
            params=(
                ("parameters", ",".join(_NAMES[name] for name in (*SUN, *AIR))),
                ("community", "re"),
                ("latitude", latitude),
                ("longitude", longitude),
                ("start", f"{year}0101"),
                ("end", f"{year}1231"),
                ("format", "csv"),
                ("time-standard", "utc"),
            ),
            expects="csv",
            max_bytes=8_000_000,
        )
        for key, latitude, longitude, year in wanted_years(regions, years, held, first=FIRST_YEAR)
    ]


def parse(payload: Payload) -> Parsed:
    """Return an hourly point answer, CSV or JSON, as rows of core.weather_hourly.

    Raises
    ------
    SourceBroken, SourceRefused, NotPublishedYet
    """
    return to_core(payload, read(payload))


def read(payload: Payload) -> Readings:
    """Return the rows of an answer on UTC hours, not yet judged."""
    text = text_of(payload)
    return _json(payload) if text.lstrip()[:1] in {"{", "["} else _csv(payload, text)


def _csv(payload: Payload, text: str) -> Readings:
    lines = text.splitlines()
    marks = [line.strip().upper() for line in lines]
    if "-BEGIN HEADER-" not in marks or "-END HEADER-" not in marks:
        broken(payload, "has no head between -BEGIN HEADER- and -END HEADER-")
    end = marks.index("-END HEADER-")
    head = [line.strip() for line in lines[:end]]
    place = next((found for line in head if (found := _PLACE.search(line))), None)
    clock = next((found[1].upper() for line in head if (found := _CLOCK.search(line))), None)
    if place is None or clock is None:
        broken(payload, f"has a head without {'a place' if place is None else 'the standard of its time'}")
    fill = next((found[1] for line in head if (found := _MISSING.search(line))), str(_DEFAULT_FILL))
    units = {found[1].upper(): found[2] for line in head if (found := _PARAMETER.match(line))}
    columns = [name.strip().upper() for name in (lines[end + 1] if len(lines) > end + 1 else "").split(",")]
    if "YEAR" not in columns:
        broken(payload, "has no row of column names after its head")
    if not {"MO", "DY", "HR"} <= set(columns):
        broken(payload, "is not hourly: it has no columns MO, DY and HR")
    carried = {name: theirs for name, theirs in _NAMES.items() if theirs in columns}
    _check_units(payload, carried, units)
    stamp = pl.concat_str("YEAR", pl.lit("-"), "MO", pl.lit("-"), "DY", pl.lit(" "), pl.col("HR"), pl.lit(":00"))
    frame = table_of(payload, lines[end + 2 :], columns, end + 3).select(
        "source_row",
        "fault",
        stamp_of(stamp, "%Y-%m-%d %H:%M").alias("stamp"),
        *(text_numbers(pl.col(theirs), {fill, ""}).alias(name) for name, theirs in carried.items()),
    )
    block = head.index("Message(s):") if "Message(s):" in head else len(head)
    return _readings(payload, frame, _number(place[1]), _number(place[2]), clock, tuple(head[block + 1 :]))


def _json(payload: Payload) -> Readings:
    document = json_of(payload)
    if not isinstance(document, dict):
        broken(payload, "is not the answer for a point")
    messages = document.get("messages")
    notes = tuple(str(message) for message in messages) if isinstance(messages, list) else ()
    if "properties" not in document and (notes or "detail" in document):
        said = "; ".join(notes) or str(document["detail"])
        raise SourceRefused(f"{payload.source_id}: the request for {payload.key!r} was refused ({said[:200]}).")
    try:
        given = document["properties"]["parameter"]
        header = document["header"]
        longitude, latitude = (float(value) for value in document["geometry"]["coordinates"][:2])
        clock, fill = str(header["time_standard"]).upper(), float(header.get("fill_value", _DEFAULT_FILL))
        units = {name: about["units"] for name, about in document["parameters"].items()}
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        broken(payload, f"lacks a part of the layout of a point ({type(error).__name__}: {error})"[:200])
    if not isinstance(given, dict) or not all(isinstance(series, dict) for series in given.values()):
        broken(payload, "has no series by parameter")
    carried = {name: theirs for name, theirs in _NAMES.items() if theirs in given}
    _check_units(payload, carried, units)
    stamps = sorted({stamp for series in given.values() for stamp in series})
    if any(len(stamp) != 10 for stamp in stamps):
        broken(payload, "is not hourly: its stamps are not YYYYMMDDHH")
    frame = pl.DataFrame(
        {
            "source_row": range(2, len(stamps) + 2),
            "stamp": stamps,
            **{
                name: json_numbers([given[theirs].get(stamp) for stamp in stamps], fill)
                for name, theirs in carried.items()
            },
        },
        schema={"source_row": pl.Int64, "stamp": pl.String, **dict.fromkeys(carried, pl.Float64)},
    )
    frame = frame.with_columns(
        pl.lit(None, dtype=pl.String).alias("fault"),
        # The minutes are there because a layout of hours alone is refused.
        stamp_of(pl.col("stamp") + "00", "%Y%m%d%H%M").alias("stamp"),
    )
    return _readings(payload, frame, latitude, longitude, clock, notes)


def _check_units(payload: Payload, carried: Mapping[str, str], units: Mapping[str, Any]) -> None:
    """Refuse a quantity whose unit is unknown; a mean of W/m2 over an hour is as many Wh/m2."""
    for name, theirs in carried.items():
        unit = str(units.get(theirs, "")).lower().replace(" ", "")
        if unit not in _UNITS[name]:
            broken(payload, f"gives {theirs} in {unit!r}, a unit that is not known here")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _readings(
    payload: Payload, frame: pl.DataFrame, latitude: float, longitude: float, clock: str, notes: tuple[str, ...]
) -> Readings:
    if clock not in {"UTC", "LST"}:
        broken(payload, f"gives its time in {clock!r}, expected UTC or LST")
    if not abs(longitude) <= 180.0:
        broken(payload, f"stands for longitude {longitude:g}")
    offset = 0 if clock == "UTC" else solar_offset_hours(longitude)
    absent = frozenset(_NAMES) - set(frame.columns)
    return Readings(
        latitude,
        longitude,
        frame.select(
            "source_row",
            (pl.col("stamp") - pl.duration(hours=offset)).alias("start_utc"),
            pl.col("stamp").dt.year().cast(pl.Int64).alias("own_year"),
            "fault",
            *(pl.lit(None, dtype=pl.Float64).alias(name) if name in absent else pl.col(name) for name in _NAMES),
        ),
        names=_NAMES,
        absent=absent,
        notes=notes,
    )
