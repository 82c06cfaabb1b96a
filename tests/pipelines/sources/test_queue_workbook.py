"""Opening of what queues send: cut, packed beyond the limits, damaged, or something else altogether."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
from queue_payloads import answer, workbook

from pipelines.sources import (
    queue_caiso,
    queue_ercot,
    queue_isone,
    queue_lbnl,
    queue_miso,
    queue_nyiso,
    queue_pjm,
    queue_spp,
    queue_workbook,
)
from pipelines.sources.base import SourceBroken, SourceRefused
from pipelines.sources.queue_workbook import sheets

MODULES = [queue_caiso, queue_ercot, queue_isone, queue_lbnl, queue_miso, queue_nyiso, queue_pjm, queue_spp]


@pytest.mark.parametrize("end", ["2,", "2,30", '2,30,4,"Kin', ",", "2"])
def test_a_csv_file_that_ends_inside_a_row_is_cut(end):
    text = f"Queue Pos.,SP (MW),S,County\r\n1,20,4,Kern\r\n{end}"
    with pytest.raises(SourceBroken, match=r"cut|no whole CSV"):
        sheets(answer(text.encode()))
    (sheet,) = sheets(answer((text.removesuffix(end) + "2,30,4,Kings\r\n\r\n").encode()))
    assert sheet.cells.height == 3


def zip_of(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


FAR = b'<worksheet><sheetData><row r="1"><c r="A1"/></row><row r="1048576"><c r="XFD1048576"/></row></sheetData>'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (zip_of({"xl/workbook.xml": b"<a/>", "xl/worksheets/sheet1.xml": b"0" * 30_000_000}), "times its size"),
        (zip_of({"xl/workbook.xml": b"<a/>", "xl/worksheets/sheet1.xml": FAR}), "1048576 rows by 16384 columns"),
        (zip_of({"readme.txt": b"nothing"}), "0 workbooks"),
        (zip_of({"a.xlsx": b"1", "b.xlsx": b"2"}), "2 workbooks"),
        (zip_of({"a.xlsx": zip_of({"b.xlsx": b"1"})}), "whose workbook is none"),
        (zip_of({"xl/workbook.xml": b"no workbook at all"}), "cannot be read"),
        (b"PK\x03\x04 and then nothing", "cut or damaged"),
    ],
)
def test_archives_beyond_the_limits_are_broken_and_not_unpacked(content, words):
    with pytest.raises(SourceBroken, match=words):
        sheets(answer(content))


def test_an_archive_of_too_many_files_is_broken(monkeypatch):
    monkeypatch.setattr(queue_workbook, "MAX_MEMBERS", 3)
    with pytest.raises(SourceBroken, match="4 files"):
        sheets(answer(zip_of({str(number): b"" for number in range(4)})))


def test_a_flipped_byte_in_a_workbook_is_found_by_its_checksum():
    content = bytearray(
        workbook({"data": [["q_id", "q_status"], *[[f"Q{number}", "active"] for number in range(500)]]})
    )
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        place = archive.getinfo("xl/worksheets/sheet1.xml")
    content[place.header_offset + 90 + place.compress_size // 2] ^= 0xFF
    with pytest.raises(SourceBroken, match="cut or damaged"):
        queue_lbnl.parse(answer(bytes(content)))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rsplit(".", 1)[-1])
@pytest.mark.parametrize(
    ("content", "status", "kind"),
    [
        (b"", 200, SourceBroken),
        (b"<!DOCTYPE html><html><body>Pardon our interruption</body></html>", 200, SourceBroken),
        (b"\xff\xfe" + "Queue Pos.,County\r\n1,Kern\r\n".encode("utf-16-le"), 200, SourceBroken),
        (b"[]", 200, SourceBroken),
        (b"[1, 2, 3]", 200, SourceBroken),
        (b"[" * 100_000, 200, SourceBroken),
        (b'[{"projectNumber": "J1"', 200, SourceBroken),
        (b"a,b,c\n1,2,3\n", 200, SourceBroken),
        (b'"a,b\n', 200, SourceBroken),
        (b"Access Denied", 403, SourceRefused),
        (b"oops", 503, SourceBroken),
    ],
)
def test_answers_of_another_kind_are_refused_in_one_sentence(module, content, status, kind):
    with pytest.raises(kind) as caught:
        module.parse(answer(content, module.SOURCE.source_id, "public_queue", status))
    assert module.SOURCE.source_id in str(caught.value)


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets_are_not_read(state):
    book = openpyxl.Workbook()
    for name in ("Queue", "old copy"):
        sheet = book.create_sheet(name)
        sheet.append(["Queue Pos.", "County"])
        sheet.append(["1", "Kern"])
    book.remove(book.worksheets[0])
    target = io.BytesIO()
    book.save(target)
    assert [sheet.name for sheet in sheets(answer(target.getvalue()))] == ["Queue", "old copy"]
    book["old copy"].sheet_state = state
    target = io.BytesIO()
    book.save(target)
    assert [sheet.name for sheet in sheets(answer(target.getvalue()))] == ["Queue"]
