"""ISO New England's public queue: generation, elective transmission and transmission service on one sheet."""

from __future__ import annotations

import polars as pl

from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceInfo
from pipelines.sources.observations import broken
from pipelines.sources.queue_common import because, blank, find_tables, title_date, with_days, with_powers, with_status
from pipelines.sources.queue_projects import finish
from pipelines.sources.queue_workbook import sheets

SOURCE = SourceInfo(
    source_id="queue_isone",
    title="Interconnection Request Queue, public export of the IRTT",
    publisher="ISO New England",
    licence="published by the ISO for public use; no explicit licence",
    base_url="https://irtt.iso-ne.com",
    cadence="daily",
)
_FIELDS = {
    "queue_id": "position",
    "kind": "type",
    "requested_date": "requested",
    "project_name": "alternative name",
    "unit": "unit",
    "fuel": "fuel type",
    "net_mw": "net mw",
    "summer_mw": "summer mw",
    "winter_mw": "winter mw",
    "county_name": "county",
    "state": "state",
    "operation_date": "op date",
    "withdrawn_date": "w/ d date",
    "poi_name": "interconnection location",
    "agreement": "ia",
    "own_status": "project status",
}
_STATUSES = {
    "withdrawn": "withdrawn",
    "under study": "active",
    "under construction": "under_construction",
    "partially in service": "partially_operational",
    "in service": "operational",
    "suspended": "suspended",
    "(blank, operation date passed)": "operational",
    "(blank, operation date ahead)": "active",
}
_KINDS = ("g", "etu", "ts")


def requests(asking: Asking) -> list[Request]:
    """Return the one request of a night: the export of the whole queue."""
    del asking
    return [
        Request(SOURCE.source_id, "public_queue", "/reports/exportpublicqueue", expects="xlsx", max_bytes=32_000_000)
    ]


def parse(payload: Payload) -> Parsed:
    """Return the requests of an export.

    A filled withdrawal date means withdrawn, whatever the status says. Most rows have neither: they are operating
    where the operation date lies before the export and active where it lies ahead, which is how LBNL's edition
    through 2023 classes 156 of the 159 such requests that it shares with the recorded export. Net MW is what a
    request adds, the larger of summer and winter the whole facility.

    Raises
    ------
    SourceBroken
        If a column is missing, or the rows are not what the columns say.
    """
    found = sheets(payload)
    tables = find_tables(payload, found, _FIELDS)
    if len(tables) != 1:
        broken(payload, f"has {len(tables)} sheets with a queue in them, expected one")
    snapshot = title_date(payload, found, r"as of:\s*(\S+)")
    frame = with_powers(tables[0], ["net_mw", "summer_mw", "winter_mw"])
    frame = with_days(frame, ["requested_date", "operation_date", "withdrawn_date"])
    is_past = pl.col("operation_date") <= pl.lit(snapshot)
    status = (
        pl.when(pl.col("withdrawn_date").is_not_null() | pl.col("_unread_withdrawn_date"))
        .then(pl.lit("Withdrawn"))
        .when(blank(pl.col("own_status")).is_not_null())
        .then("own_status")
        .when(is_past)
        .then(pl.lit("(blank, operation date passed)"))
        .otherwise(pl.lit("(blank, operation date ahead)"))
    )
    frame = with_status(frame.with_columns(status.alias("status_source_text")), _STATUSES)
    kind = pl.col("kind").str.to_lowercase()
    whole = pl.max_horizontal("summer_mw", "winter_mw")
    frame = frame.with_columns(
        because(~kind.is_in(_KINDS).fill_null(value=False), "type '", pl.col("kind").fill_null(""), "' is unknown"),
        pl.when(kind != "g").then(pl.lit("transmission")).alias("technology_override"),
        pl.coalesce("net_mw", whole).alias("capacity_mw"),
        whole.alias("facility_mw"),
        (pl.col("agreement").str.to_lowercase() == "executed").fill_null(value=False).alias("has_agreement"),
        pl.when(pl.col("status") == "operational").then("operation_date").alias("actual_date"),
        pl.when(pl.col("status") != "operational").then("operation_date").alias("proposed_date"),
    ).rename({"_unread_operation_date": "_unread_proposed_date"})
    # A signed agreement is not recorded on old rows; a plant that runs has one.
    frame = frame.with_columns((pl.col("has_agreement") | (pl.col("status") == "operational")).alias("has_agreement"))
    return finish(payload, frame, iso="ISO-NE", dataset="public_queue", snapshot=snapshot, technology=["fuel", "unit"])
