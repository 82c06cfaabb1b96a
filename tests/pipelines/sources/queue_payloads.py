"""Answers of queues made up for tests: any bytes, and workbooks of given rows."""

from __future__ import annotations

import io
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
