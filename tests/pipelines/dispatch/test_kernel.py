"""The compiled kernel against a slow implementation that takes each source in turn, on random designs."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.dispatch.batch import simulate_batch
from pipelines.dispatch.options import RULES, DispatchOptions
from pipelines.dispatch.trace import check_trace, simulate_trace, trace_limits
from pipelines.plant.technology import Battery

# What decides, in both precisions: no unit starts for less of its rating, nothing switches for less of the peak load.
SLIVER = 1e-5
# Every length of year crosses a midnight, at which look_ahead plans anew; designs fill a block of 64 and begin one.
STEPS = {1.0: 80, 0.5: 110, 0.25: 130, 1 / 12: 300}
DESIGNS = (1, 65, 130)


def examples(count: int) -> settings:
    """Return settings of so many examples, or of as many as the profile of a search asks for."""
    is_search = settings.get_current_profile_name() != "firstmw"
    own = {} if is_search else {"max_examples": count}
    return settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], **own)


def units_for(power: float, unit_mw: float, units: int) -> int:
    """Count units up, one at a time, until they can carry the power."""
    on = 0
    while on < units and on * unit_mw < power - SLIVER * unit_mw:
        on += 1
    return on


def required(site, design, technologies, battery, first: int, end: int, day_end: int) -> list[float]:
    """List the energy needed at the start of each step, were every unit at full output until `end`."""
    needs = {end: battery.soc_floor_frac * design["bess_mwh"]}
    for t in range(end - 1, first - 1, -1):
        short = site.load_mw[t] - design["solar_mw"] * site.solar_mw_per_mw[t] - grid_limit(site, design, t)
        if short > 0:
            short -= baseload(site, design, technologies, t, short)[1]
        short -= design["firm_units"] * design["firm_unit_mw"] * site.capacity_frac["engine"][t]
        if short > 0:
            change = min(short, design["bess_mw"]) / battery.discharge_efficiency
        else:
            change = -min(-short, design["bess_mw"]) * battery.charge_efficiency
        level = needs[t + 1] + change * site.step_hours
        needs[t] = min(max(level, battery.soc_floor_frac * design["bess_mwh"]), design["bess_mwh"])
    return [needs[t] for t in range(first, day_end + 1)]


def grid_limit(site, design, t: int) -> float:
    return design["grid_mw"] * (site.grid_available_frac[t] if design["is_grid_flexible"] else 1.0)


def baseload(site, design, technologies, t: int, power: float) -> tuple[int, float]:
    unit = design["baseload_unit_mw"] * site.capacity_frac["reactor"][t]
    on = units_for(power, unit, design["baseload_units"])
    least = on * technologies["reactor"].min_load_frac * unit
    return on, min(max(power, least), design["baseload_units"] * unit)


def slow_year(site, design, technologies, battery, options) -> list[dict[str, float]]:  # noqa: PLR0915
    """Dispatch one design step by step, each source in its turn, and then place what minimum loads leave over."""
    dt, full, power = site.step_hours, design["bess_mwh"], design["bess_mw"]
    floor = battery.soc_floor_frac * full
    soc = max(battery.soc_start_frac * full, floor)
    cycling = False
    day, seen = round(24 / dt), round(options.look_ahead_hours / dt)
    needs: list[float] = []
    switch = SLIVER * max(site.load_mw)
    budget = options.flexible_budget_frac * sum(site.load_mw) * dt
    hours = []
    for t in range(len(site.load_mw)):
        unit = design["firm_unit_mw"] * site.capacity_frac["engine"][t]
        fleet = design["firm_units"] * unit
        potential = design["solar_mw"] * site.solar_mw_per_mw[t]
        missing = site.load_mw[t]
        solar = min(potential, missing)
        missing -= solar
        grid = min(grid_limit(site, design, t), missing)
        missing -= grid
        base_on, base = baseload(site, design, technologies, t, missing) if missing > 0 else (0, 0.0)
        left_over = max(base - missing, 0.0)
        missing = max(missing - base, 0.0)

        can_give = min(power, (soc - floor) * battery.discharge_efficiency / dt)
        can_take = min(power, (full - soc) / battery.charge_efficiency / dt)
        surplus = potential - solar + grid_limit(site, design, t) - grid + left_over
        discharge, wanted_charge = min(missing, can_give), 0.0
        if design["rule"] == "cycle_charging":
            cycling = cycling or missing > can_give + switch
            if cycling:
                discharge = 0.0
                spare = units_for(missing, unit, design["firm_units"]) * unit - missing
                room = (options.cycle_charging_soc_frac * full - soc) / battery.charge_efficiency / dt
                wanted_charge = max(min(spare, room, can_take), 0.0)
        if design["rule"] == "look_ahead":
            if t % day == 0:
                end = min(t + seen, len(site.load_mw))
                needs = required(site, design, technologies, battery, t, end, min(t + day, end))
            level = needs[t % day + 1]
            if soc >= level:
                discharge = min(discharge, (soc - level) * battery.discharge_efficiency / dt)
            else:
                discharge = 0.0
                wanted_charge = min((level - soc) / battery.charge_efficiency / dt, can_take)
        want = missing - discharge + max(wanted_charge - (surplus if missing <= 0 else 0.0), 0.0)
        if design["rule"] == "cycle_charging" and missing <= 0:
            want = 0.0
        on = units_for(want, unit, design["firm_units"])
        least = on * technologies["engine"].min_load_frac * unit
        firm = min(max(want, least), fleet)

        # Where the units cannot give what the rule wanted of them, the battery steps in as far as it can.
        balance = potential + grid_limit(site, design, t) + base + firm - site.load_mw[t]
        charge = min(max(balance, 0.0), can_take)
        discharge = min(max(-balance, 0.0), can_give)
        missed = max(-balance - discharge, 0.0)
        flexed = min(missed, options.flexible_load_frac * site.load_mw[t], budget / dt)
        budget -= flexed * dt
        unserved = missed - flexed
        # Whatever is too much lowers the grid import first, then solar, then goes to a load bank.
        too_much = max(balance - charge, 0.0)
        grid = grid_limit(site, design, t) - min(too_much, grid_limit(site, design, t))
        too_much = max(too_much - grid_limit(site, design, t), 0.0)
        curtailed = min(too_much, potential)
        too_much -= curtailed
        base_dumped = min(too_much, base)
        soc += (charge * battery.charge_efficiency - discharge / battery.discharge_efficiency) * dt
        if soc >= options.cycle_charging_soc_frac * full - switch:
            cycling = False
        hours.append(
            {
                "curtailed": curtailed, "charge": charge, "discharge": discharge, "grid": grid,
                "baseload": base - base_dumped, "firm": firm - (too_much - base_dumped), "unserved": unserved,
                "flexed": flexed,
                "firm_on": on, "baseload_on": base_on, "firm_gross": firm, "baseload_gross": base,
                "firm_running": on * unit,
                "baseload_running": base_on * design["baseload_unit_mw"] * site.capacity_frac["reactor"][t],
                "soc": soc,
            }
        )  # fmt: skip
    return hours


@dataclasses.dataclass(frozen=True)
class Case:
    """One random site with designs of all shapes."""

    site: object
    designs: object
    technologies: dict
    battery: Battery
    options: DispatchOptions


@pytest.fixture(scope="module")
def random_case(technology, site_year, design_set):
    def make(seed: int, rule: str, step_hours: float, n_designs: int, *, is_flexible: bool = False) -> Case:
        rng = np.random.default_rng(seed)
        n = STEPS[step_hours]
        flexible = {"flexible_load_frac": rng.uniform(0.0, 0.6), "flexible_budget_frac": rng.uniform(0.0, 0.1)}
        sun = np.maximum(np.sin((np.arange(n) * step_hours - 6) * np.pi / 12), 0.0) * rng.uniform(0.2, 1.0, n)
        site = site_year(
            rng.uniform(4.0, 22.0, n), sun,
            step_hours=step_hours,
            grid_available_frac=(rng.random(n) > 0.2) * 1.0,
            capacity_frac={"engine": rng.uniform(0.7, 1.0, n), "reactor": rng.uniform(0.9, 1.0, n)},
        )  # fmt: skip

        def some(values):
            return values * (rng.random(n_designs) > 0.3)

        designs = design_set(
            n_designs,
            solar_mw=some(rng.uniform(0, 90, n_designs)),
            bess_mw=rng.uniform(0, 30, n_designs),
            bess_mwh=some(rng.uniform(0, 150, n_designs)),
            grid_mw=some(rng.uniform(0, 15, n_designs)) * (rng.random(n_designs) > 0.5),
            is_grid_flexible=rng.random(n_designs) > 0.5,
            baseload_units=some(rng.integers(0, 3, n_designs)),
            baseload_unit_mw=rng.uniform(2, 9, n_designs),
            firm_units=some(rng.integers(0, 6, n_designs)),
            firm_unit_mw=rng.choice([2.5, 4.0, 9.0], n_designs),
            rule=[rule] * n_designs,
        )
        technologies = {
            "engine": technology("engine", min_load_frac=float(rng.choice([0.0, 0.3, 0.6])), no_load_frac=0.12),
            "reactor": technology("reactor", min_load_frac=0.4, heat_rate_mmbtu_per_mwh=10.0),
        }
        battery = Battery(*rng.uniform(0.85, 1.0, 2), float(rng.choice([0.0, 0.1])), float(rng.choice([0.1, 0.5, 1.0])))
        options = DispatchOptions(look_ahead_hours=36.0, **(flexible if is_flexible else {}))
        return Case(site, designs, technologies, battery, options)

    return make


@pytest.mark.parametrize("rule", RULES)
@examples(12)
@given(
    seed=st.integers(0, 2**32 - 1), step_hours=st.sampled_from(list(STEPS)), n_designs=st.sampled_from(DESIGNS),
    is_flexible=st.booleans(),
)  # fmt: skip
def test_kernel_equals_the_slow_implementation(random_case, seed, rule, step_hours, n_designs, is_flexible) -> None:
    case = random_case(seed, rule, step_hours, n_designs, is_flexible=is_flexible)
    site, dt = case.site, step_hours
    found = simulate_batch(
        [site], case.designs, case.technologies, case.battery, dtype=np.float64, options=case.options
    )
    for i, design in enumerate(case.designs.to_frame().iter_rows(named=True)):
        hours = slow_year(site, design, case.technologies, case.battery, case.options)
        total = {name: sum(hour[name] for hour in hours) * dt for name in hours[0]}
        for name in ("curtailed", "charge", "discharge", "grid", "baseload", "firm", "unserved", "flexed"):
            assert getattr(found, f"{name}_mwh")[0, i] == pytest.approx(total[name], abs=1e-6), (name, design)
        for fleet, name in (("firm", "engine"), ("baseload", "reactor")):
            kind = case.technologies[name]
            on = [hour[f"{fleet}_on"] for hour in hours]
            starts = sum(max(b - a, 0) for a, b in itertools.pairwise(on))
            fuel = kind.heat_rate_mmbtu_per_mwh * (
                kind.no_load_frac * total[f"{fleet}_running"] + (1 - kind.no_load_frac) * total[f"{fleet}_gross"]
            )
            assert getattr(found, f"{fleet}_starts")[0, i] == starts
            assert getattr(found, f"{fleet}_run_hours")[0, i] == pytest.approx(sum(on) * dt)
            assert getattr(found, f"{fleet}_fuel_mmbtu")[0, i] == pytest.approx(fuel, abs=1e-6)
        assert found.soc_end_mwh[0, i] == pytest.approx(hours[-1]["soc"], abs=1e-6)
        assert found.unserved_hours[0, i] == pytest.approx(sum(hour["unserved"] > 3e-9 for hour in hours) * dt)


@pytest.mark.parametrize("rule", RULES)
@examples(3)
@given(seed=st.integers(0, 2**32 - 1), is_flexible=st.booleans())
def test_every_trace_passes_the_validator_and_sums_to_the_batch(random_case, seed, rule, is_flexible) -> None:
    case = random_case(seed, rule, 1.0, 20, is_flexible=is_flexible)
    args = (case.technologies, case.battery)
    batch = simulate_batch([case.site], case.designs, *args, options=case.options)
    for i in range(20):
        trace = simulate_trace(case.site, case.designs, i, *args, options=case.options)
        limits = trace_limits(case.site, case.designs, i, case.battery, options=case.options)
        assert check_trace(trace, limits) == []
        for name in (
            "curtailed",
            "charge",
            "discharge",
            "grid",
            "baseload",
            "firm",
            "unserved",
            *["flexed"] * is_flexible,
        ):
            total = trace[f"{name}_mw"].sum()
            assert getattr(batch, f"{name}_mwh")[0, i] == pytest.approx(total, rel=5e-4, abs=5e-3), name
        runs = int((trace["firm_units_on"].diff().clip(0) if len(trace) else pl.Series([0])).sum())
        assert abs(batch.firm_starts[0, i] - runs) <= 1
