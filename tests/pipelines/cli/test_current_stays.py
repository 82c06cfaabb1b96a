"""Whatever is tried out, the current release stays as it was: its link, its bytes, and what was shown before it."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli.main import SUBCOMMANDS
from pipelines.nightlog import last_night
from pipelines.warehouse import Placement, ReleaseInfo, release_info, retain
from pipelines.warehouse.placement import settle
from pipelines.warehouse.refs import named_releases, read_record, releases_dir

# They run until they are ended: `ui` is the orchestrator, `serve` reads as the page's own tests show.
LASTING = {"ui", "serve"}
# It is there to move the current release.
MOVING = {"rollback"}
SIDE = "20261122-aaaaaaaaaaaa"
PART = ("--regions", "abilene_tx,milam_tx")
EARLIER = ("--as-of", "2026-11-01")
TRIED: dict[str, list[tuple[str, ...]]] = {
    "refresh": [
        PART,
        ("--state", "TX"),
        ("--set", "grid_completion_probability=1"),
        ("--what-if", "{file}"),
        (*PART, "--set", "lead_times.recip_engine.mid=30"),
        ("--as", "mine"),
        EARLIER,
        ("--as-of", "2099-01-01", "--allow-future"),
        ("--as-of", "2099-01-01"),
        (*EARLIER, "--publish"),
        ("--as", "../current"),
        ("--allow-older",),
    ],
    "replay": [EARLIER],
    "rank": [(), ("--release", "side")],
    "explain": [("abilene_tx",), ("abilene_tx", "--release", "side")],
    "sql": [("from stacks",), ("from stacks", "--release", SIDE), ("drop table stacks",)],
    "export": [("stacks", "--out", "{folder}/stacks.csv"), ("stacks", "--out", "{folder}/s.csv", "--release", "side")],
    "status": [(), ("--release", "side")],
    "simulate": [("--region", "abilene_tx", "--it-mw", "5", "--solar-mw", "10", "--firm", "recip", "--units", "3")],
    "size": [("--region", "abilene_tx", "--it-mw", "20", "--min-renewable", "2")],
    "adequacy": [("--units", "{folder}/none.csv", "--load", "{folder}/none.csv")],
    "survive": [("abilene_tx",), ("abilene_tx", "--release", "side")],
    "plan": [("--mw", "12", "--nodes", "3"), ("--mw", "12", "--nodes", "3", "--release", "side")],
    "plot": [("abilene_tx", "--week", "2", "--out", "{folder}/week.svg", "--release", "side")],
    "when": [("abilene_tx",), ("abilene_tx", "--release", "side")],
    "backtest": [(), ("--release", "side")],
    "releases": [()],
    "verify": [(), ("--all",), ("side",)],
    "doctor": [()],
}


def test_every_command_is_tried() -> None:
    assert set(TRIED) == set(SUBCOMMANDS) - LASTING - MOVING


def _install(data_dir: Path, run_id: str, placed: Placement, **details: Any) -> ReleaseInfo:
    """Give the small release another run id and place it, as the last steps of a publication do."""
    folder = releases_dir(data_dir) / run_id
    shutil.copytree(next(releases_dir(data_dir).glob("[0-9]*")), folder)
    manifest = folder / "manifest.json"
    manifest.chmod(0o644)
    content = json.loads(manifest.read_text()) | {"run_id": run_id, "is_side": not placed.is_shown} | details
    manifest.write_text(json.dumps(content))
    settle(data_dir, release_info(data_dir, run_id), placed)
    retain(data_dir, 5)
    return release_info(data_dir, run_id)


def _state(data_dir: Path) -> tuple[Any, ...]:
    current = releases_dir(data_dir) / "current"
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in current.rglob("*") if path.is_file()}
    record = read_record(data_dir)
    return current.readlink(), sums, record.shown, record.published, last_night(data_dir)


@pytest.fixture
def own(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a data folder with a current release and a side release, where a night takes no time to compute."""
    import assets.refresh

    folder = tmp_path / "own"
    shutil.copytree(data_dir, folder, symlinks=True)
    _install(folder, SIDE, Placement(is_shown=False, name="side"))

    def job(settings: Any, scope: Any, *arguments: Any, **_: Any) -> ReleaseInfo:
        run_id, _, _ = assets.refresh.identify(settings, scope)
        details = {"as_of": scope.as_of.isoformat(), "scope": scope.named(), "what_if": list(scope.what_if)}
        return _install(settings.data_dir.absolute(), run_id, arguments[-1], **details)

    monkeypatch.setattr(assets.refresh, "_run_job", job)
    return folder


@pytest.mark.parametrize(("name", "words"), [(name, words) for name, tried in TRIED.items() for words in tried])
def test_the_current_release_stays(run, own: Path, tmp_path: Path, name: str, words: tuple[str, ...]) -> None:
    file = tmp_path / "slow.toml"
    file.write_text("[lead_times.ups]\nmid = 20\n")
    before, names = _state(own), named_releases(own)
    result = run(name, *(word.format(folder=tmp_path, file=file) for word in words), folder=own)
    assert result.exit_code in {0, 1, 2, 3}, result.stderr
    assert "unexpected" not in result.stderr
    assert _state(own) == before
    if name == "refresh" and result.exit_code == 0:
        (made,) = set(named_releases(own)) - set(names)
        assert made in result.stdout
        assert run("status", "--release", made, folder=own).exit_code == 0


def test_what_is_published_on_purpose_moves_it_and_rollback_moves_it_back(run, own: Path) -> None:
    first = release_info(own).run_id
    assert run("refresh", *PART, "--publish", folder=own).exit_code == 0
    assert release_info(own).part == "abilene_tx, milam_tx"
    assert "only abilene_tx, milam_tx" in run("rank", folder=own).stdout
    assert run("rollback", folder=own).exit_code == 0
    assert release_info(own).run_id == first


def test_a_release_is_said_to_be_what_it_is(run, own: Path) -> None:
    header = json.loads(run("rank", "--release", "side", "--json", folder=own).stdout)["release"]
    assert (header["run_id"], header["names"]) == (SIDE, ["side"])
    unknown = run("rank", "--release", "sid", folder=own)
    assert unknown.exit_code == 2
    assert "there are side" in unknown.stderr
    listed = run("releases", folder=own, columns=160).stdout
    assert "side" in listed
    assert "all markets" in listed
