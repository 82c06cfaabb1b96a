"""Every SQL file reads alike: one lower-case statement, a header in plain words, explicit columns at the end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SQL = Path(__file__).parents[2] / "sql"
FILES = sorted(SQL.rglob("*.sql"))
NAMES = [path.relative_to(SQL).as_posix() for path in FILES]


def header(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    count = next(index for index, line in enumerate(lines) if not line.startswith("--"))
    return [line.removeprefix("--").strip() for line in lines[:count]]


def body(path: Path) -> str:
    """Return the statement without comments and without the text in quotes."""
    text = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
    return re.sub(r"'[^']*'", "''", text).strip()


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_one_statement_in_lower_case(path):
    statement = body(path)
    assert statement == statement.lower()
    assert ";" not in statement.rstrip(";")
    assert "\t" not in path.read_text(encoding="utf-8")
    assert max(len(line) for line in path.read_text(encoding="utf-8").splitlines()) <= 120


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_the_header_is_a_sentence(path):
    first = header(path)[0]
    assert len(first) > 20
    assert first.endswith("?" if path.parent.name == "queries" else ".")


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name == "mart"], ids=lambda path: path.stem)
def test_a_mart_says_its_grain_and_orders_its_rows(path):
    assert header(path)[0].startswith("One row per ")
    final = body(path).rsplit("\n\n", maxsplit=1)[-1]
    assert "order by" in final
    assert "*" not in re.sub(r"\d+ \*|\* [a-z(]", "", final)


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.parent.name in {"mart", "queries"}], ids=lambda p: p.stem
)
def test_sums_and_means_of_figures_name_their_order(path):
    # Unordered sums of doubles depend on the number of threads.
    for call in re.finditer(r"\b(?:sum|avg)\(([^()]|\([^()]*\))*\)(\s*over)?", body(path)):
        assert "order by" in call.group(0), call.group(0)


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name == "macros"], ids=lambda path: path.stem)
def test_a_macro_is_named_as_its_file(path):
    assert body(path).startswith(f"create or replace macro {path.stem}(")
