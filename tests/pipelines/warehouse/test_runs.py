"""A run id says what a night was made from."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines.warehouse import code_hash, run_identity

DAY = date(2026, 7, 1)
INPUTS = {"technology": "aa", "markets": "bb"}
SETTINGS = {"site_it_mw": 20.0, "discount_rate": 0.09}


def test_the_same_night_has_the_same_name_whatever_the_order() -> None:
    name = run_identity(DAY, INPUTS, SETTINGS, "code")
    assert name == run_identity(DAY, dict(reversed(INPUTS.items())), dict(reversed(SETTINGS.items())), "code")
    assert name.startswith("20260701-")
    assert len(name) == len("20260701-") + 12


@pytest.mark.parametrize(
    "changed",
    [
        (date(2026, 7, 2), INPUTS, SETTINGS, "code"),
        (DAY, {**INPUTS, "markets": "bc"}, SETTINGS, "code"),
        (DAY, {**INPUTS, "prices": "cc"}, SETTINGS, "code"),
        (DAY, INPUTS, {**SETTINGS, "discount_rate": 0.0900001}, "code"),
        (DAY, INPUTS, SETTINGS, "edoc"),
    ],
)
def test_whatever_changes_gives_another_name(changed: tuple[date, dict[str, str], dict[str, float], str]) -> None:
    assert run_identity(*changed) != run_identity(DAY, INPUTS, SETTINGS, "code")


def test_the_code_hash_sees_sources_and_not_what_the_interpreter_writes(tmp_path: Path) -> None:
    for name in (
        "pipelines/a.py",
        "assets/core/b.py",
        "sql/mart/c.sql",
        "pipelines/reference/d.csv",
        "constraints.txt",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    before = code_hash(tmp_path)
    (tmp_path / "pipelines" / "__pycache__").mkdir()
    (tmp_path / "pipelines" / "__pycache__" / "a.cpython-311.pyc").write_text("made")
    (tmp_path / "pipelines" / "kernel.nbi").write_text("made")
    (tmp_path / "README.md").write_text("words")
    assert code_hash(tmp_path) == before
    seen = {before}
    for name in (
        "pipelines/a.py",
        "assets/core/b.py",
        "sql/mart/c.sql",
        "pipelines/reference/d.csv",
        "constraints.txt",
    ):
        (tmp_path / name).write_text("changed")
        seen.add(code_hash(tmp_path))
    (tmp_path / "pipelines/a.py").rename(tmp_path / "pipelines/z.py")
    seen.add(code_hash(tmp_path))
    assert len(seen) == 7


def test_the_code_hash_of_this_checkout_is_found(repository: Path) -> None:
    assert code_hash(repository) == code_hash(Path(str(repository)))
    assert code_hash(repository) != code_hash(repository / "tests")
