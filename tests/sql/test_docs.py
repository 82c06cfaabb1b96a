"""What docs/sql.md shows runs as it stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner

from pipelines.cli.main import main

DOCUMENT = Path(__file__).parents[2] / "docs" / "sql.md"
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for found, text in BLOCKS if found == language]


@pytest.fixture
def checkout(tmp_path, data_dir, monkeypatch) -> Path:
    """Stand in a folder whose `data` is the small release."""
    (tmp_path / "data").symlink_to(data_dir)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_commands_run(checkout, monkeypatch):
    monkeypatch.delenv("FIRSTMW_DATA_DIR", raising=False)
    commands = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("firstmw ")]
    assert len(commands) >= 5
    for command in commands:
        result = CliRunner().invoke(main, shlex.split(command)[1:], prog_name="firstmw")
        assert result.exit_code == 0, f"{command}: {result.stderr}"


def test_python_runs(checkout):
    for block in blocks("python"):
        names: dict = {}
        exec(block, names)
        assert isinstance(names["sites"], pl.DataFrame)
        assert names["sites"].height > 0


def test_sql_runs_in_one_session_with_the_file_attached(checkout):
    statements = [part for block in blocks("sql") for part in block.split(";") if part.strip()]
    # The session of a client of one's own: first what attaches and uses the file, then the rest.
    setup = [part for part in statements if part.strip().startswith(("attach", "use"))]
    with duckdb.connect() as own:
        for statement in setup:
            own.execute(statement)
        for statement in statements:
            if statement not in setup:
                assert own.sql(statement).fetchall(), statement


def test_macros_need_the_database_in_use(checkout):
    with duckdb.connect() as own:
        own.execute("attach 'data/releases/current/firstmw.duckdb' as firstmw (read_only)")
        assert own.sql("select count(*) from firstmw.ranked_sites").fetchall() == [(48,)]
        with pytest.raises(duckdb.CatalogException):
            own.sql("from firstmw.explain_site('abilene_tx')")


def test_every_macro_is_described(repository):
    text = DOCUMENT.read_text(encoding="utf-8")
    for path in (repository / "sql" / "macros").glob("*.sql"):
        parameters = re.search(r"macro (\w+)\((.*?)\) as table", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert parameters is not None
        row = next(line for line in text.splitlines() if line.startswith(f"| `{parameters.group(1)}("))
        for parameter in re.findall(r"(?:^|,)\s*(\w+)", parameters.group(2)):
            assert parameter in row, (path.stem, parameter)


def test_every_table_and_column_has_a_comment(release):
    tables = release.query("select table_name, comment from duckdb_tables()")
    columns = release.query("select table_name, column_name, comment from duckdb_columns() where not internal")
    assert tables["comment"].null_count() == 0
    assert columns.filter(pl.col("comment").is_null()).is_empty()
