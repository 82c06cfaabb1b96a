"""Bytes made to cost memory or time, and what reading them takes; run as a process of its own under limits.

`python hostile.py` reads names of parsers from its arguments (all without any) and writes one JSON line per parser and
kind of bytes: the peak of its resident memory above what it had before, the seconds, and what the parser answered.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import random
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

import xlsxwriter

from pipelines.errors import FirstmwError
from pipelines.settings import Settings
from pipelines.sources.base import Payload, SourceError
from pipelines.sources.parsing import Connector, _checked
from pipelines.sources.registry import connectors
from pipelines.weather.readers import read_weather_file

LIMIT_BYTES, LIMIT_SECONDS = 4_000_000_000, 300
_NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def _zip(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


@cache
def _plain_book() -> dict[str, bytes]:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    book.add_worksheet("data").write(0, 0, "text")
    book.close()
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _book(sheet: str, strings: str = "", ballast: bytes = b"") -> bytes:
    """Return a workbook of one sheet; ballast that does not shrink keeps its ratio low."""
    own = {
        "xl/sharedStrings.xml": f"<sst {_NAMESPACE}>{strings}</sst>".encode(),
        "xl/worksheets/sheet1.xml": f"<worksheet {_NAMESPACE}><sheetData>{sheet}</sheetData></worksheet>".encode(),
        "media/ballast.bin": ballast,
    }
    return _zip(_plain_book() | own)


def _noise(count: int) -> str:
    return random.Random(1).randbytes(count // 2).hex()


def _rows(rows: int, columns: int, cell: Callable[[int, int], str]) -> str:
    return "".join(
        f'<row r="{row}">{"".join(cell(row, column) for column in range(columns))}</row>' for row in range(1, rows + 1)
    )


@cache
def hostile() -> dict[str, bytes]:
    """Return every kind of bytes by its name."""
    shared = _rows(500, 20, lambda row, column: f'<c r="{chr(65 + column)}{row}" t="s"><v>0</v></c>')
    unplaced = _rows(1, 500_000, lambda _, __: "<c/>")
    return {
        "zip of zeros": _zip({"2024_Gaz_counties_national.txt": bytes(100_000_000)}),
        "workbook of zeros": _zip({"xl/workbook.xml": b"<a/>", "xl/worksheets/sheet1.xml": bytes(100_000_000)}),
        "zip in zip": _zip({"a.xlsx": _zip({"xl/workbook.xml": bytes(100_000_000)})}),
        "text shared by ten thousand cells": _book(shared, f"<si><t>{_noise(400_000)}</t></si>"),
        "cells without a place": _book(unplaced, ballast=random.Random(2).randbytes(1_000_000)),
        "cells far apart": _book('<row r="1"><c r="A1"/></row><row r="1048576"><c r="XFD1048576"/></row>'),
        "one line": b"a,b\n" + b"x," * 4_000_000,
        "one field": b"a,b\n1," + b"x" * 8_000_000 + b"\n",
        "lines of nothing": b"a,b\n" + b"\n" * 8_000_000,
        "lines of commas": b"a,b\n" + b",\n" * 3_000_000,
        "wide head": b",".join(b"c%d" % number for number in range(200_000)) + b"\n1,2\n",
        "quote that never ends": b'a,b\n"' + b"x,\n" * 2_000_000,
        "deep JSON": b"[" * 4_000_000,
        "deep JSON objects": b'{"a":' * 1_000_000,
        "wide JSON": b'{"response":{"data":[' + b'{"period":"2025-01","value":1},' * 100_000 + b"{}]}}",
        "JSON of brackets": b"[" + b"[]," * 1_000_000 + b"[]]",
        "names of one JSON array": json.dumps([{f"n{number}": 1} for number in range(4000)]).encode(),
        "huge numbers": b"a,b\n" + b"9" * 1_000_000 + b"," + b"1e" + b"9" * 1_000_000 + b"\n",
        "JSON of a huge number": b'{"response":{"total":' + b"9" * 1_000_000 + b',"data":[]}}',
        "JSON of a huge exponent": b'[{"a":1e999999999999},{"a":-1e99999}]',
    }


def _peak(key: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    raise RuntimeError(key)


def measured(read: Callable[[], object]) -> dict[str, object]:
    """Return what a reading took and how it ended."""
    gc.collect()
    # Sets the peak of the resident memory back to what there is now.
    Path("/proc/self/clear_refs").write_text("5")
    before, started = _peak("VmRSS"), time.monotonic()
    try:
        read()
        answer = "read"
    except (FirstmwError, SourceError) as error:
        answer = f"{type(error).__name__}: {error}"[:200]
    return {"seconds": round(time.monotonic() - started, 2), "bytes": _peak("VmHWM") - before, "answer": answer}


def _payload(connector: Connector, content: bytes) -> Payload:
    source = connector.source.source_id
    key = {"census_counties": "counties/2024", "county_zones": "county2zone", "nri": "counties"}.get(source, "x/2024")
    return Payload(source, key, content, "https://example.org/", 200, datetime(2026, 9, 1))


def main() -> None:
    """Read everything with every parser that is named."""
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_SECONDS, LIMIT_SECONDS))
    chosen = set(sys.argv[1:])
    kinds = hostile()
    for connector in connectors(Settings()):
        source = connector.source.source_id
        if chosen and source not in chosen:
            continue
        for kind, content in kinds.items():
            print(json.dumps({"parser": source, "kind": kind}), flush=True)
            seen = measured(lambda c=connector, b=content: _checked(c, _payload(c, b)))  # type: ignore[misc]
            print(json.dumps({"parser": source, "kind": kind, "size": len(content), **seen}), flush=True)
    if chosen and "weather files" not in chosen:
        return
    with tempfile.TemporaryDirectory() as folder:
        for kind, content in kinds.items():
            for suffix in ("csv", "epw", "tmy3"):
                path = Path(folder) / f"file.{suffix}"
                path.write_bytes(content)
                name = f"weather files, {suffix}"
                print(json.dumps({"parser": name, "kind": kind}), flush=True)
                seen = measured(lambda p=path: read_weather_file(p))  # type: ignore[misc]
                print(json.dumps({"parser": name, "kind": kind, "size": len(content), **seen}), flush=True)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
