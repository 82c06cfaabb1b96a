"""A small published release for the SQL surface."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from pipelines.warehouse import Release, open_release


@pytest.fixture(scope="session")
def small_release(repository: Path) -> ModuleType:
    """Return the module that makes the small release."""
    spec = importlib.util.spec_from_file_location("small_release", repository / "tests" / "sql" / "small_release.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def data_dir(small_release: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with the small release."""
    folder = tmp_path_factory.mktemp("data")
    small_release.write_small_release(folder)
    return folder


@pytest.fixture(scope="session")
def release(data_dir: Path) -> Iterator[Release]:
    """Return the small release, open."""
    with open_release(data_dir) as opened:
        yield opened
