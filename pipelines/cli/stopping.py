"""Ends a night on SIGTERM or Ctrl-C, and tells the two apart whoever catches the signal first."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType


class TerminatedError(BaseException):
    """The process was asked to end by SIGTERM."""


@contextmanager
def ended_by_signals(interrupted: type[BaseException]) -> Iterator[None]:
    """Turn SIGTERM into `TerminatedError`, and what the orchestrator makes of signals into that or KeyboardInterrupt.

    The orchestrator has handlers of its own while steps run, which do not say which signal came. The interpreter writes
    the number of each to a file.

    Parameters
    ----------
    interrupted : type[BaseException]
        What the orchestrator raises.

    Raises
    ------
    TerminatedError
        After SIGTERM.
    KeyboardInterrupt
        After any other signal that interrupts.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        raise TerminatedError

    if threading.current_thread() is not threading.main_thread():
        # Signals reach the main thread alone.
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    earlier = signal.signal(signal.SIGTERM, stop)
    woken = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield
    except interrupted:
        numbers = b""
        with suppress(BlockingIOError):
            numbers = os.read(reading, 64)
        raise (TerminatedError if signal.SIGTERM in numbers else KeyboardInterrupt) from None
    finally:
        signal.set_wakeup_fd(woken)
        signal.signal(signal.SIGTERM, earlier)
        os.close(reading)
        os.close(writing)
