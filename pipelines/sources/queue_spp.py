"""SPP's generator interconnection requests: CSV files of the active ones and of all."""

from __future__ import annotations

import polars as pl

from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceInfo
from pipelines.sources.observations import broken
from pipelines.sources.queue_common import find_tables, title_date, with_days, with_powers, with_status
from pipelines.sources.queue_projects import finish
from pipelines.sources.queue_workbook import sheets

SOURCE = SourceInfo(
    source_id="queue_spp",
    title="Generator Interconnection Requests, active and summary",
    publisher="Southwest Power Pool",
    licence="published by the ISO for public use; no explicit licence",
    base_url="https://opsportal.spp.org",
    cadence="daily",
    calls_per_night="2",
)
_FIELDS = {
    "queue_id": "generation interconnection number",
    "county_name": "nearest town or county",
    "state": "state",
    "in_service_date": "in-service date",
    "operation_date": "commercial operation date",
    "capacity_mw": "capacity",
    "nameplate_mw": "nameplate capacity",
    "generation": "generation type",
    "fuel": "fuel type",
    "poi_name": "substation or line",
    "requested_date": "request received",
    "withdrawn_date": "date withdrawn",
    "status_source_text": "status",
}
# Added in 2026.
_OPTIONAL = ("nameplate_mw",)
_STATUSES = {
    "disis stage": "active",
    "facility study stage": "active",
    "special study": "active",
    "eras": "active",
    "ics": "active",
    "ia pending": "active",
    "ia fully executed/on schedule": "active",
    "ia fully executed/on suspension": "suspended",
    "ia fully executed/commercial operation": "operational",
    "withdrawn": "withdrawn",
}


def requests(asking: Asking) -> list[Request]:
    """Return the requests of a night: the active list, and the summary, which has the withdrawn requests too."""
    del asking
    return [
        Request(SOURCE.source_id, key, f"/Studies/Generate{name}CSV", expects="csv", max_bytes=32_000_000)
        for key, name in (("active", "Active"), ("summary", "Summary"))
    ]


def parse(payload: Payload) -> Parsed:
    """Return the requests of one of the two files.

    The date of commercial operation is the actual one where the request is in commercial operation and the day has
    come, else a proposal; the in-service date is that of the connection.

    Raises
    ------
    SourceBroken
        If a column is missing, or the rows are not what the columns say.
    """
    found = sheets(payload)
    tables = find_tables(payload, found, _FIELDS, optional=_OPTIONAL)
    if len(tables) != 1:
        broken(payload, "has no generation interconnection numbers")
    snapshot = title_date(payload, found, r"last updated on\s*(\S+)")
    frame = with_powers(tables[0], ["capacity_mw", "nameplate_mw"])
    frame = with_days(frame, ["requested_date", "withdrawn_date", "in_service_date", "operation_date"])
    frame = with_status(frame, _STATUSES)
    runs = (pl.col("status") == "operational") & (pl.col("operation_date") <= pl.lit(snapshot))
    own = pl.col("status_source_text").str.to_lowercase()
    frame = frame.with_columns(
        pl.when(pl.col("nameplate_mw") > 0).then("nameplate_mw").alias("facility_mw"),
        pl.when(runs).then("operation_date").alias("actual_date"),
        pl.when(~runs.fill_null(value=False))
        .then(pl.coalesce("operation_date", "in_service_date"))
        .alias("proposed_date"),
        pl.when(own != "withdrawn").then(own.str.starts_with("ia fully executed")).alias("has_agreement"),
    ).rename({"_unread_operation_date": "_unread_proposed_date"})
    return finish(
        payload,
        frame,
        iso="SPP",
        dataset="summary" if payload.key == "summary" else "active",
        snapshot=snapshot,
        technology=["generation", "fuel"],
    )
