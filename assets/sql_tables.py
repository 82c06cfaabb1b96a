"""Turns the files of `sql/core` and `sql/mart` into assets: one file, one SELECT, one table."""

from __future__ import annotations

import re
from pathlib import Path

import dagster as dg

from assets.night import REPOSITORY, Night
from assets.table_asset import Made, table_asset
from pipelines.contracts.base import REGISTRY
from pipelines.errors import ContractError

SQL_DIR = REPOSITORY / "sql"
_TABLE = re.compile(r"\b(?:from|join)\s+((?:raw|core|sim|mart)\.[a-z_]+)", re.IGNORECASE)


def upstream_tables(path: Path) -> list[str]:
    """Return the tables that a statement reads, by the names after FROM and JOIN, comments left out."""
    statement = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
    return sorted({name.lower() for name in _TABLE.findall(statement)})


def sql_asset(path: Path) -> dg.AssetsDefinition:
    """Return the asset of one file; its folder is the schema, its name the table."""
    name = f"{path.parent.name}.{path.stem}"
    if name not in REGISTRY:
        raise ContractError(f"{path.name} makes {name}, which has no contract; describe it in pipelines/contracts.")

    def make(night: Night) -> Made:
        return Made(rows=night.warehouse.run_sql_file(path), metadata={"file": f"sql/{path.parent.name}/{path.name}"})

    return table_asset(name, deps=upstream_tables(path), kinds={"sql", "duckdb"})(make)


def sql_assets() -> list[dg.AssetsDefinition]:
    """Return the assets of all files, in order of their names."""
    return [sql_asset(path) for layer in ("core", "mart") for path in sorted((SQL_DIR / layer).glob("*.sql"))]
