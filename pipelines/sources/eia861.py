"""Interruptions of electric service: the Reliability workbook of Form EIA-861, one per year."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from pipelines.contracts.base import REGISTRY
from pipelines.ordered import group_sum
from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceInfo
from pipelines.sources.fips import TERRITORIES
from pipelines.sources.place_tables import (
    broken,
    column_name,
    holds_member,
    naming_faults,
    parsed,
    reject_where,
    table_of,
    unzipped,
    with_numbers,
)
from pipelines.sources.queue_workbook import sheets
from pipelines.sources.user_files import UserFile

SOURCE = SourceInfo(
    source_id="eia861",
    title="Annual Electric Power Industry Report, Form EIA-861: Reliability",
    publisher="U.S. Energy Information Administration",
    licence="US Government work, public domain",
    base_url="https://www.eia.gov",
    cadence="yearly",
    calls_per_night="1 for a year's report, then none",
)

UTILITIES, STATE_YEARS = "core.utility_reliability", "core.grid_reliability"
# The final report of a year comes out in October of the next one.
_MONTH_OF_RELEASE = 10
_MEMBER = r"reliability_\d{4}\.xlsx"
_SHEETS = ("Reliability_States", "Reliability_Territories")
# The published report has some 970 rows of states; a much shorter one is cut.
_FEWEST_ROWS, _FEWEST_STATES = 700, 49

_MED, _NO_MED, _SUPPLY = "ALL EVENTS (WITH MAJOR EVENT DAYS)", "WITHOUT MAJOR EVENT DAYS", "LOSS OF SUPPLY REMOVED"
_SAIDI, _SAIFI, _CAIDI = "SAIDI", "SAIFI", "CAIDI"
_INDICES = (
    "saidi_all_events_minutes",
    "saifi_all_events",
    "caidi_all_events_minutes",
    "saidi_without_major_event_days_minutes",
    "saifi_without_major_event_days",
    "caidi_without_major_event_days_minutes",
    "saidi_loss_of_supply_removed_minutes",
    "saifi_loss_of_supply_removed",
    "caidi_loss_of_supply_removed_minutes",
)
# Names repeat under the bands, so that columns go by position once bands and names are what they should be.
_IEEE_FROM, _OTHER_FROM, _WIDTH = 5, 17, 28
_BANDS = {0: "UTILITY CHARACTERISTICS", _IEEE_FROM: "IEEE STANDARD", _OTHER_FROM: "OTHER STANDARD"}
_GROUPS = {5: _MED, 8: _NO_MED, 11: _SUPPLY, 17: _MED, 20: _NO_MED}
_NAMES = {
    0: "DATA YEAR", 1: "UTILITY NUMBER", 2: "UTILITY NAME", 3: "STATE", 4: "OWNERSHIP",
    5: _SAIDI, 6: _SAIFI, 7: _CAIDI, 8: _SAIDI, 9: _SAIFI, 10: _CAIDI, 11: _SAIDI, 12: _SAIFI, 13: _CAIDI,
    14: "NUMBER OF CUSTOMERS", 15: "HIGHEST DIST. VOLTAGE", 16: "OUTAGES RECORDED AUTOMATICALLY",
    17: _SAIDI, 18: _SAIFI, 19: _CAIDI, 20: _SAIDI, 21: _SAIFI, 22: _CAIDI,
    23: "NUMBER OF CUSTOMERS", 24: "INACTIVE ACCOUNTS INCLUDED", 25: "MOMENTARY INTERRUPTIONS",
    26: "HIGHEST DIST. VOLTAGE", 27: "OUTAGES RECORDED AUTOMATICALLY",
}  # fmt: skip
_CELLS = {"year": 0, "utility_id": 1, "utility_name": 2, "state": 3, "ownership": 4}
_MEASURES = ("customers", "highest_distribution_kv", "automatic")
_IEEE = dict(zip(_INDICES + _MEASURES, range(5, 17), strict=True))
_OTHER = dict(zip(_INDICES[:6] + _MEASURES, (*range(17, 23), 23, 26, 27), strict=True))
_BOUNDS = {
    **{name: (0.0, 527_040.0) for name in _INDICES if name.endswith("_minutes")},
    **{name: (0.0, 1_000.0) for name in _INDICES if not name.endswith("_minutes")},
    "customers": (0.0, 1e8),
    "highest_distribution_kv": (0.0, 1_000.0),
}


def requests(asking: Asking) -> list[Request]:
    """Return the request for the newest final report at the night's date; none where it is held or the user has one."""
    if asking.settings.eia861_file is not None:
        return []
    year = asking.as_of.year - (1 if asking.as_of.month >= _MONTH_OF_RELEASE else 2)
    request = Request(
        source_id=SOURCE.source_id,
        key=f"reliability/{year}",
        path=f"/electricity/data/eia861/zip/f861{year}.zip",
        expects="zip",
        max_bytes=64_000_000,
    )
    return [] if request.key in asking.held else [request]


def user_files(asking: Asking) -> list[UserFile]:
    """Return the report that the user brings, if any; of whatever year it is."""
    path = asking.settings.eia861_file
    return [] if path is None else [UserFile(SOURCE.source_id, "reliability", path, "eia861_file")]


@naming_faults
def parse(payload: Payload) -> list[Parsed]:
    """Return the utilities' reports (`core.utility_reliability`) and the states' means (`core.grid_reliability`).

    Parameters
    ----------
    payload : Payload
        The form's zip, or the workbook Reliability_<year>.xlsx in it.

    Returns
    -------
    list[Parsed]
        A row is rejected where it reports less with major-event days than without them, or where CAIDI is not
        SAIDI / SAIFI. Rows of the sheet of
        territories are numbered on from the last row of the sheet of states. The footnote under the rows is no row.

    Raises
    ------
    SourceBroken
        If it is no such workbook, its columns are others, or it is not whole.
    """
    tables = _sheets(payload)
    rows: list[tuple[int, list[str]]] = []
    notes: list[str] = []
    offset = 0
    for name in _SHEETS:
        cells = tables.get(name, [])
        if name == _SHEETS[0] and not cells:
            raise broken(payload, f"the sheet {name} is missing; it has {', '.join(tables)}")
        if cells:
            found, note = _data_rows(payload, name, cells)
            rows += [(offset + number, row) for number, row in found]
            notes += note
            offset += len(cells)
    reports = _utilities(payload, rows, tuple(notes))
    if reports.rows.height < _FEWEST_ROWS or reports.rows["state"].n_unique() < _FEWEST_STATES:
        raise broken(payload, f"it has {reports.rows.height} rows of {reports.rows['state'].n_unique()} states")
    of_states = reports.rows.filter(~pl.col("state").is_in(TERRITORIES))
    states = state_means(of_states, url=_address(payload))
    return [reports, Parsed(STATE_YEARS, states, reports.rejects.clear(), states.height)]


def state_means(
    utilities: pl.DataFrame, *, standard: str = "ieee", url: str = f"{SOURCE.base_url}/electricity/data/eia861/"
) -> pl.DataFrame:
    """Return means over each state's customers, contract `core.grid_reliability`.

    Parameters
    ----------
    utilities : pl.DataFrame
        Contract `core.utility_reliability`.
    standard : str
        "ieee": reports under IEEE 1366 alone, the definition of the EIA's own series by state; "any": all reports.
    url : str
        Where the reports were read.

    Notes
    -----
    index = sum(customers x index of the utility) / sum(customers), over utilities that report all four of SAIDI and
    SAIFI, with and without major-event days, so that the two sides cover the same customers. CAIDI = SAIDI / SAIFI
    (IEEE Std 1366). What is left without loss of supply has its own, smaller set of utilities.
    """
    both = [name for name in _INDICES[:6] if not name.startswith("caidi")]
    supply = ["saidi_loss_of_supply_removed_minutes", "saifi_loss_of_supply_removed"]
    used = utilities.filter(pl.col("customers") > 0)
    if standard != "any":
        used = used.filter(pl.col("standard") == standard)

    def mean(name: str, complete: list[str]) -> pl.Expr:
        is_used = pl.all_horizontal(pl.col(other).is_not_null() for other in complete)
        customers = pl.col("customers").filter(is_used)
        total = group_sum(pl.col(name).filter(is_used) * customers) / group_sum(customers)
        return pl.when(group_sum(customers) > 0).then(total).alias(name)

    def ratio(name: str, event: str) -> pl.Expr:
        saifi = pl.col(f"saifi_{event}")
        return pl.when(saifi > 0).then(pl.col(f"saidi_{event}_minutes") / saifi).alias(name)

    label = "IEEE 1366 reports" if standard == "ieee" else "all reports"
    return (
        used.sort("state", "year", "utility_id")
        .group_by("state", "year", maintain_order=True)
        .agg(*(mean(name, both) for name in both), *(mean(name, supply) for name in supply))
        .with_columns(
            ratio("caidi_all_events_minutes", "all_events"),
            ratio("caidi_without_major_event_days_minutes", "without_major_event_days"),
            pl.lit(f"{SOURCE.title}, mean over customers of {label}").alias("source_title"),
            pl.lit(SOURCE.publisher).alias("publisher"),
            pl.lit(url).alias("url"),
            pl.col("year").cast(pl.String).alias("as_of"),
        )
        .filter(pl.any_horizontal(pl.col(name).is_not_null() for name in both))
        .select(REGISTRY[STATE_YEARS].schema.column_names())
    )


def _sheets(payload: Payload) -> dict[str, list[list[str]]]:
    """Return the cells of each sheet as text; a payload that is the form's zip is opened first."""
    if not payload.content.startswith(b"PK"):
        raise broken(payload, "it is neither a zip nor a workbook")
    if not holds_member(payload, "xl/workbook.xml"):
        payload = replace(payload, content=unzipped(payload, _MEMBER)[1])
    found = sheets(payload, "|".join(_SHEETS))
    return {sheet.name: [[cell or "" for cell in row] for row in sheet.cells.iter_rows()] for sheet in found}


def _data_rows(
    payload: Payload, sheet: str, cells: Sequence[Sequence[str]]
) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """Check the three header rows; return the data rows with their numbers in the sheet, and the footnotes."""
    start = next((place for place, row in enumerate(cells[:20]) if column_name(row[0]) == _NAMES[0]), None)
    if start is None or start < 2:
        raise broken(payload, f"the sheet {sheet} has no three header rows")
    bands, groups, names = cells[start - 2], cells[start - 1], cells[start]
    if len(names) < _WIDTH:
        raise broken(payload, f"the sheet {sheet} has {len(names)} columns, expected {_WIDTH}")
    for row, wanted in ((bands, _BANDS), (groups, _GROUPS), (names, _NAMES)):
        for place, name in wanted.items():
            if not column_name(row[place]).startswith(name):
                raise broken(payload, f"column {place + 1} of {sheet} is headed {row[place]!r}, expected {name}")
    rows, notes = [], []
    for number, row in enumerate(cells[start + 1 :], start=start + 2):
        if not any(row):
            continue
        if not any(row[1:]) and not re.fullmatch(r"\d{4}", row[0]):
            notes.append(f"{sheet}: {row[0]}")
        else:
            rows.append((number, list(row[:_WIDTH])))
    return rows, notes


def _utilities(payload: Payload, rows: Sequence[tuple[int, list[str]]], notes: tuple[str, ...]) -> Parsed:
    header = [f"C{place}" for place in range(_WIDTH)]
    frame = table_of(payload, rows, header, {name.lower(): name for name in header})

    def has_any(places: Sequence[int]) -> pl.Expr:
        return pl.any_horizontal(pl.col(f"c{place}").str.contains(r"\d") for place in places)

    by_ieee, by_other = has_any(range(5, 14)), has_any(range(17, 23))
    frame = reject_where(frame, by_ieee & by_other, "it reports under the IEEE and under another standard")
    frame = frame.with_columns(
        *(pl.col(f"c{place}").alias(name) for name, place in _CELLS.items()),
        pl.when(by_ieee).then(pl.lit("ieee")).when(by_other).then(pl.lit("other")).alias("standard"),
        *(
            pl.when(by_ieee)
            .then(pl.col(f"c{place}"))
            .otherwise(pl.col(f"c{_OTHER[name]}") if name in _OTHER else pl.lit(""))
            .alias(name)
            for name, place in _IEEE.items()
        ),
    )
    frame = reject_where(frame, pl.col("standard").is_null(), "it reports no index")
    frame = with_numbers(frame, _BOUNDS, required=False)
    frame = with_numbers(frame, {"year": (2013, 2100), "utility_id": (1, 10_000_000)}, required=True)
    for index in ("saidi", "saifi"):
        unit = "_minutes" if index == "saidi" else ""
        less, more = f"{index}_without_major_event_days{unit}", f"{index}_all_events{unit}"
        is_above = pl.col(less) > pl.col(more) + 1e-9
        frame = reject_where(frame, is_above, f"{index.upper()} without major-event days is above the one with them")
    # The workbook says so under its rows; a shifted or damaged column breaks it.
    for event in ("all_events", "without_major_event_days", "loss_of_supply_removed"):
        saifi, caidi = pl.col(f"saifi_{event}"), pl.col(f"caidi_{event}_minutes")
        quotient = pl.when(saifi > 0).then(pl.col(f"saidi_{event}_minutes") / saifi)
        is_apart = (quotient - caidi).abs() > 0.5 + 0.01 * quotient
        frame = reject_where(frame, is_apart, f"CAIDI of {event} is not SAIDI / SAIFI")
    year = re.search(r"(?:19|20)\d{2}", payload.key)
    if year is not None:
        frame = reject_where(frame, pl.col("year") != int(year[0]), f"it is of another year than {year[0]}")
    return parsed(
        payload,
        frame.with_columns(
            pl.col("year", "utility_id").cast(pl.Int64),
            pl.col("automatic").replace_strict({"Y": True, "N": False}, default=None, return_dtype=pl.Boolean)
            .alias("is_recorded_automatically"),
        ),
        UTILITIES,
        notes=notes,
    )  # fmt: skip


def _address(payload: Payload) -> str:
    return payload.url if payload.url.startswith("http") else f"{SOURCE.base_url}/electricity/data/eia861/"
