"""Names in the environment that nothing reads are found, those that something reads are known."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.cli.main import main
from pipelines.environment import known_names, unknown_names

# In other tests: a name that is made up. The history of changes names settings that are gone.
_NOT_READ = {"FIRSTMW_THING_URL"}


def test_every_name_in_the_tree_is_known(repository: Path) -> None:
    if not (repository / ".git").exists():
        pytest.skip("not a checkout")
    done = subprocess.run(
        [
            "git",
            "grep",
            "-hIoE",
            "FIRSTMW_[A-Z0-9_]+",
            ":!tests/pipelines/test_environment.py",
            ":!tests/assets",
            ":!CHANGELOG.md",
        ],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    )
    named = {name for name in done.stdout.split() if re.fullmatch(r"FIRSTMW_\w*[A-Z0-9]", name)}
    assert named - set(known_names()) - _NOT_READ == set()


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("FIRSTMW_WEATHER_DIRR", "FIRSTMW_WEATHER_DIR"),
        ("FIRSTMW_FRED_URI", "FIRSTMW_FRED_URL"),
        ("FIRSTMW_KEEP_RELEASE", "FIRSTMW_KEEP_RELEASES"),
        ("FIRSTMW_QQQ", ""),
    ],
)
def test_an_unknown_name_comes_with_the_nearest(name: str, near: str) -> None:
    read = {"FIRSTMW_DATA_DIR": "x", "firstmw_profile": "live", "FIRSTMW_QUEUE_PJM_URL": "http://x", "PATH": "/bin"}
    assert unknown_names(read | {name: "1"}) == {name: near}


def test_an_address_in_small_letters_is_not_read() -> None:
    assert unknown_names({"firstmw_fred_url": "http://x"}) == {"firstmw_fred_url": "FIRSTMW_FRED_URL"}


def test_doctor_names_them_and_does_not_fail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FIRSTMW_DATA_DIR", str(tmp_path))
    assert "every FIRSTMW_ name is read" in CliRunner().invoke(main, ["doctor"]).stdout
    monkeypatch.setenv("FIRSTMW_KEEP_RELEASE", "3")
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 0
    assert "warning  environment" in result.stdout
    assert "FIRSTMW_KEEP_RELEASE is not a setting" in result.stdout
    assert "rename it to FIRSTMW_KEEP_RELEASES" in " ".join(result.stdout.split())
