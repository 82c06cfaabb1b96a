"""A small published release, once fresh and once stale, and a way to run the command on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from small_release import write_small_release

from pipelines.cli.main import main

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def stale_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with a release one of whose sources is stale."""
    folder = tmp_path_factory.mktemp("stale")
    write_small_release(folder, is_stale=True)
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
