"""The Monte Carlo of the activity networks, run once per night and read by several assets."""

from __future__ import annotations

from typing import Any

import polars as pl

from assets.night import Night
from assets.plant import CHOSEN_DESIGNS
from pipelines.timeline.draws import TIMELINE_SEED
from pipelines.timeline.outcomes import Known, keep_known, read_known
from pipelines.timeline.time_to_power import TimelineResult, time_to_power

TIMELINE_FACTS = ["core.regions", "core.equipment_lead_times", "core.policy", "core.queue_statistics"]
TIMELINE_INPUTS = [*TIMELINE_FACTS, "sim.chosen"]


def night_networks(night: Night) -> Known:
    """Return the networks drawn before, by this night or an earlier one."""
    return night.once("networks", lambda: read_known(night.cache))


def keep_networks(night: Night) -> None:
    """Keep the networks that the night asked for, where it drew any."""
    keep_known(night.cache, night_networks(night))


def timeline_inputs(night: Night) -> dict[str, pl.DataFrame]:
    """Read the tables that months to power are drawn from, by the names of the arguments of `time_to_power`."""
    return {
        "regions": night.read("core.regions"),
        "chosen": night.read("sim.chosen", [*CHOSEN_DESIGNS, "firm_mwh"]),
        "lead_times": night.read("core.equipment_lead_times"),
        "policy": night.read("core.policy"),
        "queue_statistics": night.read("core.queue_statistics"),
    }


def night_timeline(night: Night) -> TimelineResult:
    """Return the time to power of every region and stack of the night."""
    return night.once("timeline", lambda: _drawn(night))


def _drawn(night: Night) -> TimelineResult:
    inputs: dict[str, Any] = timeline_inputs(night)
    return time_to_power(**inputs, settings=night.settings, seed=TIMELINE_SEED, known=night_networks(night))
