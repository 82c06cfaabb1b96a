"""NYISO's interconnection queue: a workbook of five sheets, with the requests of large loads among the others."""

from __future__ import annotations

import polars as pl

from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceInfo
from pipelines.sources.observations import broken
from pipelines.sources.queue_common import find_tables, with_days, with_powers, with_status
from pipelines.sources.queue_projects import finish
from pipelines.sources.queue_workbook import sheets

SOURCE = SourceInfo(
    source_id="queue_nyiso",
    title="NYISO Interconnection Queue",
    publisher="New York ISO",
    licence="published by the ISO for public use; no explicit licence",
    base_url="https://www.nyiso.com",
    cadence="monthly",
)
# The sheet of projects in service has its header on two rows.
_FIELDS = {
    "queue_id": "queue pos.",
    "project_name": "project name",
    "requested_date": "date of ir",
    "summer_mw": "sp (mw)",
    "winter_mw": "wp (mw)",
    "fuel": "type/ fuel",
    "county_name": "county|location county",
    "state": "state",
    "poi_name": "points of interconnection|interconnection point",
    "status_source_text": "s",
    "updated_date": "last updated date|last update",
    "proposed_date": "proposed cod",
    "in_service_date": "proposed in-service/initial backfeed date|proposed in-service",
}
# The sheets of withdrawn requests have no proposals.
_OPTIONAL = ("proposed_date", "in_service_date")
_SHEETS = {
    "interconnection queue",
    "cluster projects",
    "withdrawn",
    "cluster projects-withdrawn",
    "in service",
}
_STUDIED = ("1", "2", "3", "3a", "4", "5", "5p", "6", "7", "8", "9", "10", "p")
_STATUSES = {code: "active" for code in _STUDIED} | {
    "0": "withdrawn",
    "11": "active",
    "12": "under_construction",
    "13": "under_construction",
    "14": "operational",
    "15": "partially_operational",
}
# Requests of the cluster process carry the same steps with a C.
_STATUSES |= {f"{code}c": status for code, status in _STATUSES.items() if code.isdigit()}
_SIGNED = ("11", "12", "13", "14", "15")


def requests(asking: Asking) -> list[Request]:
    """Return the one request of a night: the whole workbook."""
    del asking
    path = "/documents/20142/1407078/NYISO-Interconnection-Queue.xlsx"
    return [Request(SOURCE.source_id, "public_queue", path, expects="xlsx", max_bytes=32_000_000)]


def parse(payload: Payload) -> Parsed:
    """Return the requests of a workbook.

    The workbook has no date of withdrawal or of operation. The row's last update stands for it, marked as estimated, as
    it does in LBNL's edition through 2023.

    Raises
    ------
    SourceBroken
        If a sheet or a column is missing, or the rows are not what the columns say.
    """
    found = sheets(payload)
    tables = find_tables(payload, found, _FIELDS, optional=_OPTIONAL)
    read = {sheet.casefold() for table in tables for sheet in table["source_sheet"].unique()}
    if missing := sorted(_SHEETS - read):
        broken(payload, f"has no requests on a sheet {missing[0]!r}")
    frame = with_powers(pl.concat(tables), ["summer_mw", "winter_mw"])
    frame = with_days(frame, ["requested_date", "updated_date", "proposed_date", "in_service_date"])
    # A spreadsheet gives the step as 14 or 14.0, by cell.
    frame = frame.with_columns(pl.col("status_source_text").str.replace(r"\.0+$", "")).with_columns(
        pl.col("status_source_text").str.to_lowercase().str.strip_suffix("c").alias("_step")
    )
    frame = with_status(frame, _STATUSES)
    is_over = pl.col("status").is_in(["operational", "withdrawn"]) & pl.col("updated_date").is_not_null()
    frame = frame.with_columns(
        pl.max_horizontal("summer_mw", "winter_mw").alias("capacity_mw"),
        pl.coalesce("proposed_date", "in_service_date").alias("proposed_date"),
        pl.when(pl.col("status") == "operational").then("updated_date").alias("actual_date"),
        pl.when(pl.col("status") == "withdrawn").then("updated_date").alias("withdrawn_date"),
        is_over.fill_null(value=False).alias("is_outcome_date_estimated"),
        pl.when(pl.col("status") != "withdrawn").then(pl.col("_step").is_in(_SIGNED)).alias("has_agreement"),
    )
    return finish(
        payload,
        frame,
        iso="NYISO",
        dataset="public_queue",
        snapshot=payload.retrieved_at_utc.date(),
        technology=["fuel"],
    )
