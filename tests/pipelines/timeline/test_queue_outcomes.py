"""Outcomes of the recorded queues against counts made from the same rows in another way, and published medians."""

from __future__ import annotations

import importlib
from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines.contracts.base import REGISTRY, validate
from pipelines.reference.load import load_reference
from pipelines.settings import REFERENCE_DIR, Settings
from pipelines.sources.base import Payload
from pipelines.timeline.queue_outcomes import QueueOutcomes, queue_outcomes

FILES = {
    "CAISO": ("queue_caiso/PublicQueueReport_2025-12-27.xlsx", "2025-12-28", "public_queue"),
    "ISO-NE": ("queue_isone/exportpublicqueue_2026-07-01_rewritten.csv", "2026-07-01", "public_queue"),
    "MISO": ("queue_miso/getprojects_2026-07-01.json", "2026-07-01", "getprojects"),
    "NYISO": ("queue_nyiso/NYISO-Interconnection-Queue_2025-01.xlsx", "2025-01-31", "public_queue"),
    "PJM": ("queue_pjm/PJM_Queue_ExportToXls_2025-01.xlsx", "2025-01-23", "serial"),
    "SPP": ("queue_spp/GenerateActiveCSV_2026-07-01_rewritten.csv", "2026-07-01", "active"),
    "lbnl": ("queue_lbnl/thru2023_cleaned_subset.csv", "2024-06-01", "thru2023"),
}
OUTCOMES = ("CAISO", "ISO-NE", "NYISO", "PJM", "Southeast non-ISO")
MONTH = 365.25 / 12


@cache
def rows_of(folder: Path, name: str) -> pl.DataFrame:
    place, fetched, key = FILES[name]
    path = folder / "real" / place
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    module = importlib.import_module(f"pipelines.sources.{path.parent.name}")
    answer = Payload(path.parent.name, key, path.read_bytes(), str(path), 200, datetime.fromisoformat(fetched))
    return module.parse(answer).rows


@pytest.fixture(scope="module")
def statistics() -> pl.DataFrame:
    return load_reference("queue_statistics", REFERENCE_DIR)


@pytest.fixture(scope="module")
def projects(shared) -> pl.DataFrame:
    return pl.concat([rows_of(shared, name) for name in FILES])


@pytest.fixture(scope="module")
def found(projects, statistics) -> QueueOutcomes:
    return queue_outcomes(projects, statistics, Settings())


def counted(rows: pl.DataFrame, iso: str, until: float) -> tuple[float, float, dict[str, int]]:
    """Return shares energised and withdrawn by a month, row by row with exact redistribution of open waits.

    Another way to the same estimate: a wait that ends open hands its weight on in equal parts to those that wait longer
    (Efron 1967), so the shares are sums of weights; no hazard is computed.
    """
    spells = []
    n = {"energised": 0, "withdrawn": 0, "waiting": 0}
    for row in rows.filter(pl.col("iso") == iso).iter_rows(named=True):
        if row["technology"] == "transmission" or row["is_load"]:
            continue
        if row["status"] in {"operational", "retired"} or (
            row["status"] == "partially_operational" and row["actual_date"]
        ):
            kind, end = "energised", row["actual_date"]
        elif row["status"] == "withdrawn":
            kind, end = "withdrawn", row["withdrawn_date"]
        else:
            kind, end = "waiting", row["snapshot_date"]
        entered = row["requested_date"] or end
        if entered and entered.year < 2000:
            continue
        n[kind] += 1
        if row["requested_date"] and end and end >= row["requested_date"]:
            spells.append(((end - row["requested_date"]).days, kind == "waiting", kind))
    spells.sort(key=lambda spell: spell[:2])
    weight, shares = 1.0 / len(spells), defaultdict(float)
    for place, (days, is_open, kind) in enumerate(spells):
        if days / MONTH > until:
            break
        if is_open:
            left = len(spells) - place - 1
            weight *= 1.0 + (1.0 / left if left else 0.0)
        else:
            shares[kind] += weight
    return shares["energised"], shares["withdrawn"], n


@pytest.mark.parametrize("iso", OUTCOMES)
@pytest.mark.parametrize("source", ["own", "lbnl"])
def test_estimates_match_an_independent_count(found, shared, iso, source):
    if source == "own" and iso not in FILES:
        pytest.skip(f"{iso} has no file of its own")
    rows = rows_of(shared, iso if source == "own" else "lbnl")
    group = (pl.col("iso") == iso) & (pl.col("source_id") == rows["source_id"][0])
    every = (pl.col("technology_class") == "all") & (pl.col("size_class") == "all")
    row = found.outcomes.filter(group & every).row(0, named=True)
    curve = found.survival.filter(group & every)
    assert row["is_estimable"], row["reason"]
    energised, withdrawn, n = counted(rows, iso, row["watched_through_months"])
    assert {name: row[name] for name in n} == n
    assert row["energised_frac"] == pytest.approx(energised, abs=1e-9)
    assert row["withdrawn_frac"] == pytest.approx(withdrawn, abs=1e-9)
    for month in (12, 36, 60):
        at = curve.filter(pl.col("month") == month).row(0, named=True)
        assert (at["energised_frac"], at["withdrawn_frac"]) == pytest.approx(counted(rows, iso, month)[:2], abs=1e-9)
    print(
        f"{iso:<18}{row['source_id']:<13}{row['requests']:>6} requests, by month {row['watched_through_months']}: "
        f"energised {row['energised_frac']:.3f} ({row['energised_frac_low']:.3f}-{row['energised_frac_high']:.3f}, "
        f"published {row['published_energised_frac']}), withdrawn {row['withdrawn_frac']:.3f} "
        f"(published {row['published_withdrawn_frac']}), P50 {row['wait_months_p50']:.1f} months"
    )


def test_shares_sum_to_one_and_groups_to_the_whole(found):
    curve = found.survival
    total = curve.select(pl.sum_horizontal("waiting_frac", "energised_frac", "withdrawn_frac")).to_series()
    np.testing.assert_allclose(total, 1.0, atol=1e-9)
    by = found.outcomes.filter((pl.col("source_id") != "") & (pl.col("size_class") == "all"))
    parts = (
        by.filter(~pl.col("technology_class").is_in(["all", "load"]))
        .group_by("source_id", "iso")
        .agg(pl.col("requests", "energised", "withdrawn", "waiting").sum())
    )
    whole = by.filter(pl.col("technology_class") == "all").select(parts.columns)
    assert parts.sort("source_id", "iso").equals(whole.sort("source_id", "iso"))


def test_what_a_file_does_not_say_is_not_estimated(found, statistics):
    every = (pl.col("technology_class") == "all") & (pl.col("size_class") == "all")
    rows = {(r["source_id"], r["iso"]): r for r in found.outcomes.filter(every).iter_rows(named=True)}
    assert "carry no day" in rows["queue_miso", "MISO"]["reason"]
    assert "does not list withdrawn" in rows["queue_spp", "SPP"]["reason"]
    assert "313 of 358" in rows["queue_lbnl", "West non-ISO"]["reason"]
    for iso in ("MISO", "SPP"):
        own = rows[f"queue_{iso.lower()}", iso]
        assert own["energised_frac"] is None
        assert own["published_wait_months"] is not None
    # Without any file the published statistics stand alone.
    nothing = queue_outcomes(REGISTRY["core.queue_projects"].schema.create_empty(), statistics, Settings())
    assert not nothing.outcomes["is_estimable"].any()
    assert nothing.outcomes["published_wait_months"].is_not_null().sum() >= 7
    assert nothing.survival.is_empty() and nothing.waits.is_empty()
    validate(nothing.outcomes, "mart.queue_outcomes")


def test_published_medians_by_year_of_operation(found):
    beside = found.waits.filter(pl.col("published_wait_months").is_not_null())
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=180, float_precision=1):
        print(beside.drop("published_source", "wait_months_p25", "wait_months_p75"))
    # Where as many projects stand behind the median as behind the published one, it is the same to a month.
    same = beside.filter(pl.col("energised") == pl.col("published_energised"))
    assert same.height >= 6
    own = same.filter(pl.col("source_id") != "queue_lbnl")
    assert own.height >= 4
    assert own["difference_months"].abs().max() < 1.0
    assert same["difference_months"].abs().max() < 2.5


def made(cases: list[tuple[str, int, int | None]]) -> pl.DataFrame:
    """Return requests of one day by status, months until they ended, and power."""
    entered, types = date(2010, 1, 1), {n: c.dtype for n, c in REGISTRY["core.queue_projects"].schema.columns().items()}
    rows = []
    for number, (status, months, power) in enumerate(cases):
        end = entered + timedelta(days=round(months * MONTH))
        rows.append(
            {
                **{"source_id": "queue_pjm", "dataset": "serial", "snapshot_date": date(2020, 1, 1), "entity": "PJM"},
                **{"queue_id": f"Q{number}", "occurrence": 1, "iso": "PJM", "technology": "solar", "is_load": False},
                **{"status": status, "requested_date": entered, "capacity_mw": power, "source_row": number + 1},
                "actual_date": end if status == "operational" else None,
                "withdrawn_date": end if status == "withdrawn" else None,
                "is_outcome_date_estimated": False,
                "source_sheet": "",
            }
        )
    return pl.DataFrame(rows, schema=types)


def test_a_made_queue_gives_the_shares_it_was_made_with(statistics):
    cases = [("operational", 24, 10.0)] * 20 + [("withdrawn", 12, 150.0)] * 70 + [("active", 0, 50.0)] * 10
    got = queue_outcomes(made(cases), statistics, Settings())
    every = (pl.col("technology_class") == "all") & (pl.col("size_class") == "all") & (pl.col("source_id") != "")
    row = got.outcomes.filter(every).row(0, named=True)
    assert (row["energised_frac"], row["withdrawn_frac"], row["waiting_frac"]) == pytest.approx((0.2, 0.7, 0.1))
    assert (row["wait_months_p50"], row["withdrawal_months_p50"]) == pytest.approx((24, 12), abs=0.05)
    sizes = {r["size_class"]: r["reason"] for r in got.outcomes.filter(pl.col("source_id") != "").iter_rows(named=True)}
    assert "does not list withdrawn" in sizes["below_20_mw"]
    assert "no request in operation" in sizes["100_to_300_mw"]
    few = queue_outcomes(made(cases), statistics, Settings(queue_min_energised=21)).outcomes.filter(every)
    assert "20 dated requests in operation, fewer than 21" in few["reason"][0]
