"""core.lead_time_movement: published lead times, and beside them what monthly indicators say has changed since."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.timeline.indicators import lead_time_movement as moved


@table_asset("core.lead_time_movement", deps=["core.equipment_lead_times", "core.lead_time_indicators"])
def lead_time_movement(night: Night) -> pl.DataFrame:
    """Move the figures; none of them is used instead of the published one."""
    return moved(
        night.read("core.equipment_lead_times"), night.read("core.lead_time_indicators"), night.as_of, night.settings
    )
