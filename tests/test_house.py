"""The rules of the house that a machine can check: layering, pins, generated pages, nothing private in the tree."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pipelines.contracts  # noqa: F401 - registers every table
from pipelines.contracts.base import REGISTRY
from pipelines.settings import Settings
from pipelines.warehouse import data_dictionary

# The one place of the domain that may call the orchestration, and only inside its function.
_MAY_IMPORT_ASSETS = {"pipelines/cli/refresh.py"}


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.partition(".")[0])
    return found


def test_the_domain_imports_neither_dagster_nor_the_assets(repository: Path) -> None:
    offenders = [
        path.relative_to(repository).as_posix()
        for path in sorted((repository / "pipelines").rglob("*.py"))
        if _imports(path) & {"dagster", "assets"}
    ]
    assert set(offenders) <= _MAY_IMPORT_ASSETS


def test_only_the_warehouse_opens_duckdb(repository: Path) -> None:
    offenders = [
        path.relative_to(repository).as_posix()
        for folder in ("pipelines", "assets")
        for path in sorted((repository / folder).rglob("*.py"))
        if "duckdb" in _imports(path) and "pipelines/warehouse/" not in path.as_posix()
    ]
    assert offenders == []


def test_pins_name_versions_and_no_hosts(repository: Path) -> None:
    lines = (repository / "constraints.txt").read_text().split()
    assert not [line for line in lines if "://" in line or "@" in line]
    assert all(re.fullmatch(r"[A-Za-z0-9_.\-]+==[^=]+", line) for line in lines)
    assert any(line.startswith("duckdb==2.0.") for line in lines)


def test_the_data_dictionary_is_current(repository: Path) -> None:
    page = (repository / "docs" / "data_dictionary.md").read_text(encoding="utf-8")
    assert page == data_dictionary(REGISTRY), "run `make docs`"


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_no_tracked_text_names_a_machine_path_or_a_package_host(repository: Path) -> None:
    if not (repository / ".git").exists():
        return
    # Bracketed letters, so that this line does not find itself.
    pattern = r"pythonhoste[d]|pyp[i]\.org|npmj[s]\.org|de[b]\.debian|/wor[k]/main"
    done = subprocess.run(
        ["git", "grep", "-nIE", pattern, "--", "."], cwd=repository, capture_output=True, text=True, check=False
    )
    assert done.stdout == ""
