"""The choice by value: who is valued, that months can decide it, and that nothing worth more is passed over."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contracts.base import REGISTRY
from pipelines.economics.selection import select_least_cost
from pipelines.economics.value import value_columns
from pipelines.ranking.choice import KEY, choose_by_value, contenders
from pipelines.settings import Settings

SETTINGS = Settings()
CANDIDATES = REGISTRY["sim.candidates"].schema
NO_PHASES = pl.DataFrame(CANDIDATES.create_empty())
MONTHS = SETTINGS.horizon_months


def candidates(rows: list[dict]) -> pl.DataFrame:
    """Return gas engines in numbers, costs and availabilities of our own."""
    kinds = {pl.String: "", pl.Int64: 0, pl.Boolean: False, pl.Float64: 0.0}
    blank = {name: kinds[type(column.dtype)] for name, column in CANDIDATES.columns().items()}
    return pl.DataFrame(
        [
            blank
            | {
                "region_id": "a", "stack_id": "gas_recip", "design_id": f"gas_recip-n{row['units']}-{number}",
                "firm_technology": "recip_genset", "firm_unit_mw": 3.75, "firm_units": row["units"],
                "fuel_service": "interruptible", "reserve_mw": 5.0, "reserve_mwh": 1.25,
                "load_mwh": 190_000.0, "served_mwh": 189_900.0,
                "availability_frac": row.get("available", 0.9995), "full_service_hours_frac": row.get("hours", 0.99),
                "lcoe_usd_per_mwh": row["lcoe"],
            }
            for number, row in enumerate(rows)
        ],
        schema={name: column.dtype for name, column in CANDIDATES.columns().items()},
    )  # fmt: skip


def valued(own: pl.DataFrame, settings: Settings = SETTINGS) -> list[pl.DataFrame]:
    return contenders(select_least_cost(own, settings), own, pl.DataFrame(), settings)


def timed_by(months_of_units):
    """Return a time to power in which all modules come at once, in a month that the number of units decides."""

    def timed(designs: pl.DataFrame) -> SimpleNamespace:
        share = np.zeros((designs.height, MONTHS))
        for row, units in enumerate(designs["firm_units"]):
            share[row, months_of_units(units) :] = 1.0
        return SimpleNamespace(
            time_to_power=designs.select(KEY),
            online_share=share,
            phase_share=share[:, None, :],
            phase_begins=np.zeros((designs.height, 1)),
        )

    return timed


rows = st.lists(
    st.fixed_dictionaries(
        {
            "units": st.integers(6, 12),
            "lcoe": st.floats(80.0, 100.0),
            "available": st.sampled_from([0.998, 0.9992, 0.9999]),
        }
    ),
    min_size=1,
    max_size=12,
)


@given(rows=rows)
@settings(max_examples=60, deadline=None)
def test_contenders_are_the_least_cost_design_of_each_number_of_units_near_the_least_cost(rows) -> None:
    own = candidates(rows)
    slots = valued(own)
    assert slots[0].equals(select_least_cost(own, SETTINGS))
    assert len(slots) <= SETTINGS.sizing_contenders
    if not slots[0]["is_target_met"].item():
        assert len(slots) == 1
        return
    every = pl.concat(slots)
    assert every["firm_units"].is_unique().all()
    assert every["lcoe_usd_per_mwh"].is_sorted()
    assert (every["availability_frac"] >= SETTINGS.availability_target).all()
    assert every["lcoe_usd_per_mwh"].max() <= every["lcoe_usd_per_mwh"][0] * 1.1 * (1 + 1e-12)
    for row in every.iter_rows(named=True):
        same = own.filter(pl.col("firm_units") == row["firm_units"], pl.col("availability_frac") >= 0.999)
        assert row["lcoe_usd_per_mwh"] == same["lcoe_usd_per_mwh"].min()


@given(rows=rows, early=st.integers(0, 12))
@settings(max_examples=60, deadline=None)
def test_no_contender_is_worth_more_than_the_one_chosen(rows, early) -> None:
    # Eight units carry the site with one spare: more of them come no sooner.
    timed = timed_by(lambda units: 40 - early * (min(units, 8) - 6))
    slots = valued(candidates(rows))
    chosen = choose_by_value(slots, timed, NO_PHASES, SETTINGS)
    worth = [
        value_columns(
            slot.with_columns(
                online_availability_frac="availability_frac", online_interruptions_per_year="interruptions_per_year"
            ),
            timed(slot).online_share,
            SETTINGS,
        )["value_usd_per_mw"].item()
        for slot in slots
    ]
    assert worth[[slot["design_id"].item() for slot in slots].index(chosen["design_id"].item())] == pytest.approx(
        max(worth)
    )
    assert chosen["is_least_cost"].item() == (chosen["design_id"].item() == slots[0]["design_id"].item())


def test_months_decide_between_a_cheaper_and_an_earlier_design() -> None:
    own = candidates([{"units": 7, "lcoe": 88.0}, {"units": 8, "lcoe": 91.0}, {"units": 9, "lcoe": 99.0}])
    slots = valued(own)
    assert [slot["firm_units"].item() for slot in slots] == [7, 8]
    late = choose_by_value(slots, timed_by(lambda units: 50 if units < 8 else 20), NO_PHASES, SETTINGS)
    same = choose_by_value(slots, timed_by(lambda units: 20), NO_PHASES, SETTINGS)
    assert (late["firm_units"].item(), late["is_least_cost"].item()) == (8, False)
    assert (same["firm_units"].item(), same["is_least_cost"].item()) == (7, True)
    by_cost = SETTINGS.model_copy(update={"sizing_contenders": 1})
    assert len(valued(own, by_cost)) == 1


def test_a_limit_on_hours_fully_served_decides_who_reaches_the_target() -> None:
    own = candidates([{"units": 8, "lcoe": 88.0, "hours": 0.985}, {"units": 9, "lcoe": 91.0, "hours": 0.996}])
    strict = SETTINGS.model_copy(update={"min_full_service_hours_frac": 0.99})
    assert select_least_cost(own, SETTINGS)["firm_units"].item() == 8
    assert select_least_cost(own, strict)["firm_units"].item() == 9
    assert [slot["firm_units"].item() for slot in valued(own, strict)] == [9]
