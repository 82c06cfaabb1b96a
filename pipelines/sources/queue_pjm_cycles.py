"""PJM's projects under the rules since 2023, transition and later cycles: the export of its public page; no key."""

from __future__ import annotations

import json

from pipelines.sources import queue_pjm
from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceInfo
from pipelines.sources.observations import broken

SOURCE = SourceInfo(
    source_id="queue_pjm_cycles",
    title="Cycle service request status",
    publisher="PJM Interconnection",
    licence="published by the ISO for public use; PJM restricts redistribution",
    base_url="https://www.pjm.com",
    cadence="daily",
)
KEY = "cycle"
_PATH = "/m/ProjectTransition/GenerateExcelTransitionProjectsAll"
# What the page sends with its button "all projects": its grid, its tab of projects, no filter, the first page.
_GRID = {
    "GridName": "ProjectTransition",
    "ItemType": 0,
    "Items": [
        {"ItemType": 3, "FilterName": "ProjectTypesTabs", "IsSingleItem": False, "Filter": ["Select Project Type"]},
        {"ItemType": 1, "FilterName": "HiddenTab", "IsSingleItem": True, "Filter": "Desc"},
        {"ItemType": 1, "FilterName": "ReportType", "IsSingleItem": True, "Filter": "SISReport"},
    ],
    "Paginator": {"ItemType": 7, "CurrentItmsPerPageValue": "5000", "CurrentPageIndex": "1"},
    "Sort": "QueueNumber",
    "SortDirection": "asc",
    "RelatedGridsFilters": "",
}


def requests(asking: Asking) -> list[Request]:
    """Return the one request of a night, a form as the page sends it."""
    del asking
    return [
        Request(
            SOURCE.source_id,
            KEY,
            _PATH,
            method="POST",
            form=(("jsonModel", json.dumps(_GRID, separators=(",", ":"))),),
            headers=(
                ("Origin", SOURCE.base_url),
                ("Referer", f"{SOURCE.base_url}/planning/service-requests/cycle-service-request-status"),
                ("X-Requested-With", "XMLHttpRequest"),
            ),
            expects="xlsx",
        )
    ]


def parse(payload: Payload) -> Parsed:
    """Return the requests of the export.

    Raises
    ------
    SourceBroken
        If a column is missing, the rows are not what the columns say, or they are those of the serial queue.
    """
    found = queue_pjm.parse(payload)
    if (found.rows["dataset"] != KEY).any():
        broken(payload, "has no column of the cycle, so it is not the export of the cycles")
    return found
