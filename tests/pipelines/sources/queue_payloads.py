"""Answers of queues made up for tests: any bytes, and workbooks of given rows."""

from __future__ import annotations

import io
import json
from datetime import datetime

import xlsxwriter

from pipelines.sources.base import Payload

FETCHED = datetime(2026, 7, 2, 3, 0)


def answer(content: bytes, source: str = "queue_lbnl", key: str = "thru2024", status: int = 200) -> Payload:
    return Payload(source, key, content, "https://example.org/file", status, FETCHED)


def workbook(tables: dict[str, list[list[object]]]) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"default_date_format": "yyyy-mm-dd"})
    for name, rows in tables.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    return target.getvalue()


def miso_projects(count: int = 40) -> bytes:
    """Return MISO's JSON of requests: waiting, withdrawn and in service in turn."""
    states = (("Active", ""), ("Withdrawn", ""), ("Done", "In Service"))
    return json.dumps(
        [
            {
                "id": 3_000_000 + number,
                "projectNumber": f"J{1000 + number}",
                "queueDate": f"2023-{1 + number % 12:02d}-07T05:00:00+00:00",
                "inService": "2029-09-01T04:00:00+00:00",
                "transmissionOwner": "MADE UP POWER",
                "county": "Polk",
                "state": "IA",
                "poiName": f"Station {number}",
                "summerNetMW": 50.0 + number,
                "winterNetMW": 50.0 + number,
                "fuelType": "Solar",
                "facilityType": "Photovoltaic",
                "applicationStatus": states[number % 3][0],
                "postGIAStatus": states[number % 3][1],
                "withdrawnDate": "2024-05-06T04:00:00+00:00" if number % 3 == 1 else None,
                "negInService": None,
                "doneDate": "2024-03-04T05:00:00+00:00" if number % 3 == 2 else None,
                "giaToExec": None,
            }
            for number in range(count)
        ]
    ).encode()
