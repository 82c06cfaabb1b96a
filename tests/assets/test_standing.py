"""Tables that stand: what a maker looks at is noted, and decides whether its table is made again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from assets.night import Night, Scope
from assets.standing import Watched, made_from
from assets.table_asset import Made, materialise
from pipelines.errors import BrokenBuildError, WarehouseError
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

DAY = date(2026, 11, 22)
NAME = "core.technology"


def _technology(night: Night) -> pl.DataFrame:
    return night.reference("technology")


def _reused(night: Night, make=_technology) -> bool:
    told = materialise(night, NAME, make).metadata or {}
    assert told["run_id"] == night.run_id
    return bool(told["is_reused"])


def _on(night: Night, **changes: object) -> Night:
    """Return the night as another one of the same build."""
    other = replace(night, run_id="another", shared={}, looked_at={}, steps=[], **changes)
    other.warehouse.run_id = other.run_id
    return other


def test_a_table_stands_until_what_it_was_made_of_moves(opened: Night) -> None:
    assert not _reused(opened)
    stamp = opened.warehouse.stamp(NAME)
    assert stamp is not None
    assert set(json.loads(stamp.made_from or "")) == {"code", "reference technology"}
    assert _reused(_on(opened))
    kept = opened.warehouse.stamp(NAME)
    assert kept is not None
    assert (kept.run_id, kept.content) == ("another", stamp.content)
    moved = {**opened.inputs, "reference/technology": "moved"}
    assert not _reused(_on(opened, inputs=moved))
    assert not _reused(_on(opened, code="other"))
    unmoved = {**opened.inputs, "reference/gas_prices": "moved"}
    assert not _reused(_on(opened, inputs=unmoved))
    assert _reused(_on(opened, inputs=unmoved))


@pytest.mark.parametrize(
    ("look", "changes"),
    [
        (lambda night: night.as_of, {"scope": Scope(date(2026, 11, 23))}),
        (lambda night: night.scope, {"scope": Scope(DAY, regions=("abilene_tx",))}),
        (lambda night: night.settings.module_mw, {"settings": Settings(module_mw=7.5)}),
        (lambda night: night.previous, {"inputs": {"previous_release": "20261121-000000000000"}}),
        (lambda night: night.live, {"inputs": {"eia/henry_hub": "another answer"}}),
        (
            lambda night: night.once("shared", lambda: night.read("core.policy")),
            {"inputs": {"reference/policy": "moved"}},
        ),
    ],
)
def test_whatever_a_maker_looks_at_decides(opened: Night, look, changes: dict[str, object]) -> None:
    def make(night: Night) -> pl.DataFrame:
        look(night)
        return opened.reference("technology")

    materialise(opened, "core.policy", lambda night: night.reference("policy"))
    assert not _reused(opened, make)
    other = _on(opened, **changes)
    materialise(other, "core.policy", lambda night: night.reference("policy").head(3))
    assert not _reused(other, make)


def test_what_nobody_can_hold_against_another_night_is_made_every_night(opened: Night) -> None:
    def make(night: Night) -> pl.DataFrame:
        assert night.raw is not None
        return opened.reference("technology")

    assert not _reused(opened, make)
    assert not _reused(_on(opened), make)
    watched = Watched(opened)
    assert watched.run_id == opened.run_id
    assert json.loads(made_from(opened, watched.seen)) == {"run_id": None, "code": opened.code}


def test_who_gets_what_is_shared_has_looked_at_what_it_was_made_of(opened: Night) -> None:
    materialise(opened, "core.policy", lambda night: night.reference("policy"))
    first, second = Watched(opened), Watched(opened)
    for watched in (first, second):
        watched.once("outer", lambda own=watched: own.once("inner", lambda: own.read("core.policy")))
        assert watched.seen == {"table core.policy"}


def test_a_linked_table_stands_only_while_its_file_is_whole(opened: Night) -> None:
    def make(night: Night) -> Made:
        path, is_hit = night.cache.file("tables", {"own": 1}, lambda: opened.reference("technology"))
        return Made(path=path, is_cache_hit=is_hit)

    assert not _reused(opened, make)
    assert _reused(_on(opened), make)
    stamp = opened.warehouse.stamp(NAME)
    assert stamp is not None
    path = Path(stamp.linked_path)
    path.write_bytes(path.read_bytes()[:-100])
    made = materialise(_on(opened), NAME, make)
    assert made.metadata is not None
    assert not made.metadata["is_reused"]
    assert opened.warehouse.read(NAME).equals(opened.reference("technology"))


def test_a_build_that_was_damaged_is_put_away(tmp_path: Path) -> None:
    path = tmp_path / "firstmw.duckdb"
    rows = pl.DataFrame({"a": range(400_000)}, schema={"a": pl.Int64}).with_columns(
        b=pl.col("a").hash().cast(pl.String)
    )
    with Warehouse(path, run_id="one") as warehouse:
        warehouse.write("core.any", rows)
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 16
    path.write_bytes(damaged)
    with Warehouse(path, run_id="two") as warehouse, pytest.raises(BrokenBuildError, match="damaged"):
        warehouse.read("core.any")
    with Warehouse(path, run_id="three") as warehouse, pytest.raises(WarehouseError, match="not in the build"):
        warehouse.read("core.any")


def test_a_broken_contract_leaves_nothing_that_stands(opened: Night) -> None:
    assert not _reused(opened)
    other = _on(opened, code="other")
    failed = materialise(other, NAME, lambda night: pl.concat([night.reference("technology")] * 2))
    assert failed.check_results is not None
    assert not failed.check_results[0].passed
    assert not _reused(_on(opened, code="other"))
