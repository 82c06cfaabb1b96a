"""A small published release, once fresh and once stale, and a way to run the command on it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner, Result

from pipelines.cli.main import main

Run = Callable[..., Result]


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
    """Return a data folder with a release whose inputs are fresh enough."""
    folder = tmp_path_factory.mktemp("data")
    small_release.write_small_release(folder)
    return folder


@pytest.fixture(scope="session")
def stale_data_dir(small_release: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with a release one of whose sources is stale."""
    folder = tmp_path_factory.mktemp("stale")
    small_release.write_small_release(folder, is_stale=True)
    return folder


@pytest.fixture
def run(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the command on the small release at a width."""

    def invoke(*arguments: str, columns: int = 120, stdin: str | None = None, folder: Path = data_dir) -> Result:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("FIRSTMW_DATA_DIR", str(folder))
        result = CliRunner().invoke(main, list(arguments), input=stdin, prog_name="firstmw")
        # A traceback never reaches the user: whatever happens, the process ends by its exit code.
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return invoke
