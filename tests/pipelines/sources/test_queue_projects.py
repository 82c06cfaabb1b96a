"""Counties, duplicates and order: what is done with the requests of all recorded queues together."""

from __future__ import annotations

import csv
import importlib
from datetime import date, datetime
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from pipelines.sources.base import Payload
from pipelines.sources.queue_projects import one_row_per_request, with_county_fips

FILES = {
    "queue_caiso/PublicQueueReport_2025-01-23.xlsx": ("2025-01-24", "public_queue"),
    "queue_caiso/PublicQueueReport_2025-12-27.xlsx": ("2025-12-28", "public_queue"),
    "queue_ercot/GIS_Report_November2025.xlsx": ("2025-12-05", "gis_report"),
    "queue_isone/exportpublicqueue_2026-07-01_rewritten.csv": ("2026-07-01", "public_queue"),
    "queue_lbnl/thru2023_cleaned_subset.csv": ("2024-06-01", "thru2023"),
    "queue_lbnl/thru2024_ercot_2023_100mw_extract.csv": ("2025-09-01", "thru2024"),
    "queue_miso/getprojects_2026-07-01.json": ("2026-07-01", "getprojects"),
    "queue_nyiso/NYISO-Interconnection-Queue_2025-01.xlsx": ("2025-01-31", "public_queue"),
    "queue_pjm/PJMCycleProjects_2025-05.xlsx": ("2025-05-15", "cycle"),
    "queue_pjm/PJM_Queue_ExportToXls_2025-01.xlsx": ("2025-01-23", "serial"),
    "queue_pjm/TransitionProjectsAll_2026-07-01_rewritten.csv": ("2026-07-01", "cycle"),
    "queue_spp/GI_ActiveRequests_2025-01-22.xlsx": ("2025-01-22", "active"),
    "queue_spp/GenerateActiveCSV_2026-07-01_rewritten.csv": ("2026-07-01", "active"),
}


@cache
def rows_of(folder: Path, name: str) -> pl.DataFrame:
    fetched, key = FILES[name]
    path = folder / name
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    module = importlib.import_module(f"pipelines.sources.{path.parent.name}")
    answer = Payload(path.parent.name, key, path.read_bytes(), str(path), 200, datetime.fromisoformat(fetched))
    return module.parse(answer).rows


def test_county_names_of_all_files_find_their_codes(shared):
    lines = (shared / "real/geography/gazetteer_counties_2017_pipe.txt").read_text(encoding="utf-8").splitlines()
    counties = pl.DataFrame(
        [(line.split("|")[0], line.split("|")[1], line.split("|")[3]) for line in lines],
        schema=["state", "county_fips", "county_name"],
        orient="row",
    )
    for name in FILES:
        rows = rows_of(shared / "real", name)
        found = with_county_fips(rows, counties)
        assert found.columns == rows.columns
        named = found.filter(pl.col("county_name").is_not_null())
        share = named["county_fips"].is_not_null().mean()
        print(f"{name}: {named.height} requests name a county, {share:.3f} of them found")
        # SPP's column is of the nearest town or county.
        assert share > (0.8 if "spp" in name else 0.94)
        assert set(found["county_fips"].drop_nulls()) <= set(counties["county_fips"]) | {"46102", "02158"}
    lbnl = rows_of(shared / "real", "queue_lbnl/thru2024_ercot_2023_100mw_extract.csv")
    own = with_county_fips(lbnl.with_columns(pl.lit(None, pl.String).alias("county_fips")), counties)
    both = pl.DataFrame({"lbnl": lbnl["county_fips"], "own": own["county_fips"]}).drop_nulls()
    assert both.height > 350
    assert (both["lbnl"] == both["own"]).mean() > 0.99


def test_one_row_per_request_takes_the_nearest_and_newest_word(shared):
    parts = [
        rows_of(shared / "real", name) for name in FILES if "PJM" in name or "Transition" in name or "caiso" in name
    ]
    parts.append(rows_of(shared / "real", "queue_lbnl/thru2023_cleaned_subset.csv"))
    projects = pl.concat(parts)
    distinct = one_row_per_request(projects)
    assert distinct.select("iso", "entity", "queue_id", "occurrence").is_duplicated().sum() == 0
    pjm = distinct.filter(pl.col("iso") == "PJM")
    numbers = projects.filter((pl.col("iso") == "PJM") & (pl.col("source_id") == "queue_pjm"))["queue_id"].unique()
    assert pjm.height == numbers.len()
    assert pjm.filter(pl.col("dataset") == "cycle")["snapshot_date"].unique().to_list() == [date(2026, 7, 1)]
    # LBNL stays where no operator's own file is held.
    assert set(distinct.filter(pl.col("source_id") == "queue_lbnl")["entity"]).isdisjoint({"PJM", "CAISO"})
    assert distinct.filter(pl.col("entity") == "SOCO").height > 500


def test_pjms_cycles_alone_leave_lbnl_the_older_requests(shared):
    cycles = rows_of(shared / "real", "queue_pjm/TransitionProjectsAll_2026-07-01_rewritten.csv")
    cycles = cycles.with_columns(pl.lit("queue_pjm_cycles").alias("source_id"))
    collected = rows_of(shared / "real", "queue_lbnl/thru2023_cleaned_subset.csv").filter(pl.col("entity") == "PJM")
    # The recorded edition has none of the requests that went over to the cycles: a hundred rows get their numbers.
    moved = cycles["queue_id"].unique().sort().head(100)
    collected = collected.with_columns(
        pl.concat([moved, collected["queue_id"].slice(100)]).alias("queue_id"), pl.lit(1, pl.Int64).alias("occurrence")
    ).unique("queue_id", keep="first")
    distinct = one_row_per_request(pl.concat([cycles, collected]))
    of_both = distinct.filter(pl.col("queue_id").is_in(moved.implode()))
    assert of_both["source_id"].unique().to_list() == ["queue_pjm_cycles"]
    assert distinct.height == cycles.height + collected.height - 100


def test_a_file_in_another_order_numbers_repeated_requests_the_same(shared):
    path = shared / "real/queue_isone/exportpublicqueue_2026-07-01_rewritten.csv"
    with path.open(encoding="utf-8", newline="") as file:
        header, *lines = list(csv.reader(file))
    text = "\n".join(
        ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in line) for line in [header, *lines[::-1]]
    )
    module = importlib.import_module("pipelines.sources.queue_isone")
    answer = Payload("queue_isone", "public_queue", text.encode(), "", 200, datetime(2026, 7, 1))
    backward = module.parse(answer).rows.drop("source_row")
    forward = rows_of(shared / "real", "queue_isone/exportpublicqueue_2026-07-01_rewritten.csv").drop("source_row")
    assert forward.filter(pl.col("occurrence") > 1).height > 100
    assert backward.equals(forward)
