"""Turns the files of `sql/core` and `sql/mart` into assets: one file, one SELECT, one table."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from assets.night import REPOSITORY, Night
from assets.table_asset import Made, table_asset
from pipelines.contracts.base import REGISTRY
from pipelines.errors import ContractError
from pipelines.warehouse.sqltext import made_table, upstream_tables

SQL_DIR = REPOSITORY / "sql"


def sql_asset(path: Path) -> dg.AssetsDefinition:
    """Return the asset of one file; its folder is the schema, its name the table."""
    name = made_table(path)
    if name not in REGISTRY:
        raise ContractError(f"{path.name} makes {name}, which has no contract; describe it in pipelines/contracts.")

    def make(_: Night) -> Made:
        return Made(statement=path, metadata={"file": f"sql/{path.parent.name}/{path.name}"})

    return table_asset(name, deps=upstream_tables(path), kinds={"sql", "duckdb"})(make)


def sql_assets() -> list[dg.AssetsDefinition]:
    """Return the assets of all files, in order of their names."""
    return [sql_asset(path) for layer in ("core", "mart") for path in sorted((SQL_DIR / layer).glob("*.sql"))]
