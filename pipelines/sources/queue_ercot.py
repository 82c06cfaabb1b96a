"""ERCOT's monthly GIS report: a listing of documents names the newest workbook of generation requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from pipelines.sources.asking import Asking
from pipelines.sources.base import NotPublishedYet, Parsed, Payload, Request, SourceInfo
from pipelines.sources.observations import body_json, broken, check_status
from pipelines.sources.queue_common import find_table, title_date, with_days, with_powers, with_status
from pipelines.sources.queue_projects import finish
from pipelines.sources.queue_workbook import Sheet, sheets

SOURCE = SourceInfo(
    source_id="queue_ercot",
    title="Generator Interconnection Status Report (PG7-200-ER)",
    publisher="ERCOT",
    licence="published by the ISO for public use; no explicit licence",
    base_url="https://www.ercot.com",
    cadence="monthly",
    calls_per_night="2: the listing, then the report",
)
_REPORT_TYPE = "15933"
_REPORT_NAME = "gis_report"
_COMMON = {
    "queue_id": "inr",
    "project_name": "project name",
    "county_name": "county",
    "fuel": "fuel",
}
_DETAILS = _COMMON | {
    "phase": "gim study phase|ginr study phase",
    "poi_name": "poi location",
    "proposed_date": "projected cod",
    "plant": "technology",
    "capacity_mw": "capacity (mw)",
    "requested_date": "screening study started",
    "study_date": "fis requested",
    "agreement_date": "ia signed",
}
# Small generators have no screening study and no phase.
_SMALL_LACKS = ("phase", "requested_date", "study_date")
_ENDED = _COMMON | {
    "capacity_mw": "mw **",
    "day": "inactive date|cancel date|approval date *",
    "step": "commissioning category",
}
# Sheets by their title line: status, and the column that takes their day.
_SHEETS = {
    "project details": "active",
    "project details - large gen": "active",
    "project details - small gen": "active",
    "inactive projects": "suspended",
    "cancellation update": "withdrawn",
    "commissioning update": "operational",
}
_SUMMARY, _TOTAL = "summary", "total interconnection requests"
_DETAILS_BEFORE = {"project details"}
_DETAILS_SINCE_2022 = {"project details - large gen", "project details - small gen"}
_OPERATION = "commercial operation"
_STATUSES = {
    "planned": "active",
    "inactive projects": "suspended",
    "cancellation update": "withdrawn",
    "commercial operation approved by ercot": "operational",
    "commercial operations approved by ercot": "operational",
}


def requests(asking: Asking) -> list[Request]:
    """Return the request for the listing of reports; `follow` names the workbook."""
    del asking
    params = (("reportTypeId", _REPORT_TYPE),)
    return [Request(SOURCE.source_id, "gis_report", "/misapp/servlets/IceDocListJsonWS", params, expects="json")]


def follow(request: Request, payload: Payload) -> Request | None:
    """Return the request for the newest GIS report of a listing, None where the payload is the report.

    Raises
    ------
    NotPublishedYet
        If the listing holds no such report.
    SourceBroken
        If it is no listing.
    """
    if not _is_listing(payload):
        return None
    check_status(payload)
    newest: tuple[datetime, str] | None = None
    for document in _documents(payload):
        if not str(document.get("FriendlyName", "")).lower().startswith(_REPORT_NAME):
            continue
        stamp, number = str(document.get("PublishDate", "")), str(document.get("DocID", ""))
        try:
            published = datetime.fromisoformat(stamp)
        except ValueError:
            broken(payload, f"has a document with the date {stamp[:40]!r}")
        if not number.isdigit() or published.tzinfo is None:
            broken(payload, "has a document without number or time zone")
        newest = max(newest, (published, number)) if newest else (published, number)
    if newest is None:
        raise NotPublishedYet(f"{SOURCE.source_id}: the listing holds no GIS report; ask again later.")
    return Request(
        SOURCE.source_id,
        f"{request.key}/workbook",
        "/misdownload/servlets/mirDownload",
        (("doclookupId", newest[1]),),
        expects="xlsx",
        max_bytes=32_000_000,
    )


def parse(payload: Payload) -> Parsed | None:
    """Return the requests of a report, None for the listing that names it.

    Of the month's commissioning approvals those of commercial operation are projects of their own; synchronisation and
    energisation are steps of projects that stand on another sheet. A day of 1900 or "Date Not Available" is unknown.
    The request enters the queue when its screening study starts, which is the day LBNL gives.

    Raises
    ------
    SourceBroken
        If a sheet or a column is missing, or the rows are not what the columns say.
    """
    if _is_listing(payload):
        _documents(payload)
        return None
    found = sheets(payload, wanted="|".join((*_SHEETS, _SUMMARY)))
    summary = next((sheet for sheet in found if sheet.name.casefold() == _SUMMARY), None)
    found = [sheet for sheet in found if sheet is not summary]
    held = {sheet.name.casefold() for sheet in found}
    needed = _SHEETS.keys() - (_DETAILS_SINCE_2022 if held >= _DETAILS_BEFORE else _DETAILS_BEFORE)
    if missing := sorted(needed - held):
        broken(payload, f"has no sheet {missing[0]!r}")
    frame = pl.concat([_read(payload, sheet) for sheet in found], how="diagonal")
    is_step = ~pl.col("step").str.to_lowercase().str.starts_with(_OPERATION)
    steps = frame.filter((pl.col("_status") == "operational") & is_step)
    frame = frame.join(steps, on=["source_sheet", "source_row"], how="anti", maintain_order="left")
    days = ["requested_date", "study_date", "proposed_date", "agreement_date", "day"]
    frame = with_days(with_powers(frame, ["capacity_mw"]), days)
    is_planned = pl.col("_status") == "active"
    notes = [f"{steps.height} approvals of energisation or synchronisation are steps of listed projects"]
    notes += _against_the_summary(payload, frame.filter(is_planned).height, summary)
    ended = pl.coalesce(pl.col("step").str.strip_chars("* "), pl.col("source_sheet"))
    own = pl.when(is_planned).then(pl.lit("planned")).otherwise(ended)
    frame = with_status(frame.with_columns(own.alias("status_source_text")), _STATUSES)
    frame = frame.with_columns(
        pl.coalesce(pl.when(is_planned).then("phase"), "status_source_text").alias("status_source_text"),
        pl.coalesce("requested_date", "study_date").alias("requested_date"),
        pl.when(pl.col("status") == "operational").then("day").alias("actual_date"),
        pl.when(pl.col("status") == "withdrawn").then("day").alias("withdrawn_date"),
        pl.when(is_planned).then(pl.col("agreement_date").is_not_null()).alias("has_agreement"),
        pl.lit("TX").alias("state"),
    )
    return finish(
        payload,
        frame,
        iso="ERCOT",
        dataset="gis_report",
        snapshot=title_date(payload, found, r"as of (?:the )?end of ([A-Za-z]+ \d{4})", is_month=True),
        technology=["fuel", "plant"],
        notes=notes,
    )


def _against_the_summary(payload: Payload, listed: int, summary: Sheet | None) -> list[str]:
    """Compare the requests under study with the total that the report states, and say how many it does not list.

    Requests are listed once they may be published: 79 to 94 % of the total in the recorded reports.

    Raises
    ------
    SourceBroken
        If more are listed than the total: rows or sheets are repeated. A report that is cut is found by `judging`.
    """
    stated = _stated_total(summary) if summary is not None else None
    if stated is None:
        return []
    if listed > stated:
        broken(payload, f"lists {listed} requests under study where its summary counts {stated}")
    return [f"{stated - listed} of the {stated} requests that its summary counts are not listed yet"]


def _stated_total(summary: Sheet) -> int | None:
    for row in summary.cells.iter_rows():
        texts = [cell for cell in row if cell]
        if len(texts) > 1 and texts[0].strip().casefold() == _TOTAL and texts[1].removesuffix(".0").isdigit():
            return int(texts[1].removesuffix(".0"))
    return None


def _read(payload: Payload, sheet: Sheet) -> pl.DataFrame:
    name = sheet.name.casefold()
    if _SHEETS[name] == "active":
        table = find_table(payload, sheet, _DETAILS, optional=_SMALL_LACKS if "small" in name else ())
    else:
        table = find_table(payload, sheet, _ENDED, optional=() if "commissioning" in name else ("step",))
    if table is None:
        broken(payload, f"has no header with INR on sheet {sheet.name!r}")
    return table.with_columns(pl.lit(_SHEETS[name]).alias("_status"))


def _is_listing(payload: Payload) -> bool:
    return payload.content.lstrip()[:1] == b"{"


def _documents(payload: Payload) -> list[dict[str, Any]]:
    listing = body_json(payload)
    try:
        listed = listing["ListDocsByRptTypeRes"]["DocumentList"]
    except (KeyError, TypeError):
        broken(payload, "is no listing of documents")
    entries = [listed] if isinstance(listed, dict) else listed
    if not isinstance(entries, list):
        broken(payload, "has a listing that is no list")
    documents = [entry.get("Document") if isinstance(entry, dict) else None for entry in entries]
    found = [document for document in documents if isinstance(document, dict)]
    if len(found) != len(documents):
        broken(payload, "has an entry of the listing that is no document")
    return found
