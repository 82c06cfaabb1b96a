"""sim.phases: the phases of the chosen designs, priced, with how long each runs."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.phases import PHASE_INPUTS, priced_phase_designs
from assets.table_asset import table_asset
from assets.timeline import TIMELINE_INPUTS, night_timeline
from pipelines.ranking.phases import KEY, priced_phases


@table_asset("sim.phases", deps=list(dict.fromkeys([*PHASE_INPUTS, *TIMELINE_INPUTS])))
def phases(night: Night) -> pl.DataFrame:
    """Price the phases and count the time that each runs."""
    times = night_timeline(night)
    return priced_phases(
        night.read("sim.chosen"),
        priced_phase_designs(night),
        times.time_to_power.select(KEY),
        times.phase_share,
        times.phase_begins,
        night.settings,
    )
