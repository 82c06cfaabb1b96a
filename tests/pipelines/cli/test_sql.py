from __future__ import annotations

import csv
import io
import json

import pytest


def test_rows_come_back_as_json_with_types(run):
    answer = json.loads(
        run("sql", "select state, count(*) as n from regions group by state order by state", "--json").stdout
    )
    assert [column["name"] for column in answer["columns"]] == ["state", "n"]
    assert answer["rows"][-2] == {"state": "TX", "n": 2}


def test_csv_holds_all_rows_whatever_the_limit(run):
    result = run("sql", "select region_id, stack_id from ranked_sites", "--csv", "--limit", "3")
    assert len(list(csv.DictReader(io.StringIO(result.stdout)))) == 48


def test_printed_rows_say_what_is_left_out(run):
    text = run("sql", "select * from ranked_sites order by rank", "--limit", "5", columns=80).stdout
    assert "5 of 48 rows shown" in text
    assert "more columns (" in text
    assert max(len(line) for line in text.splitlines() if "more columns" not in line) <= 80


def test_one_wide_row_stands_upright(run):
    lines = run("sql", "select * from ranked_sites where rank = 1", columns=80).stdout.splitlines()
    assert any(line.split() == ["region_id", "abilene_tx"] for line in lines)


def test_macros_are_there(run):
    result = run("sql", "select count(*) as n from site_week('abilene_tx', 'gas_recip', 1)", "--json")
    assert json.loads(result.stdout)["rows"] == [{"n": 168}]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("selec 1", "syntax error"),
        ("select nope from ranked_sites", "nope"),
        ("from rankd_sites", "did you mean ranked_sites"),
        ("select 1; select 2", "2 SQL statements"),
        ("create table x as select 1", "read-only"),
        ("delete from ranked_sites", "read-only"),
        ("copy ranked_sites to 'x.csv'", "out of reach"),
        ("select * from read_csv('/etc/passwd')", "out of reach"),
        ("attach 'other.duckdb'", "out of reach"),
        ("install httpfs", "out of reach"),
        ("set enable_external_access = true", "query does not run"),
        ("", "give one of"),
        ("/* nothing */", "0 SQL statements"),
    ],
)
def test_what_cannot_run_is_one_sentence_and_usage(run, statement, told):
    result = run("sql", statement)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_a_statement_comes_from_a_file_or_stdin(run, tmp_path):
    file = tmp_path / "my.sql"
    file.write_text("select 42 as answer;\n")
    from_file = json.loads(run("sql", "--file", str(file), "--json").stdout)["rows"]
    from_stdin = json.loads(run("sql", "--file", "-", "--json", stdin="select 42 as answer").stdout)["rows"]
    assert from_file == from_stdin == [{"answer": 42}]


def test_a_missing_file_is_told(run):
    result = run("sql", "--file", "nowhere.sql")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "nowhere.sql does not exist" in result.stderr


def test_ready_made_questions_are_listed_and_run(run):
    listed = json.loads(run("sql", "--list", "--json").stdout)["queries"]
    assert len(listed) >= 20
    assert all(entry["question"].endswith("?") for entry in listed)
    answer = json.loads(run("sql", "--query", "fastest_regions", "--json").stdout)
    assert answer["rows"][0]["stack_id"] == "fuel_cell"


def test_an_unknown_question_is_answered_with_the_closest(run):
    result = run("sql", "--query", "fastest_region")
    assert result.exit_code == 2
    assert "fastest_regions" in result.stderr


def test_two_formats_at_once_are_refused(run):
    assert run("sql", "from stacks", "--csv", "--json").exit_code == 2
