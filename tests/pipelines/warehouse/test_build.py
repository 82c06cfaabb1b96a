"""The build database gives back what was written, knows who wrote it, and can be thrown away."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.errors import ContractError, WarehouseError
from pipelines.warehouse import Warehouse, write_parquet

EVERY_TYPE = pl.DataFrame(
    {
        "a_frac": [0.1 + 0.2, -0.0, None, 1e300],
        "n": [1, None, -(2**62), 3],
        "name": ["x", "", None, "O'Brien \u2192 |"],
        "is_on": [True, None, False, True],
        "day": [date(2026, 7, 1), None, date(1970, 1, 1), date(2400, 2, 29)],
        "at_utc": [datetime(2026, 7, 1, 12, 0, 0, 123456), None, datetime(1969, 12, 31), datetime(2026, 1, 1)],
    },
    schema_overrides={"at_utc": pl.Datetime("us")},
)

OPEN = """
import sys
from pathlib import Path
from pipelines.warehouse import Warehouse
Warehouse(Path(sys.argv[1]))
"""


def test_a_frame_comes_back_as_it_was(night: Any) -> None:
    with night.warehouse() as warehouse:
        assert warehouse.write("core.every_type", EVERY_TYPE) == 4
        back = warehouse.read("core.every_type")
        assert back.schema == EVERY_TYPE.schema
        assert back.equals(EVERY_TYPE, null_equal=True)
        assert warehouse.read("core.every_type", ["n", "day"]).equals(EVERY_TYPE.select("n", "day"), null_equal=True)
        assert warehouse.write("core.every_type", EVERY_TYPE.head(0)) == 0
        assert warehouse.read("core.every_type").schema == EVERY_TYPE.schema


def test_order_is_kept_over_many_rows(night: Any) -> None:
    frame = pl.DataFrame({"n": pl.int_range(400_000, eager=True).shuffle(seed=1)})
    with night.warehouse() as warehouse:
        warehouse.write("sim.many", frame)
        assert warehouse.read("sim.many").equals(frame)


def test_tables_know_their_run_and_carry_the_words_of_their_contract(night: Any) -> None:
    with night.warehouse(3) as warehouse:
        warehouse.write("mart.test_sites", night.sites(3))
        row = warehouse.tables().row(0, named=True)
        assert (row["table_name"], row["run_id"], row["as_of_utc"], row["rows"], row["linked_path"]) == (
            "mart.test_sites",
            night.run_id(3),
            datetime(2026, 7, 3),
            4,
            "",
        )
        comments = warehouse.query(
            "select column_name, comment from duckdb_columns() where schema_name = 'mart' order by column_index"
        )
        assert dict(comments.rows())["solar_mw"] == "Solar installed [MW]"
        assert comments["comment"].null_count() == 0
        about = warehouse.query("select comment from duckdb_tables() where schema_name = 'mart'")
        assert about.item() == "One row per site. as_of_utc is the night's date."


def _words(warehouse: Warehouse, table: str) -> tuple[str, dict[str, str]]:
    columns = warehouse.query(f"select column_name, comment from duckdb_columns() where table_name = '{table}'")
    about = warehouse.query(f"select comment from duckdb_tables() where table_name = '{table}'")
    return about.item(), dict(columns.rows())


def test_a_table_written_every_night_holds_tonights_rows_in_order_and_does_not_grow(night: Any) -> None:
    hours = night.hours()
    long = pl.concat(
        hours.with_columns(pl.format("{}_{}", "region_id", pl.lit(place)).alias("region_id")) for place in range(2_000)
    )
    sizes = []
    for day in range(1, 7):
        with Warehouse(night.build_path, run_id=night.run_id(day)) as warehouse:
            tonight = long.with_columns(pl.col("load_mw") + day).sample(fraction=1.0, shuffle=True, seed=day)
            warehouse.write("mart.test_hours", tonight)
            warehouse._held.clear()
            assert warehouse.read("mart.test_hours").equals(tonight)
            assert _words(warehouse, "test_hours")[1]["load_mw"] == "Load [MW]"
        with Warehouse(night.build_path, run_id=night.run_id(day)) as warehouse:
            assert warehouse.read("mart.test_hours").equals(tonight)
        sizes.append(night.build_path.stat().st_size)
    assert sizes[-1] <= 1.5 * sizes[1]


def test_a_table_whose_contract_says_something_else_gets_the_new_words(night: Any) -> None:
    with Warehouse(night.build_path) as warehouse:
        warehouse.write("mart.test_hours", night.hours())
        warehouse.query("comment on table mart.test_hours is 'as another version said'")
        warehouse.query("comment on column mart.test_hours.load_mw is null")
    with Warehouse(night.build_path) as warehouse:
        warehouse.write("mart.test_hours", night.hours())
        about, columns = _words(warehouse, "test_hours")
    assert (about, columns["load_mw"]) == ("One row per site and hour.", "Load [MW]")


def test_a_linked_file_is_a_table_without_a_copy(night: Any, tmp_path: Path) -> None:
    write_parquet(night.hours(), tmp_path / "hours [1]*'.parquet")
    with night.warehouse() as warehouse:
        assert warehouse.link("mart.test_hours", tmp_path / "hours [1]*'.parquet") == 96
        assert warehouse.read("mart.test_hours").equals(night.hours())
        warehouse.write("mart.test_hours", night.hours(2))
        warehouse.link("mart.test_hours", tmp_path / "hours [1]*'.parquet")
        assert warehouse.query("select count(*) as n from mart.test_hours").item() == 96
        (tmp_path / "no.parquet").write_text("not Parquet")
        for name in ("no.parquet", "absent.parquet"):
            with pytest.raises(WarehouseError, match=name):
                warehouse.link("mart.test_hours", tmp_path / name)
        assert warehouse.read("mart.test_hours").height == 96


def sql_file(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_a_file_with_one_select_becomes_its_table(night: Any, tmp_path: Path) -> None:
    query = (
        "-- Load by region.\n"
        "select region_id, sum(load_mw) as load_mw from mart.test_hours group by all order by all;\n"
    )
    with night.warehouse() as warehouse:
        warehouse.write("mart.test_hours", night.hours())
        assert warehouse.run_sql_file(sql_file(tmp_path, "core/load_by_region.sql", query)) == 2
        expected = night.hours().group_by("region_id", maintain_order=True).agg(pl.col("load_mw").sum())
        assert warehouse.read("core.load_by_region")["load_mw"].to_list() == pytest.approx(
            expected["load_mw"].to_list()
        )
        assert "core.load_by_region" in warehouse.tables()["table_name"].to_list()


def test_float_sums_of_a_file_are_the_same_in_every_run(night: Any, tmp_path: Path) -> None:
    frame = pl.DataFrame({"k": pl.int_range(600_000, eager=True) % 7}).with_columns(
        x_mw=(pl.col("k") + 1) / 3.0 + pl.int_range(pl.len()) ** 0.5
    )
    path = sql_file(
        tmp_path, "core/sums.sql", "select k, sum(x_mw) as x_mw, avg(x_mw) as mean_mw from sim.x group by k"
    )
    sums = []
    for _ in range(4):
        with night.warehouse() as warehouse:
            warehouse.write("sim.x", frame)
            warehouse.run_sql_file(path)
            sums.append(warehouse.read("core.sums"))
    assert all(again.equals(sums[0]) for again in sums[1:])


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("select nothing from mart.test_hours", WarehouseError, r"bad\.sql: .*nothing"),
        ("selec 1", WarehouseError, r"bad\.sql: Parser Error"),
        ("select sum(1) as n", ContractError, r"core\.bad, column n: type HUGEINT"),
        ("select 1.5 as x", ContractError, r"column x: type DECIMAL"),
    ],
)
def test_a_file_that_does_not_run_is_named_and_the_old_table_stays(
    night: Any, tmp_path: Path, text: str, error: type[Exception], said: str
) -> None:
    with night.warehouse() as warehouse:
        warehouse.write("mart.test_hours", night.hours())
        warehouse.run_sql_file(sql_file(tmp_path, "core/bad.sql", "select 1::bigint as n"))
        with pytest.raises(error, match=said):
            warehouse.run_sql_file(sql_file(tmp_path, "core/bad.sql", text))
        assert warehouse.read("core.bad")["n"].to_list() == [1]


def test_a_file_whose_rows_break_their_contract_is_refused(night: Any, tmp_path: Path) -> None:
    text = "select region_id, hour_utc, -load_mw as load_mw from sim.hours"
    with night.warehouse() as warehouse:
        warehouse.write("sim.hours", night.hours())
        with pytest.raises(ContractError, match=r"mart\.test_hours, column load_mw: value -20\.0 breaks the rule min"):
            warehouse.run_sql_file(sql_file(tmp_path, "mart/test_hours.sql", text))
        assert not warehouse.has("mart.test_hours")


@pytest.mark.parametrize("name", ["regions", "main.regions", "core.Regions", 'core.x"; drop table y', "core."])
def test_names_outside_the_house_are_refused(night: Any, name: str) -> None:
    with night.warehouse() as warehouse, pytest.raises(ContractError, match="table name"):
        warehouse.write(name, EVERY_TYPE)


def test_a_missing_table_is_named(night: Any) -> None:
    with night.warehouse() as warehouse, pytest.raises(WarehouseError, match=r"core\.regions is not in the build"):
        warehouse.read("core.regions")


@pytest.mark.parametrize("content", [b"", b"x" * 20_000, b"\0" * 5])
def test_an_unreadable_build_is_begun_anew(night: Any, content: bytes) -> None:
    with night.warehouse() as warehouse:
        warehouse.write("core.every_type", EVERY_TYPE)
    night.build_path.write_bytes(content)
    with Warehouse(night.build_path) as warehouse:
        assert warehouse.tables().is_empty()
        warehouse.write("core.every_type", EVERY_TYPE)


def test_a_build_is_kept_for_the_next_step_and_emptied_for_the_next_night(night: Any) -> None:
    with night.warehouse() as warehouse:
        warehouse.write("core.every_type", EVERY_TYPE)
    with Warehouse(night.build_path) as warehouse:
        assert warehouse.read("core.every_type").height == 4
    with night.warehouse() as warehouse:
        assert not warehouse.has("core.every_type")


def test_a_build_open_elsewhere_is_not_deleted(night: Any, repository: Path) -> None:
    with night.warehouse() as warehouse:
        warehouse.write("core.every_type", EVERY_TYPE)
        other = subprocess.run(
            [sys.executable, "-c", OPEN, str(night.build_path)],
            capture_output=True,
            text=True,
            cwd=repository,
            check=False,
        )
        assert "open in another process" in other.stderr
        assert warehouse.read("core.every_type").height == 4
    with Warehouse(night.build_path) as warehouse:
        assert warehouse.read("core.every_type").height == 4
