"""MISO's generator interconnection queue: one JSON array of all requests, or the web page's CSV export of it."""

from __future__ import annotations

import polars as pl

from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceInfo
from pipelines.sources.observations import broken
from pipelines.sources.queue_common import blank, find_table, with_days, with_powers, with_status
from pipelines.sources.queue_projects import finish
from pipelines.sources.queue_workbook import sheets

SOURCE = SourceInfo(
    source_id="queue_miso",
    title="Generator Interconnection Queue",
    publisher="Midcontinent ISO",
    licence="published by the ISO for public use; no explicit licence",
    base_url="https://www.misoenergy.org",
    cadence="daily",
)
_FIELDS = {
    "queue_id": "projectnumber|project #",
    "application": "applicationstatus|request status",
    "after_agreement": "postgiastatus|post gia status",
    "requested_date": "queuedate|queue date",
    "withdrawn_date": "withdrawndate|withdrawn date",
    "done_date": "donedate|done date",
    "in_service_date": "inservice|appl in service date",
    "negotiated_date": "neginservice|negotiated in service date",
    "to_execute_date": "giatoexec",
    "county_name": "county",
    "state": "state",
    "poi_name": "poiname|poi name",
    "summer_mw": "summernetmw|summer mw",
    "winter_mw": "winternetmw|winter mw",
    "fuel": "fueltype|fuel",
    "facility": "facilitytype|generating facility",
}
# The CSV export of the web page has no such column.
_OPTIONAL = ("to_execute_date",)
_DONE = ("done", "legacy: done")
_STATUSES = {
    "active": "active",
    "pending transfer": "active",
    "pending revision approval": "active",
    "withdrawn": "withdrawn",
    "done": "active",
    "legacy: done": "active",
}
_AFTER_AGREEMENT = {
    "in service": "operational",
    "in service (with provisional gia)": "operational",
    "under construction": "under_construction",
    "withdrawn": "withdrawn",
    "not started": "active",
}


def requests(asking: Asking) -> list[Request]:
    """Return the one request of a night: all projects."""
    del asking
    return [Request(SOURCE.source_id, "getprojects", "/api/giqueue/getprojects", expects="json", max_bytes=16_000_000)]


def parse(payload: Payload) -> Parsed:
    """Return the requests of an answer.

    Stamps are UTC of Eastern or Central midnights; days are taken in Eastern time. The study being done means that the
    agreement is signed (LBNL reads the same day so); what stands after it decides between waiting, building and
    running. The actual day of operation is not published: the negotiated one is a proposal.

    Raises
    ------
    SourceBroken
        If the answer is no array of projects, or the rows are not what the names say.
    """
    table = find_table(payload, sheets(payload)[0], _FIELDS, optional=_OPTIONAL)
    if table is None:
        broken(payload, "has no projectNumber")
    frame = with_powers(table, ["summer_mw", "winter_mw"])
    days = ["requested_date", "withdrawn_date", "done_date", "in_service_date", "negotiated_date", "to_execute_date"]
    frame = with_days(frame, days, zone="America/New_York")
    own, after = pl.col("application"), blank(pl.col("after_agreement"))
    is_done = own.str.to_lowercase().is_in(_DONE).fill_null(value=False)
    written = pl.concat_str([own, pl.when(is_done).then(after)], separator=" | ", ignore_nulls=True)
    words = dict(_STATUSES)
    words |= {f"{done} | {later}": status for done in _DONE for later, status in _AFTER_AGREEMENT.items()}
    frame = with_status(frame.with_columns(pl.when(own.is_not_null()).then(written).alias("status_source_text")), words)
    agreed = pl.when(is_done).then(pl.coalesce("done_date", "to_execute_date")).otherwise("done_date")
    frame = frame.with_columns(
        pl.max_horizontal("summer_mw", "winter_mw").alias("capacity_mw"),
        agreed.alias("agreement_date"),
        (is_done | pl.col("done_date").is_not_null()).alias("has_agreement"),
        pl.coalesce("negotiated_date", "in_service_date").alias("proposed_date"),
    ).rename({"_unread_in_service_date": "_unread_proposed_date", "_unread_done_date": "_unread_agreement_date"})
    return finish(
        payload,
        frame,
        iso="MISO",
        dataset="getprojects",
        snapshot=payload.retrieved_at_utc.date(),
        technology=["fuel", "facility"],
    )
