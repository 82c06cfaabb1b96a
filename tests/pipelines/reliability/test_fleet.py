"""Exact fleets: published systems, brute-force enumeration and what planned maintenance takes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published_cases import published_case, rts79_load, rts79_units

from pipelines.errors import UsageError
from pipelines.plant.technology import FirmTechnology
from pipelines.reliability.fleet import (
    capacity_outage_table,
    fleet_adequacy,
    forced_outage_rate,
    shortfall_of_load,
    units_available,
)


def _turbine(table: tuple[tuple[float, float], ...]) -> FirmTechnology:
    return FirmTechnology("turbine", 16.0, 10.0, 0.2, 0.5, 0.015, table, 0.02, 4000, 24, 0.007, 15, 0.1, "natural_gas")


def test_rts79_indices_are_the_published_ones() -> None:
    units, load, expected = rts79_units(), rts79_load(), published_case("rts79")["convolution"]
    assert load.sum() == pytest.approx(expected["annual_energy_mwh"], rel=1e-9)
    counts = units["n_units"].to_numpy()
    result = fleet_adequacy(
        np.repeat(units["capacity_mw"].to_numpy(), counts),
        np.repeat(units["forced_outage_rate"].to_numpy(), counts),
        load,
    )
    assert result.lole_hours == pytest.approx(expected["LOLE_h_per_yr"], rel=1e-6)
    assert result.eue_mwh == pytest.approx(expected["EUE_mwh_per_yr"], rel=1e-6)
    assert result.lole_days == pytest.approx(expected["LOLE_days_per_yr"], rel=1e-6)


@pytest.mark.parametrize("case_id", ["singlenode_a", "singlenode_b"])
def test_pras_generator_systems(case_id: str) -> None:
    system = published_case(f"pras_{case_id}")
    lolp, eue = [], []
    for hour, load in enumerate(system["load"]):
        capacity = [g["capacity"][hour] for g in system["generators"] for _ in range(g["n"])]
        rate = [g["lam"] / (g["lam"] + g["mu"]) for g in system["generators"] for _ in range(g["n"])]
        chance, shortfall = shortfall_of_load(load, *capacity_outage_table(capacity, rate))
        lolp.append(float(chance))
        eue.append(float(shortfall))
    assert lolp == pytest.approx(system["expected"]["LOLP"], abs=1e-12)
    assert eue == pytest.approx(system["expected"]["EUE_t"], abs=1e-9)
    assert sum(lolp) == pytest.approx(system["expected"]["LOLE"], abs=1e-9)
    assert sum(eue) == pytest.approx(system["expected"]["EUE"], abs=1e-9)


_units = st.lists(
    st.tuples(st.integers(0, 30).map(lambda mw: mw / 2), st.floats(0, 1)),
    min_size=1,
    max_size=7,
)


@settings(max_examples=40, deadline=None)
@given(units=_units, load=st.integers(0, 80_000).map(lambda kw: kw / 1000))
def test_table_is_the_sum_over_all_states(units: list[tuple[float, float]], load: float) -> None:
    chance = shortfall = 0.0
    for state in itertools.product((0, 1), repeat=len(units)):
        weight = float(np.prod([1 - q if up else q for up, (_, q) in zip(state, units, strict=True)]))
        missing = load - sum(mw for up, (mw, _) in zip(state, units, strict=True) if up)
        chance += weight * (missing > 0)
        shortfall += weight * max(missing, 0.0)
    available, probability = capacity_outage_table([mw for mw, _ in units], [q for _, q in units])
    assert np.all(np.diff(available) > 0)
    assert probability.sum() == pytest.approx(1.0, abs=1e-12)
    lolp, eue = shortfall_of_load(load, available, probability)
    assert float(lolp) == pytest.approx(chance, abs=1e-12)
    assert float(eue) == pytest.approx(shortfall, abs=1e-10)


@settings(max_examples=40, deadline=None)
@given(
    units=_units, extra=st.floats(0, 1), place=st.integers(0, 6), load=st.integers(0, 80_000).map(lambda kw: kw / 1000)
)
def test_adequacy_never_gains_from_a_higher_rate_or_a_unit_less(
    units: list[tuple[float, float]], extra: float, place: int, load: float
) -> None:
    capacity = [mw for mw, _ in units]
    rate = [q for _, q in units]
    i = place % len(units)
    worse = [q if j != i else q + (1 - q) * extra for j, q in enumerate(rate)]
    base = fleet_adequacy(capacity, rate, [load])
    often_out = fleet_adequacy(capacity, worse, [load])
    one_less = fleet_adequacy([*capacity[:i], 0.0, *capacity[i + 1 :]], rate, [load])
    for other in (often_out, one_less):
        assert other.eue_mwh >= base.eue_mwh - 1e-10
        assert other.lole_hours >= base.lole_hours - 1e-12


def test_a_load_of_all_the_units_is_met_by_all_the_units() -> None:
    """Neither the merging of states nor the rounding of a sum may turn a met load into a lost one."""
    for capacity in (1.42578125, 0.1, 1 / 3, 12.3456789):
        for units in (1, 3, 7, 30):
            available, probability = capacity_outage_table([capacity] * units, [0.1] * units)
            assert len(available) == units + 1
            lolp, eue = shortfall_of_load(capacity * units, available, probability)
            assert float(lolp) == pytest.approx(1 - 0.9**units, rel=1e-9)
            assert float(eue) == pytest.approx(0.1 * capacity * units, rel=1e-9)


def test_rates_and_capacities_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UsageError, match="outside 0 to 1"):
        capacity_outage_table([10.0], [1.5])
    with pytest.raises(UsageError, match="one outage rate per unit"):
        capacity_outage_table([10.0, 5.0], [0.1])
    with pytest.raises(UsageError, match="capacity"):
        capacity_outage_table([-1.0], [0.1])
    incommensurate = np.random.default_rng(7).uniform(1, 100, 40)
    with pytest.raises(UsageError, match="round them to multiples of"):
        capacity_outage_table(incommensurate, np.full(40, 0.1))


def test_planned_maintenance_takes_the_stated_share_of_unit_time() -> None:
    for units, planned, rate in [(8, 0.05, 0.03), (12, 0.10, 0.02), (40, 0.05, 0.01), (1, 0.06, 0.0), (3, 1 / 3, 0.1)]:
        mass = units_available(units, rate, planned)
        assert mass.sum() == pytest.approx(1.0, abs=1e-12)
        mean = float(np.arange(units + 1) @ mass)
        assert mean == pytest.approx(units * (1 - planned) * (1 - rate), rel=1e-9)
    # Two units on average away: never all twenty there, even when nothing fails.
    assert units_available(20, 0.0, 0.10)[19:].sum() == pytest.approx(0.0, abs=1e-12)


def test_temperature_table_is_interpolated_and_clamped() -> None:
    unit = _turbine(((-15.0, 0.199), (-10.0, 0.099), (10.0, 0.021), (35.0, 0.066)))
    rates = forced_outage_rate(unit, np.array([-40.0, -15.0, -12.5, 10.0, 35.0, 48.0]))
    assert rates == pytest.approx([0.199, 0.199, 0.149, 0.021, 0.066, 0.066])
    assert forced_outage_rate(_turbine(()), np.array([-40.0, 48.0])) == pytest.approx([0.015, 0.015])
