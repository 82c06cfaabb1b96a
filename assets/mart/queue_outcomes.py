"""mart.queue_outcomes, mart.queue_survival, mart.queue_waits: what becomes of requests in the queues."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.timeline.queue_outcomes import QueueOutcomes
from pipelines.timeline.queue_outcomes import queue_outcomes as outcomes_of

_INPUTS = ["core.queue_projects", "core.queue_statistics"]


def night_outcomes(night: Night) -> QueueOutcomes:
    """Return the outcomes, estimated once per night."""
    return night.once(
        "queue outcomes",
        lambda: outcomes_of(night.read("core.queue_projects"), night.read("core.queue_statistics"), night.settings),
    )


@table_asset("mart.queue_outcomes", deps=_INPUTS)
def queue_outcomes(night: Night) -> pl.DataFrame:
    """Estimate what became of the requests of every operator."""
    return night_outcomes(night).outcomes


@table_asset("mart.queue_survival", deps=_INPUTS)
def queue_survival(night: Night) -> pl.DataFrame:
    """Follow the same requests month by month."""
    return night_outcomes(night).survival


@table_asset("mart.queue_waits", deps=_INPUTS)
def queue_waits(night: Night) -> pl.DataFrame:
    """Take the waits by year of operation."""
    return night_outcomes(night).waits
