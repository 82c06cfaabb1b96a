"""The batch: the need it hands to the adequacy, its independence of threads and order, closed years, errors."""

from __future__ import annotations

import dataclasses
import re
import threading

import numpy as np
import pytest

import pipelines.contracts.dispatch  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.dispatch.batch import fuel_rates, simulate_batch
from pipelines.dispatch.options import RULES, DispatchOptions
from pipelines.dispatch.trace import select_designs, simulate_trace
from pipelines.errors import ContractError
from pipelines.plant.technology import Battery

BATTERY = Battery(0.95, 0.95, soc_floor_frac=0.1, soc_start_frac=0.5)


@pytest.fixture(scope="module")
def plant(technology, site_year, design_set):
    """Return five sites, 150 designs of alternating kinds, and their technologies."""
    rng = np.random.default_rng(7)
    n_designs, n_hours = 150, 24 * 40
    sites = [
        site_year(
            rng.uniform(15.0, 22.0, n_hours),
            np.maximum(np.sin((np.arange(n_hours) - 6) * np.pi / 12), 0) * rng.uniform(0.3, 1.0, n_hours),
            region_id=f"region {i}",
            grid_available_frac=(rng.random(n_hours) > 0.05) * 1.0,
            capacity_frac={"engine": rng.uniform(0.8, 1.0, n_hours), "reactor": np.ones(n_hours)},
        )
        for i in range(5)
    ]
    kind = np.arange(n_designs) % 3
    designs = design_set(
        n_designs,
        solar_mw=rng.uniform(0, 100, n_designs), bess_mw=rng.uniform(0, 25, n_designs),
        bess_mwh=rng.uniform(0, 150, n_designs), grid_mw=np.where(kind == 1, 12.0, 0.0), is_grid_flexible=kind == 1,
        baseload_units=np.where(kind == 2, 2, 0), baseload_unit_mw=5.0, firm_units=rng.integers(0, 6, n_designs),
        firm_unit_mw=4.0,
    )  # fmt: skip
    return sites, designs, {"engine": technology(min_load_frac=0.3), "reactor": technology("reactor")}


def _arrays(result) -> dict[str, np.ndarray]:
    return {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sun_and_battery_alone_are_dispatched_as_beside_units_and_grid(plant, dtype) -> None:
    """A block with one grid or unit computes all of both; one without computes neither, and gives the same bits."""
    sites, designs, technologies = plant
    alone = dataclasses.replace(
        designs, grid_mw=np.zeros(len(designs)), is_grid_flexible=np.zeros(len(designs), bool),
        baseload_units=np.zeros(len(designs), np.int64), firm_units=np.zeros(len(designs), np.int64),
    )  # fmt: skip
    every_other = np.arange(len(designs)) % 2 == 0
    beside = dataclasses.replace(alone, grid_mw=np.where(every_other, 0.0, 5.0))
    needs: dict[str, np.ndarray] = {}
    found = {}
    for name, own in (("alone", alone), ("beside", beside)):
        found[name] = _arrays(
            simulate_batch(
                sites[:1], own, technologies, BATTERY, dtype=dtype,
                with_need=lambda _, need, name=name: needs.setdefault(name, need.firm_need_mw.copy()),
            )
        )  # fmt: skip
    np.testing.assert_array_equal(needs["alone"][:, every_other], needs["beside"][:, every_other])
    for name, values in found["alone"].items():
        np.testing.assert_array_equal(values[:, every_other], found["beside"][name][:, every_other], err_msg=name)


def test_a_battery_partly_out_is_a_smaller_battery(plant) -> None:
    sites, designs, technologies = plant
    partly = dataclasses.replace(BATTERY, in_service_frac=0.9)
    smaller = dataclasses.replace(designs, bess_mw=0.9 * designs.bess_mw, bess_mwh=0.9 * designs.bess_mwh)
    found = simulate_batch(sites[:1], designs, technologies, partly, dtype=np.float64)
    expected = simulate_batch(sites[:1], smaller, technologies, BATTERY, dtype=np.float64)
    np.testing.assert_allclose(found.unserved_mwh, expected.unserved_mwh, atol=1e-9)
    np.testing.assert_allclose(found.discharge_mwh, expected.discharge_mwh, atol=1e-9)
    trace = simulate_trace(sites[0], designs, 0, technologies, partly)
    assert trace["soc_mwh"].max() <= 0.9 * designs.bess_mwh[0] + 1e-9


def test_energy_balances_for_every_design_and_site(plant) -> None:
    found = simulate_batch(*plant, BATTERY, dtype=np.float64)
    supply = found.solar_mwh + found.grid_mwh + found.baseload_mwh + found.firm_mwh + found.discharge_mwh
    np.testing.assert_allclose(supply - found.charge_mwh + found.unserved_mwh, found.load_mwh, atol=1e-6)
    stored = found.charge_mwh * 0.95 - found.discharge_mwh / 0.95
    np.testing.assert_allclose(found.soc_end_mwh - found.soc_start_mwh, stored, atol=1e-6)


def test_single_precision_agrees_with_double(plant) -> None:
    single, double = simulate_batch(*plant, BATTERY), simulate_batch(*plant, BATTERY, dtype=np.float64)
    for name, values in _arrays(double).items():
        np.testing.assert_allclose(_arrays(single)[name], values, rtol=5e-4, atol=1.01, err_msg=name)


@pytest.mark.parametrize("rule", RULES)
def test_a_year_in_single_precision_is_that_of_the_traces(technology, site_year, design_set, rule) -> None:
    """Annual energies within 5e-4, starts within one; cycle charging may tip over at a step that rounding decides."""
    rng = np.random.default_rng(11)
    n, hours = 1024, np.arange(8760)
    sun = np.maximum(np.sin((hours - 6) * np.pi / 12), 0) * np.repeat(rng.beta(2.0, 1.0, 365), 24)
    # The load of a cool hour is the same in many of them: a battery of just its power meets the edge again and again.
    load = np.maximum(22.0, 20.0 + 3.0 * np.sin(hours * np.pi / 12) + rng.normal(0, 1, 8760))
    site = site_year(load, sun, capacity_frac={"engine": rng.uniform(0.9, 1.0, 8760), "reactor": np.ones(8760)})
    power = np.concatenate([np.full(24, 22.0 - 1e-4), rng.uniform(5, 30, n - 24)])
    designs = design_set(
        n, solar_mw=rng.uniform(20, 130, n), bess_mw=power, bess_mwh=power * rng.uniform(2, 12, n),
        firm_units=rng.integers(2, 8, n), firm_unit_mw=4.5, rule=rule,
    )  # fmt: skip
    plant = ([site], designs, {"engine": technology(min_load_frac=0.3)}, BATTERY)
    single, double = simulate_batch(*plant), simulate_batch(*plant, dtype=np.float64)
    is_off = np.zeros(n, bool)
    for name in ("curtailed", "charge", "discharge", "firm", "unserved"):
        found, expected = (getattr(result, f"{name}_mwh")[0] for result in (single, double))
        is_off |= np.abs(found - expected) > 5e-4 * expected + 0.01
        np.testing.assert_allclose(found, expected, rtol=0.01, atol=5.0, err_msg=name)
    is_off |= np.abs(single.firm_starts - double.firm_starts)[0] > 1
    assert is_off.mean() <= (0.002 if rule == "cycle_charging" else 0.0), np.flatnonzero(is_off)


def test_result_depends_on_neither_threads_nor_neighbours(plant) -> None:
    sites, designs, technologies = plant
    one = _arrays(simulate_batch(sites, designs, technologies, BATTERY, threads=1))
    many = _arrays(simulate_batch(sites, designs, technologies, BATTERY, threads=4))
    few = _arrays(simulate_batch(sites[:1], designs, technologies, BATTERY, threads=2))
    picked = [140, 3, 77]
    alone = _arrays(simulate_batch(sites, select_designs(designs, picked), technologies, BATTERY))
    for name, values in one.items():
        np.testing.assert_array_equal(many[name], values, err_msg=name)
        np.testing.assert_array_equal(few[name], values[:1], err_msg=name)
        np.testing.assert_array_equal(alone[name], values[:, picked], err_msg=name)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_need_is_what_units_and_unserved_load_cover(plant, dtype) -> None:
    sites, designs, technologies = plant
    sums, second, shapes, lock = {}, {}, set(), threading.Lock()

    def on_site(index, need) -> None:
        with lock:
            sums[index] = need.firm_need_mw.astype(float).sum(axis=0)
            second[index] = need.second_mw.astype(float).sum(axis=0)
            shapes.add(need.firm_need_mw.shape)

    found = simulate_batch(sites, designs, technologies, BATTERY, dtype=dtype, with_need=on_site)
    plain = simulate_batch(sites, designs, technologies, BATTERY, dtype=dtype)
    for name, values in _arrays(plain).items():
        np.testing.assert_array_equal(_arrays(found)[name], values, err_msg=name)
    assert sorted(sums) == list(range(5))
    assert shapes == {(24 * 40, 150)}
    for index in range(5):
        # Where a minimum load binds, units give more than was needed of them.
        covered = found.firm_mwh[index] + found.unserved_mwh[index]
        free = np.array(designs.firm_units) == 0
        np.testing.assert_allclose(sums[index][free], covered[free], rtol=1e-4, atol=0.5)
        assert (sums[index] <= covered + 0.5).all()
        np.testing.assert_allclose(second[index], found.grid_mwh[index] + found.baseload_mwh[index], rtol=1e-4)


def test_need_without_minimum_load_equals_the_trace_hour_by_hour(plant) -> None:
    sites, designs, technologies = plant
    easy = {name: dataclasses.replace(kind, min_load_frac=0.0) for name, kind in technologies.items()}
    needs = {}
    simulate_batch(
        sites[:1], designs, easy, BATTERY, dtype=np.float64,
        with_need=lambda index, need: needs.update({index: need.firm_need_mw.copy()}),
    )  # fmt: skip
    for index in (0, 1, 2, 149):
        trace = simulate_trace(sites[0], designs, index, easy, BATTERY)
        np.testing.assert_allclose(needs[0][:, index], trace["firm_mw"] + trace["unserved_mw"], atol=1e-8)


def test_a_closed_year_ends_with_the_energy_it_began_with(plant) -> None:
    found = simulate_batch(*plant, BATTERY, options=DispatchOptions(is_year_closed=True), dtype=np.float64)
    # One more year from there changes nothing for stores that the first year filled or emptied once.
    assert np.isclose(found.soc_end_mwh, found.soc_start_mwh, atol=1e-6).mean() > 0.95
    open_year = simulate_batch(*plant, BATTERY, dtype=np.float64)
    np.testing.assert_array_equal(found.soc_start_mwh, open_year.soc_end_mwh)


def test_fade_takes_energy_and_leaves_power(plant) -> None:
    sites, designs, technologies = plant
    faded = simulate_batch(sites, designs, technologies, BATTERY, options=DispatchOptions(energy_health_frac=0.7))
    smaller = dataclasses.replace(designs, bess_mwh=designs.bess_mwh * 0.7)
    expected = simulate_batch(sites, smaller, technologies, BATTERY)
    for name, values in _arrays(expected).items():
        np.testing.assert_allclose(_arrays(faded)[name], values, rtol=1e-5, atol=1e-2, err_msg=name)


@pytest.mark.parametrize("minutes", [30, 15, 5])
def test_shorter_steps_of_the_same_hours_give_the_same_year(plant, minutes) -> None:
    sites, designs, technologies = plant
    steps = 60 // minutes
    site = sites[0]
    fine = dataclasses.replace(
        site,
        step_hours=minutes / 60,
        **{
            name: np.repeat(getattr(site, name), steps)
            for name in ("solar_mw_per_mw", "load_mw", "grid_available_frac", "temperature_c")
        },
        capacity_frac={name: np.repeat(values, steps) for name, values in site.capacity_frac.items()},
    )
    islanded = dataclasses.replace(designs, firm_units=np.zeros(150, np.int64))
    hourly = simulate_batch([site], islanded, technologies, BATTERY, dtype=np.float64)
    found = simulate_batch([fine], islanded, technologies, BATTERY, dtype=np.float64)
    np.testing.assert_allclose(found.load_mwh, hourly.load_mwh)
    # Within an hour of constant weather an energy-limited battery gives its last energy earlier, no more of it.
    np.testing.assert_allclose(found.discharge_mwh, hourly.discharge_mwh, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(found.unserved_mwh, hourly.unserved_mwh, rtol=1e-9, atol=1e-6)


def test_fuel_at_full_load_is_the_full_load_rate(technology, site_year, design_set) -> None:
    engine = technology(no_load_frac=0.15)
    designs = design_set(firm_units=3, firm_unit_mw=4.0)
    frac = np.full(10, 0.9)
    site = site_year(np.full(10, 3 * 4.0 * 0.9), capacity_frac={"engine": frac, "reactor": frac})
    found = simulate_batch([site], designs, {"engine": engine}, BATTERY, dtype=np.float64)
    assert found.firm_fuel_mmbtu.item() == pytest.approx(9.0 * found.firm_mwh.item())
    running, given = fuel_rates(engine)
    assert running + given == pytest.approx(9.0)


def test_frame_keeps_the_contract(plant) -> None:
    sites, designs, _ = plant
    frame = validate(simulate_batch(*plant, BATTERY).to_frame(sites, designs), "sim.dispatch_annual")
    assert frame.height == 5 * 150
    assert frame["region_id"].to_list()[::150] == [site.region_id for site in sites]
    assert frame["renewable_frac"].is_between(0, 1).all()
    validate(designs.to_frame(), "sim.designs")


@pytest.mark.parametrize("column", ["solar_mw_per_mw", "load_mw", "grid_available_frac"])
@pytest.mark.parametrize("value", [np.nan, -1.0])
def test_gap_or_negative_value_is_a_named_error(plant, column, value) -> None:
    sites, designs, technologies = plant
    broken = getattr(sites[1], column).copy()
    broken[17] = value
    bad = dataclasses.replace(sites[1], **{column: broken})
    with pytest.raises(ContractError, match=f"region 1.*{column}"):
        simulate_batch([sites[0], bad], designs, technologies, BATTERY)


def test_missing_technology_is_a_named_error(plant) -> None:
    sites, designs, technologies = plant
    with pytest.raises(ContractError, match=re.escape("names the technology reactor")):
        simulate_batch(sites, designs, {"engine": technologies["engine"]}, BATTERY)


def test_nothing_to_do_is_empty(plant) -> None:
    sites, designs, technologies = plant
    assert simulate_batch([], designs, technologies, BATTERY).load_mwh.shape == (0, 150)
    assert simulate_batch(sites, select_designs(designs, []), technologies, BATTERY).load_mwh.shape == (5, 0)
