"""A small release with a page: sixteen weeks of hours, and a region whose name is markup."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from small_release import AS_OF, RUN_ID, small_tables

from pipelines.report import PLACE, build_page
from pipelines.warehouse import BuildLock, Cache, Publication, Release, Warehouse, open_release, publish

HOSTILE = "<script>alert(1)</script>"
WEEKS = 16


@pytest.fixture(scope="session")
def header() -> dict[str, str]:
    """Return what the page says about the release."""
    return {"run_id": RUN_ID, "as_of": AS_OF.isoformat(), "profile": "reference"}


@pytest.fixture(scope="session")
def data_dir(header: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with the release and its page."""
    folder = tmp_path_factory.mktemp("data")
    cache = Cache(folder / "cache")
    database = folder / "build" / "firstmw.duckdb"
    macros = sorted((Path(__file__).parents[3] / "sql" / "macros").glob("*.sql"))
    with (
        BuildLock(folder),
        Warehouse(database, run_id=RUN_ID, as_of=AS_OF) as build,
    ):
        for name, frame in small_tables(hours=WEEKS * 168).items():
            named = frame
            if "region_name" in frame.columns:
                is_hostile = pl.col("region_id") == "columbus_oh"
                name_column = pl.when(is_hostile).then(pl.lit(HOSTILE)).otherwise(pl.col("region_name"))
                named = frame.with_columns(name_column.alias("region_name"))
            build.write(name, named)
        publish(
            build,
            folder,
            Publication(
                RUN_ID,
                AS_OF,
                datetime(2026, 11, 22, 3),
                macros=macros,
                artefacts={PLACE: lambda place: build_page(place, header, cache.frame)},
            ),
        )
    return folder


@pytest.fixture(scope="session")
def release(data_dir: Path) -> Iterator[Release]:
    """Return the release, open."""
    with open_release(data_dir) as opened:
        yield opened
