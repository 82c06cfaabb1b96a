"""LBNL's "Queued Up" collection: one edition a year of all operators' and many utilities' queues."""

from __future__ import annotations

import re
from datetime import date

import polars as pl

from pipelines.ordered import row_sum
from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceInfo
from pipelines.sources.fips import fips_column
from pipelines.sources.observations import broken
from pipelines.sources.queue_common import (
    EXCEL_EPOCH,
    STATISTICS_EPOCH,
    because,
    blank,
    day_count,
    find_tables,
    with_days,
    with_powers,
    with_status,
)
from pipelines.sources.queue_projects import finish
from pipelines.sources.queue_technology import technology_of
from pipelines.sources.queue_workbook import sheets
from pipelines.sources.user_files import UserFile

SOURCE = SourceInfo(
    source_id="queue_lbnl",
    title="Queued Up: interconnection queue data file",
    publisher="Lawrence Berkeley National Laboratory",
    licence="CC BY 4.0",
    base_url="https://emp.lbl.gov",
    cadence="yearly",
)
# Published in the spring after the year that an edition goes through; each edition has an address of its own.
_EDITION = "thru2025"
_PATH = "/sites/default/files/2026-05/LBNL_Ix_Queue_Data_File_thru2025.xlsx"
_DATA_SHEETS = r"(\d+\. )?complete queue data|data|active|withdrawn|completed"
_FIELDS = {
    "queue_id": "q_id",
    "status_source_text": "q_status",
    "requested_date": "q_date|q_date_clean",
    "requested_year": "q_year",
    "proposed_date": "prop_date|proposed_on_date",
    "actual_date": "on_date",
    "actual_year": "on_year",
    "withdrawn_date": "wd_date",
    "withdrawn_year": "wd_year",
    "agreement_date": "ia_date",
    "agreement": "ia_status_clean",
    "county_name": "county|county_1",
    "county_2": "county_2",
    "county_3": "county_3",
    "state": "state",
    "fips_codes": "fips_codes",
    "poi_name": "poi_name",
    "region": "region",
    "project_name": "project_name",
    "entity": "entity",
    "type_1": "type1|type_1",
    "type_2": "type2|type_2",
    "type_3": "type3|type_3",
    "mw_1": "mw1|mw_1",
    "mw_2": "mw2|mw_2",
    "mw_3": "mw3|mw_3",
    "type_clean": "type_clean",
}
_NEEDED = (
    "queue_id",
    "status_source_text",
    "state",
    "entity",
    "county_name",
    "requested_date",
    "type_1",
    "mw_1",
    "type_clean",
)
_OPTIONAL = tuple(field for field in _FIELDS if field not in _NEEDED)
_STATUSES = {
    "active": "active",
    "suspended": "suspended",
    "withdrawn": "withdrawn",
    "operational": "operational",
    "completed": "operational",
}
_REGIONS = {name.lower(): name for name in ("CAISO", "ERCOT", "ISO-NE", "MISO", "NYISO", "PJM", "SPP")} | {
    "west": "West non-ISO",
    "west (non-iso)": "West non-ISO",
    "southeast": "Southeast non-ISO",
    "southeast (non-iso)": "Southeast non-ISO",
}
_SIGNED = ("ia executed", "construction", "operational")
_STORAGE = ("battery", "other_storage", "pumped_storage")
_VAGUE = ("unknown", "other", "thermal")
_UNNUMBERED = "unnumbered"
_INDICES = (1, 2, 3)


def requests(asking: Asking) -> list[Request]:
    """Return the one request of a night: the newest edition, unless the user brings one."""
    if asking.settings.queue_lbnl_file is not None:
        return []
    return [Request(SOURCE.source_id, _EDITION, _PATH, expects="xlsx", max_bytes=64_000_000)]


def user_files(asking: Asking) -> list[UserFile]:
    """Return the workbook that the user brings, if any; its newest request says which edition it is."""
    path = asking.settings.queue_lbnl_file
    return [] if path is None else [UserFile(SOURCE.source_id, "workbook", path, "queue_lbnl_file")]


def parse(payload: Payload) -> Parsed:
    """Return the requests of an edition.

    The power of a request is that of its generating resources, or of its storage where there is nothing else: LBNL
    gives the resources apart, not the power at the point of interconnection. Day counts are the spreadsheet's, or
    those of a statistics program where only these fall into the year that the edition gives beside them.

    Raises
    ------
    SourceBroken
        If a column is missing, or the rows are not what the columns say.
    """
    found = sheets(payload, wanted=_DATA_SHEETS)
    tables = find_tables(payload, found, _FIELDS, optional=_OPTIONAL)
    if not tables:
        broken(payload, "has no sheet with q_id in it")
    frame = pl.concat(tables)
    for name in ("requested", "actual", "withdrawn"):
        frame = frame.with_columns(_counted_day(f"{name}_date", f"{name}_year"))
    frame = with_powers(frame, [f"mw_{index}" for index in _INDICES])
    frame = with_days(frame, ["requested_date", "proposed_date", "actual_date", "withdrawn_date", "agreement_date"])
    frame = _with_resources(with_status(frame, _STATUSES))
    # An edition without regions is of operators alone, and names them as entities.
    region = pl.coalesce(blank(pl.col("region")), "entity")
    stage = pl.col("agreement").str.to_lowercase()
    counties = [blank(pl.col(name)) for name in ("county_name", "county_2", "county_3")]
    frame = frame.with_columns(
        region.str.to_lowercase().replace_strict(_REGIONS, default=None, return_dtype=pl.String).alias("iso"),
        pl.when(pl.any_horizontal(text.is_not_null() for text in counties))
        .then(pl.concat_str(counties, separator=", ", ignore_nulls=True))
        .alias("county_name"),
        # The withdrawn requests of NYISO carry no number in the edition through 2020.
        blank(pl.col("queue_id")).fill_null(_UNNUMBERED).alias("queue_id"),
        pl.col("fips_codes").str.extract(r"(\d{4,5})", 1).alias("county_fips"),
        pl.when(pl.col("status") == "operational")
        .then(pl.lit(value=True))
        .when(pl.col("status") != "withdrawn")
        .then(stage.is_in(_SIGNED))
        .alias("has_agreement"),
    ).with_columns(fips_column("county_fips"))
    frame = frame.with_columns(because(pl.col("iso").is_null(), "region '", region.fill_null(""), "' is unknown"))
    edition, through = _edition(payload, frame)
    return finish(payload, frame, dataset=edition, snapshot=through, technology=["type_1", "type_2", "type_3"])


def _counted_day(name: str, year: str) -> pl.Expr:
    """Return a day's text; a day count that only a statistics program's epoch puts into the given year as ISO day."""
    text = pl.col(name)
    is_count = text.str.contains(r"^\d{5}(\.0+)?$")
    given = pl.col(year).cast(pl.Float64, strict=False).cast(pl.Int32, strict=False)
    statistics = day_count(text, STATISTICS_EPOCH)
    is_other = (statistics.dt.year() == given) & (day_count(text, EXCEL_EPOCH).dt.year() != given)
    return pl.when(is_count & is_other).then(statistics.dt.to_string("%Y-%m-%d")).otherwise(text).alias(name)


def _with_resources(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with the powers by kind, and the standardised type where the original ones say little."""
    columns = ["type_1", "type_2", "type_3", "type_clean"]
    kinds = frame.select(columns).unique(maintain_order=True)
    own, clean, storage = [], [], []
    for row in kinds.iter_rows():
        own.append(technology_of(row[:3]))
        clean.append(technology_of(row[3:]))
        storage.append([technology_of([text]) in _STORAGE for text in row[:3]])
    named = pl.Series("_own", own, dtype=pl.String), pl.Series("_clean", clean, dtype=pl.String)
    marks = [pl.Series(f"_stores_{index}", [row[index - 1] for row in storage], dtype=pl.Boolean) for index in _INDICES]
    kinds = kinds.with_columns(*named, *marks)
    frame = frame.join(kinds, on=columns, how="left", nulls_equal=True, maintain_order="left")
    stored = row_sum(pl.when(pl.col(f"_stores_{i}")).then(f"mw_{i}") for i in _INDICES)
    generated = row_sum(pl.when(~pl.col(f"_stores_{i}")).then(f"mw_{i}") for i in _INDICES)
    is_vague = pl.col("_own").is_in(_VAGUE) & ~pl.col("_clean").is_in(_VAGUE)
    has_power = pl.any_horizontal(pl.col(f"mw_{i}").is_not_null() for i in _INDICES)
    power = pl.when(generated > 0).then(generated).otherwise(stored)
    return frame.with_columns(
        pl.when(is_vague.fill_null(value=False)).then("_clean").alias("technology_override"),
        pl.when(has_power).then(power).alias("capacity_mw"),
        pl.when(has_power).then(stored + generated).alias("facility_mw"),
        pl.when(stored > 0).then(stored).alias("storage_mw"),
    )


def _edition(payload: Payload, frame: pl.DataFrame) -> tuple[str, date]:
    """Return the edition by name and the last day it goes through, from the request's key or the newest request."""
    if hit := re.search(r"thru(\d{4})", payload.key):
        year = int(hit[1])
    else:
        last = frame["requested_date"].max()
        year = last.year if isinstance(last, date) else payload.retrieved_at_utc.year - 1
    return f"thru{year}", date(year, 12, 31)
