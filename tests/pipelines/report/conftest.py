"""A small release with a page: sixteen weeks of hours, and a region whose name is markup."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from pipelines.report import PLACE, build_page
from pipelines.warehouse import BuildLock, Cache, Publication, Release, Warehouse, open_release, publish

HOSTILE = "<script>alert(1)</script>"
WEEKS = 16


@pytest.fixture(scope="session")
def small_release(repository: Path) -> ModuleType:
    """Return the module that makes the small release, its year sixteen weeks long."""
    spec = importlib.util.spec_from_file_location("page_release", repository / "tests" / "sql" / "small_release.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.HOURS = WEEKS * 168
    return module


@pytest.fixture(scope="session")
def header(small_release: ModuleType) -> dict[str, str]:
    """Return what the page says about the release."""
    return {"run_id": small_release.RUN_ID, "as_of": small_release.AS_OF.isoformat(), "profile": "reference"}


@pytest.fixture(scope="session")
def data_dir(small_release: ModuleType, header: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with the release and its page."""
    folder = tmp_path_factory.mktemp("data")
    cache = Cache(folder / "cache")
    database = folder / "build" / "firstmw.duckdb"
    macros = sorted((Path(__file__).parents[3] / "sql" / "macros").glob("*.sql"))
    with (
        BuildLock(folder),
        Warehouse(database, run_id=small_release.RUN_ID, as_of=small_release.AS_OF) as build,
    ):
        for name, frame in small_release.small_tables().items():
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
                small_release.RUN_ID,
                small_release.AS_OF,
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
