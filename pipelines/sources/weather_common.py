"""What the weather connectors share: the region-years to ask for, and how text and JSON become numbers and stamps.

A connector reads an answer into `Readings`: one row per row of the answer, on UTC interval starts, quantities in the
units of the table. `weather_rows.to_core` then keeps what is whole and plausible and says why the rest is left out.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
import polars as pl

from pipelines.deferred import deferred
from pipelines.sources.asking import Asking
from pipelines.sources.base import Payload, SourceBroken
from pipelines.weather.calendar import TYPICAL_YEAR

_pvlib = deferred("pvlib")

# Quantities of core.weather_hourly by the names that pvlib's variable maps translate to.
QUANTITIES = {
    "ghi": "ghi_w_per_m2",
    "dni": "dni_w_per_m2",
    "dhi": "dhi_w_per_m2",
    "temp_air": "temperature_c",
    "wind_speed": "wind_m_per_s",
}
SUN = ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2")
AIR = ("temperature_c", "wind_m_per_s")
WEATHER = "core.weather_hourly"
# Weather year of a typical year, and how a request's key names it.
TYPICAL = 0
TYPICAL_KEY = "tmy"
# A year counts as published this long after its end; assumption: reanalysis lags 5 days, satellite irradiance weeks.
PUBLICATION_LAG = timedelta(days=45)
_ABSURD = 1e15


@dataclass(frozen=True)
class Readings:
    """An answer, read row by row and not yet judged.

    Attributes
    ----------
    latitude, longitude : float
        Place that the values stand for, as the source gives it.
    frame : pl.DataFrame
        source_row, start_utc (start of the hour; null where the stamp cannot be read), own_year (year that the row
        belongs to by the source's stamp, 0 in a typical year), fault (null, or why the row cannot serve), and the five
        quantities; null is a value that the source declares missing or does not carry, NaN one that is no number.
    names : Mapping[str, str]
        The source's name of each quantity, for the reasons of rejects.
    absent : frozenset[str]
        Quantities that the answer does not carry at all.
    is_without_leap_day : bool
        A leap year whose 29 February the source left out; its hours stand on the calendar of typical years.
    notes : tuple[str, ...]
    """

    latitude: float
    longitude: float
    frame: pl.DataFrame
    names: Mapping[str, str]
    absent: frozenset[str] = frozenset()
    is_without_leap_day: bool = False
    notes: tuple[str, ...] = field(default=())


# --- asking -----------------------------------------------------------------------------------------------------------


def region_year_key(region_id: str, weather_year: int) -> str:
    """Return the key of a region-year, shared by all weather sources: "abilene_tx/2024", "abilene_tx/tmy"."""
    return f"{region_id}/{TYPICAL_KEY if weather_year == TYPICAL else weather_year}"


def region_of(key: str) -> str:
    """Return the region that a request's key is about."""
    return key.rpartition("/")[0]


def published_years(as_of: date, count: int) -> list[int]:
    """Return the newest calendar years that sources have in full on a date, newest first."""
    newest = (as_of - PUBLICATION_LAG).year - 1
    return [newest - back for back in range(count)]


def years_of(asking: Asking, source_id: str) -> list[int]:
    """Return the weather years that a night wants of a source, none where the settings do not name the source."""
    settings = asking.settings
    if source_id not in settings.weather_sources:
        return []
    typical = [TYPICAL] if settings.live_weather_typical_year else []
    return [*published_years(asking.as_of, settings.live_weather_years), *typical]


def wanted_years(
    regions: pl.DataFrame,
    years: Iterable[int],
    held: Collection[str],
    *,
    first: int,
    last: int | None = None,
    has_typical: bool = False,
) -> Iterator[tuple[str, str, str, int]]:
    """Yield key, latitude, longitude and year of the region-years that a source has and that are not held.

    All regions of the newest year come first, so that a night cut short by a limit leaves every region with some year.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, latitude, longitude.
    years : Iterable[int]
        Calendar years; 0 asks for a typical year.
    held : Collection[str]
        Keys of region-years that are held already.
    first, last : int
        Years that the source covers; `last` None for no fixed end.
    has_typical : bool
        Whether the source makes typical years.
    """
    places = regions.select("region_id", "latitude", "longitude").sort("region_id").rows()
    for year in sorted(set(years), reverse=True):
        if not (has_typical if year == TYPICAL else first <= year <= (last or year)):
            continue
        for region_id, latitude, longitude in places:
            key = region_year_key(region_id, year)
            if key not in held:
                yield key, f"{latitude:.4f}", f"{longitude:.4f}", year


# --- reading ----------------------------------------------------------------------------------------------------------


def broken(payload: Payload, problem: str, way_out: str = "ask again, and look at the stored answer") -> NoReturn:
    """Raise SourceBroken with one sentence that names the source and the answer."""
    raise SourceBroken(f"{payload.source_id}: the answer for {payload.key!r} {problem}; {way_out}.")


def text_of(payload: Payload) -> str:
    """Return the answer as text, or raise SourceBroken where it is none or a page of markup."""
    try:
        text = payload.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        broken(payload, "is not text in UTF-8")
    if not text.strip():
        broken(payload, "is empty")
    if text.lstrip().startswith("<"):
        broken(payload, "is a page of markup", "open the address in a browser to see what the publisher has changed")
    return text


def json_of(payload: Payload) -> Any:
    """Return the answer as JSON, or raise SourceBroken; NaN and Infinity are no JSON."""

    def refuse(name: str) -> NoReturn:
        raise ValueError(f"{name} is no JSON")

    try:
        return json.loads(text_of(payload), parse_constant=refuse)
    except (ValueError, RecursionError):
        broken(payload, "is not JSON, or is cut")


class SourceNames(Mapping[str, str]):
    """A source's name of each quantity, by one of pvlib's variable maps; pvlib is loaded when a name is asked for.

    Parameters
    ----------
    module : str
        Module of `pvlib.iotools` that has the map.
    """

    def __init__(self, module: str) -> None:
        self._module = module

    def __getitem__(self, name: str) -> str:
        """Return the source's name."""
        return self._names[name]

    def __iter__(self) -> Iterator[str]:
        """Return the quantities in the order of the map."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return how many quantities there are."""
        return len(self._names)

    @cached_property
    def _names(self) -> dict[str, str]:
        variable_map = getattr(_pvlib.iotools, self._module).VARIABLE_MAP
        return {QUANTITIES[name]: theirs for theirs, name in variable_map.items() if name in QUANTITIES}


def json_numbers(values: Sequence[Any], fill: float | None = None) -> list[float | None]:
    """Return JSON values as numbers: None where null or the fill value, NaN where no finite number."""
    return [
        None
        if value is None or (fill is not None and value == fill and type(value) is not bool)
        else float(value)
        if type(value) in {int, float} and abs(value) < _ABSURD
        else np.nan
        for value in values
    ]


def text_numbers(column: pl.Expr, missing: Collection[str]) -> pl.Expr:
    """Return a text column as numbers: null where in the missing set, NaN where no finite number."""
    number = column.cast(pl.Float64, strict=False)
    codes = [float(text) for text in missing if is_number(text)]
    return (
        pl.when(column.is_null() | column.is_in(list(missing)) | number.is_in(codes))
        .then(None)
        .when((number.is_finite() & (number.abs() < _ABSURD)).fill_null(False))
        .then(number)
        .otherwise(np.nan)
    )


def is_number(text: str) -> bool:
    """Return whether a text is a finite number."""
    try:
        return np.isfinite(float(text))
    except ValueError:
        return False


def table_of(payload: Payload, lines: Sequence[str], columns: Sequence[str], first_row: int) -> pl.DataFrame:
    """Return lines of comma-separated values as text columns, with source_row and fault (null, or a wrong width).

    Parameters
    ----------
    payload : Payload
    lines : Sequence[str]
        Data rows; blank ones are passed over.
    columns : Sequence[str]
        Column names as stripped; a name that stands twice is refused, empty names are passed over.
    first_row : int
        Line of the answer that the first of `lines` is (first line = 1).
    """
    twice = sorted({name for name in columns if name and list(columns).count(name) > 1})
    if twice:
        broken(payload, f"has the column {twice[0]} twice")
    fields = pl.col("line").str.split(",")
    frame = pl.DataFrame(
        {"source_row": np.arange(first_row, first_row + len(lines)), "line": list(lines)},
        schema={"source_row": pl.Int64, "line": pl.String},
    ).filter(pl.col("line").str.strip_chars() != "")
    width = pl.col("fields").list.len()
    return frame.with_columns(fields.alias("fields")).select(
        "source_row",
        pl.when(width != len(columns))
        .then(pl.format("the row has {} fields instead of {}", width, pl.lit(len(columns))))
        .alias("fault"),
        *(
            pl.col("fields").list.get(place, null_on_oob=True).str.strip_chars().fill_null("").alias(name)
            for place, name in enumerate(columns)
            if name
        ),
    )


def stamp_of(text: pl.Expr, layout: str) -> pl.Expr:
    """Return a text column as timestamps, null where it cannot be read."""
    return text.str.to_datetime(layout, time_unit="us", strict=False)


def typical_start(stamp: pl.Expr, utc_offset_hours: int = 0) -> pl.Expr:
    """Return hour starts of a typical year in UTC on its calendar; the local year is rolled, not cut.

    Parameters
    ----------
    stamp : pl.Expr
        Hour starts in the zone of the source, whatever year each month is taken from; 29 February becomes null.
    utc_offset_hours : int
        Zone of the stamps.
    """
    is_leap_day = (stamp.dt.month() == 2) & (stamp.dt.day() == 29)
    local = pl.when(~is_leap_day).then(stamp).dt.replace(year=TYPICAL_YEAR)
    return (local - pl.duration(hours=utc_offset_hours)).dt.replace(year=TYPICAL_YEAR)
