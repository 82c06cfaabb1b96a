from __future__ import annotations

import json

import openpyxl
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.cli import export as module


def published(data_dir, table: str) -> pl.DataFrame:
    return pl.read_parquet(data_dir / "releases" / "current" / "parquet" / f"{table}.parquet")


def test_parquet_gives_the_published_rows(run, data_dir, tmp_path):
    out = tmp_path / "sites.parquet"
    assert run("export", "ranked_sites", "--out", str(out)).exit_code == 0
    assert_frame_equal(pl.read_parquet(out), published(data_dir, "ranked_sites"))


def test_csv_gives_the_published_figures(run, data_dir, tmp_path):
    out = tmp_path / "times.csv"
    answer = json.loads(run("export", "time_to_power", "--out", str(out), "--json").stdout)["export"]
    assert answer == {
        "table": "time_to_power",
        "path": str(out),
        "format": "csv",
        "rows": 48,
        "bytes": out.stat().st_size,
    }
    read = pl.read_csv(out, schema_overrides=published(data_dir, "time_to_power").schema)
    assert_frame_equal(read, published(data_dir, "time_to_power"))


def test_excel_opens_with_headings_and_rows(run, tmp_path):
    out = tmp_path / "stacks.xlsx"
    assert run("export", "stacks", "--format", "xlsx", "--out", str(out)).exit_code == 0
    sheet = openpyxl.load_workbook(out).active
    assert sheet.title == "stacks"
    assert sheet.max_row == 9
    assert sheet["A1"].value == "stack_id"


def test_csv_goes_to_a_pipe(run, data_dir):
    lines = run("export", "score_anchors", "--out", "-").stdout.splitlines()
    assert lines[0].split(",") == published(data_dir, "score_anchors").columns
    assert len(lines) == 1 + published(data_dir, "score_anchors").height


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["ranked_site"], "did you mean ranked_sites"),
        (["stacks", "--format", "csv", "--out", "x.parquet"], "disagree"),
        (["stacks", "--out", "x.doc"], ".csv, .xlsx or .parquet"),
        (["stacks", "--out", "nowhere/x.csv"], "nowhere does not exist"),
        (["stacks", "--out", "-", "--format", "xlsx"], "only CSV"),
        (["stacks", "--out", "-", "--json"], "--json"),
        (["stacks", "--format", "ods"], "ods"),
    ],
)
def test_what_does_not_go_together_is_told(run, tmp_path, monkeypatch, arguments, told):
    monkeypatch.chdir(tmp_path)
    result = run("export", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_too_many_rows_for_excel_leave_no_file(run, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "EXCEL_ROWS", 10)
    result = run("export", "ranked_sites", "--out", str(tmp_path / "sites.xlsx"))
    assert result.exit_code == 2
    assert "export csv or parquet" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_old_file(run, tmp_path, monkeypatch):
    out = tmp_path / "sites.xlsx"
    out.write_bytes(b"old")

    def full(*_):
        raise OSError(28, "No space left on device", str(out))

    monkeypatch.setattr(module, "_write_excel", full)
    result = run("export", "ranked_sites", "--out", str(out))
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    assert out.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [out]


def test_texts_that_look_like_formulas_stay_texts_in_excel(tmp_path):
    names = ["+1+1", "@SUM(1+1)", "=1+1", "-2+3"]
    out = tmp_path / "projects.xlsx"
    module._write_excel(pl.DataFrame({"project_name": names}), "projects", out)
    cells = [row[0] for row in openpyxl.load_workbook(out)["projects"].iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type) for cell in cells] == [(name, "s") for name in names]
