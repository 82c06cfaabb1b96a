"""A release is published whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.errors import ContractError, UsageError, WarehouseError
from pipelines.warehouse import (
    Publication,
    Warehouse,
    current_run_id,
    list_releases,
    make_current,
    open_release,
    publication,
    publish,
    release_info,
    sha256_file,
    verify_release,
)

MACRO = """-- Sites with at least some solar.
-- Takes the least solar in MW.
create or replace macro sunny(least_mw := 0.0) as table
select region_id, solar_mw from test_sites where solar_mw >= least_mw order by all;
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_release_holds_the_tables_their_words_and_a_manifest(night: Any, data_dir: Path, tmp_path: Path) -> None:
    macro = tmp_path / "sunny.sql"
    macro.write_text(MACRO)
    info = night.publish(
        1, macros=[macro], artefacts={"report/index.html": b"<html></html>"}, details={"code_hash": "abc"}
    )
    assert info.path == (data_dir / "releases" / night.run_id()).resolve()
    assert names(data_dir / "releases") == [night.run_id(), "current", "refs.json"]
    assert names(info.path) == ["firstmw.duckdb", "manifest.json", "parquet", "report"]
    assert (info.run_id, info.as_of, info.is_current) == (night.run_id(), date(2026, 7, 1), True)
    manifest = json.loads((data_dir / "releases" / "current" / "manifest.json").read_text())
    assert (manifest["schema_version"], manifest["storage_version"], manifest["code_hash"]) == (1, "v1.4.0", "abc")
    assert manifest["packages"]["duckdb"] == duckdb.__version__
    assert {table["name"]: table["rows"] for table in manifest["tables"]} == {"test_hours": 96, "test_sites": 4}
    for place, entry in manifest["artefacts"].items():
        assert sha256_file(info.path / place) == entry["sha256"]
    with duckdb.connect(str(info.database), read_only=True) as con:
        assert con.sql("select table_name, comment from duckdb_tables() order by all").fetchall() == [
            ("test_hours", "One row per site and hour."),
            ("test_sites", "One row per site. as_of_utc is the night's date."),
        ]
        silent = "select count(*) from duckdb_columns() where not internal and comment is null"
        assert con.sql(silent).fetchall() == [(0,)]
        assert con.sql("from sunny(least_mw := 1)").fetchall() == [("tx_abilene", 40.0)]
        told = con.sql("select comment from duckdb_functions() where function_name = 'sunny'").fetchall()
        assert told == [("Sites with at least some solar. Takes the least solar in MW.",)]
        kinds = {
            row[0] for row in con.sql("select distinct data_type from duckdb_columns() where not internal").fetchall()
        }
        assert kinds <= {"DOUBLE", "BIGINT", "VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP"}


def test_parquet_and_database_hold_the_same_rows_in_the_order_of_the_key(night: Any, data_dir: Path) -> None:
    info = night.publish()
    with open_release(data_dir) as release:
        for table, key in (("test_sites", ["region_id", "stack_id"]), ("test_hours", ["region_id", "hour_utc"])):
            in_file = pl.read_parquet(info.path / "parquet" / f"{table}.parquet")
            assert in_file.equals(release.query(f"from {table}"), null_equal=True)
            assert in_file.equals(in_file.sort(key), null_equal=True)


def test_the_same_rows_give_the_same_bytes_in_another_folder(night: Any, tmp_path: Path) -> None:
    first = night.publish()
    again = type(night)(tmp_path / "other").publish()
    assert [table["sha256"] for table in first.manifest["tables"]] == [
        table["sha256"] for table in again.manifest["tables"]
    ]


def test_a_release_that_exists_is_verified_and_reused(night: Any, data_dir: Path) -> None:
    first = night.publish(1)
    night.publish(2)
    before = {path: path.stat().st_mtime_ns for path in first.path.rglob("*")}
    again = night.publish(1)
    assert again.is_current
    assert current_run_id(data_dir) == night.run_id(1)
    assert {path: path.stat().st_mtime_ns for path in first.path.rglob("*")} == before


@pytest.mark.parametrize("is_current", [True, False])
def test_a_damaged_release_of_the_same_run_is_published_anew(night: Any, data_dir: Path, is_current: bool) -> None:
    info = night.publish(1)
    if not is_current:
        night.publish(2)
    file = info.path / "parquet" / "test_sites.parquet"
    content = bytearray(file.read_bytes())
    content[20] ^= 1
    file.unlink()
    file.write_bytes(content)
    assert verify_release(data_dir, night.run_id(1)) == ["parquet/test_sites.parquet does not match its checksum"]
    with pytest.raises(WarehouseError, match="not whole"):
        make_current(data_dir, night.run_id(1))
    assert night.publish(1).is_current
    assert verify_release(data_dir) == []
    assert names(data_dir / "releases") == sorted(
        {night.run_id(1), info.run_id, "current", "refs.json"} | (set() if is_current else {night.run_id(2)})
    )


@pytest.mark.parametrize("damage", ["missing", "cut", "changed", "no_manifest"])
def test_verification_names_what_is_wrong(night: Any, data_dir: Path, damage: str) -> None:
    info = night.publish()
    assert verify_release(data_dir) == []
    content = info.database.read_bytes()
    if damage == "no_manifest":
        (info.path / "manifest.json").unlink()
    else:
        info.database.unlink()
    if damage == "cut":
        info.database.write_bytes(content[:-1])
    if damage == "changed":
        info.database.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    (fault,) = verify_release(data_dir)
    assert {
        "missing": "firstmw.duckdb is missing",
        "cut": f"firstmw.duckdb has {len(content) - 1} bytes instead of {len(content)}",
        "changed": "firstmw.duckdb does not match its checksum",
        "no_manifest": "manifest.json cannot be read",
    }[damage] in fault


def written(night: Any, day: int = 1) -> Warehouse:
    warehouse: Warehouse = night.warehouse(day)
    warehouse.write("mart.test_sites", night.sites(day))
    warehouse.write("mart.test_hours", night.hours())
    return warehouse


def spoil_contract(warehouse: Warehouse, night: Any) -> None:
    warehouse.write("mart.test_sites", night.sites(2).with_columns(solar_mw=pl.lit(-1.0)))


def spoil_key(warehouse: Warehouse, night: Any) -> None:
    warehouse.write("mart.test_sites", pl.concat([night.sites(2), night.sites(2)]))


def spoil_date(warehouse: Warehouse, night: Any) -> None:
    warehouse.write("mart.test_sites", night.sites(2).with_columns(as_of_utc=pl.lit(datetime(2026, 7, 1))))


def spoil_run(warehouse: Warehouse, night: Any) -> None:
    warehouse.write("mart.test_sites", night.sites(1).with_columns(as_of_utc=pl.lit(datetime(2026, 7, 2))))


def spoil_description(warehouse: Warehouse, night: Any) -> None:
    warehouse.write("mart.undescribed", night.hours())


def spoil_stamp(warehouse: Warehouse, night: Any) -> None:
    warehouse.run_id, warehouse.as_of = night.run_id(1), date(2026, 7, 1)
    warehouse.write("mart.test_hours", night.hours())


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (spoil_contract, ContractError, r"mart\.test_sites, column solar_mw: value -1\.0 breaks the rule min"),
        (spoil_key, ContractError, r"mart\.test_sites: the rule primary_key is broken"),
        (spoil_date, WarehouseError, r"mart\.test_sites, column as_of_utc: 2026-07-01 .* 2026-07-02"),
        (spoil_run, WarehouseError, r"mart\.test_sites, column run_id: 20260701"),
        (spoil_description, ContractError, r"mart\.undescribed has no contract"),
        (spoil_stamp, WarehouseError, r"mart\.test_hours was written by run 20260701.*a part of it is never published"),
    ],
)
def test_what_does_not_belong_is_refused_and_the_release_before_stays(
    night: Any,
    data_dir: Path,
    spoil: Callable[[Warehouse, Any], None],
    error: type[Exception],
    said: str,
) -> None:
    night.publish(1)
    with written(night, 2) as warehouse:
        spoil(warehouse, night)
        with pytest.raises(error, match=said):
            publish(warehouse, data_dir, night.publication(2))
    assert names(data_dir / "releases") == [night.run_id(1), "current", "refs.json"]
    assert verify_release(data_dir) == []
    assert night.publish(2).is_current


def test_a_missing_table_and_an_empty_build_are_refused(night: Any, data_dir: Path) -> None:
    with night.warehouse() as warehouse:
        with pytest.raises(WarehouseError, match="nothing to publish"):
            publish(warehouse, data_dir, night.publication())
        warehouse.write("mart.test_sites", night.sites())
        with pytest.raises(WarehouseError, match=r"mart\.test_hours is not in the build"):
            publish(warehouse, data_dir, night.publication(), tables=["test_sites", "test_hours"])


@pytest.mark.parametrize("place", ["../outside.html", "manifest/../../x", "parquet/test_sites.parquet"])
def test_an_artefact_stays_in_its_place(night: Any, data_dir: Path, place: str) -> None:
    with pytest.raises(ContractError, match="artefact"):
        night.publish(1, artefacts={place: b"x"})
    assert not (data_dir / "releases" / "outside.html").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("create macro sunny() as table selec 1", r"sunny\.sql: Parser"),
        ("select 1", r"sunny\.sql: there is no CREATE MACRO"),
    ],
)
def test_a_macro_that_does_not_run_names_its_file(
    night: Any, data_dir: Path, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "sunny.sql").write_text(text)
    with pytest.raises(WarehouseError, match=said):
        night.publish(1, macros=[tmp_path / "sunny.sql"])
    assert names(data_dir / "releases") == []


def test_a_view_is_described_and_checked(night: Any, tmp_path: Path) -> None:
    view = tmp_path / "test_hours.sql"
    text = "select region_id, hour_utc, {sign}load_mw as load_mw from hours_stored"
    view.write_text(text.format(sign=""))
    with night.warehouse() as warehouse:
        warehouse.write("mart.test_sites", night.sites())
        with pytest.raises(WarehouseError, match=r"test_hours\.sql: .*hours_stored"):
            publish(warehouse, night.data_dir, night.publication(views=[view]))
        view.write_text("select region_id, as_of_utc as hour_utc, firm_units - 1.0::double as load_mw from test_sites")
        with pytest.raises(ContractError, match=r"mart\.test_hours"):
            publish(warehouse, night.data_dir, night.publication(views=[view]))
        view.write_text(
            "select region_id, as_of_utc as hour_utc, firm_units::double as load_mw from test_sites "
            "where stack_id = 'grid'"
        )
        publish(warehouse, night.data_dir, night.publication(views=[view]))
    with open_release(night.data_dir) as release:
        assert release.query("select count(*) as n from test_hours").item() == 2
        told = release.query("select comment from duckdb_columns() where table_name = 'test_hours'")
        assert told["comment"].to_list() == ["Region", "Interval start [UTC]", "Load [MW]"]


def test_too_little_space_is_refused_before_anything_is_written(
    night: Any, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication, "LEAST_FREE_BYTES", 10**18)
    with pytest.raises(WarehouseError, match="are free and 1,000,000,000,000 MB are needed"):
        night.publish()
    assert names(data_dir / "releases") == []


def test_only_the_newest_releases_are_kept_and_never_less_than_the_current(night: Any, data_dir: Path) -> None:
    for day in range(1, 5):
        night.publish(day)
    make_current(data_dir, night.run_id(1))
    night.publish(5, keep=3)
    assert [info.run_id for info in list_releases(data_dir)] == [night.run_id(day) for day in (5, 4, 3)]
    make_current(data_dir, night.run_id(3))
    publication.retain(data_dir, 1)
    assert [info.run_id for info in list_releases(data_dir)] == [night.run_id(3)]


def test_what_ifs_drive_no_night_of_the_base_out(night: Any, data_dir: Path) -> None:
    for day in (1, 2):
        night.publish(day, keep=2)
    for day in (3, 4, 5):
        with written(night, day) as warehouse:
            told = Publication(
                night.run_id(day), date(2026, 7, day), datetime(2026, 7, day), details={"what_if": ["x=1"]}
            )
            publish(warehouse, data_dir, told, keep=2)
    kept = list_releases(data_dir)
    assert {info.run_id for info in kept if not info.what_if} == {night.run_id(day) for day in (1, 2)}
    assert {info.run_id for info in kept if info.what_if} == {night.run_id(day) for day in (4, 5)}


def test_the_way_back_is_one_step(night: Any, data_dir: Path) -> None:
    night.publish(1)
    night.publish(2)
    assert make_current(data_dir, night.run_id(1)).is_current
    assert release_info(data_dir).run_id == night.run_id(1)
    with pytest.raises(UsageError, match=night.run_id(2)):
        make_current(data_dir, "20300101-000000000000")


def test_times_with_a_zone_are_written_as_utc(night: Any, data_dir: Path) -> None:
    with written(night) as warehouse:
        moment = datetime(2026, 7, 1, 5, 30, tzinfo=UTC)
        info = publish(warehouse, data_dir, Publication(night.run_id(), date(2026, 7, 1), moment))
    assert info.published_at_utc == datetime(2026, 7, 1, 5, 30)


def test_files_are_forced_to_the_disk_before_they_are_shown(
    night: Any, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file and folder of the release is synced before its folder is renamed, and that before the swap."""
    events: list[tuple[str, str]] = []
    synced = os.fsync
    renamed, replaced = Path.rename, Path.replace

    def fsync(descriptor: int) -> None:
        events.append(("sync", Path(f"/proc/self/fd/{descriptor}").readlink().name))
        synced(descriptor)

    def rename(self: Path, target: Path) -> Path:
        events.append(("rename", Path(target).name))
        return renamed(self, target)

    def replace(self: Path, target: Path) -> Path:
        events.append(("swap", Path(target).name))
        return replaced(self, target)

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("the names behind file descriptors are read from /proc")
    with written(night) as warehouse:
        monkeypatch.setattr(os, "fsync", fsync)
        monkeypatch.setattr(Path, "rename", rename)
        monkeypatch.setattr(Path, "replace", replace)
        publish(warehouse, data_dir, night.publication())
    install = events.index(("rename", night.run_id()))
    swap = events.index(("swap", "current"))
    before = [name for kind, name in events[:install] if kind == "sync"]
    incoming = f".incoming-{night.run_id()}-{os.getpid()}"
    assert sorted(before) == sorted(
        ["firstmw.duckdb", "manifest.json", "test_hours.parquet", "test_sites.parquet", "parquet", incoming]
    )
    assert before.index("parquet") > max(before.index("test_hours.parquet"), before.index("test_sites.parquet"))
    assert before[-1] == incoming
    assert events[install + 1] == ("sync", "releases")
    assert events[swap + 1] == ("sync", "releases")
    assert install < swap
