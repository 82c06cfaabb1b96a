"""Data folders with odd paths work, or are refused before anything is written; signals end a night in one sentence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_release import write_small_release

from pipelines.cli.main import main
from pipelines.cli.stopping import TerminatedError, ended_by_signals
from pipelines.errors import UsageError
from pipelines.health import LONGEST_PATH_BYTES, require_usable


@pytest.mark.parametrize("name", ["pc%41x", "q?x", "a#b", "line\nbreak", "n" * 200 + "/" + "m" * 200 + "/" + "o" * 200])
@pytest.mark.parametrize("command", ["refresh", "replay"])
def test_what_databases_cannot_have_is_refused_in_one_sentence(tmp_path: Path, monkeypatch, name, command) -> None:
    monkeypatch.setenv("FIRSTMW_DATA_DIR", str(tmp_path / name / "data"))
    result = CliRunner().invoke(main, [command, "--as-of", "2026-11-22"])
    assert result.exit_code == 2
    assert result.stderr.startswith("firstmw: the data folder ")
    assert "set FIRSTMW_DATA_DIR to another folder" in result.stderr
    assert list(tmp_path.iterdir()) == []
    doctor = CliRunner().invoke(main, ["doctor"])
    assert doctor.exit_code == 1
    assert "fault    data folder" in doctor.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["with space", "d\u00e4ta \u6570\u636e", "it's", 'quote"d', "a&b;c=d+e@f", "~x"])
def test_other_letters_can_be_read_from_and_are_accepted(tmp_path: Path, monkeypatch, name) -> None:
    require_usable(tmp_path / name)
    write_small_release(tmp_path / name)
    monkeypatch.setenv("FIRSTMW_DATA_DIR", str(tmp_path / name))
    result = CliRunner().invoke(main, ["rank", "--top", "1"])
    assert result.exit_code == 0, result.stderr


def test_the_length_is_counted_in_bytes() -> None:
    require_usable(Path("/" + "a" * (LONGEST_PATH_BYTES - 1)))
    with pytest.raises(UsageError, match="401 bytes, 400 at most"):
        require_usable(Path("/" + "a" * LONGEST_PATH_BYTES))
    with pytest.raises(UsageError, match="at most"):
        require_usable(Path("/" + "\u6570" * (LONGEST_PATH_BYTES // 2)))


class Stopped(BaseException):
    """What the orchestrator makes of a signal."""


@pytest.mark.parametrize(("number", "raised"), [(signal.SIGTERM, TerminatedError), (signal.SIGINT, KeyboardInterrupt)])
@pytest.mark.parametrize("is_caught", [True, False])
def test_sigterm_is_known_from_ctrl_c_whoever_catches_it(number, raised, is_caught) -> None:
    before = signal.getsignal(signal.SIGTERM)
    # A shell that starts the tests in the background leaves Ctrl-C ignored.
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)

    def catch(number: int, frame: object) -> None:
        raise Stopped

    with pytest.raises(raised), ended_by_signals(Stopped):
        earlier = [(one, signal.signal(one, catch)) for one in (signal.SIGTERM, signal.SIGINT) if is_caught]
        try:
            os.kill(os.getpid(), number)
            time.sleep(1)
        finally:
            for one, handler in earlier:
                signal.signal(one, handler)
    signal.signal(signal.SIGINT, interrupt)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_night_that_is_terminated_says_so_in_one_sentence(tmp_path: Path, repository: Path) -> None:
    environment = {**os.environ, "FIRSTMW_DATA_DIR": str(tmp_path / "data"), "PYTHONUNBUFFERED": "1"}
    night = subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli.main", "refresh", "--regions", "abilene_tx", "--as-of", "2026-11-22"],
        cwd=repository, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert night.stdout is not None
    for _ in range(3):
        assert night.stdout.readline()
    night.terminate()
    _, err = night.communicate(timeout=120)
    assert night.returncode == 143
    assert err.strip().splitlines() == [
        "firstmw: ended by SIGTERM; what was published before stays, and the next night runs."
    ]
    assert not (tmp_path / "data" / "releases" / "current").exists()
