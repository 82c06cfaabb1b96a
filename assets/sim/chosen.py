"""sim.chosen: the design that represents each stack in each region."""

from __future__ import annotations

from functools import partial

import polars as pl

from assets.choice import CONTENDER_INPUTS, night_contenders
from assets.money import TIMELINE_SEED
from assets.night import Night
from assets.phases import PHASE_PRICE_INPUTS, priced_phase_designs
from assets.table_asset import table_asset
from assets.timeline import night_networks
from pipelines.ranking.choice import choose_by_value
from pipelines.timeline.time_to_power import site_months


@table_asset("sim.chosen", deps=list(dict.fromkeys([*CONTENDER_INPUTS, *PHASE_PRICE_INPUTS, "core.policy"])))
def chosen(night: Night) -> pl.DataFrame:
    """Choose the design worth most among the least-cost ones that meet the target with the chosen service of gas."""
    slots = night_contenders(night)
    if len(slots) == 1:
        return slots[0]
    timed = partial(
        site_months,
        night.read("core.regions"),
        used=night.read("core.durations"),
        policy=night.read("core.policy"),
        settings=night.settings,
        seed=TIMELINE_SEED,
        known=night_networks(night),
    )
    return choose_by_value(slots, timed, priced_phase_designs(night), night.settings)
