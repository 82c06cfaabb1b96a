"""sim.online_share: the expected share of each site online by month."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from assets.timeline import TIMELINE_INPUTS, night_timeline
from pipelines.timeline.online import online_share_frame


@table_asset("sim.online_share", deps=TIMELINE_INPUTS)
def online_share(night: Night) -> pl.DataFrame:
    """Spread the modules over the months."""
    return online_share_frame(night_timeline(night))
