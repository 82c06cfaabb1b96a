"""Whatever interrupts a publication, the release before stays whole and the next run needs no hand."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import WarehouseError
from pipelines.warehouse import (
    current_run_id,
    list_releases,
    open_release,
    publication,
    refs,
    retention,
    verify_release,
)
from pipelines.warehouse.placement import Placement

STEPS = [
    "_write_table",
    "_write_database",
    "_write_artefacts",
    "_write_manifest",
    "_make_durable",
    "_install",
    "settle",
    "retain",
]


class Killed(BaseException):
    """Stands for the end of the process: nothing after it runs, the cleaning up included."""


def assert_whole(night: Any, day: int) -> None:
    assert verify_release(night.data_dir) == []
    assert current_run_id(night.data_dir) == night.run_id(day)
    with open_release(night.data_dir) as release:
        assert release.query("select count(*) as n from test_hours").item() == 96
        assert release.query("select distinct run_id from test_sites").item() == night.run_id(day)


@pytest.mark.parametrize(
    ("step", "when"),
    [*((step, "before") for step in STEPS), ("_install", "after"), ("settle", "after")],
)
def test_a_kill_at_any_step_leaves_a_whole_release_and_the_next_run_works(
    night: Any, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    night.publish(1)
    real = getattr(publication, step)

    def interrupted(*arguments: Any, **options: Any) -> None:
        if when == "after":
            real(*arguments, **options)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(publication, step, interrupted)
        patched.setattr(publication, "remove_tree", lambda folder: None)
        with pytest.raises(Killed):
            night.publish(2, artefacts={"report/index.html": b"x"})
    is_shown = (step, when) in {("settle", "after"), ("retain", "before")}
    assert_whole(night, 2 if is_shown else 1)
    night.publish(2, artefacts={"report/index.html": b"x"})
    assert_whole(night, 2)
    assert sorted(path.name for path in (night.data_dir / "releases").iterdir()) == [
        night.run_id(1),
        night.run_id(2),
        "current",
        "refs.json",
    ]


@pytest.mark.parametrize("n_links", range(1, 3))
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_while_a_damaged_release_is_replaced_leaves_current_readable(
    night: Any, monkeypatch: pytest.MonkeyPatch, n_links: int, when: str
) -> None:
    """The symlink moves twice, to the twin and to the new folder; each may be the last act."""
    info = night.publish(1)
    (info.path / "parquet" / "test_sites.parquet").unlink()
    real = publication.point_symlink
    moved = 0

    def interrupted(link: Path, target: str) -> None:
        nonlocal moved
        moved += 1
        if moved == n_links and when == "before":
            raise Killed
        real(link, target)
        if moved == n_links:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(publication, "point_symlink", interrupted)
        patched.setattr(publication, "remove_tree", lambda folder: None)
        with pytest.raises(Killed):
            night.publish(1)
    with open_release(night.data_dir) as release:
        assert release.query("select count(*) as n from test_sites").item() == 4
    night.publish(1)
    assert_whole(night, 1)
    assert sorted(path.name for path in (night.data_dir / "releases").iterdir()) == [
        night.run_id(1),
        "current",
        "refs.json",
    ]


def test_a_kill_while_an_old_release_is_deleted_leaves_no_half_release(
    night: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(folder: Path) -> None:
        next(folder.rglob("*.parquet")).unlink()
        raise Killed

    night.publish(1)
    with monkeypatch.context() as patched:
        patched.setattr(retention, "remove_tree", killed)
        with pytest.raises(Killed):
            night.publish(2, keep=1)
    assert_whole(night, 2)
    assert [info.run_id for info in list_releases(night.data_dir)] == [night.run_id(2)]
    night.publish(3, keep=1)
    assert sorted(path.name for path in (night.data_dir / "releases").iterdir()) == [
        night.run_id(3),
        "current",
        "refs.json",
    ]


@pytest.mark.parametrize("step", ["_write_table", "_write_manifest", "_make_durable", "settle", "retain"])
def test_a_disk_that_fails_is_a_named_error_and_leaves_nothing_behind(
    night: Any, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    night.publish(1)

    def full(*arguments: Any, **options: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(publication, step, full)
        with pytest.raises(WarehouseError, match="No space left on device"):
            night.publish(2)
    assert_whole(night, 2 if step == "retain" else 1)
    assert not [path.name for path in (night.data_dir / "releases").iterdir() if path.name.startswith(".")]


CHILD = """
import os, resource, signal, sys
from datetime import date, datetime
from pathlib import Path
import polars as pl
import pipelines.warehouse.publication as publication
from pipelines.errors import WarehouseError
from pipelines.warehouse import Publication, Warehouse, publish
data_dir, mode = Path(sys.argv[1]), sys.argv[2]
frame = pl.DataFrame({"source_id": ["eia"], "profile": ["reference"], "family": ["prices"],
                      "is_stale": [False], "data_through_utc": [None],
                      "retrieved_at_utc": [None], "age_days": [None], "rows": [3], "rejects": [0], "note": [None]},
                     schema_overrides={"data_through_utc": pl.Datetime("us"), "retrieved_at_utc": pl.Datetime("us"),
                                       "age_days": pl.Float64, "note": pl.String})
def night(day):
    run_id = f"202607{day:02d}-00000000000a"
    path = data_dir / "build" / "firstmw.duckdb"
    with Warehouse(path, run_id=run_id, as_of=date(2026, 7, day), is_fresh=True) as warehouse:
        warehouse.write("mart.data_status", frame)
        if mode == "disk_full" and day == 2:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        publish(warehouse, data_dir, Publication(run_id, date(2026, 7, day), datetime(2026, 7, day)))
night(1)
if mode.startswith("kill"):
    setattr(publication, mode[5:], lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL))
try:
    night(2)
except WarehouseError as error:
    print(error)
"""


def run_child(data_dir: Path, mode: str, repository: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CHILD, str(data_dir), mode], capture_output=True, text=True, cwd=repository, check=False
    )


@pytest.mark.parametrize("step", ["_write_manifest", "settle"])
def test_a_killed_process_leaves_current_whole(data_dir: Path, repository: Path, step: str) -> None:
    assert run_child(data_dir, f"kill_{step}", repository).returncode == -signal.SIGKILL
    assert verify_release(data_dir) == []
    assert current_run_id(data_dir) == "20260701-00000000000a"
    assert run_child(data_dir, "run", repository).returncode == 0
    assert current_run_id(data_dir) == "20260702-00000000000a"
    assert sorted(path.name for path in (data_dir / "releases").iterdir()) == [
        "20260701-00000000000a",
        "20260702-00000000000a",
        "current",
        "refs.json",
    ]


def test_what_a_killed_writer_left_is_cleared_away(night: Any) -> None:
    night.publish(1)
    left = [
        night.data_dir / "cache" / "dispatch" / ".abc.parquet.17-0.tmp",
        night.data_dir / "raw" / "ab" / ".abcd.17-3.tmp",
        night.data_dir / "releases" / ".incoming-x-17.spill" / "block",
        night.build_path.with_name("firstmw.duckdb.tmp") / "block",
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"left")
    night.publish(2)
    assert not [path for path in left if path.exists()]
    assert_whole(night, 2)


def test_a_file_system_that_takes_no_more_is_named(data_dir: Path, repository: Path) -> None:
    child = run_child(data_dir, "disk_full", repository)
    assert child.returncode == 0, child.stderr
    assert "File too large" in child.stdout
    assert verify_release(data_dir) == []
    assert current_run_id(data_dir) == "20260701-00000000000a"


BESIDE = Placement(is_shown=False, name="state-tx-2026-07-02", is_made_up=True)


@pytest.mark.parametrize("n_steps", range(1, 5))
@pytest.mark.parametrize("is_named", [True, False])
def test_a_kill_between_a_link_its_record_and_the_clearing_leaves_every_release_readable(
    night: Any, monkeypatch: pytest.MonkeyPatch, n_steps: int, is_named: bool
) -> None:
    night.publish(1)
    steps = {"point_symlink": refs.point_symlink, "_write_record": refs._write_record}
    done = 0

    def until(name: str) -> Any:
        def step(*arguments: Any, **options: Any) -> None:
            nonlocal done
            done += 1
            if done == n_steps:
                raise Killed
            steps[name](*arguments, **options)

        return step

    def clearing(*_: Any, **__: Any) -> None:
        raise Killed

    placement = BESIDE if is_named else Placement()
    with monkeypatch.context() as patched:
        for name in steps:
            patched.setattr(refs, name, until(name))
        patched.setattr(publication, "retain", clearing)
        patched.setattr(publication, "remove_tree", lambda folder: None)
        with pytest.raises(Killed):
            night.publish(2, placement=placement)
    is_swapped = not is_named and n_steps > 1
    assert_whole(night, 2 if is_swapped else 1)
    for name in (night.run_id(1), night.run_id(2), *refs.named_releases(night.data_dir)):
        with open_release(night.data_dir, name) as release:
            assert release.query("select count(*) as n from test_hours").item() == 96
    night.publish(3)
    assert_whole(night, 3)
    # The release that was never named is cleared away, the one that was named stays.
    kept = {info.run_id for info in list_releases(night.data_dir)}
    assert {night.run_id(1), night.run_id(3)} <= kept
    assert (night.run_id(2) in kept) == (not is_named or n_steps > 2)
    assert refs.read_record(night.data_dir).shown[-1] == night.run_id(3)
