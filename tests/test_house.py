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
# Stacks and technologies are named in one place each: a stack's own file, and the tables of technologies.
_IDS = (
    *("flexible_grid_bess", "gas_recip", "gas_turbine", "smr_hybrid", "solar_bess", "solar_bess_gas"),
    *("diesel_standby_genset", "gas_turbine_5mw", "gas_turbine_small_industrial", "recip_genset"),
)
# Ids that are ordinary words as well, and where they are used as such.
_WORDS = ("grid", "fuel_cell", "smr")
_USE_THE_WORD = {
    "pipelines/contracts/reliability.py": "what an outage takes, what ride-through loses",
    "pipelines/dispatch/bound.py": "a source of power in the linear programme",
    "pipelines/dispatch/kernel.py": "a column of the kernel's state and series",
    "pipelines/dispatch/trace.py": "a source of power in a trace",
    "pipelines/economics/capital.py": "a part of the capital",
    "pipelines/economics/charges.py": "a part of the capital",
    "pipelines/economics/evaluate.py": "what an outage takes",
    "pipelines/plant/catalogue.py": "a part of a plant",
    "pipelines/plant/stack.py": "a part of a plant",
    "pipelines/dispatch/batch.py": "an energy of a year",
    "pipelines/economics/selection.py": "a part of a plant",
    "pipelines/sizing/fine.py": "a part of a plant",
    "pipelines/portfolio/facts.py": "the campus of a programme is one on the grid",
    "pipelines/portfolio/sites.py": "what an event takes",
    "pipelines/ranking/model.py": "a part of the capital",
    "pipelines/timeline/phases.py": "a part of a plant",
    "pipelines/timeline/backtest.py": "a way of getting power, in the words of observed projects",
    "pipelines/reliability/chosen.py": "what ride-through loses",
    "pipelines/reliability/common_mode.py": "what an outage takes",
    "pipelines/reliability/system.py": "a group of units in the simulation",
    "pipelines/report/page/inputs.js": "a layout of the page",
    "pipelines/report/page/portfolio.js": "a layout of the page",
    "pipelines/report/page/site.js": "a layout of the page",
    "sql/queries/one_week_by_the_hour.sql": "an example names a stack",
    "sql/queries/own_power_against_grid.sql": "the question is about the grid",
}


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


def _product_files(repository: Path) -> list[Path]:
    folders = ("assets", "benchmarks", "bi", "docs", "pipelines", "sql")
    return [
        path
        for folder in folders
        for path in sorted((repository / folder).rglob("*"))
        if path.suffix in {".py", ".sql", ".js"} and "plant/stacks/" not in path.as_posix()
    ]


def test_no_code_names_a_stack_or_a_technology(repository: Path) -> None:
    pattern = re.compile(rf"\b({'|'.join(_IDS)})\b")
    found = {
        path.relative_to(repository).as_posix(): sorted({match[1] for match in hits})
        for path in _product_files(repository)
        if (hits := list(pattern.finditer(path.read_text(encoding="utf-8"))))
    }
    assert found == {}


def test_ids_that_are_words_are_named_only_where_the_word_is_meant(repository: Path) -> None:
    pattern = re.compile(rf"""(["'])({"|".join(_WORDS)})\1""")
    found = {
        path.relative_to(repository).as_posix()
        for path in _product_files(repository)
        if pattern.search(path.read_text(encoding="utf-8"))
    }
    assert found == set(_USE_THE_WORD), "name a stack in its own file, or say here what the word means"


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
