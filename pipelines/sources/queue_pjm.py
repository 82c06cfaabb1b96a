"""PJM's serial queue, under the rules before 2023; reads the export of the later cycles as well."""

from __future__ import annotations

import polars as pl

from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceInfo
from pipelines.sources.observations import broken
from pipelines.sources.queue_common import find_tables, with_days, with_powers, with_status
from pipelines.sources.queue_projects import finish
from pipelines.sources.queue_workbook import sheets
from pipelines.sources.user_files import UserFile

SOURCE = SourceInfo(
    source_id="queue_pjm",
    title="Planning queue export",
    publisher="PJM Interconnection",
    licence="published by the ISO for public use; PJM restricts redistribution",
    base_url="https://services.pjm.com",
    key_setting="pjm_queue_key",
    cadence="daily",
)
_PAGE = "https://www.pjm.com"
_FIELDS = {
    "queue_id": "project id",
    "name": "name",
    "commercial_name": "commercial name",
    "state": "state",
    "county_name": "county",
    "status_source_text": "status",
    "kind": "project type",
    "facility_mw": "mfo",
    "energy_mw": "mw energy",
    "rights_mw": "mw capacity",
    "fuel": "fuel",
    "requested_date": "submitted date",
    "planned_date": "commercial operation milestone",
    "asked_date": "requested in-service date",
    "revised_date": "revised in service date|revised in-service date",
    "actual_date": "actual in service date|actual in-service date",
    "withdrawn_date": "withdrawal date|withdrawn date",
    "cycle": "cycle",
}
# The serial queue has no cycle and no requested date, the transition export of 2026 no revised one.
_OPTIONAL = ("asked_date", "revised_date", "cycle")
_STATUSES = {
    "active": "active",
    "pending": "active",
    "confirmed": "active",
    "renewal": "active",
    "engineering and procurement": "active",
    "engineering procurement": "active",
    "ep": "active",
    "suspended": "suspended",
    "under construction": "under_construction",
    "uc": "under_construction",
    "partially in service - under construction": "partially_operational",
    "under construction - in service": "partially_operational",
    "active-in service": "partially_operational",
    "uc-isp": "partially_operational",
    "in service": "operational",
    "withdrawn": "withdrawn",
    "canceled": "withdrawn",
    "cancelled": "withdrawn",
    "annulled": "withdrawn",
    "retracted": "withdrawn",
    "deactivated": "retired",
}
# Before these PJM and the developer have signed; a withdrawn request may have been either.
_UNSIGNED = ("active", "pending")


def requests(asking: Asking) -> list[Request]:
    """Return the one request of a night, with the key of PJM's public page; none where the user brings the export."""
    if asking.settings.queue_pjm_file is not None:
        return []
    return [
        Request(
            SOURCE.source_id,
            "serial",
            "/PJMPlanningApi/api/Queue/ExportToXls",
            secret_param="header:api-subscription-key",
            method="POST",
            headers=(("Origin", _PAGE), ("Referer", f"{_PAGE}/")),
            expects="xlsx",
            max_bytes=64_000_000,
        )
    ]


def user_files(asking: Asking) -> list[UserFile]:
    """Return the export that the user brings, if any."""
    path = asking.settings.queue_pjm_file
    return [] if path is None else [UserFile(SOURCE.source_id, "serial", path, "queue_pjm_file")]


def parse(payload: Payload) -> Parsed:
    """Return the requests of one of the exports; the columns say which it is.

    What is requested is MW Energy: for an uprate it is the addition, where the maximum facility output is the whole
    plant. It is 0 for requests of capacity rights alone.

    Raises
    ------
    SourceBroken
        If a column is missing, or the rows are not what the columns say.
    """
    found = sheets(payload, wanted="(?!.*mapping).*")
    tables = find_tables(payload, found, _FIELDS, optional=_OPTIONAL)
    if len(tables) != 1:
        broken(payload, f"has {len(tables)} sheets with a queue in them, expected one")
    frame = with_powers(tables[0], ["facility_mw", "energy_mw", "rights_mw"])
    days = ["requested_date", "planned_date", "asked_date", "revised_date", "actual_date", "withdrawn_date"]
    frame = with_status(with_days(frame, days), _STATUSES)
    own = pl.col("status_source_text").str.to_lowercase()
    frame = frame.with_columns(
        pl.coalesce("commercial_name", "name").alias("project_name"),
        pl.col("name").alias("poi_name"),
        pl.coalesce("energy_mw", "rights_mw", "facility_mw").alias("capacity_mw"),
        pl.coalesce("revised_date", "planned_date", "asked_date").alias("proposed_date"),
        pl.when(pl.col("status") != "withdrawn").then(~own.is_in(_UNSIGNED)).alias("has_agreement"),
        pl.when(pl.col("kind").str.to_lowercase() == "merchant transmission")
        .then(pl.lit("transmission"))
        .alias("technology_override"),
    ).rename({"_unread_planned_date": "_unread_proposed_date"})
    return finish(
        payload,
        frame,
        iso="PJM",
        dataset="serial" if frame["cycle"].is_null().all() else "cycle",
        snapshot=payload.retrieved_at_utc.date(),
        technology=["fuel"],
    )
