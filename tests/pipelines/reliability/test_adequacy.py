"""The fast path over design grids: equal to the direct sum over states, and monotone in what it should be."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom

from pipelines.dispatch.inputs import DesignSet
from pipelines.errors import UsageError
from pipelines.plant.technology import FirmTechnology
from pipelines.reliability.adequacy import TOLERANCE_MW, NeedAdequacy, adequacy_of_need

ENGINE = FirmTechnology("engine", 2.5, 8.5, 0.1, 0.4, 0.025, (), 0.05, 3000, 16, 0.0, 40.0, 0.0, "natural_gas")
COLD = ((-15.0, 0.199), (-5.0, 0.051), (10.0, 0.021), (35.0, 0.066))
TURBINE = FirmTechnology("turbine", 16.0, 10.5, 0.2, 0.5, 0.015, COLD, 0.02, 4000, 24, 0.007, 15, 0.1, "natural_gas")
REACTOR = FirmTechnology("reactor", 5.0, 10.4, 0.0, 0.5, 0.03, (), 0.06, 8000, 298, 0.0, 40.0, 0.0, "uranium")
TECHNOLOGIES = {unit.technology: unit for unit in (ENGINE, TURBINE, REACTOR)}
START = {"engine": 0.02}


def design_set(rows: list[dict[str, Any]]) -> DesignSet:
    """Return designs from the parts that differ from nothing."""
    empty = {
        "stack_id": "stack", "solar_mw": 0.0, "bess_mw": 0.0, "bess_mwh": 0.0, "reserve_mw": 0.0, "reserve_mwh": 0.0,
        "grid_mw": 0.0, "is_grid_flexible": False, "baseload_technology": "", "baseload_units": 0,
        "baseload_unit_mw": 0.0, "firm_technology": "", "firm_units": 0, "firm_unit_mw": 0.0, "rule": "load_following",
    }  # fmt: skip
    full = [{"design_id": f"d{i}", **empty, **row} for i, row in enumerate(rows)]
    texts = {"design_id", "stack_id", "baseload_technology", "firm_technology", "rule"}
    return DesignSet(**{k: [r[k] for r in full] if k in texts else np.array([r[k] for r in full]) for k in full[0]})


def firm(technology: FirmTechnology, units: int, **parts: Any) -> dict[str, Any]:
    return {
        "firm_technology": technology.technology,
        "firm_units": units,
        "firm_unit_mw": technology.unit_mw,
        **parts,
    }


def _states(units: int, rate: float, planned: float) -> list[tuple[int, float]]:
    """Return (units available, probability) from the maintenance rule and scipy's binomial."""
    away = units * planned
    states: list[tuple[int, float]] = []
    for out, weight in ((int(away), 1 - away % 1), (int(away) + 1, away % 1)):
        left = max(units - out, 0)
        states += [(k, weight * float(binom.pmf(k, left, 1 - rate))) for k in range(left + 1)]
    return states


def _direct(
    need: NDArray[np.float64],
    second: NDArray[np.float64],
    load: float,
    row: dict[str, Any],
    fraction: dict[str, NDArray[np.float64]],
    rates: dict[str, NDArray[np.float64]],
    lost: float,
    no_fuel: dict[str, NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Return the sums of NeedAdequacy for one design as plain sums over every hour and state."""
    total = np.zeros(9)
    starts, before = 0.0, None
    for h in range(len(need)):
        if row.get("firm_units", 0):
            unit = row["firm_unit_mw"] * fraction[row["firm_technology"]][h]
            on = min(math.ceil(need[h] / unit - 1e-9), row["firm_units"])
            starts += max(on - before, 0) if before is not None else 0
            before = on
    for h in range(len(need)):
        before_hour = total.copy()
        firm_states = [(0, 1.0)]
        capacity = 0.0
        if row.get("firm_units", 0):
            name = row["firm_technology"]
            in_repair = starts / row["firm_units"] / len(need) * START.get(name, 0.0) * TECHNOLOGIES[name].mttr_hours
            out = 1 - (1 - rates[name][h]) * (1 - in_repair)
            firm_states = _states(row["firm_units"], out, TECHNOLOGIES[name].planned_outage_rate)
            capacity = row["firm_unit_mw"] * fraction[name][h]
        second_states = [(need[h], 1.0)]
        if row.get("grid_mw", 0.0) > 0:
            second_states = [(need[h], 1 - lost), (need[h] + second[h], lost)]
        elif row.get("baseload_units", 0):
            name = row["baseload_technology"]
            unit = row["baseload_unit_mw"] * fraction[name][h]
            second_states = [
                (need[h] + (max(second[h] - k * unit, 0.0) if k < row["baseload_units"] else 0.0), p)
                for k, p in _states(row["baseload_units"], rates[name][h], TECHNOLOGIES[name].planned_outage_rate)
            ]
        all_units = row.get("firm_units", 0) * capacity
        total[3] += max(need[h] - all_units, 0.0)
        total[4] += need[h] > all_units + TOLERANCE_MW
        for k, p in firm_states:
            total[2] += p * max(need[h] - k * capacity, 0.0)
        for beyond, q in second_states:
            wanted = min(beyond, load)
            total[5] += q * wanted
            total[6] += q * (wanted > TOLERANCE_MW)
            for k, p in firm_states:
                total[0] += q * p * max(wanted - k * capacity, 0.0)
                total[1] += q * p * (wanted > k * capacity + TOLERANCE_MW)
        # Without fuel the hour has no firm unit, whatever their state.
        without = no_fuel.get(row.get("firm_technology", ""), np.zeros(len(need)))[h]
        added = total - before_hour
        total[7] += without * (added[5] - added[0])
        total[8] += without * (added[6] - added[1])
    return total


def _as_rows(result: NeedAdequacy) -> NDArray[np.float64]:
    return np.vstack(
        [
            result.eue_mwh,
            result.lolh_hours,
            result.units_eue_mwh,
            result.shortage_mwh,
            result.shortage_hours,
            result.stranded_eue_mwh,
            result.stranded_lolh_hours,
            result.frost_eue_mwh,
            result.frost_lolh_hours,
        ]
    )


def test_fast_path_is_the_direct_sum() -> None:
    rng = np.random.default_rng(20)
    hours = 160
    rows: list[dict[str, Any]] = [
        firm(ENGINE, 10),
        firm(ENGINE, 24),
        firm(TURBINE, 3),
        {},
        firm(ENGINE, 6, baseload_technology="reactor", baseload_units=3, baseload_unit_mw=5.0),
        firm(ENGINE, 9, grid_mw=25.0),
        {"grid_mw": 25.0},
        {"baseload_technology": "reactor", "baseload_units": 2, "baseload_unit_mw": 5.0},
        firm(TURBINE, 1, baseload_technology="reactor", baseload_units=1, baseload_unit_mw=5.0),
    ]
    temperature = rng.normal(8, 15, hours)
    fraction = {name: rng.uniform(0.7, 1.0, hours) for name in TECHNOLOGIES}
    load = 28.0
    need = np.minimum(np.maximum(rng.normal(12, 10, (hours, len(rows))), 0.0), load)
    second = np.maximum(rng.normal(9, 5, (hours, len(rows))), 0.0)
    lost = rng.uniform(0, 0.02, len(rows))
    series = 1.2e-4
    no_fuel = {"engine": np.where(temperature < -5.0, 0.05, 0.0)}
    result = adequacy_of_need(
        need,
        design_set(rows),
        TECHNOLOGIES,
        fraction,
        temperature,
        second_mw=second,
        load_mw=np.full(hours, load),
        grid_unavailability=lost,
        series_unavailability=series,
        start_failure=START,
        supply_loss=no_fuel,
    )
    cold = np.array(COLD)
    failing = {
        "engine": np.full(hours, 1 - (1 - 0.025) * (1 - series)),
        "turbine": 1 - (1 - np.interp(temperature, cold[:, 0], cold[:, 1])) * (1 - series),
        "reactor": np.full(hours, 1 - (1 - 0.03) * (1 - series)),
    }
    expected = np.array(
        [
            _direct(need[:, d], second[:, d], load, row, fraction, failing, lost[d], no_fuel)
            for d, row in enumerate(rows)
        ]
    ).T
    assert expected[7].max() > 0.1
    np.testing.assert_allclose(_as_rows(result), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("technology", [ENGINE, TURBINE])
def test_fleets_that_share_a_need_get_what_each_gets_alone(technology: FirmTechnology) -> None:
    generator = np.random.default_rng(11)
    hours, fleets = 500, [1, 3, 4, 7]
    need = generator.uniform(-2.0, 5.5 * technology.unit_mw, (hours, 1))
    second = generator.uniform(0.0, 4.0, (hours, 1))
    temperature = generator.uniform(-20.0, 38.0, hours)
    rows = [firm(technology, units, grid_mw=4.0) for units in fleets]

    def assessed(rows: list[dict[str, Any]], columns: NDArray[np.int64] | None) -> NDArray[np.float64]:
        return _as_rows(
            adequacy_of_need(
                need,
                design_set(rows),
                TECHNOLOGIES,
                {name: np.linspace(0.8, 1.0, hours) for name in TECHNOLOGIES},
                temperature,
                second_mw=second,
                load_mw=np.full(hours, 6.0 * technology.unit_mw),
                grid_unavailability=0.01,
                start_failure=START,
                supply_loss={technology.technology: np.full(hours, 0.002)},
                columns=columns,
            )
        )

    together = assessed(rows, np.zeros(len(fleets), dtype=np.int64))
    alone = np.concatenate([assessed([row], None) for row in rows], axis=1)
    np.testing.assert_allclose(together, alone, rtol=1e-12)


def test_a_need_that_matches_whole_units_is_met_in_single_precision() -> None:
    """Rounding in a single-precision dispatch must not turn a met need into a shortfall."""
    need = np.full((24, 1), 25.0, dtype=np.float32) * np.float32(1.0000002)
    unfailing = replace(ENGINE, forced_outage_rate=0.0, planned_outage_rate=0.0)
    ones = {"engine": np.ones(24)}
    result = adequacy_of_need(need, design_set([firm(ENGINE, 10)]), {"engine": unfailing}, ones, np.full(24, 20.0))
    assert result.lolh_hours[0] == 0.0
    assert result.eue_mwh[0] == pytest.approx(0.0, abs=1e-12)


def test_without_firm_units_the_need_is_unserved() -> None:
    need = np.abs(np.random.default_rng(3).normal(0, 5, (48, 2)))
    result = adequacy_of_need(need, design_set([{}, {}]), {}, {}, np.full(48, 10.0), step_hours=0.5)
    np.testing.assert_allclose(result.eue_mwh, 0.5 * need.sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(result.lolh_hours, 24.0)
    np.testing.assert_allclose(result.shortage_mwh, result.eue_mwh)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    units=st.integers(1, 14),
    rate=st.floats(0, 0.3),
    planned=st.floats(0, 0.15),
    more=st.floats(0, 0.3),
    lost=st.floats(0, 0.1),
)
def test_adequacy_is_monotone(seed: int, units: int, rate: float, planned: float, more: float, lost: float) -> None:
    rng = np.random.default_rng(seed)
    need = np.maximum(rng.normal(15, 10, (40, 1)), 0.0)
    second = np.maximum(rng.normal(8, 4, (40, 1)), 0.0)

    def run(engine: FirmTechnology, count: int, outage: float, wanted: NDArray[np.float64]) -> NeedAdequacy:
        return adequacy_of_need(
            wanted,
            design_set([firm(ENGINE, count, grid_mw=25.0)]),
            {"engine": engine},
            {"engine": np.ones(40)},
            np.full(40, 15.0),
            second_mw=second,
            grid_unavailability=outage,
        )

    engine = replace(ENGINE, forced_outage_rate=rate, planned_outage_rate=planned)
    base = run(engine, units, lost, need)
    worse = [
        run(replace(engine, forced_outage_rate=rate + more), units, lost, need),
        run(replace(engine, planned_outage_rate=planned + more / 2), units, lost, need),
        run(engine, units - 1, lost, need),
        run(engine, units, lost + more / 2, need),
        run(engine, units, lost, need + more),
    ]
    for other in worse:
        assert other.eue_mwh[0] >= base.eue_mwh[0] - 1e-9
        assert other.lolh_hours[0] >= base.lolh_hours[0] - 1e-9
    # From what stands still with nothing on outage to the fleet lost as a whole.
    chain = [base.shortage_mwh, base.units_eue_mwh, base.eue_mwh, base.stranded_eue_mwh]
    assert all(low[0] <= high[0] + 1e-9 for low, high in itertools.pairwise(chain))
    assert base.stranded_eue_mwh[0] == pytest.approx(float((need + lost * second).sum()), rel=1e-9)


def test_shapes_and_blocks_that_do_not_fit_are_refused() -> None:
    need = np.ones((5, 1))
    temperature = np.full(5, 10.0)
    ones = {"engine": np.ones(5), "reactor": np.ones(5)}
    with pytest.raises(UsageError, match="same lengths"):
        adequacy_of_need(need, design_set([firm(ENGINE, 2)]), TECHNOLOGIES, ones, np.full(4, 10.0))
    with pytest.raises(UsageError, match="second_mw"):
        adequacy_of_need(need, design_set([{"grid_mw": 5.0}]), TECHNOLOGIES, ones, temperature)
    with pytest.raises(UsageError, match="no figures for the technology 'turbine'"):
        adequacy_of_need(need, design_set([firm(TURBINE, 2)]), TECHNOLOGIES, ones, temperature)
    both = {"grid_mw": 5.0, "baseload_technology": "reactor", "baseload_units": 1, "baseload_unit_mw": 5.0}
    with pytest.raises(UsageError, match="two second blocks"):
        adequacy_of_need(need, design_set([both]), TECHNOLOGIES, ones, temperature, second_mw=need)
