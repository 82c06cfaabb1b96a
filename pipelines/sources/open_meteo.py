"""Open-Meteo historical archive: ERA5 reanalysis on a quarter of a degree, from 1940; no key for non-commercial use.

Stamps are instants: temperature and wind hold at the stamp, radiation is the mean of the hour before it. An hour of the
table therefore takes its radiation from the stamp at its end, and the mean of the stamps at both ends for the air.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceInfo, SourceRefused
from pipelines.sources.weather_common import (
    AIR,
    SUN,
    Readings,
    broken,
    is_number,
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

_NAMES = {
    "ghi_w_per_m2": "shortwave_radiation",
    "dni_w_per_m2": "direct_normal_irradiance",
    "dhi_w_per_m2": "diffuse_radiation",
    "temperature_c": "temperature_2m",
    "wind_m_per_s": "wind_speed_10m",
}
# A year and the day after it, whose first stamp closes the year's last hour.
_DAYS_PER_REQUEST = 367
# Limits of the free service in weighted calls, by the publisher.
CALLS_PER_MINUTE = 600
CALLS_PER_HOUR = 5_000
CALLS_PER_DAY = 10_000


def call_weight(variables: int, days: int) -> float:
    """Return how many calls the service counts for one place: max(1, variables/10, days/14 x variables/10).

    Parameters
    ----------
    variables : int
        Hourly variables asked for.
    days : int
        Days asked for.
    """
    return max(1.0, variables / 10.0, days / 14.0 * variables / 10.0)


_WEIGHT = call_weight(len(_NAMES), _DAYS_PER_REQUEST)

SOURCE = SourceInfo(
    source_id="open_meteo",
    title="Open-Meteo historical weather archive (ERA5)",
    publisher="Open-Meteo",
    licence="CC BY 4.0; the service without a key is for non-commercial use",
    base_url="https://archive-api.open-meteo.com",
    cadence="yearly",
    calls_per_night=(
        f"1 per region and year that is not held, each counted as {_WEIGHT:.1f} calls of the {CALLS_PER_DAY:,} a day, "
        f"so at most {int(CALLS_PER_DAY / _WEIGHT)} region-years a night; none once all are held"
    ),
    # The limit per hour binds; 600 a minute would allow seven times as many.
    calls_per_second=CALLS_PER_HOUR / 3600.0 / _WEIGHT,
    most_requests=int(CALLS_PER_DAY / _WEIGHT),
    call_limits={"minute": CALLS_PER_MINUTE, "hour": CALLS_PER_HOUR, "day": CALLS_PER_DAY},
    call_weight=_WEIGHT,
)
FIRST_YEAR = 1940

# Factors to the units of the table.
_UNITS = {
    **{name: {"W/m²": 1.0} for name in SUN},
    "temperature_c": {"°C": 1.0},
    "wind_m_per_s": {"m/s": 1.0, "km/h": 1.0 / 3.6},
}
_PLACE = ("latitude", "longitude", "utc_offset_seconds")
_LAYOUT = "%Y-%m-%dT%H:%M"


def requests(asking: Asking) -> list[Request]:
    """Return the requests of a night: the published years that are not held."""
    return region_years(asking.regions, years_of(asking, SOURCE.source_id), asking.held)


def region_years(regions: pl.DataFrame, years: Iterable[int], held: Collection[str] = ()) -> list[Request]:
    """Return one request per region and calendar year that is not held, all quantities at once.

    All regions of the newest year come first: what is above the limit of a day is asked for on another night.

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
            path="/v1/archive",
            params=(
                ("latitude", latitude),
                ("longitude", longitude),
                ("start_date", f"{year}-01-01"),
                ("end_date", f"{year + 1}-01-01"),
                ("hourly", ",".join(_NAMES.values())),
                ("models", "era5"),
                ("timezone", "GMT"),
                ("wind_speed_unit", "ms"),
            ),
            expects="json",
            max_bytes=8_000_000,
        )
        for key, latitude, longitude, year in wanted_years(regions, years, held, first=FIRST_YEAR)
    ]


def parse(payload: Payload) -> Parsed:
    """Return an answer for one place, JSON or CSV, as rows of core.weather_hourly.

    Raises
    ------
    SourceBroken, SourceRefused, NotPublishedYet
    """
    return to_core(payload, read(payload))


def read(payload: Payload) -> Readings:
    """Return the rows of an answer on UTC hours, not yet judged; a row is the hour that ends at its stamp."""
    text = text_of(payload)
    return _json(payload) if text.lstrip()[:1] in {"{", "["} else _csv(payload, text)


def _json(payload: Payload) -> Readings:
    document = json_of(payload)
    if isinstance(document, list) and len(document) == 1:
        document = document[0]
    if not isinstance(document, dict):
        broken(payload, "is not the answer for one place")
    if document.get("error"):
        raise SourceRefused(
            f"{payload.source_id}: the request for {payload.key!r} was refused ({document.get('reason')!s:.200})."
        )
    hourly, units = document.get("hourly"), document.get("hourly_units")
    if not isinstance(hourly, dict) or not isinstance(units, dict) or not isinstance(hourly.get("time"), list):
        broken(payload, "is not hourly: it has no hourly, hourly.time or hourly_units")
    if units.get("time") != "iso8601":
        broken(payload, f"gives its time as {units.get('time')!r}, expected iso8601")
    carried = {name: theirs for name, theirs in _NAMES.items() if theirs in hourly}
    if not all(
        isinstance(hourly[name], list) and len(hourly[name]) == len(hourly["time"]) for name in carried.values()
    ):
        broken(payload, "has series of different lengths")
    frame = pl.DataFrame(
        {
            "source_row": np.arange(2, len(hourly["time"]) + 2),
            "fault": [None] * len(hourly["time"]),
            "time": [stamp if isinstance(stamp, str) else None for stamp in hourly["time"]],
            **{name: json_numbers(hourly[theirs]) for name, theirs in carried.items()},
        },
        schema={
            "source_row": pl.Int64,
            "fault": pl.String,
            "time": pl.String,
            **dict.fromkeys(carried, pl.Float64),
        },
    )
    place = [document.get(name) for name in _PLACE]
    return _readings(payload, frame, place, {name: units.get(theirs) for name, theirs in carried.items()})


def _csv(payload: Payload, text: str) -> Readings:
    lines = text.splitlines()
    marks = [line.split(",", 1)[0].strip() for line in lines]
    if marks[0] != "latitude" or "time" not in marks:
        broken(payload, "has no line of the place or no line of column names")
    names = marks.index("time")
    places = [line for line in lines[1:names] if line.strip()]
    if len(places) != 1:
        broken(payload, f"is for {len(places)} places")
    place = dict(zip(lines[0].split(","), places[0].split(","), strict=False))
    heads = [column.strip().rstrip(")").partition(" (") for column in lines[names].split(",")]
    columns = [name for name, _, _ in heads]
    units = {name: unit for name, _, unit in heads}
    carried = {name: theirs for name, theirs in _NAMES.items() if theirs in columns}
    frame = table_of(payload, lines[names + 1 :], columns, names + 2).select(
        "source_row",
        "fault",
        "time",
        *(text_numbers(pl.col(theirs), {"", "NaN", "nan"}).alias(name) for name, theirs in carried.items()),
    )
    numbers = [float(place[name]) if is_number(place.get(name, "")) else None for name in _PLACE]
    return _readings(payload, frame, numbers, {name: units[theirs] for name, theirs in carried.items()})


def _readings(payload: Payload, frame: pl.DataFrame, place: Sequence[Any], units: Mapping[str, Any]) -> Readings:
    if not all(type(value) in {int, float} and abs(value) < 1e6 for value in place):
        broken(payload, f"gives no numbers for {', '.join(_PLACE)}")
    latitude, longitude, offset = (float(value) for value in place)
    if offset % 3600 or abs(offset) > 50_400:
        broken(payload, f"has an offset of {offset:g} s, expected whole hours")
    for name, unit in units.items():
        if unit not in _UNITS[name]:
            broken(payload, f"gives {_NAMES[name]} in {unit!r}, a unit that is not known here")
    absent = frozenset(_NAMES) - set(units)
    # The one offset of an answer holds for all its stamps, whatever the clocks of the place do.
    stamp = stamp_of(pl.col("time"), _LAYOUT) - pl.duration(seconds=int(offset))
    frame = frame.with_columns(
        (pl.when(stamp.dt.minute() == 0).then(stamp) - pl.duration(hours=1)).alias("start_utc"),
        *(
            (pl.lit(None, dtype=pl.Float64) if name in absent else pl.col(name) * _UNITS[name][units[name]]).alias(name)
            for name in _NAMES
        ),
    )
    before = (
        frame.filter(pl.col("start_utc").is_not_null())
        .unique("start_utc", keep="first", maintain_order=True)
        .select(
            (pl.col("start_utc") + pl.duration(hours=1)).alias("start_utc"),
            *(pl.col(n).alias(f"{n}_before") for n in AIR),
        )
    )
    frame = frame.join(before, on="start_utc", how="left", maintain_order="left").with_columns(
        ((pl.col(name) + pl.col(f"{name}_before").fill_null(pl.col(name))) / 2).alias(name) for name in AIR
    )
    return Readings(
        latitude,
        longitude,
        frame.select(
            "source_row", "start_utc", pl.col("start_utc").dt.year().cast(pl.Int64).alias("own_year"), "fault", *_NAMES
        ),
        names=_NAMES,
        absent=absent,
        notes=(f"grid cell at {latitude:g}, {longitude:g}",),
    )
