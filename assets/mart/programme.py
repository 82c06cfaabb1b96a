"""mart.programme_curve, mart.programme_limits, mart.modular_against_campus: many nodes under supply limits."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.plant import chosen_designs
from assets.table_asset import table_asset
from assets.timeline import night_networks
from pipelines.timeline.draws import TIMELINE_SEED
from pipelines.timeline.programme import Programme
from pipelines.timeline.programme import programme as programme_of

_INPUTS = [
    *("mart.ranked_sites", "sim.chosen"),
    *("core.regions", "core.durations", "core.policy", "core.industrial_capacity"),
]


def night_programme(night: Night) -> Programme:
    """Return the programmes, drawn once per night."""
    return night.once("programme", lambda: _drawn(night))


def _drawn(night: Night) -> Programme:
    ranks = night.read("mart.ranked_sites", ["region_id", "stack_id", "rank"])
    chosen = chosen_designs(night).join(ranks, on=["region_id", "stack_id"], maintain_order="left")
    return programme_of(
        chosen,
        night.read("core.regions"),
        night.read("core.durations"),
        night.read("core.policy"),
        night.read("core.industrial_capacity"),
        night.settings,
        TIMELINE_SEED,
        ready=night_networks(night).ready,
    )


@table_asset("mart.programme_curve", deps=_INPUTS, kinds={"numba", "duckdb"})
def programme_curve(night: Night) -> pl.DataFrame:
    """Draw programmes of growing size."""
    return night_programme(night).curve


@table_asset("mart.programme_limits", deps=_INPUTS, kinds={"numba", "duckdb"})
def programme_limits(night: Night) -> pl.DataFrame:
    """Say what limits them."""
    return night_programme(night).limits


@table_asset("mart.modular_against_campus", deps=_INPUTS, kinds={"numba", "duckdb"})
def modular_against_campus(night: Night) -> pl.DataFrame:
    """Set the same power on one site beside them."""
    return night_programme(night).against_campus
