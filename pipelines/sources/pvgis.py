"""PVGIS 5.3 of the European Commission: hourly series of 2005 to 2023, and typical years put together from them.

Stamps are UTC. Over the Americas the irradiance is ERA5: means of hours, stamped at :30 in a series and at :00 in a
typical year, where PVGIS then takes the beam for the sun at the stamp; the beam is made up here from global and diffuse
for the sun of the hour. SARAH gives instants instead, at the minute of the stamp or `irradiance_time_offset` after it;
an hour's mean is taken from the clearness between two instants. Series are asked for on the horizontal plane.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceInfo, SourceRefused
from pipelines.sources.weather_common import (
    SUN,
    TYPICAL,
    Readings,
    SourceNames,
    broken,
    is_number,
    json_numbers,
    json_of,
    stamp_of,
    table_of,
    text_numbers,
    text_of,
    typical_start,
    wanted_years,
    years_of,
)
from pipelines.sources.weather_means import MOMENT_HOURS, hour_means, moved
from pipelines.sources.weather_rows import to_core
from pipelines.weather.plausible import LARGEST_CLOSURE_FRAC
from pipelines.weather.sun import sun_path

SOURCE = SourceInfo(
    source_id="pvgis",
    title="PVGIS 5.3 hourly series and typical years (ERA5 over the Americas)",
    publisher="European Commission, Joint Research Centre",
    licence="Reuse allowed with the acknowledgement PVGIS (c) European Union",
    base_url="https://re.jrc.ec.europa.eu",
    cadence="yearly",
    calls_per_night="1 per region and year that is not held; none once all are",
    # Thirty a second are allowed; a year of hours is no small answer.
    calls_per_second=2.0,
    call_limits={"second": 30},
)
# Years that version 5.3 holds, as its answers say in meteo_data.year_min and year_max.
FIRST_YEAR, LAST_YEAR = 2005, 2023

_NAMES = SourceNames("pvgis")
_SERIES_SUN = ("G(i)", "Gb(i)", "Gd(i)")
_STAMP = "%Y%m%d:%H%M"
_HALF_HOUR = 0.5


@cache
def _units() -> dict[str, str]:
    return {
        **dict.fromkeys((*_SERIES_SUN, *(_NAMES[name] for name in SUN)), "W/m2"),
        "T2m": "degree Celsius",
        "WS10m": "m/s",
    }


def requests(asking: Asking) -> list[Request]:
    """Return the requests of a night: the years that the version holds and that are not held, and typical years."""
    return region_years(asking.regions, years_of(asking, SOURCE.source_id), asking.held)


def region_years(regions: pl.DataFrame, years: Iterable[int], held: Collection[str] = ()) -> list[Request]:
    """Return one request per region and year that is not held.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, latitude, longitude.
    years : Iterable[int]
        Calendar years, and 0 for a typical year.
    held : Collection[str]
        Keys of region-years that are held, from whichever source.
    """
    wanted = wanted_years(regions, years, held, first=FIRST_YEAR, last=LAST_YEAR, has_typical=True)
    return [_request(key, latitude, longitude, year) for key, latitude, longitude, year in wanted]


def _request(key: str, latitude: str, longitude: str, year: int) -> Request:
    place = (("lat", latitude), ("lon", longitude))
    series = (
        ("startyear", str(year)),
        ("endyear", str(year)),
        ("raddatabase", "PVGIS-ERA5"),
        ("components", "1"),
        ("angle", "0"),
        ("aspect", "0"),
        ("pvcalculation", "0"),
    )
    return Request(
        source_id=SOURCE.source_id,
        key=key,
        path="/api/v5_3/tmy" if year == TYPICAL else "/api/v5_3/seriescalc",
        params=(*place, *(() if year == TYPICAL else series), ("usehorizon", "1"), ("outputformat", "json")),
        expects="json",
        max_bytes=16_000_000,
    )


def parse(payload: Payload) -> Parsed:
    """Return a series or a typical year, JSON or CSV, as rows of core.weather_hourly.

    Raises
    ------
    SourceBroken, SourceRefused, NotPublishedYet
    """
    return to_core(payload, read(payload))


def read(payload: Payload) -> Readings:
    """Return the rows of an answer on UTC hours, not yet judged."""
    text = text_of(payload)
    answer = _json(payload) if text.lstrip()[:1] in {"{", "["} else _csv(payload, text)
    return _series(payload, answer) if answer.is_series else _typical(payload, answer)


@dataclass(frozen=True)
class _Answer:
    """An answer in one shape, whatever its layout: stamp, fault and the columns under the publisher's names."""

    latitude: float
    longitude: float
    database: str
    is_series: bool
    tilt: str
    offset_hours: float | None
    frame: pl.DataFrame


def _json(payload: Payload) -> _Answer:
    document = json_of(payload)
    if isinstance(document, dict) and isinstance(document.get("message"), str):
        raise SourceRefused(
            f"{payload.source_id}: the request for {payload.key!r} was refused ({document['message'][:200]})."
        )
    try:
        inputs, outputs = document["inputs"], document["outputs"]
        is_series = "hourly" in outputs
        rows = outputs["hourly" if is_series else "tmy_hourly"]
        latitude, longitude = (float(inputs["location"][name]) for name in ("latitude", "longitude"))
        offset = inputs["location"].get("irradiance_time_offset")
        database = str(inputs["meteo_data"]["radiation_db"])
        tilt = _tilt(inputs["mounting_system"]) if is_series else "0"
        described = document["meta"]["outputs"]["hourly" if is_series else "tmy_hourly"]["variables"]
        units = {name: about.get("units") for name, about in described.items()}
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        broken(payload, f"lacks a part of the layout ({type(error).__name__}: {error})"[:200])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        broken(payload, "has no rows")
    if offset is not None and not (type(offset) in {int, float} and 0 <= offset < 1):
        broken(payload, f"has the irradiance time offset {offset!s:.50}, expected a part of an hour")
    stamp = "time" if is_series else "time(UTC)"
    columns = {name for row in rows for name in row} & set(_units())
    wrong = next((name for name in sorted(columns) if units.get(name) != _units()[name]), None)
    if wrong:
        broken(payload, f"gives {wrong} in {units.get(wrong)!r}, a unit that is not known here")
    frame = pl.DataFrame(
        {
            "source_row": np.arange(2, len(rows) + 2),
            "fault": [None] * len(rows),
            "text": [text if isinstance(text := row.get(stamp), str) else None for row in rows],
            **{name: json_numbers([row.get(name) for row in rows]) for name in sorted(columns)},
        },
        schema={
            "source_row": pl.Int64,
            "fault": pl.String,
            "text": pl.String,
            **dict.fromkeys(sorted(columns), pl.Float64),
        },
    )
    return _Answer(latitude, longitude, database, is_series, tilt, None if offset is None else float(offset), frame)


def _tilt(mounting: Mapping[str, Any]) -> str:
    """Return the slope of a fixed plane as text, or what the plane does instead."""
    return str(mounting["fixed"]["slope"]["value"]) if "fixed" in mounting else " and ".join(mounting)


def _csv(payload: Payload, text: str) -> _Answer:
    lines = text.splitlines()
    marks = [re.split(r"[,:]", line, maxsplit=1)[0].strip() for line in lines]
    stamp = next((name for name in ("time(UTC)", "time") if name in marks), None)
    if stamp is None:
        broken(payload, "has no line of column names")
    names = marks.index(stamp)
    head = {mark: line.partition(":")[2].strip() for mark, line in zip(marks[:names], lines, strict=False)}
    latitude, longitude = (head.get(f"{name} (decimal degrees)", "") for name in ("Latitude", "Longitude"))
    if not (is_number(latitude) and is_number(longitude)):
        broken(payload, "has a head without numbers for the place")
    is_series = stamp == "time"
    offset = head.get("Irradiance Time Offset (h)")
    if offset is not None and not (is_number(offset) and 0 <= float(offset) < 1):
        broken(payload, f"has the irradiance time offset {offset:.50}, expected a part of an hour")
    columns = [name.strip() for name in lines[names].split(",")]
    # A blank line parts the rows from the legend.
    end = next((place for place in range(names + 1, len(lines)) if not lines[place].strip()), len(lines))
    legend = {
        mark: line.strip().rpartition("(")[2].rstrip(")") for mark, line in zip(marks[end:], lines[end:], strict=True)
    }
    carried = [name for name in columns if name in _units()]
    wrong = next((name for name in carried if legend.get(name) != _units()[name]), None)
    if wrong:
        broken(payload, f"gives {wrong} in {legend.get(wrong)!r}, a unit that is not known here, or is cut")
    frame = table_of(payload, lines[names + 1 : end], columns, names + 2).select(
        "source_row",
        "fault",
        pl.col(stamp).alias("text"),
        *(text_numbers(pl.col(name), {""}).alias(name) for name in carried),
    )
    slope = head.get("Slope", "").partition(" ")[0] or "none"
    return _Answer(
        float(latitude),
        float(longitude),
        head.get("Radiation database", ""),
        is_series,
        slope if is_series else "0",
        None if offset is None else float(offset),
        frame,
    )


def _typical(payload: Payload, answer: _Answer) -> Readings:
    """Return a typical year on its calendar: its stamps jump between years and begin at midnight UTC."""
    if answer.offset_hours is None and answer.database not in {"", "PVGIS-ERA5"}:
        broken(payload, f"is from {answer.database} and does not say when its irradiance applies")
    stamp = stamp_of(pl.col("text"), _STAMP)
    carried = set(_NAMES.values()) & set(answer.frame.columns)
    frame = answer.frame.select(
        "source_row",
        typical_start(pl.when(stamp.dt.minute() == 0).then(stamp)).alias("start_utc"),
        pl.lit(TYPICAL, dtype=pl.Int64).alias("own_year"),
        "fault",
        *(_column(theirs, carried).alias(name) for name, theirs in _NAMES.items()),
    )
    absent = frozenset(name for name, theirs in _NAMES.items() if theirs not in carried)
    if not absent & set(SUN):
        _check_beam(payload, answer, frame)
        offset = _HALF_HOUR if answer.offset_hours is None else answer.offset_hours
        frame = hour_means(frame, answer.latitude, answer.longitude, offset, is_round=True)
    return _readings(answer, frame, _NAMES, absent)


def _check_beam(payload: Payload, answer: _Answer, frame: pl.DataFrame) -> None:
    """Refuse a year whose own beam, diffuse and global contradict each other at the sun PVGIS takes for a stamp."""
    hours = frame.filter(
        pl.col("start_utc").is_not_null() & pl.all_horizontal(pl.col(name).is_finite() for name in SUN)
    )
    ghi, dni, dhi = (hours[name].to_numpy() for name in SUN)
    stamp = moved(hours["start_utc"].to_numpy(), answer.offset_hours or 0.0)
    height = np.cos(np.radians(sun_path(stamp, answer.latitude, answer.longitude, MOMENT_HOURS).zenith_deg))
    miss = float(np.abs(dni * np.maximum(height, 0.0) + dhi - ghi).sum() / max(float(np.abs(ghi).sum()), 1.0))
    if miss > LARGEST_CLOSURE_FRAC:
        broken(payload, f"has Gb(n) and Gd(h) that miss G(h) by {miss:.0%}")


def _series(payload: Payload, answer: _Answer) -> Readings:
    """Return an hourly series on its own dates; on the horizontal plane the components are beam and diffuse."""
    carried = set(answer.frame.columns)
    stamp = stamp_of(pl.col("text"), _STAMP)
    minutes = answer.frame.select(stamp.dt.minute().alias("minute")).to_series().drop_nulls().mode().sort()
    minute = int(minutes[0]) if len(minutes) else 30
    is_level = is_number(answer.tilt) and float(answer.tilt) == 0.0
    has_parts = {"Gb(i)", "Gd(i)"} <= carried
    parts = pl.col("Gb(i)") + pl.col("Gd(i)") if has_parts else _column("G(i)", carried)
    names = {**_NAMES, "ghi_w_per_m2": "Gb(i) + Gd(i)" if has_parts else "G(i)", "dni_w_per_m2": "Gb(i)"}
    names["dhi_w_per_m2"] = "Gd(i)"
    frame = answer.frame.select(
        "source_row",
        stamp.dt.truncate("1h").alias("start_utc"),
        stamp.dt.year().cast(pl.Int64).alias("own_year"),
        pl.coalesce(
            "fault",
            pl.lit(None if is_level else f"the irradiance is not on a level plane ({answer.tilt})", dtype=pl.String),
            pl.when(stamp.dt.minute() != minute).then(pl.lit(f"the stamp is not at minute {minute} of its hour")),
        ).alias("fault"),
        parts.alias("ghi_w_per_m2"),
        (_column("Gb(i)", carried) if has_parts else _column("", ())).alias("dni_w_per_m2"),
        (_column("Gd(i)", carried) if has_parts else _column("", ())).alias("dhi_w_per_m2"),
        _column("T2m", carried).alias("temperature_c"),
        _column("WS10m", carried).alias("wind_m_per_s"),
    )
    absent = {name for name, theirs in _NAMES.items() if name not in SUN and theirs not in carried}
    if not has_parts and "G(i)" not in carried:
        absent |= set(SUN)
    else:
        frame = hour_means(frame, answer.latitude, answer.longitude, minute / 60.0, is_round=False)
    split = ("global irradiance split into beam and diffuse by the model of Erbs",) if "G(i)" in carried else ()
    return _readings(answer, frame, names, frozenset(absent), () if has_parts else split)


def _column(name: str, carried: Collection[str]) -> pl.Expr:
    return pl.col(name) if name in carried else pl.lit(None, dtype=pl.Float64)


def _readings(
    answer: _Answer,
    frame: pl.DataFrame,
    names: Mapping[str, str],
    absent: frozenset[str],
    notes: tuple[str, ...] = (),
) -> Readings:
    database = (f"irradiance of {answer.database}",) if answer.database else ()
    return Readings(answer.latitude, answer.longitude, frame, names, absent, notes=(*database, *notes))
