"""Recorded queues of every operator: rows counted apart by other readers, rejects named, agreement with LBNL."""

from __future__ import annotations

import csv
import importlib
import json
import re
from collections import Counter
from datetime import date, datetime
from functools import cache
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from pipelines.contracts.base import validate
from pipelines.sources.base import Parsed, Payload
from pipelines.sources.queue_projects import TABLE

# File: (day of the fetch, key of the request, rows, rejects by reason with the value taken out).
FILES = {
    "queue_caiso/PublicQueueReport_2025-01-23.xlsx": ("2025-01-24", "public_queue", 2279, {}),
    "queue_caiso/PublicQueueReport_2025-12-27.xlsx": ("2025-12-28", "public_queue", 2278, {}),
    "queue_ercot/GIS_Report_January_2020.xlsx": ("2020-02-05", "gis_report", 524, {"capacity_mw # is negative": 4}),
    "queue_ercot/GIS_Report_January_2024.xlsx": ("2024-02-05", "gis_report", 1610, {"capacity_mw # is negative": 4}),
    "queue_ercot/GIS_Report_November2025.xlsx": (
        "2025-12-05",
        "gis_report",
        2036,
        {"capacity_mw # is negative": 4, "technology 'MWH | SO' is unknown": 1},
    ),
    "queue_isone/QueueReport_2025-01-23.xlsx": (
        "2025-01-23",
        "public_queue",
        1751,
        {"net_mw # is negative": 2},
    ),
    "queue_isone/exportpublicqueue_2026-07-01_rewritten.csv": (
        "2026-07-01",
        "public_queue",
        1751,
        {"net_mw # is negative": 2},
    ),
    "queue_lbnl/queues_2020_clean_data.xlsx": (
        "2021-06-01",
        "thru2020",
        14241,
        {"mw_1 # is negative": 12, "state 'NN' does not exist": 7},
    ),
    "queue_lbnl/thru2023_cleaned_subset.csv": (
        "2024-06-01",
        "thru2023",
        14328,
        {"mw_1 # is negative": 4},
    ),
    "queue_lbnl/thru2024_ercot_2023_100mw_extract.csv": ("2025-09-01", "thru2024", 368, {}),
    "queue_miso/MISO_GI_Interactive_Queue_2025-01.csv": (
        "2025-01-23",
        "getprojects",
        3274,
        {
            "status 'fish mango watermelon' is unknown; state 'strawberry watermelon grape' does not exist; "
            "technology 'watermelon watermelon yellow | strawberry apple lemon' is unknown": 1,
            "the number of the request is missing": 1,
        },
    ),
    "queue_miso/getprojects_2026-07-01.json": ("2026-07-01", "getprojects", 3792, {}),
    "queue_nyiso/NYISO-Interconnection-Queue_2025-01.xlsx": (
        "2025-01-31",
        "public_queue",
        2106,
        {"technology 'HSR' is unknown": 1},
    ),
    "queue_pjm/PJMCycleProjects_2025-05.xlsx": ("2025-05-15", "cycle", 862, {}),
    "queue_pjm/PJM_Queue_ExportToXls_2025-01.xlsx": ("2025-01-23", "serial", 8190, {}),
    "queue_pjm/TransitionProjectsAll_2026-07-01_rewritten.csv": ("2026-07-01", "cycle", 968, {}),
    "queue_spp/GI_ActiveRequests_2025-01-22.xlsx": ("2025-01-22", "active", 908, {"the status is missing": 7}),
    "queue_spp/GenerateActiveCSV_2026-07-01_rewritten.csv": (
        "2026-07-01",
        "active",
        961,
        {"the status is missing": 5},
    ),
}
# For the count apart: sheet, column of the request's number, first data row, and what such a number looks like.
COUNTS = {
    "queue_caiso": [(r".*", 2, 5, r"\d.*")],
    "queue_ercot": [
        (r"Project Details.*", 1, 16, r"\d\dINR\d+.*"),
        (r"(Inactive Projects|Cancellation Update)", 1, 9, r"\d\dINR\d+.*"),
        (r"Commissioning Update", 1, 9, r"Commercial Operation.*"),
    ],
    "queue_isone": [(r"Queue", 1, 6, r"\d+(\.0)?")],
    "queue_lbnl": [(r"(active|withdrawn|completed)", 2, 2, r"\w+")],
    "queue_nyiso": [
        (r"(Interconnection Queue|Withdrawn)", 1, 2, r"\d{4}.*"),
        (r" ?Cluster.*", 1, 2, r"CR?24-[\d-]+"),
        (r"In Service", 1, 3, r"\d{4}.*"),
    ],
    "queue_pjm": [(r"Data", 1, 2, r"[A-Z]+\d.*")],
    "queue_spp": [(r".*", 1, 3, r"\S.*")],
}


@cache
def parsed(folder: Path, name: str) -> Parsed:
    """Return what a recorded file says, read as on the day it was recorded."""
    fetched, key, _, _ = FILES[name]
    path = folder / name
    source = path.parent.name
    module = importlib.import_module(f"pipelines.sources.{source}")
    content = path.read_bytes()
    return module.parse(Payload(source, key, content, str(path), 200, datetime.fromisoformat(fetched)))


def of(shared: Path, name: str) -> Parsed:
    path = shared / "real" / name
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    return parsed(shared / "real", name)


def counted_apart(path: Path) -> int:
    """Return the number of requests of a file by counting what looks like a request's number, with other readers."""
    if path.suffix == ".json":
        return len(json.loads(path.read_text()))
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return sum(1 for row in csv.reader(file) if row) - 1
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    total = 0
    for sheet in book.worksheets:
        for pattern, column, first, number in COUNTS[path.parent.name]:
            if not re.fullmatch(pattern, sheet.title):
                continue
            cells = sheet.iter_rows(min_row=first, min_col=column, max_col=column, values_only=True)
            total += sum(1 for (cell,) in cells if cell is not None and re.match(f"(?:{number})$", str(cell)))
    book.close()
    return total


@pytest.mark.parametrize("name", FILES)
def test_every_row_of_a_recorded_file_is_kept_or_rejected(shared, name):
    fetched, _, rows, reasons = FILES[name]
    read = of(shared, name)
    print(f"{name}: {read.rows_in} in = {read.rows.height} kept + {read.rejects.height} rejected")
    assert read.rows_in == rows == counted_apart(shared / "real" / name)
    assert read.rows_in == read.rows.height + read.rejects.height
    named = Counter(re.sub(r"(_mw|mw_1) -?[\d.]+", r"\1 #", reason) for reason in read.rejects["reason"])
    assert named == reasons
    assert validate(read.rows, TABLE).height == read.rows.height
    assert read.rejects.select("source_id", "source_row").is_duplicated().sum() == 0
    assert read.rows.select("source_sheet", "source_row").is_duplicated().sum() == 0
    assert (read.rows["snapshot_date"] <= date.fromisoformat(fetched)).all() or "thru" in read.rows["dataset"][0]


def test_dates_that_files_carry_are_their_snapshots(shared):
    for name, day in (
        ("queue_caiso/PublicQueueReport_2025-12-27.xlsx", date(2025, 12, 27)),
        ("queue_ercot/GIS_Report_January_2020.xlsx", date(2020, 1, 31)),
        ("queue_ercot/GIS_Report_November2025.xlsx", date(2025, 11, 30)),
        ("queue_isone/QueueReport_2025-01-23.xlsx", date(2025, 1, 23)),
        ("queue_spp/GI_ActiveRequests_2025-01-22.xlsx", date(2025, 1, 22)),
        ("queue_lbnl/thru2024_ercot_2023_100mw_extract.csv", date(2024, 12, 31)),
    ):
        assert of(shared, name).rows["snapshot_date"].unique().to_list() == [day], name


# Read off the files by eye: request, then what its row must say.
KNOWN = [
    (
        "queue_caiso/PublicQueueReport_2025-12-27.xlsx",
        "32",
        {
            "technology": "wind_battery",
            "capacity_mw": 193.8,
            "facility_mw": 259.2,
            "storage_mw": 131.6,
            "requested_date": date(2004, 5, 24),
            "proposed_date": date(2030, 10, 31),
            "county_name": "SAN DIEGO",
            "status": "active",
            "has_agreement": True,
            "source_sheet": "Grid GenerationQueue",
            "source_row": 6,
        },
    ),
    # 16 June 2011 17:56 UTC is the same day in California; the file's receive date is later than its queue date.
    (
        "queue_caiso/PublicQueueReport_2025-12-27.xlsx",
        "6",
        {"status": "withdrawn", "withdrawn_date": date(2011, 6, 16), "requested_date": date(2000, 8, 23)},
    ),
    (
        "queue_caiso/PublicQueueReport_2025-12-27.xlsx",
        "1A",
        {"status": "operational", "actual_date": date(2009, 10, 2), "technology": "gas_combined_cycle"},
    ),
    (
        "queue_ercot/GIS_Report_November2025.xlsx",
        "22INR0608",
        {"technology": "battery", "capacity_mw": 9.96, "agreement_date": date(2024, 3, 18), "state": "TX"},
    ),
    (
        "queue_ercot/GIS_Report_November2025.xlsx",
        "22INR0549",
        {"status": "operational", "actual_date": date(2025, 11, 12), "technology": "battery", "capacity_mw": 265.8},
    ),
    (
        "queue_ercot/GIS_Report_November2025.xlsx",
        "26INR0235",
        {"status": "withdrawn", "withdrawn_date": date(2025, 11, 10), "technology": "solar"},
    ),
    ("queue_ercot/GIS_Report_November2025.xlsx", "32INR0003", {"technology": "gas_combined_cycle"}),
    (
        "queue_miso/getprojects_2026-07-01.json",
        "J4183",
        # 01:41 UTC on 7 October is the evening before in the East.
        {"requested_date": date(2025, 10, 6), "capacity_mw": 99.9, "technology": "unknown", "state": None},
    ),
    (
        "queue_miso/getprojects_2026-07-01.json",
        "J1030",
        {"status": "operational", "agreement_date": date(2020, 10, 22), "actual_date": None},
    ),
    (
        "queue_nyiso/NYISO-Interconnection-Queue_2025-01.xlsx",
        "1719",
        {"technology": "load", "is_load": True, "capacity_mw": 300.0, "proposed_date": date(2025, 12, 1)},
    ),
    (
        "queue_nyiso/NYISO-Interconnection-Queue_2025-01.xlsx",
        "0849",
        {"status": "operational", "is_load": True, "actual_date": date(2022, 7, 31), "is_outcome_date_estimated": True},
    ),
    (
        "queue_nyiso/NYISO-Interconnection-Queue_2025-01.xlsx",
        "C24-363",
        {"technology": "solar_battery", "capacity_mw": 240.0, "status": "active", "has_agreement": False},
    ),
    (
        "queue_isone/QueueReport_2025-01-23.xlsx",
        "1601",
        {"technology": "battery", "capacity_mw": 4.99, "status": "active", "proposed_date": date(2027, 2, 3)},
    ),
    (
        "queue_isone/QueueReport_2025-01-23.xlsx",
        "1",
        {"requested_date": date(1996, 6, 7), "status": "operational", "technology": "gas_combined_cycle"},
    ),
    (
        "queue_pjm/PJM_Queue_ExportToXls_2025-01.xlsx",
        "AJ1-023",
        {"capacity_mw": 70.0, "facility_mw": 1010.0, "requested_date": date(2023, 6, 30), "status": "active"},
    ),
    (
        "queue_pjm/PJMCycleProjects_2025-05.xlsx",
        "AE1-070",
        {"status": "withdrawn", "withdrawn_date": date(2025, 1, 22), "technology": "gas"},
    ),
    (
        "queue_spp/GI_ActiveRequests_2025-01-22.xlsx",
        "GEN-2001-018",
        {"status": "operational", "actual_date": date(2002, 1, 1), "technology": "gas", "capacity_mw": 47.0},
    ),
    (
        "queue_spp/GenerateActiveCSV_2026-07-01_rewritten.csv",
        "TI-18-0827",
        {"status": "active", "has_agreement": True, "county_name": "Weld County", "capacity_mw": 145.0},
    ),
    (
        "queue_lbnl/thru2024_ercot_2023_100mw_extract.csv",
        "23INR0411",
        {
            "requested_date": date(2023, 5, 15),
            "withdrawn_date": date(2024, 6, 20),
            "county_fips": "48015",
            "capacity_mw": 150.0,
        },
    ),
    ("queue_lbnl/thru2023_cleaned_subset.csv", "2174", {"technology": "battery", "storage_mw": 616.0}),
]


@pytest.mark.parametrize(("name", "number", "expected"), KNOWN, ids=[f"{name}:{number}" for name, number, _ in KNOWN])
def test_known_requests_read_as_they_stand_in_the_file(shared, name, number, expected):
    rows = of(shared, name).rows.filter(pl.col("queue_id") == number)
    row = rows.row(0, named=True)
    for column, value in expected.items():
        assert row[column] == (pytest.approx(value) if isinstance(value, float) else value), column


def test_statistics_programs_day_counts_fall_into_the_year_beside_them(shared):
    rows = of(shared, "queue_lbnl/queues_2020_clean_data.xlsx").rows
    book = openpyxl.load_workbook(
        shared / "real/queue_lbnl/queues_2020_clean_data.xlsx", read_only=True, data_only=True
    )
    lines = book["withdrawn"].iter_rows(values_only=True)
    header = next(lines)
    number, year = header.index("wd_date"), header.index("wd_year")
    years = {row: int(line[year]) for row, line in enumerate(lines, start=2) if isinstance(line[number], (int, float))}
    book.close()
    read = rows.filter((pl.col("source_sheet") == "withdrawn") & pl.col("source_row").is_in(list(years)))
    days = dict(zip(read["source_row"], read["withdrawn_date"], strict=True))
    assert len(days) > 6500
    assert all(day.year == years[row] for row, day in days.items())


# Edition of LBNL, file of the operator, least shares of equal requests: power within 1 MW, day asked for, outcome day.
AGREEMENT = [
    ("thru2023_cleaned_subset.csv", "queue_pjm/PJM_Queue_ExportToXls_2025-01.xlsx", "capacity_mw", 0.99, 0.99, 0.99),
    ("thru2023_cleaned_subset.csv", "queue_caiso/PublicQueueReport_2025-01-23.xlsx", "facility_mw", 0.98, 0.99, 0.98),
    ("thru2023_cleaned_subset.csv", "queue_isone/QueueReport_2025-01-23.xlsx", "facility_mw", 0.99, 0.98, 0.99),
    (
        "thru2023_cleaned_subset.csv",
        "queue_nyiso/NYISO-Interconnection-Queue_2025-01.xlsx",
        "capacity_mw",
        0.95,
        0.99,
        0.99,
    ),
    # The summary with SPP's outcomes is not among the recorded files, and LBNL's day of operation is the in-service
    # date of the connection.
    ("thru2023_cleaned_subset.csv", "queue_spp/GI_ActiveRequests_2025-01-22.xlsx", "capacity_mw", 0.95, 0.99, None),
    ("thru2023_cleaned_subset.csv", "queue_ercot/GIS_Report_January_2024.xlsx", "capacity_mw", 0.92, 0.99, None),
    (
        "thru2024_ercot_2023_100mw_extract.csv",
        "queue_ercot/GIS_Report_November2025.xlsx",
        "capacity_mw",
        0.85,
        0.99,
        None,
    ),
    # LBNL gives MISO's requests the first day of their study cycle's year.
    ("thru2023_cleaned_subset.csv", "queue_miso/getprojects_2026-07-01.json", "capacity_mw", 0.97, None, None),
    ("queues_2020_clean_data.xlsx", "queue_pjm/PJM_Queue_ExportToXls_2025-01.xlsx", "capacity_mw", 0.88, 0.94, 0.99),
]


@pytest.mark.parametrize(("edition", "name", "power", "least_mw", "least_asked", "least_ended"), AGREEMENT)
def test_lbnl_and_the_operator_agree_on_the_same_request(
    shared, edition, name, power, least_mw, least_asked, least_ended
):
    # Only numbers that each of the two gives to one request are compared.
    alone = pl.len().over("queue_id") == 1
    own = of(shared, name).rows.filter(alone)
    collected = of(shared, f"queue_lbnl/{edition}").rows.filter(pl.col("entity") == own["entity"][0]).filter(alone)
    both = own.join(collected, on="queue_id", suffix="_lbnl")
    powers = both.filter(pl.col(power).is_not_null() & (pl.col(f"{power}_lbnl") > 0))
    share_mw = ((powers[power] - powers[f"{power}_lbnl"]).abs() <= 1.0).mean()
    asked = both.drop_nulls(["requested_date", "requested_date_lbnl"])
    share_asked = (asked["requested_date"] == asked["requested_date_lbnl"]).mean()
    ends = [("actual_date", "actual_date_lbnl"), ("withdrawn_date", "withdrawn_date_lbnl")]
    pairs = [
        both.filter(pl.col("status") == pl.col("status_lbnl")).select(own=one, lbnl=other).drop_nulls()
        for one, other in ends
    ]
    ended = pl.concat(pairs)
    share_ended = (ended["own"] == ended["lbnl"]).mean()
    print(
        f"{name} and {edition}: {both.height} requests; {power} within 1 MW {share_mw:.3f} of {powers.height}, "
        f"day asked {share_asked:.3f} of {asked.height}, day ended {share_ended} of {ended.height}"
    )
    assert both.height > 150
    assert share_mw >= least_mw
    assert least_asked is None or share_asked >= least_asked
    assert least_ended is None or (ended.height > 500 and share_ended >= least_ended)


def test_statuses_agree_with_lbnl_where_both_know_the_end(shared):
    for name in (
        "queue_isone/QueueReport_2025-01-23.xlsx",
        "queue_pjm/PJM_Queue_ExportToXls_2025-01.xlsx",
        "queue_caiso/PublicQueueReport_2025-01-23.xlsx",
        "queue_nyiso/NYISO-Interconnection-Queue_2025-01.xlsx",
    ):
        alone = pl.len().over("queue_id") == 1
        own = of(shared, name).rows.filter(alone)
        collected = of(shared, "queue_lbnl/thru2023_cleaned_subset.csv").rows
        collected = collected.filter(pl.col("entity") == own["entity"][0]).filter(alone)
        both = own.join(
            collected.filter(pl.col("status").is_in(["operational", "withdrawn"])), on="queue_id", suffix="_l"
        )
        share = (both["status"] == both["status_l"]).mean()
        print(f"{name}: {both.height} ended requests, status as LBNL {share:.3f}")
        assert share > 0.95
