from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path
from types import ModuleType, SimpleNamespace

import click
import pytest

from pipelines.cli.main import main
from pipelines.errors import ContractError
from pipelines.warehouse import Placement, Wish

READERS = [["rank"], ["explain", "abilene_tx"], ["sql", "from stacks"], ["export", "stacks", "--out", "-"], ["status"]]


@pytest.mark.parametrize("arguments", READERS)
def test_before_the_first_release_the_way_out_is_told(run, tmp_path, arguments):
    result = run(*arguments, folder=tmp_path)
    assert result.exit_code == 2
    assert "`make refresh` or `firstmw refresh`" in result.stderr
    assert (result.stdout, result.stderr.count("\n")) == ("", 1)


@pytest.mark.parametrize("arguments", READERS)
def test_stale_inputs_are_served_and_told(run, stale_data_dir, arguments):
    result = run(*arguments, folder=stale_data_dir)
    assert result.exit_code == 3
    assert result.stdout
    assert "1 of 3 sources are stale" in result.stderr


def test_data_dir_option_comes_before_the_environment(run, stale_data_dir):
    assert run("rank", "--data-dir", str(stale_data_dir)).exit_code == 3


def test_status_tells_tables_and_sources(run):
    answer = json.loads(run("status", "--json").stdout)
    assert answer["release"]["profile"] == "reference"
    assert answer["tables"]["ranked_sites"] == 48
    assert {row["source_id"] for row in answer["data_status"]} == {"equipment_lead_times", "gas_prices", "power_prices"}
    assert max(len(line) for line in run("status", columns=80).stdout.splitlines()[2:]) <= 80


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rnak"], "No such command 'rnak'"),
        (["rank", "--tpo", "3"], "--tpo"),
        (["rank", "--top", "-1"], "-1"),
        (["explain"], "REGION"),
        (["refresh", "--as-of", "22.11.2026"], "22.11.2026"),
    ],
)
def test_wrong_usage_is_one_sentence_that_names_the_help(run, arguments, told):
    result = run(*arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert "see `firstmw" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_bad_setting_is_named(run, monkeypatch):
    monkeypatch.setenv("FIRSTMW_KEEP_RELEASES", "many")
    result = run("rank")
    assert result.exit_code == 2
    assert "FIRSTMW_KEEP_RELEASES is 'many'" in result.stderr
    assert result.stderr.count("\n") == 1


def test_every_subcommand_has_help_with_a_first_sentence(run):
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        result = run(name, "--help")
        assert result.exit_code == 0
        assert command.help, name
        assert command.help.split("\n")[0].endswith("."), name
        assert name in {"status", "ui"} or "Examples:" in result.stdout, name


def test_without_arguments_the_help_is_shown(run):
    result = run()
    assert result.exit_code == 2
    assert "Examples:" in result.stdout


def test_the_installed_command_is_this_one(repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"firstmw": "pipelines.cli.main:run"}


def test_a_process_of_its_own_gives_back_the_exit_code_and_all_that_was_said(repository, data_dir):
    environment = {**os.environ, "FIRSTMW_DATA_DIR": str(data_dir), "PYTHONPATH": str(repository)}
    for arguments, code, stream, said in (
        (["sql", "select 41 + 1 as n", "--csv"], 0, "stdout", "n\n42\n"),
        (["nonsense"], 2, "stderr", "firstmw: No such command 'nonsense'; see `firstmw --help`.\n"),
        (["sql", "selec 1"], 2, "stderr", None),
        (["--version"], 0, "stdout", None),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli.main", *arguments],
            capture_output=True,
            text=True,
            cwd=repository,
            env=environment,
            check=False,
        )
        assert done.returncode == code, (arguments, done)
        assert said is None or getattr(done, stream) == said
        assert getattr(done, stream).endswith("\n")
        assert {"stdout": done.stderr, "stderr": done.stdout}[stream] == ""


def test_a_closed_pipe_is_no_error(repository, data_dir):
    command = f"{sys.executable} -m pipelines.cli.main sql 'from dispatch_hourly' --csv | head -n 1"
    environment = {**os.environ, "FIRSTMW_DATA_DIR": str(data_dir), "PYTHONPATH": str(repository)}
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        capture_output=True,
        text=True,
        cwd=repository,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.startswith("region_id,")


class Stopped(BaseException):
    """What the orchestration makes of a signal."""


class Night:
    """Stands in for the orchestration: records what it was asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, is_stale: bool = False, error: Exception | None = None):
        self.asked: dict = {}
        self.is_stale, self.error = is_stale, error
        module = ModuleType("assets.refresh")
        module.refresh_night = self.refresh_night  # type: ignore[attr-defined]
        module.Interrupted = Stopped  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "assets.refresh", module)

    def refresh_night(self, settings, as_of, *, on_event, **asked):
        self.asked = {"as_of": as_of, **asked}
        if self.error:
            raise self.error
        on_event("core/regions", 133, 0.25)
        on_event("mart/report", None, 1.5)
        return SimpleNamespace(
            run_id="20261122-0123456789ab",
            release_dir=Path("/data/releases/20261122-0123456789ab"),
            placement=Placement(),
            is_reused=False,
            is_stale=self.is_stale,
            seconds=12.34,
            assets=[("core/regions", 133, 0.25), ("mart/report", None, 1.5)],
        )


def test_refresh_hands_over_what_was_asked_and_prints_a_line_per_step(run, monkeypatch, tmp_path):
    night = Night(monkeypatch)
    result = run(
        *("refresh", "--as-of", "2026-11-22", "--regions", "abilene_tx,milam_tx", "--regions", "lea_nm"),
        *("--state", "tx", "--weather-dir", str(tmp_path)),
    )
    assert result.exit_code == 0
    night.asked.pop("on_wait")
    night.asked.pop("on_notice")
    assert night.asked == {
        "as_of": date(2026, 11, 22),
        "regions": ["abilene_tx", "milam_tx", "lea_nm"],
        "states": ["TX"],
        "weather_dir": tmp_path,
        "wait_seconds": None,
        "wish": Wish(),
        "is_replay": False,
        "is_accepted": False,
        "what_if": [],
        "is_counties": False,
    }
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["core/regions", "133", "rows", "0.25", "s"]
    assert lines[1].split() == ["mart/report", "1.50", "s"]
    assert len(lines[0]) == len(lines[1])
    assert lines[2].startswith("published release 20261122-0123456789ab in 12.3 s")


def test_a_what_if_is_handed_over_and_a_wrong_name_is_a_usage_error_before_anything_runs(run, monkeypatch, tmp_path):
    night = Night(monkeypatch)
    path = tmp_path / "slow.toml"
    path.write_text("[lead_times.ups]\nmid = 20\n")
    monkeypatch.setattr("pipelines.cli.refresh.moved_by_what_if", lambda _: {"against_run_id": None})
    result = run("refresh", "--what-if", str(path), "--set", "grid_completion_probability=1")
    assert result.exit_code == 0
    assert night.asked["what_if"] == ["lead_times.ups.mid=20", "grid_completion_probability=1"]
    assert "there is no release with its regions to compare it with" in result.stdout
    night.asked = {}
    wrong = run("refresh", "--set", "lead_times.power_transformr.mid=12")
    assert wrong.exit_code == 2
    assert "did you mean power_transformer" in wrong.stderr
    assert night.asked == {}


def test_replay_asks_for_the_night_that_is_held(run, monkeypatch):
    night = Night(monkeypatch)
    result = run("replay", "--as-of", "2026-11-22", "--state", "tx", "--json")
    assert result.exit_code == 0
    assert night.asked["is_replay"]
    assert night.asked["states"] == ["TX"]
    assert json.loads(result.stdout)["profile"] == "live"
    assert run("replay").exit_code == 2


def test_the_profile_is_an_option(run, monkeypatch):
    Night(monkeypatch)
    assert json.loads(run("refresh", "--json").stdout)["profile"] == "reference"
    assert json.loads(run("refresh", "--profile", "live", "--json").stdout)["profile"] == "live"
    assert run("refresh", "--profile", "dead").exit_code == 2


def test_refresh_json_keeps_stdout_for_the_object(run, monkeypatch):
    Night(monkeypatch)
    result = run("refresh", "--as-of", "2026-11-22", "--json")
    answer = json.loads(result.stdout)
    assert answer["as_of"] == "2026-11-22"
    assert answer["assets"][0] == {"asset": "core/regions", "rows": 133, "seconds": 0.25}
    assert "core/regions" in result.stderr


def test_a_stale_refresh_ends_with_three(run, monkeypatch):
    Night(monkeypatch, is_stale=True)
    result = run("refresh")
    assert result.exit_code == 3
    assert "some inputs are stale" in result.stderr


def test_a_failed_refresh_is_one_sentence(run, monkeypatch):
    Night(monkeypatch, error=ContractError("mart.regions, column latitude: value 95.0 breaks the rule max 90."))
    result = run("refresh")
    assert result.exit_code == 1
    assert result.stderr == "firstmw: mart.regions, column latitude: value 95.0 breaks the rule max 90.\n"


def test_what_nobody_foresaw_is_one_sentence_and_can_be_traced(run, monkeypatch):
    Night(monkeypatch, error=KeyError("first\nsecond"))
    result = run("refresh")
    assert result.exit_code == 1
    assert "unexpected KeyError" in result.stderr
    assert result.stderr.count("\n") == 1
    monkeypatch.setenv("FIRSTMW_TRACEBACK", "1")
    with pytest.raises(KeyError):
        main(["refresh"])


def test_a_missing_weather_folder_is_told_before_the_night(run, monkeypatch):
    Night(monkeypatch)
    result = run("refresh", "--weather-dir", "nowhere")
    assert result.exit_code == 2
    assert "nowhere does not exist" in result.stderr
