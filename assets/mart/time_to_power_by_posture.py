"""mart.time_to_power_by_posture: months to the first module and to full, had the equipment been bought another way."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from assets.timeline import TIMELINE_INPUTS, night_networks, night_timeline, timeline_inputs
from pipelines.timeline.by_posture import time_to_power_by_posture as by_posture
from pipelines.timeline.draws import TIMELINE_SEED


@table_asset("mart.time_to_power_by_posture", deps=TIMELINE_INPUTS)
def time_to_power_by_posture(night: Night) -> pl.DataFrame:
    """Draw the networks of the other postures."""
    return by_posture(
        night_timeline(night),
        night.settings,
        TIMELINE_SEED,
        known=night_networks(night),
        **timeline_inputs(night),
    )
