"""Damaged queues: whatever happens to a file on its way, it is read right, row by row, or refused in one sentence."""

from __future__ import annotations

import csv
import importlib
import io
import json
from datetime import datetime
from functools import cache
from pathlib import Path

import fastexcel
import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.sources.base import Parsed, Payload, SourceBroken, SourceError
from pipelines.sources.queue_projects import TABLE

REAL = Path(__file__).parents[4] / "shared" / "real"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the folder ../shared with recorded payloads is not there")
FETCHED = datetime(2026, 7, 2)
SAMPLE = 60
CSV_FILES = {
    "queue_isone": "queue_isone/exportpublicqueue_2026-07-01_rewritten.csv",
    "queue_lbnl": "queue_lbnl/thru2023_cleaned_subset.csv",
    "queue_pjm": "queue_pjm/TransitionProjectsAll_2026-07-01_rewritten.csv",
    "queue_spp": "queue_spp/GenerateActiveCSV_2026-07-01_rewritten.csv",
    "queue_miso": "queue_miso/MISO_GI_Interactive_Queue_2025-01.csv",
}
# Without the column of this header nothing may come through.
NEEDED = {
    "queue_isone": ["Position", "Requested", "Net MW", "State", "W/ D Date", "Project Status", "Fuel Type"],
    "queue_lbnl": ["q_id", "q_status", "q_date", "mw1", "type1", "state", "entity"],
    "queue_pjm": ["Project ID", "Status", "MW Energy", "Fuel", "Submitted Date", "Withdrawn Date", "State"],
    "queue_spp": ["Generation Interconnection Number", "Status", "Capacity", "Generation Type", "Request Received"],
    "queue_miso": ["Project #", "Request Status", "Queue Date", "Summer MW", "Fuel", "State", "Withdrawn Date"],
}
POWER = {
    "queue_isone": "Net MW",
    "queue_lbnl": "mw1",
    "queue_pjm": "MW Energy",
    "queue_spp": "Capacity",
    "queue_miso": "Summer MW",
}
GARBAGE = ["1e30", "-7", "many", "9" * 400, "inf", "0x10", "=1+1", "<td>5</td>", "2025-13-45", "grape", "🍉", "\x07"]
quick = settings(max_examples=9, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def table(source: str) -> tuple[tuple[str, ...], ...]:
    """Return the header and some rows, spread over the whole file, of a recorded CSV."""
    with (REAL / CSV_FILES[source]).open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    step = len(lines) // SAMPLE
    return tuple(map(tuple, [header, *lines[1 : SAMPLE * step : step]]))


def text_of(rows) -> str:
    target = io.StringIO(newline="")
    csv.writer(target).writerows(rows)
    return target.getvalue()


def parse(source: str, content: bytes, key: str = "thru2023") -> Parsed:
    module = importlib.import_module(f"pipelines.sources.{source}")
    return module.parse(Payload(source, key, content, "", 200, FETCHED))


def outcome(source: str, content: bytes, key: str = "thru2023") -> Parsed | None:
    """Return what is read, sound in itself, or None where the whole is refused; any other end fails the test."""
    try:
        read = parse(source, content, key)
    except SourceError as error:
        assert str(error).startswith(source)
        assert "\n" not in str(error)
        return None
    assert validate(read.rows, TABLE).height == read.rows.height
    assert read.rows_in == read.rows.height + read.rejects.height
    assert read.rejects["reason"].str.len_chars().min() != 0
    return read


SOURCES = st.sampled_from(sorted(CSV_FILES))


@quick
@given(source=SOURCES, random=st.randoms(use_true_random=False))
def test_columns_in_another_order_say_the_same(source, random):
    rows = table(source)
    order = list(range(len(rows[0])))
    random.shuffle(order)
    shuffled = outcome(source, text_of([[row[place] for place in order] for row in rows]).encode())
    assert shuffled is not None
    assert shuffled.rows.equals(parse(source, text_of(rows).encode()).rows)


@pytest.mark.parametrize("source", CSV_FILES)
def test_a_file_without_a_needed_column_is_refused(source):
    rows = table(source)
    for name in NEEDED[source]:
        place = rows[0].index(name)
        cut = [[*row[:place], *row[place + 1 :]] for row in rows]
        renamed = [[*rows[0][:place], "Something else", *rows[0][place + 1 :]], *rows[1:]]
        for damaged in (cut, renamed):
            with pytest.raises(SourceBroken):
                parse(source, text_of(damaged).encode())


@quick
@given(source=SOURCES, data=st.data())
def test_headers_over_the_wrong_columns_never_let_nonsense_through(source, data):
    header, *lines = map(list, table(source))
    one, other = data.draw(st.lists(st.integers(0, len(header) - 1), min_size=2, max_size=2, unique=True))
    header[one], header[other] = header[other], header[one]
    outcome(source, text_of([header, *lines]).encode())


@quick
@given(source=SOURCES, data=st.data())
def test_a_figure_that_is_none_rejects_its_row_and_no_other(source, data):
    header, *lines = map(list, table(source))
    place = header.index(POWER[source])
    hit = data.draw(st.sets(st.integers(0, len(lines) - 1), min_size=1, max_size=8))
    bad = data.draw(st.sampled_from(["1e30", "-7", "many", "9" * 400, "inf", "0x10", "<td>5</td>", "10000.5"]))
    before = parse(source, text_of([header, *lines]).encode())
    for number in hit:
        lines[number][place] = bad
    read = outcome(source, text_of([header, *lines]).encode())
    assert read is not None
    assert read.rows_in == before.rows_in
    rejected = set(read.rejects["source_row"]) - set(before.rejects["source_row"])
    kept = set(before.rows["source_row"])
    assert rejected == {number + 2 for number in hit} & kept


@quick
@given(source=SOURCES, data=st.data())
def test_any_cells_of_any_kind_are_survived(source, data):
    header, *lines = map(list, table(source))
    for _ in range(data.draw(st.integers(1, 40))):
        line = lines[data.draw(st.integers(0, len(lines) - 1))]
        line[data.draw(st.integers(0, len(header) - 1))] = data.draw(st.sampled_from(GARBAGE) | st.text(max_size=20))
    outcome(source, text_of([header, *lines]).encode("utf-8", errors="replace"))


@quick
@given(source=SOURCES, share=st.floats(0.02, 0.99), data=st.data())
def test_a_file_cut_inside_a_row_is_refused(source, share, data):
    text = text_of(table(source))
    lines = text.split("\r\n")
    whole = lines[: max(2, int(share * (len(lines) - 1)))]
    # Cut before the last separator of the row, so that a field is missing.
    last = whole[-1]
    place = data.draw(st.integers(0, max(0, last.rfind(",") - 1))) or 1
    cut = "\r\n".join([*whole[:-1], last[:place]])
    with pytest.raises(SourceBroken):
        parse(source, cut.encode())


@quick
@given(source=SOURCES, encoding=st.sampled_from(["utf-16", "utf-16-be", "utf-32", "cp500", "utf-7"]))
def test_another_encoding_is_refused_or_read_right(source, encoding):
    text = text_of(table(source))
    read = outcome(source, text.encode(encoding, errors="replace"))
    assert read is None or read.rows_in == parse(source, text.encode()).rows_in


@cache
def miso_records() -> list[dict[str, object]]:
    return json.loads((REAL / "queue_miso/getprojects_2026-07-01.json").read_text())[::60]


JSON_VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.just([1, {"a": 2}])
    | st.just({})
)


@quick
@given(data=st.data())
def test_any_values_in_the_json_array_are_survived(data):
    records = [dict(record) for record in miso_records()]
    for _ in range(data.draw(st.integers(1, 30))):
        record = records[data.draw(st.integers(0, len(records) - 1))]
        record[data.draw(st.sampled_from(sorted(record)))] = data.draw(JSON_VALUES)
    read = outcome("queue_miso", json.dumps(records).encode(), "getprojects")
    assert read is None or read.rows_in <= len(records)


@quick
@given(data=st.data())
def test_a_cut_json_array_is_refused(data):
    text = json.dumps(miso_records())
    with pytest.raises(SourceBroken):
        parse("queue_miso", text[: data.draw(st.integers(1, len(text) - 1))].encode(), "getprojects")


WORKBOOKS = {
    "queue_nyiso": "queue_nyiso/NYISO-Interconnection-Queue_2025-01.xlsx",
    "queue_caiso": "queue_caiso/PublicQueueReport_2025-12-27.xlsx",
    "queue_ercot": "queue_ercot/GIS_Report_January_2020.xlsx",
}


@cache
def workbook_bytes(source: str) -> bytes:
    return (REAL / WORKBOOKS[source]).read_bytes()


@quick
@given(source=st.sampled_from(sorted(WORKBOOKS)), data=st.data())
def test_cut_or_flipped_workbooks_are_refused_or_read_whole(source, data):
    content = workbook_bytes(source)
    if data.draw(st.booleans()):
        damaged = content[: data.draw(st.integers(0, len(content) - 1))]
        assert outcome(source, damaged) is None
        return
    flipped = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        flipped[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    read = outcome(source, bytes(flipped))
    # Bytes of the archive's own book-keeping (a time, an attribute) change nothing that is read.
    assert read is None or read.rows_in == parse(source, content).rows_in


@cache
def workbook_rows(source: str) -> dict[str, list[list[str | None]]]:
    """Return a recorded workbook's sheets as text, the tables shortened."""
    reader = fastexcel.read_excel(workbook_bytes(source))
    sheets = {}
    for name in reader.sheet_names:
        rows = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars().rows()
        sheets[name] = [list(row) for row in [*rows[:34], *rows[34::40]]]
    return sheets


def packed(sheets: dict[str, list[list[str | None]]]) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"strings_to_formulas": False, "strings_to_urls": False})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell is not None:
                    sheet.write_string(number, column, cell)
    book.close()
    return target.getvalue()


@pytest.mark.parametrize("source", WORKBOOKS)
def test_a_workbook_that_lacks_a_sheet_is_refused(source):
    sheets = workbook_rows(source)
    assert parse(source, packed(sheets)).rows.height > 30
    needed = {
        "queue_nyiso": ["Interconnection Queue", " Cluster Projects", "Withdrawn", "In Service"],
        "queue_caiso": ["Grid GenerationQueue", "Completed Generation Projects", "Withdrawn Generation Projects"],
        "queue_ercot": ["Project Details", "Inactive Projects", "Cancellation Update", "Commissioning Update"],
    }
    for name in needed[source]:
        with pytest.raises(SourceBroken):
            parse(source, packed({other: rows for other, rows in sheets.items() if other != name}))


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(source=st.sampled_from(sorted(WORKBOOKS)), data=st.data())
def test_any_cells_of_a_workbook_are_survived(source, data):
    sheets = {name: [list(row) for row in rows] for name, rows in workbook_rows(source).items()}
    for _ in range(data.draw(st.integers(1, 60))):
        rows = sheets[data.draw(st.sampled_from(sorted(sheets)))]
        row = rows[data.draw(st.integers(0, len(rows) - 1))]
        if row:
            row[data.draw(st.integers(0, len(row) - 1))] = data.draw(st.sampled_from(GARBAGE[:-1]) | st.none())
    outcome(source, packed(sheets))


def test_rejects_point_at_the_row_of_the_file():
    header, *lines = map(list, table("queue_spp"))
    lines[7][header.index("State")] = "grape"
    read = parse("queue_spp", text_of([header, *lines]).encode(), "active")
    bad = read.rejects.filter(pl.col("reason").str.contains("grape"))
    assert bad.rows() == [(TABLE, "queue_spp/active", 9, "state 'grape' does not exist")]


def test_a_report_that_lists_more_requests_than_its_summary_counts_is_refused():
    sheets = {name: [list(row) for row in rows] for name, rows in workbook_rows("queue_ercot").items()}
    place = next(row for row in sheets["Summary"] if row[0] and row[0].startswith("Total Interconnection"))
    column = next(number for number, cell in enumerate(place) if number and cell)
    notes = parse("queue_ercot", packed(sheets)).notes
    assert any(f"of the {place[column].removesuffix('.0')} requests" in note for note in notes)
    place[column] = "12"
    with pytest.raises(SourceBroken, match="where its summary counts 12"):
        parse("queue_ercot", packed(sheets))
