"""Readers see one whole release and nothing else."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.errors import UsageError, WarehouseError
from pipelines.warehouse import open_release, release_info


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, new_night: Any) -> Path:
    """Return a data folder with one release that no test changes."""
    folder = tmp_path_factory.mktemp("published") / "data"
    new_night(folder).publish()
    return folder


def test_a_query_takes_parameters_and_returns_plain_types(night: Any, data_dir: Path) -> None:
    night.publish()
    with open_release(data_dir) as release:
        rows = release.query("select * from test_sites where stack_id = $stack order by all", {"stack": "grid"})
        assert rows["region_id"].to_list() == ["oh_columbus", "tx_abilene"]
        assert release.query("select count(*) as n from test_hours where load_mw > ?", [20.5]).item() == 88
        plain = release.query(
            "select sum(firm_units) as units, 1.25 as x, 'a'::enum('a', 'b') as e, null::decimal(9, 2) as missing, "
            "(2::hugeint ** 100)::hugeint as large from test_sites"
        )
        assert plain.row(0) == (17, 1.25, "a", None, 2.0**100)
        assert plain.dtypes == [pl.Int64, pl.Float64, pl.String, pl.Float64, pl.Float64]
        assert release.table("test_hours").equals(night.hours())
        assert release.table("test_sites", ["region_id", "solar_mw"]).rows()[1] == ("oh_columbus", 0.0)
        assert release.tables() == {"test_hours": 96, "test_sites": 4}


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select * from read_csv('/etc/hosts')", "out of reach"),
        ("from read_text('/etc/hosts')", "out of reach"),
        ("from '/etc/hosts'", "does not exist"),
        ("from read_parquet('https://example.org/x.parquet')", "out of reach"),
        ("copy test_sites to 'out.csv'", "out of reach"),
        ("export database 'out'", "out of reach"),
        ("attach 'other.duckdb'", "out of reach"),
        ("install httpfs", "out of reach"),
        ("set enable_external_access = true", "locked"),
        ("reset lock_configuration", "locked"),
        ("set temp_directory = '/tmp/x'", "locked"),
        ("drop table test_sites", "never changed"),
        ("update test_sites set firm_units = 0", "never changed"),
        ("create table mine as select 1", "never changed"),
        ("from secret_frame", "secret_frame does not exist"),
        ("selec 1", "Parser Error"),
        ("select 1; select 2", "2 SQL statements"),
        ("-- nothing", "0 SQL statements"),
        ("select interval 1 day as d", "::varchar"),
        ("select $a", "does not run"),
    ],
)
def test_what_is_not_a_question_to_the_release_is_refused_in_one_sentence(published: Path, sql: str, said: str) -> None:
    secret_frame = pl.DataFrame({"a": [1]})
    with open_release(published) as release:
        with pytest.raises(UsageError, match=said) as caught:
            release.query(sql)
        assert "\n" not in str(caught.value)
        assert release.query("select count(*) as n from test_sites").item() == 4
    assert secret_frame.height == 1
    assert not (Path("out.csv").exists() or Path("out").exists())


def test_a_transaction_left_open_does_not_reach_the_next_query(night: Any, data_dir: Path) -> None:
    night.publish()
    with open_release(data_dir) as release:
        release.query("begin")
        with pytest.raises(UsageError):
            release.query("from nowhere")
        assert release.query("from test_sites").height == 4


def test_other_clients_of_the_process_can_open_the_same_file(night: Any, data_dir: Path) -> None:
    night.publish()
    with open_release(data_dir) as release, open_release(data_dir) as second:
        with duckdb.connect(str(release.info.database), read_only=True) as other:
            assert other.execute("select count(*) from test_sites").fetchone() == (4,)
        assert second.query("from test_sites").equals(release.query("from test_sites"))


def test_without_a_release_the_way_out_is_named(data_dir: Path) -> None:
    with pytest.raises(UsageError, match="no release yet; run `make refresh`"):
        open_release(data_dir)


def test_an_unknown_release_is_answered_with_the_known_ones(night: Any, data_dir: Path) -> None:
    night.publish()
    for name in ("20300101-000000000000", "..", ".", "current/..", ".incoming-x"):
        with pytest.raises(UsageError, match="no release"):
            open_release(data_dir, name)
    with pytest.raises(UsageError, match=night.run_id()):
        open_release(data_dir, "20300101-000000000000")


@pytest.mark.parametrize("damage", ["gone", "cut", "manifest"])
def test_a_damaged_release_is_named(night: Any, data_dir: Path, damage: str) -> None:
    info = night.publish()
    if damage == "gone":
        info.database.unlink()
    elif damage == "cut":
        content = info.database.read_bytes()
        info.database.unlink()
        info.database.write_bytes(content[:-4096])
    else:
        (info.path / "manifest.json").unlink()
        (info.path / "manifest.json").write_text('{"run_id": "x"}')
    with pytest.raises(WarehouseError, match="refresh again"):
        open_release(data_dir)


def test_readers_never_see_a_mixed_or_missing_release(night: Any, data_dir: Path) -> None:
    """Every opening answers with one night's rows throughout, while the nights are replaced and cleared away."""
    night.publish(1, solar_mw=1.0)
    done = threading.Event()
    answers: list[tuple[str, str, float]] = []
    faults: list[BaseException] = []

    def read() -> None:
        try:
            while not done.wait(0.02):
                with open_release(data_dir) as release:
                    for _ in range(3):
                        run_id, solar_mw = release.query("select max(run_id), max(solar_mw) from test_sites").row(0)
                        answers.append((release.info.run_id, run_id, solar_mw))
        except BaseException as error:
            faults.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for day in range(2, 7):
        night.publish(day, solar_mw=float(day), keep=1)
    done.set()
    for reader in readers:
        reader.join(30)
    assert not faults
    assert len(answers) > 6
    assert all(opened == told == night.run_id(int(solar_mw)) for opened, told, solar_mw in answers)
    assert release_info(data_dir).run_id == night.run_id(6)
