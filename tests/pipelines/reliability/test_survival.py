"""Riding through a loss: REopt's asserted cases, brute-force enumeration, and what must never get better."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from published_cases import hourly, published_case

from pipelines.errors import UsageError
from pipelines.reliability.survival import Bridge, Standby, survival


def test_two_generators_and_a_battery_by_hand() -> None:
    published = published_case("reopt_erp_2gen_battery_hand")
    given_ = published["inputs"]
    result = survival(
        given_["critical_loads_kw"],
        given_["max_outage_h"],
        [Standby(given_["n_generators"], given_["generator_kw"], given_["mttf_h"])],
        bridge=Bridge(given_["battery_kw"], given_["battery_kwh"], 1.0, 1.0, given_["min_soc_fraction"]),
        soc_mwh=given_["start_soc_fraction"] * given_["battery_kwh"],
    )
    expected = published["expected"]["cumulative_survival_by_hour_outage_starting_hour_1"]
    np.testing.assert_allclose(result.by_start[0], expected, atol=1e-6)


def test_two_kinds_of_generators() -> None:
    published = published_case("reopt_erp_2gen_types_battery")
    given_ = published["inputs"]
    kinds = [
        Standby(n, kw, hours)
        for n, kw, hours in zip(given_["n_generators"], given_["generator_kw"], given_["mttf_h"], strict=True)
    ]
    result = survival(
        given_["critical_loads_kw"],
        given_["max_outage_h"],
        kinds,
        bridge=Bridge(given_["battery_kw"], given_["battery_kwh"]),
        soc_mwh=given_["start_soc_fraction"] * given_["battery_kwh"],
    )
    assert result.by_start[0, -1] == pytest.approx(published["expected"]["final_survival_start_hour_1"], abs=1e-6)


def test_failure_to_start_and_maintenance() -> None:
    published = published_case("reopt_erp_flat_100kw_24h")
    given_ = published["inputs"]
    kind = Standby(
        given_["n_generators"],
        given_["generator_kw"],
        given_["mttf_h"],
        given_["generator_operational_availability"],
        given_["failure_to_start"],
    )
    result = survival(
        np.full(8760, 100.0), given_["max_outage_h"], [kind], bridge=Bridge(given_["battery_kw"], given_["battery_kwh"])
    )
    expected = published["expected"]["mean_cumulative_survival_at_24h"]
    assert result.by_hours[-1] == pytest.approx(expected, abs=1e-6)
    np.testing.assert_allclose(result.worst, result.by_hours, rtol=1e-12)


HOSPITAL = published_case("reopt_erp_hospital_2gen_pv_wind_battery_96h")


def _hospital(**options: Any) -> NDArray[np.float64]:
    given_, series = HOSPITAL["inputs"], hourly("reopt_hospital")
    # Their sun and wind have one and the same series.
    free = (given_["pv_size_kw"] + given_["wind_size_kw"]) * series["production_frac"].to_numpy()
    return survival(
        series["critical_load_kw"].to_numpy(),
        given_["max_outage_duration"],
        [
            Standby(
                given_["num_generators"],
                given_["generator_size_kw"],
                given_["generator_mean_time_to_failure"],
                given_["generator_operational_availability"],
                given_["generator_failure_to_start"],
            )
        ],
        free_mw=free,
        bridge=Bridge(
            given_["battery_size_kw"],
            given_["battery_size_kwh"],
            given_["battery_charge_efficiency"],
            given_["battery_discharge_efficiency"],
            given_["battery_minimum_soc_fraction"],
        ),
        **options,
    ).by_start


def test_hospital_with_sun_wind_and_battery() -> None:
    expected = HOSPITAL["expected"]
    # The published mean comes from energies rounded to twenty bins at every step.
    rounded = _hospital(bins=20, is_rounded=True)
    assert rounded[0, -1] == pytest.approx(expected["cumulative_survival_final_step_start_hour_1"], abs=1e-6)
    assert rounded[:, -1].mean() == pytest.approx(expected["mean_cumulative_survival_final_step"], abs=1e-6)
    # Without that rounding the first start stays and the mean falls, to the same value from any number of bins.
    coarse, fine = (_hospital(bins=bins) for bins in (60, 600))
    assert fine[0, -1] == pytest.approx(expected["cumulative_survival_final_step_start_hour_1"], abs=1e-6)
    assert coarse[:, -1].mean() == pytest.approx(fine[:, -1].mean(), abs=1e-4)
    assert fine[:, -1].mean() == pytest.approx(expected["mean_cumulative_survival_final_step"], abs=0.01)


def _by_enumeration(
    load: NDArray[np.float64], hours: int, kind: Standby, bridge: Bridge, soc: float
) -> NDArray[np.float64]:
    """Return cumulative survival from the first step, summed over all numbers of running units by hour."""
    there = kind.operational_availability * (1 - kind.failure_to_start)
    fails = 1 / kind.mtbf_hours
    total = np.zeros(hours)
    # Each unit is lost before some hour, or never; hour 0 stands for never having run.
    moments = range(hours + 2)
    chance = [1 - there] + [there * (1 - fails) ** h * fails for h in range(hours)] + [there * (1 - fails) ** hours]
    for lost in itertools.product(moments, repeat=kind.units):
        probability = float(np.prod([chance[moment] for moment in lost]))
        stored = soc
        for h in range(hours):
            running = sum(moment > h + 1 for moment in lost)
            short = load[h % len(load)] - running * kind.unit_mw
            if short > min(bridge.power_mw, stored * bridge.discharge_efficiency) + 1e-9:
                break
            if short > 0:
                stored -= short / bridge.discharge_efficiency
            else:
                stored = min(stored + min(-short, bridge.power_mw) * bridge.charge_efficiency, bridge.energy_mwh)
            total[h] += probability
    return total


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    load=st.lists(st.floats(0.5, 3.0), min_size=4, max_size=4),
    units=st.integers(1, 2),
    mtbf=st.floats(2, 40),
    start=st.floats(0, 0.3),
    power=st.floats(0, 2),
    energy=st.floats(0, 5),
)
def test_it_is_the_sum_over_all_ways_to_fail(
    load: list[float], units: int, mtbf: float, start: float, power: float, energy: float
) -> None:
    kind = Standby(units, 1.2, mtbf, 0.97, start)
    bridge = Bridge(power, energy, 0.9, 0.95)
    result = survival(load, 4, [kind], bridge=bridge, soc_mwh=0.6 * energy, bins=2000)
    expected = _by_enumeration(np.array(load), 4, kind, bridge, 0.6 * energy)
    np.testing.assert_allclose(result.by_start[0], expected, atol=1e-9)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    units=st.integers(1, 6),
    mtbf=st.floats(5, 500),
    start=st.floats(0, 0.2),
    energy=st.floats(0, 20),
)
def test_survival_never_gains_from_time_rates_or_fewer_units(
    seed: int, units: int, mtbf: float, start: float, energy: float
) -> None:
    load = np.random.default_rng(seed).uniform(1.0, 6.0, 48)
    bridge = Bridge(4.0, energy, 0.95, 0.95)

    def mean(kind: Standby, battery: Bridge = bridge) -> NDArray[np.float64]:
        return survival(load, 12, [kind], bridge=battery).by_hours

    base = mean(Standby(units, 1.5, mtbf, 0.99, start))
    assert np.all(np.diff(base) <= 1e-12)
    worse = [
        mean(Standby(units - 1, 1.5, mtbf, 0.99, start)),
        mean(Standby(units, 1.5, mtbf / 2, 0.99, start)),
        mean(Standby(units, 1.5, mtbf, 0.9, start)),
        mean(Standby(units, 1.5, mtbf, 0.99, min(start + 0.1, 1.0))),
        mean(Standby(units, 1.5, mtbf, 0.99, start), Bridge(4.0, energy / 2, 0.95, 0.95)),
    ]
    for other in worse:
        assert np.all(other <= base + 1e-9)


def test_heat_that_takes_output_takes_survival() -> None:
    load = np.full(24, 10.0)
    hot = np.where(np.arange(24) < 12, 0.9, 1.0)
    result = survival(load, 3, [Standby(5, 2.0, 1e12)], unit_frac=hot)
    np.testing.assert_allclose(result.by_start[:, 0], hot == 1.0)
    np.testing.assert_allclose(result.by_start[10], 0.0)


def test_a_battery_alone_lasts_as_long_as_its_energy() -> None:
    result = survival(np.full(100, 5.0), 6, bridge=Bridge(5.0, 25.0, 1.0, 0.8, 0.2), starts=[3, 50])
    # 20 MWh above the floor give 16 MWh: three hours of 5 MW.
    np.testing.assert_array_equal(result.by_start, np.tile([1, 1, 1, 0, 0, 0], (2, 1)))


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(UsageError, match="same length"):
        survival(np.ones(4), 2, free_mw=np.ones(3))
    with pytest.raises(UsageError, match="at least one hour"):
        survival(np.ones(4), 0)
    with pytest.raises(UsageError, match="probabilities from 0 to 1"):
        survival(np.ones(4), 2, [Standby(1, 1.0, 0.5)])
    with pytest.raises(UsageError, match="join equal units"):
        survival(np.ones(4), 2, [Standby(9, 1.0, 100.0)] * 4)
