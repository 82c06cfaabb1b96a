"""One writer at a time, also between processes and after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.errors import WarehouseError
from pipelines.warehouse import BuildLock, lock_holder

HOLD = """
import sys, time
from pathlib import Path
from pipelines.warehouse.lock import BuildLock
with BuildLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_told_the_pid_and_gets_the_lock_after_a_kill(data_dir: Path, repository: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data_dir)], stdout=subprocess.PIPE, text=True, cwd=repository
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(WarehouseError, match=rf"pid {holder.pid} .*--wait"), BuildLock(data_dir):
            pass
        told: list[str] = []
        with (
            pytest.raises(WarehouseError, match=rf"pid {holder.pid} "),
            BuildLock(data_dir, wait_seconds=0.3, on_wait=told.append),
        ):
            pass
        assert len(told) == 1
        assert f"pid {holder.pid} " in told[0]
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
        with BuildLock(data_dir) as lock:
            assert lock_holder(lock.path)["pid"] == str(os.getpid())
        assert lock_holder(lock.path) == {}
    finally:
        holder.kill()
        holder.wait(10)
        if holder.stdout:
            holder.stdout.close()


def test_the_lock_is_free_after_an_error_inside(data_dir: Path) -> None:
    with pytest.raises(ZeroDivisionError), BuildLock(data_dir):
        raise ZeroDivisionError
    with BuildLock(data_dir):
        pass


def test_one_process_cannot_take_it_twice(data_dir: Path) -> None:
    with BuildLock(data_dir), pytest.raises(WarehouseError, match=f"pid {os.getpid()} "), BuildLock(data_dir):
        pass


@pytest.mark.parametrize(("is_side", "is_awaited"), [(True, True), (False, False)])
def test_a_side_release_is_waited_for_where_a_night_is_not(
    data_dir: Path, repository: Path, is_side: bool, is_awaited: bool
) -> None:
    hold = HOLD.replace("BuildLock(Path(sys.argv[1]))", f"BuildLock(Path(sys.argv[1]), is_side={is_side})")
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(data_dir)], stdout=subprocess.PIPE, text=True, cwd=repository
    )
    said: list[str] = []

    def on_wait(sentence: str) -> None:
        said.append(sentence)
        holder.kill()

    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        if is_awaited:
            with BuildLock(data_dir, side_wait_seconds=60.0, on_wait=on_wait):
                assert len(said) == 1
            assert "a side release" in said[0]
        else:
            with (
                pytest.raises(WarehouseError, match=f"pid {holder.pid}"),
                BuildLock(data_dir, side_wait_seconds=60.0, on_wait=on_wait),
            ):
                pass
            assert said == []
    finally:
        holder.kill()
        holder.wait(10)
        if holder.stdout:
            holder.stdout.close()
