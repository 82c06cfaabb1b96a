"""What a night says while it runs: finished steps, progress, broken contracts, names that were taken away."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assets.night import log

Event = Callable[[str, int | None, float], None]


class Listener(logging.Handler):
    """Hears every asset that finishes while the job runs, and the contracts that are broken."""

    def __init__(self, on_event: Event | None, on_notice: Callable[[str], None] | None) -> None:
        super().__init__()
        self.steps: list[tuple[str, int | None, float]] = []
        self.run_id = ""
        self.broken: list[str] = []
        self.on_event, self._on_notice = on_event, on_notice

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record of the night's log."""
        progress = getattr(record, "progress", None)
        if progress is not None and self.on_event is not None:
            self.on_event(*progress)
        if getattr(record, "is_notice", False) and self._on_notice is not None:
            self._on_notice(record.getMessage())
        step = getattr(record, "step", None)
        if step is None:
            return
        if record.levelno >= logging.ERROR:
            self.broken.append(step["problem"])
            return
        self.run_id = step["run_id"]
        self.steps.append((step["asset"], step["rows"], step["seconds"]))
        if self.on_event is not None:
            self.on_event(*self.steps[-1])

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen for as long as the block lasts."""
        level = log.level
        log.addHandler(self)
        log.setLevel(logging.INFO)
        try:
            yield
        finally:
            log.removeHandler(self)
            log.setLevel(level)
