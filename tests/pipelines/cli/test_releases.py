"""Listing, verifying and going back to releases, and the look at the machine."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from pathlib import Path

import pytest

from pipelines.warehouse import BuildLock, release_info


@pytest.fixture
def own(data_dir: Path, tmp_path: Path) -> Path:
    """Return a copy of the small release that a test may damage."""
    folder = tmp_path / "own"
    shutil.copytree(data_dir, folder, symlinks=True)
    return folder


@pytest.fixture
def two(own: Path) -> Path:
    """Return a data folder with a second, newer release that is current."""
    first = release_info(own)
    second = first.path.with_name("20991231-ffffffffffff")
    shutil.copytree(first.path, second)
    manifest = second / "manifest.json"
    manifest.chmod(0o644)
    told = json.loads(manifest.read_text()) | {"run_id": second.name, "published_at_utc": "2099-12-31T05:30:00"}
    manifest.write_text(json.dumps(told))
    link = first.path.with_name("current")
    link.unlink()
    link.symlink_to(second.name)
    return own


def test_releases_are_listed_newest_first(run, two: Path, tmp_path: Path) -> None:
    answer = json.loads(run("releases", "--json", folder=two).stdout)["releases"]
    assert answer[0]["run_id"] == "20991231-ffffffffffff"
    assert [row["is_current"] for row in answer] == [True, False]
    assert all(row["bytes"] > 0 and row["rows"] > 0 for row in answer)
    assert "20991231-ffffffffffff" in run("releases", folder=two, columns=80).stdout
    empty = run("releases", folder=tmp_path / "none")
    assert (empty.exit_code, "no release" in empty.stdout) == (0, True)


def test_rollback_goes_to_the_release_before_and_forward_again(run, two: Path) -> None:
    newest = release_info(two).run_id
    assert run("rollback", folder=two).exit_code == 0
    oldest = release_info(two).run_id
    assert oldest != newest
    refused = run("rollback", folder=two)
    assert refused.exit_code == 2
    assert "no earlier release" in refused.stderr
    answer = run("rollback", newest, "--json", folder=two)
    assert json.loads(answer.stdout)["run_id"] == newest == release_info(two).run_id
    assert run("rollback", "20260101-000000000000", folder=two).exit_code == 2


def test_a_damaged_release_is_named_by_verify_and_refused_by_rollback(run, two: Path) -> None:
    assert run("verify", "--all", folder=two).exit_code == 0
    older = release_info(two, json.loads(run("releases", "--json", folder=two).stdout)["releases"][1]["run_id"])
    file = older.path / "parquet" / "stacks.parquet"
    file.chmod(0o644)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
    assert run("verify", folder=two).exit_code == 0
    found = run("verify", older.run_id, folder=two)
    assert found.exit_code == 1
    assert "parquet/stacks.parquet does not match its checksum" in found.stderr
    assert json.loads(run("verify", "--all", "--json", folder=two).stdout)["is_whole"] is False
    refused = run("rollback", folder=two)
    assert refused.exit_code == 1
    assert "not whole" in refused.stderr
    assert release_info(two).run_id == "20991231-ffffffffffff"


def test_rollback_names_the_refresh_that_holds_the_build(run, two: Path) -> None:
    with BuildLock(two):
        refused = run("rollback", folder=two)
    assert refused.exit_code == 1
    assert f"pid {os.getpid()}" in refused.stderr
    assert run("rollback", "--wait", "--no-wait", folder=two).exit_code == 2


def test_an_export_of_a_damaged_file_is_refused(run, own: Path, tmp_path: Path) -> None:
    file = release_info(own).path / "parquet" / "stacks.parquet"
    file.chmod(0o644)
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    file.write_bytes(bytes(content))
    result = run("export", "stacks", "--out", str(tmp_path / "stacks.csv"), folder=own)
    assert result.exit_code == 1
    assert "does not match its checksum" in result.stderr
    assert not (tmp_path / "stacks.csv").exists()


def test_doctor_says_what_would_stop_the_night(run, own: Path, monkeypatch, tmp_path: Path) -> None:
    well = run("doctor", "--json", folder=own)
    assert well.exit_code == 0, well.stdout
    levels = {finding["check"]: finding["level"] for finding in json.loads(well.stdout)["findings"]}
    assert levels["release"] == levels["data folder"] == levels["reference facts"] == "ok"
    release_info(own).database.unlink()
    descriptor = os.open(own / "build" / "lock", os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    monkeypatch.setenv("FIRSTMW_WEATHER_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("FIRSTMW_PROFILE", "live")
    monkeypatch.setenv("FIRSTMW_EIA_API_KEY", "swordfish")
    ill = run("doctor", folder=own)
    os.close(descriptor)
    assert ill.exit_code == 1
    for part in ("fault    release", "fault    weather files", "warning  lock", "FIRSTMW_CENSUS_API_KEY"):
        assert part in ill.stdout
    assert "swordfish" not in ill.stdout + ill.stderr


def test_doctor_names_a_folder_that_cannot_be_used(run, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    result = run("doctor", folder=blocked)
    assert result.exit_code == 1
    assert "fault    data folder" in result.stdout
