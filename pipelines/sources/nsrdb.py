"""NSRDB PSM v4 (GOES): satellite irradiance on 4 km for the Americas, from 1998; needs a key and an e-mail address.

The answer is SAM's CSV: field names, field values, column names, rows. Stamps are centres of intervals in the zone that
the field Time Zone names; half-hours are averaged to hours.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Mapping

import polars as pl

from pipelines.deferred import deferred
from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceInfo, SourceRefused
from pipelines.sources.weather_common import (
    QUANTITIES,
    SUN,
    TYPICAL,
    TYPICAL_KEY,
    Readings,
    SourceNames,
    broken,
    is_number,
    json_of,
    stamp_of,
    table_of,
    text_numbers,
    text_of,
    typical_start,
    wanted_years,
    years_of,
)
from pipelines.sources.weather_rows import to_core
from pipelines.weather.calendar import TYPICAL_YEAR, hours_of_year

SOURCE = SourceInfo(
    source_id="nsrdb",
    title="National Solar Radiation Database, Physical Solar Model v4 (GOES aggregated and typical year)",
    publisher="National Laboratory of the Rockies (formerly NREL)",
    licence="CC BY 4.0; the NSRDB is to be cited",
    base_url="https://developer.nlr.gov",
    key_setting="nsrdb_api_key",
    cadence="yearly",
    calls_per_night="1 per region and year that is not held, at most 5,000 a day and 1 a second; none once all are",
    # One call a second is the limit of the service; its gateway counts 1,000 an hour.
    calls_per_second=0.25,
    most_requests=5_000,
    call_limits={"second": 1, "hour": 1_000, "day": 5_000},
)
FIRST_YEAR = 1998

_PATH = "/api/nsrdb/v2/solar/nsrdb-GOES-{}-v4-0-0-download.csv"
_NAMES = SourceNames("psm4")
_PLACE = ("Latitude", "Longitude", "Time Zone")
_STAMP = ("Year", "Month", "Day", "Hour", "Minute")
_UNITS = {**dict.fromkeys(SUN, "w/m2"), "temperature_c": "c", "wind_m_per_s": "m/s"}


def requests(asking: Asking) -> list[Request]:
    """Return the requests of a night: the published years that are not held.

    Raises
    ------
    SourceRefused
        If a key is configured without the e-mail address that the service asks for.
    """
    settings = asking.settings
    email = settings.nsrdb_email.get_secret_value() if settings.nsrdb_email else ""
    if settings.nsrdb_api_key is not None and not email:
        raise SourceRefused("nsrdb: the service wants the e-mail address of the key; set FIRSTMW_NSRDB_EMAIL.")
    return region_years(asking.regions, years_of(asking, SOURCE.source_id), asking.held, email=email)


def region_years(
    regions: pl.DataFrame, years: Iterable[int], held: Collection[str] = (), *, email: str
) -> list[Request]:
    """Return one request per region and year that is not held, all quantities at once.

    Actual years are asked for in UTC with their leap day, a typical year in local standard time, as it is put together.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, latitude, longitude.
    years : Iterable[int]
        Calendar years, and 0 for a typical year.
    held : Collection[str]
        Keys of region-years that are held, from whichever source.
    email : str
        Address that belongs to the key.
    """
    attributes = ",".join(deferred("pvlib").iotools.psm4.REQUEST_VARIABLE_MAP[name] for name in QUANTITIES)
    return [
        Request(
            source_id=SOURCE.source_id,
            key=key,
            path=_PATH.format("tmy" if year == TYPICAL else "aggregated"),
            params=(
                ("wkt", f"POINT({longitude} {latitude})"),
                ("names", TYPICAL_KEY if year == TYPICAL else str(year)),
                ("interval", "60"),
                ("attributes", attributes),
                ("leap_day", "false" if year == TYPICAL else "true"),
                ("utc", "false" if year == TYPICAL else "true"),
                ("full_name", "firstmw"),
                ("affiliation", "firstmw"),
                ("reason", "siting of power plants"),
                ("mailing_list", "false"),
                ("email", email),
            ),
            secret_param="api_key",
            expects="csv",
            max_bytes=16_000_000,
        )
        for key, latitude, longitude, year in wanted_years(regions, years, held, first=FIRST_YEAR, has_typical=True)
    ]


def parse(payload: Payload) -> Parsed:
    """Return an answer in SAM's CSV as rows of core.weather_hourly.

    Raises
    ------
    SourceBroken, SourceRefused, NotPublishedYet
    """
    return to_core(payload, read(payload))


def read(payload: Payload) -> Readings:
    """Return the rows of an answer on UTC hours, not yet judged; half-hours are one row per hour."""
    text = text_of(payload)
    if text.lstrip().startswith("{"):
        document = json_of(payload)
        errors = document.get("errors") or document.get("error") if isinstance(document, dict) else None
        raise SourceRefused(f"{payload.source_id}: the request for {payload.key!r} was refused ({errors!s:.200}).")
    lines = text.splitlines()
    if len(lines) < 3 or "Latitude" not in lines[0]:
        broken(payload, "has no head of names, values and columns")
    names, values = (next(csv.reader([line])) for line in lines[:2])
    head = {name.strip(): value.strip() for name, value in zip(names, values, strict=False)}
    if not all(is_number(head.get(name, "")) for name in _PLACE):
        broken(payload, f"has a head without numbers for {', '.join(_PLACE)}")
    latitude, longitude, zone = (float(head[name]) for name in _PLACE)
    columns = [name.strip() for name in lines[2].split(",")]
    if not set(_STAMP) <= set(columns):
        broken(payload, f"lacks one of the columns {', '.join(_STAMP)}")
    if abs(zone) > 14 or zone % 1:
        broken(payload, f"has the time zone {zone:g}, expected whole hours")
    carried = {name: theirs for name, theirs in _NAMES.items() if theirs in columns}
    _check_units(payload, head, carried)
    stamp = pl.concat_str(
        "Year", pl.lit("-"), "Month", pl.lit("-"), "Day", pl.lit(" "), "Hour", pl.lit(":"), pl.col("Minute")
    )
    frame = table_of(payload, lines[3:], columns, 4).select(
        "source_row",
        "fault",
        stamp_of(stamp, "%Y-%m-%d %H:%M").alias("centre"),
        *(
            (text_numbers(pl.col(_NAMES[name]), {""}) if name in carried else pl.lit(None, dtype=pl.Float64)).alias(
                name
            )
            for name in _NAMES
        ),
    )
    minutes = set(frame["centre"].dt.minute().drop_nulls().unique())
    if minutes <= {30}:
        frame = frame.with_columns(pl.col("centre").dt.truncate("1h").alias("start"))
    elif minutes <= {0, 30}:
        frame = _hours_of_halves(frame)
    else:
        broken(payload, "has intervals other than hours and half-hours")
    return _readings(payload, frame, latitude, longitude, int(zone), frozenset(_NAMES) - set(carried))


def _check_units(payload: Payload, head: Mapping[str, str], carried: Mapping[str, str]) -> None:
    """Refuse a unit that is not the one the table takes; a head without units is an older one in the same units."""
    for name, theirs in carried.items():
        unit = head.get(f"{theirs} Units", "").lower()
        if unit not in {"", _UNITS[name]}:
            broken(payload, f"gives {theirs} in {unit!r}, a unit that is not known here")


def _hours_of_halves(frame: pl.DataFrame) -> pl.DataFrame:
    """Return hourly means of values that stand at :00 and :30, the centres of their half-hours.

    An hour holds half of the interval at either end and the whole of the middle one; where the end of the data cuts the
    last one off, the other two stand for it. A row that cannot serve takes its hour with it.
    """
    hour = pl.col("centre").dt.truncate("1h")
    first = frame.filter(pl.col("centre").dt.minute() == 0).unique("centre", keep="first", maintain_order=True)
    middle = frame.filter(pl.col("centre").dt.minute() == 30).unique("centre", keep="first", maintain_order=True)
    after = first.select(
        (hour - pl.duration(hours=1)).alias("start"), *(pl.col(name).alias(f"{name}_after") for name in _NAMES)
    )
    joined = (
        first.with_columns(hour.alias("start"))
        .join(middle.with_columns(hour.alias("start")), on="start", how="full", coalesce=True, suffix="_middle")
        .join(after, on="start", how="left")
        .sort("start")
    )
    is_half = pl.col("source_row").is_null() | pl.col("source_row_middle").is_null()
    hours = joined.select(
        pl.min_horizontal("source_row", "source_row_middle").alias("source_row"),
        pl.coalesce("fault", "fault_middle", pl.when(is_half).then(pl.lit("half of the hour is missing"))).alias(
            "fault"
        ),
        "start",
        *(
            pl.when(pl.col(f"{name}_after").is_null())
            .then((0.5 * pl.col(name) + pl.col(f"{name}_middle")) / 1.5)
            .otherwise(0.25 * pl.col(name) + 0.5 * pl.col(f"{name}_middle") + 0.25 * pl.col(f"{name}_after"))
            .alias(name)
            for name in _NAMES
        ),
    )
    # Rows whose stamp cannot be read, or that repeat a half-hour, have no hour of their own and stay single rows.
    used = pl.concat([first["source_row"], middle["source_row"]])
    left = frame.filter(~pl.col("source_row").is_in(used.implode())).select(
        "source_row",
        pl.when(pl.col("centre").is_not_null())
        .then(pl.lit("the half-hour stands twice"))
        .otherwise("fault")
        .alias("fault"),
        hour.alias("start"),
        *_NAMES,
    )
    return pl.concat([hours, left])


def _readings(
    payload: Payload, frame: pl.DataFrame, latitude: float, longitude: float, zone: int, absent: frozenset[str]
) -> Readings:
    years = frame["start"].dt.year().drop_nulls()
    is_typical = payload.key.endswith(f"/{TYPICAL_KEY}")
    year = int(years[0]) if len(years) else TYPICAL_YEAR
    leap_days = frame.filter((pl.col("start").dt.month() == 2) & (pl.col("start").dt.day() == 29)).height
    # Without its 29 February a leap year has as many hours as a typical one, and runs on the same calendar.
    is_leapless = (
        not is_typical
        and years.n_unique() == 1
        and len(hours_of_year(year)) == 8784
        and not leap_days
        and len(years) == 8760
    )
    start = pl.col("start")
    return Readings(
        latitude,
        longitude,
        frame.select(
            "source_row",
            (typical_start(start, zone) if is_typical or is_leapless else start - pl.duration(hours=zone)).alias(
                "start_utc"
            ),
            (pl.lit(TYPICAL, dtype=pl.Int64) if is_typical else start.dt.year().cast(pl.Int64)).alias("own_year"),
            "fault",
            *_NAMES,
        ),
        names=_NAMES,
        absent=absent,
        is_without_leap_day=is_leapless,
        notes=(f"29 February {year} left out by the source",) if is_leapless else (),
    )
