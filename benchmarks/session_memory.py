"""Peak memory of a command with all its processes: the sum of their shares, sampled from /proc."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Run:
    """What a command took.

    Attributes
    ----------
    seconds : float
        Wall time (s).
    cpu_seconds : float
        Of all its processes, user and system (s).
    peak_mb : float
        Largest sum over its processes at one moment (MB); memory that several share is counted once.
    largest_mb : float
        Largest share of one process (MB).
    output : str
        What it wrote.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: float
    largest_mb: float
    output: str


def run_sampled(command: Sequence[str], environment: Mapping[str, str], log: Path, every_s: float = 0.25) -> Run:
    """Run a command in a session of its own and sample the memory of the session.

    Parameters
    ----------
    command : Sequence[str]
    environment : Mapping[str, str]
        Beside that of this process.
    log : Path
        Where its output goes.
    every_s : float
        Time between two samples (s).

    Raises
    ------
    subprocess.CalledProcessError
        If the command fails.
    """
    began, before = time.monotonic(), os.times()
    peak = largest = 0.0
    with log.open("w") as sink:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True
        )
        while process.poll() is None:
            shares = [_share_mb(one) for one in _session(process.pid)]
            peak, largest = max(peak, sum(shares)), max([largest, *shares])
            time.sleep(every_s)
    seconds, after = time.monotonic() - began, os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    output = log.read_text()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command), output[-2000:])
    return Run(seconds, spent, peak, largest, output)


def _session(leader: int) -> list[str]:
    found = []
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            try:
                # The name of the command, in brackets, may hold anything.
                rest = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(rest[3]) == leader:
                found.append(folder.name)
    return found


def _share_mb(process: str) -> float:
    """Return the proportional set size of a process (MB), 0 where it has ended."""
    try:
        for line in (_PROC / process / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return float(line.split()[1]) / 1024.0
    except OSError:
        pass
    return 0.0
