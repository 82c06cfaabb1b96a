"""CAISO's public queue report: a workbook of active, completed and withdrawn generation requests."""

from __future__ import annotations

import polars as pl

from pipelines.ordered import row_sum
from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceInfo
from pipelines.sources.observations import broken
from pipelines.sources.queue_common import find_tables, title_date, with_days, with_powers, with_status
from pipelines.sources.queue_projects import finish
from pipelines.sources.queue_workbook import sheets

SOURCE = SourceInfo(
    source_id="queue_caiso",
    title="Public Queue Report",
    publisher="California ISO",
    licence="published by the ISO for public use; no explicit licence",
    base_url="https://www.caiso.com",
    cadence="daily",
)
_FIELDS = {
    "queue_id": "queue position",
    "project_name": "project name|project name - confidential",
    "requested_date": "queue date",
    "status_source_text": "application status",
    "withdrawn_date": "withdrawn date",
    "type_1": "type-1",
    "type_2": "type-2",
    "type_3": "type-3",
    "fuel_1": "fuel-1",
    "fuel_2": "fuel-2",
    "fuel_3": "fuel-3",
    "mw_1": "mw-1",
    "mw_2": "mw-2",
    "mw_3": "mw-3",
    "capacity_mw": "net mws to grid",
    "county_name": "county",
    "state": "state",
    "poi_name": "station or transmission line",
    "first_proposed_date": "proposed on-line date (as filed with ir)",
    "current_date": "current on-line date",
    "actual_date": "actual on-line date",
    "suspension": "suspension status",
    "agreement": "interconnection agreement status",
}
# Each of these stands on some of the three sheets only.
_OPTIONAL = ("withdrawn_date", "current_date", "actual_date", "suspension")
_STATUSES = {"active": "active", "completed": "operational", "withdrawn": "withdrawn"}
_STORAGE = ("battery", "flywheel", "gravity via rail", "pumped-storage hydro")
_MW = ["mw_1", "mw_2", "mw_3"]


def requests(asking: Asking) -> list[Request]:
    """Return the one request of a night: the whole report."""
    del asking
    return [
        Request(
            SOURCE.source_id,
            "public_queue",
            "/PublishedDocuments/PublicQueueReport.xlsx",
            expects="xlsx",
            max_bytes=32_000_000,
        )
    ]


def parse(payload: Payload) -> Parsed:
    """Return the requests of a report.

    Days: the queue stamps are UTC of Pacific midnights, the others plain or the same; all are taken in Pacific time.

    Raises
    ------
    SourceBroken
        If a sheet or a column is missing, or the rows are not what the columns say.
    """
    found = sheets(payload)
    tables = find_tables(payload, found, _FIELDS, optional=_OPTIONAL)
    if not tables:
        broken(payload, "has no sheet with a queue in it")
    frame = pl.concat(tables)
    kinds = set(frame["status_source_text"].str.to_lowercase().drop_nulls())
    if missing := sorted(set(_STATUSES) - kinds):
        broken(payload, f"has no {missing[0]} requests; a sheet is missing")
    frame = with_powers(frame, [*_MW, "capacity_mw"])
    days = ["requested_date", "withdrawn_date", "first_proposed_date", "current_date", "actual_date"]
    frame = with_status(with_days(frame, days, zone="America/Los_Angeles"), _STATUSES)
    frame = frame.with_columns(_type(index) for index in (1, 2, 3))
    storage = row_sum(
        pl.when(pl.col(f"fuel_{index}").str.to_lowercase().is_in(_STORAGE)).then(f"mw_{index}") for index in (1, 2, 3)
    )
    is_suspended = (pl.col("status") == "active") & (pl.col("suspension").str.to_lowercase() == "suspended")
    frame = frame.with_columns(
        pl.when(is_suspended.fill_null(value=False)).then(pl.lit("suspended")).otherwise("status").alias("status"),
        pl.coalesce("current_date", "first_proposed_date").alias("proposed_date"),
        (pl.col("agreement").str.to_lowercase() == "executed").alias("has_agreement"),
        row_sum(_MW).alias("facility_mw"),
        pl.when(storage > 0).then(storage).alias("storage_mw"),
    ).rename({"_unread_current_date": "_unread_proposed_date"})
    return finish(
        payload,
        frame,
        iso="CAISO",
        dataset="public_queue",
        snapshot=title_date(payload, found, r"report run date:\s*(\S+)"),
        technology=["fuel_1", "type_1", "fuel_2", "type_2", "fuel_3", "type_3"],
    )


def _type(index: int) -> pl.Expr:
    """Return a type column without the word "Storage": the fuel says which kind, and water stored is pumped."""
    is_storage = (pl.col(f"type_{index}").str.to_lowercase() == "storage").fill_null(value=False)
    fuel = pl.col(f"fuel_{index}").str.to_lowercase()
    return (
        pl.when(is_storage & (fuel == "water"))
        .then(pl.lit("Pumped Storage"))
        .when(~(is_storage & fuel.is_not_null()))
        .then(f"type_{index}")
        .alias(f"type_{index}")
    )
