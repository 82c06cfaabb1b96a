"""core.durations: every duration that the activity networks can draw, as pooled from its sources."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.timeline.durations import durations as pooled_durations


@table_asset("core.durations", deps=["core.equipment_lead_times", "core.policy", "core.queue_statistics"])
def durations(night: Night) -> pl.DataFrame:
    """Pool the published lead times, permits and waits."""
    return pooled_durations(
        night.read("core.equipment_lead_times"),
        night.read("core.policy"),
        night.read("core.queue_statistics"),
        night.settings,
    )
