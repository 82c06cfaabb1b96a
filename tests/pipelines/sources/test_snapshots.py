"""Snapshots: they keep their contracts, name nobody, agree with the files they come from, and give way to answers."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest

from pipelines.contracts.base import REGISTRY, validate
from pipelines.errors import InputError
from pipelines.input_families import FAMILIES, ages_in_words, family_of
from pipelines.reference.load import reference_tables
from pipelines.sources.base import Parsed, Payload
from pipelines.sources.registry import parser_of, source_ids
from pipelines.sources.snapshot_build import build
from pipelines.sources.snapshots import (
    SNAPSHOT_DIR,
    TABLES,
    read_files,
    snapshot,
    snapshot_sources,
    snapshot_status,
    with_snapshot,
)

NIGHT = date(2026, 12, 1)
NAMES = ("project_name", "poi_name", "technology_source_text", "status_source_text")
# A compact file of each kind, read within a second.
COMPARED = ("spp", "isone", "pjm_cycle", "risk_index_2021", "reliability_2024", "henry_hub")


@pytest.mark.parametrize("table", TABLES)
def test_rows_keep_the_contract_and_come_from_a_listed_file(table: str) -> None:
    held = snapshot(table)
    validate(held.drop("snapshot_id"), table)
    assert held.height > 900
    assert set(held["snapshot_id"]) <= set(read_files()["snapshot_id"])


def test_nobody_is_named() -> None:
    held = snapshot("core.queue_projects")
    assert all(held[name].null_count() == held.height for name in NAMES)
    stored = pl.read_parquet_schema(SNAPSHOT_DIR / "queue_projects.parquet")
    assert not set(NAMES) & set(stored)
    assert held.filter(pl.col("county_fips").is_not_null()).height > 0.85 * held.height


def test_all_of_them_are_compact() -> None:
    assert sum(path.stat().st_size for path in SNAPSHOT_DIR.iterdir()) < 2_000_000


@pytest.mark.parametrize("snapshot_id", COMPARED)
def test_a_snapshot_says_what_its_file_says(shared, snapshot_id: str) -> None:
    row = read_files().row(by_predicate=pl.col("snapshot_id") == snapshot_id, named=True)
    path = next(iter(sorted(shared.rglob(row["file"]))), None)
    if path is None:
        pytest.skip(f"{row['file']} is not there")
    day = datetime.fromisoformat(row["as_of"])
    answer = parser_of(row["source_id"])(Payload(row["source_id"], row["request_key"], path.read_bytes(), "", 200, day))
    part = next(one for one in ([answer] if isinstance(answer, Parsed) else answer) if one.table in TABLES)
    held = snapshot(part.table).filter(pl.col("snapshot_id") == snapshot_id)
    # Counties are found when the snapshot is made; what names a project is left out.
    left_out = {*NAMES, "county_fips"} if part.table == "core.queue_projects" else {"url"}
    columns = [name for name in part.rows.columns if name not in left_out]
    key = REGISTRY[part.table].key
    assert held.select(columns).sort(key).equals(part.rows.select(columns).sort(key))


def test_an_answer_replaces_the_rows_of_its_own_file_alone() -> None:
    held = snapshot("core.queue_projects").drop("snapshot_id")
    tonight = held.filter((pl.col("source_id") == "queue_pjm") & (pl.col("dataset") == "cycle")).head(5)
    merged = with_snapshot(tonight, "core.queue_projects")
    per_file = dict(
        merged.group_by("source_id", "dataset")
        .len()
        .select(pl.format("{}/{}", "source_id", "dataset"), "len")
        .iter_rows()
    )
    assert per_file["queue_pjm/cycle"] == 5
    before = held.filter((pl.col("source_id") == "queue_pjm") & (pl.col("dataset") == "serial")).height
    assert per_file["queue_pjm/serial"] == before > 5
    assert with_snapshot(held.clear(), "core.queue_projects").equals(held.sort(REGISTRY["core.queue_projects"].key))
    # A file of the risk index is a whole edition.
    edition = snapshot("core.hazards").drop("snapshot_id").head(2)
    assert with_snapshot(edition, "core.hazards").height == 2


def test_a_vintage_is_not_called_fresh() -> None:
    status = {row["source_id"]: row for row in snapshot_status(None, NIGHT).iter_rows(named=True)}
    assert len(status) == snapshot_sources(None).height == read_files()["snapshot_id"].n_unique()
    assert status["snapshot/caiso"]["is_stale"] and status["snapshot/caiso"]["data_through_utc"].date() == date(
        2025, 12, 27
    )
    # The report on a year comes out in October of the next; two editions have not passed.
    assert not status["snapshot/reliability_2024"]["is_stale"]
    rows = [row | {"family": family_of(row["source_id"])} for row in status.values()]
    said = ages_in_words(rows)
    assert "queues 2023-12 to 2026-07 (snapshots)" in said
    assert "prices 2026-08 (snapshots)" in said


def test_every_source_has_a_family() -> None:
    names = [*source_ids(), *(f"reference/{name}" for name in reference_tables())]
    assert {family_of(name) for name in names} == set(FAMILIES)
    assert ages_in_words([]) == "no input has a date"


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match="is missing"):
        build(tmp_path)
