"""One writer at a time: an operating-system lock that dies with its process."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from pipelines.errors import WarehouseError

_POLL_SECONDS = 0.2
# Time that a process which has just taken the lock needs to write who it is.
_SIGNING_SECONDS = 2.0


class BuildLock:
    """Hold the build for one writer; the kernel frees it when the process ends, however it ends.

    Parameters
    ----------
    data_dir : Path
        The data folder; the lock is its file `build/lock`, which holds the pid of the holder and is never deleted.
    wait_seconds : float
        How long to wait for another holder: 0 to fail at once, infinity to wait for as long as it takes.
    side_wait_seconds : float
        The same where the holder makes a side release, if that is longer.
    is_side : bool
        Whether this holder makes a side release; others see it in the file.
    on_wait : Callable[[str], None] | None
        Called once with a sentence when there is someone to wait for.

    Raises
    ------
    WarehouseError
        On entering, if another process holds the lock and the wait is over; names its pid.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        wait_seconds: float = 0.0,
        side_wait_seconds: float = 0.0,
        is_side: bool = False,
        on_wait: Callable[[str], None] | None = None,
    ) -> None:
        self.path = Path(data_dir) / "build" / "lock"
        self._wait_seconds, self._side_wait_seconds = wait_seconds, max(wait_seconds, side_wait_seconds)
        self._is_side = is_side
        self._on_wait = on_wait
        self._descriptor: int | None = None

    def __enter__(self) -> BuildLock:
        """Take the lock, or wait for it, or raise."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            self._take(descriptor)
            holder = {
                "pid": os.getpid(),
                "host": socket.gethostname(),
                "since_utc": datetime.now(UTC).isoformat(timespec="seconds"),
                **({"side": "yes"} if self._is_side else {}),
            }
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Free the lock; the file stays, so that two waiters can never hold two different files."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def _take(self, descriptor: int) -> None:
        started = time.monotonic()
        is_announced = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = lock_holder(self.path)
                sentence = f"another refresh holds {self.path} ({_describe(holder)})"
                if time.monotonic() - started >= self._patience(holder):
                    raise WarehouseError(
                        f"{sentence}; wait for it with --wait, or stop that process and run again."
                    ) from None
                if holder and not is_announced and self._on_wait is not None:
                    self._on_wait(f"{sentence}; waiting for it to end")
                is_announced = is_announced or bool(holder)
                time.sleep(_POLL_SECONDS)
            else:
                return

    def _patience(self, holder: dict[str, str]) -> float:
        """Return the seconds to wait for a holder."""
        if not holder:
            return max(self._wait_seconds, min(self._side_wait_seconds, _SIGNING_SECONDS))
        return self._side_wait_seconds if "side" in holder else self._wait_seconds


class RunMark:
    """Show for as long as its process lives that a run of the orchestrator is alive, also while it waits for the build.

    Parameters
    ----------
    data_dir : Path
        The data folder; the mark is a locked file under `build/runs`.
    run_id : str
        The orchestrator's id of the run.
    """

    def __init__(self, data_dir: Path, run_id: str) -> None:
        self.path = _mark(data_dir, run_id)
        self._descriptor: int | None = None

    def __enter__(self) -> RunMark:
        """Set the mark."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        # A look at whether the run is alive takes the lock for a moment.
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the mark away."""
        if self._descriptor is not None:
            self.path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None


def is_run_alive(data_dir: Path, run_id: str) -> bool | None:
    """Return whether the process of a run lives, or None where the run never set a mark; a dead mark is removed."""
    path = _mark(data_dir, run_id)
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        path.unlink(missing_ok=True)
        return False
    finally:
        os.close(descriptor)


def _mark(data_dir: Path, run_id: str) -> Path:
    return Path(data_dir) / "build" / "runs" / f"{run_id}.lock"


def lock_holder(path: Path) -> dict[str, str]:
    """Return what the holder wrote about itself (pid, host, since_utc), or nothing if no one did."""
    try:
        holder = json.loads(path.read_bytes() or b"{}")
    except (FileNotFoundError, ValueError):
        return {}
    return {key: str(value) for key, value in holder.items()} if isinstance(holder, dict) else {}


def _describe(holder: dict[str, str]) -> str:
    if "pid" not in holder:
        return "its pid is not written yet"
    what = ", a side release" if "side" in holder else ""
    return f"pid {holder['pid']} on {holder.get('host', 'this host')} since {holder.get('since_utc', 'unknown')}{what}"
