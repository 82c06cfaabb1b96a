"""How many calls a publisher takes in a span of time, and how many of them are used up, nights before this one too."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipelines.errors import UsageError
from pipelines.settings import Settings
from pipelines.sources.base import SourceInfo
from pipelines.warehouse.raw import RawStore

SPANS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}
"""Seconds of each span that a limit may be given for."""


def call_limits(source: SourceInfo, settings: Settings) -> dict[str, float]:
    """Return the calls that a source takes per span of time: the publisher's, or what the settings put in their place.

    Parameters
    ----------
    source : SourceInfo
    settings : Settings
        `source_limits`, each as `<source>=<calls>/<span>`.

    Raises
    ------
    UsageError
        If a limit of the settings cannot be read.
    """
    limits = dict(source.call_limits)
    for entry in settings.source_limits:
        name, _, limit = entry.partition("=")
        calls, _, span = limit.partition("/")
        try:
            count = float(calls)
        except ValueError:
            count = -1.0
        if span.strip() not in SPANS or not 0.0 <= count < float("inf"):
            raise UsageError(
                f"FIRSTMW_SOURCE_LIMITS has {entry!r}; write <source>=<calls>/<{'|'.join(SPANS)}>, for example "
                "open_meteo=10000/day."
            )
        if name.strip() == source.source_id:
            limits[span.strip()] = count
    return limits


@dataclass
class CallBudget:
    """What is left of a publisher's limits.

    Attributes
    ----------
    limits : Mapping[str, float]
        Calls by span (see `SPANS`) as the publisher counts them. A day is one of UTC, the other spans move along.
    weight : float
        Calls that the publisher counts for one request.
    sent : list[datetime]
        When requests were answered before, UTC without a zone, in order.
    """

    limits: Mapping[str, float]
    weight: float = 1.0
    sent: list[datetime] = field(default_factory=list)

    @classmethod
    def of(cls, source: SourceInfo, settings: Settings, ledgers: Iterable[RawStore]) -> CallBudget:
        """Return the budget of a source after all that the ledgers hold of it, refusals and errors among it."""
        sent = [row.retrieved_at_utc for raw in ledgers for row in raw.rows() if row.source_id == source.source_id]
        return cls(call_limits(source, settings), source.call_weight, sorted(sent))

    def requests_of(self, span: str) -> int | None:
        """Return how many requests fit into a span; None where nothing limits it."""
        return int(self.limits[span] / self.weight + 1e-9) if span in self.limits else None

    def left_today(self, now: datetime) -> int | None:
        """Return how many requests the day still takes; None where nothing limits the day."""
        most = self.requests_of("day")
        midnight = datetime(now.year, now.month, now.day)
        return None if most is None else max(0, most - (len(self.sent) - bisect_left(self.sent, midnight)))

    def pause_seconds(self, now: datetime) -> float | None:
        """Return how long to wait before the next request; None where the day takes no more."""
        if self.left_today(now) == 0:
            return None
        pause = 0.0
        for span, seconds in SPANS.items():
            most = self.requests_of(span)
            if most is None or span == "day":
                continue
            if most == 0:
                return None
            since = bisect_right(self.sent, now - timedelta(seconds=seconds))
            if len(self.sent) - since >= most:
                oldest = self.sent[len(self.sent) - most]
                pause = max(pause, seconds - (now - oldest).total_seconds())
        return pause

    def spend(self, now: datetime, requests: int = 1) -> None:
        """Count requests that were sent."""
        for _ in range(requests):
            insort(self.sent, now)

    def in_a_night(self, seconds: float, calls_per_second: float) -> tuple[int, float]:
        """Return how many requests a fresh night of so many seconds can send, and the seconds that they take."""
        gaps = [1.0 / calls_per_second]
        for span, length in SPANS.items():
            most = self.requests_of(span)
            if span != "day" and most is not None:
                gaps.append(length / most if most else float("inf"))
        gap, most = max(gaps), self.requests_of("day")
        fit = int(seconds / gap + 1e-9) if gap < float("inf") else 0
        count = fit if most is None else min(fit, most)
        return count, (count * gap if count else 0.0)
