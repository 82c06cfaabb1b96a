"""A released database is the same whether it is written anew or begun from the release before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.warehouse import publication, verify_release
from pipelines.warehouse.database import write_database

MACRO = """-- Sites with at least some solar.
create or replace macro sunny(least_mw := 0.0) as table
select region_id, solar_mw from test_sites where solar_mw >= least_mw order by all;
"""


def test_a_database_begun_from_the_release_before_holds_what_one_begun_anew_does(
    new_night: type[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def write(*args: Any, base: Any = None, **kwargs: Any) -> dict[str, int]:
        begun.append(sorted(base.tables) if base else [])
        return write_database(*args, base=base, **kwargs)

    monkeypatch.setattr(publication, "write_database", write)
    # The files of a few rows are all head and no body.
    monkeypatch.setattr(publication, "_LEAST_KEPT", 0.0)
    monkeypatch.setattr(publication, "_LARGEST_TO_PARQUET", 1e6)
    macro = tmp_path / "sunny.sql"
    macro.write_text(MACRO, encoding="utf-8")
    after = new_night(tmp_path / "after")
    after.publish(1, solar_mw=10.0, macros=[macro])
    contents = []
    for release in (
        after.publish(2, solar_mw=20.0, macros=[macro]),
        new_night(tmp_path / "anew").publish(2, solar_mw=20.0, macros=[macro]),
    ):
        assert verify_release(release.path.parents[1], release.run_id) == []
        with duckdb.connect(str(release.database), read_only=True) as con:
            asked = [f"select * from {name}" for name in release.tables]
            asked += ["select table_name, comment from duckdb_tables() order by all"]
            asked += ["select table_name, column_name, data_type, comment from duckdb_columns() order by all"]
            asked += ["select * from sunny()", "select tags from duckdb_databases() where not internal"]
            asked += ["select comment from duckdb_functions() where function_name = 'sunny'"]
            contents.append([con.sql(question).fetchall() for question in asked])
    assert begun == [[], ["test_hours"], []]
    assert contents[0] == contents[1]
