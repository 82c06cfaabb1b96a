"""Load that may give way: last, in order of time, and up to the year's budget."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pipelines.dispatch.batch import simulate_batch
from pipelines.dispatch.bound import RunningPrices, dispatch_bound, regret
from pipelines.dispatch.options import DispatchOptions
from pipelines.dispatch.trace import check_trace, simulate_trace, trace_limits
from pipelines.plant.technology import Battery

BATTERY = Battery(0.95, 0.95, soc_floor_frac=0.1, soc_start_frac=0.5)
FLEXIBLE = DispatchOptions(flexible_load_frac=0.4, flexible_budget_frac=0.05)
PRICES = RunningPrices(4.0, 1.0, 50.0, 10_000.0)


@pytest.fixture(scope="module")
def short(technology, site_year, design_set):
    """Return a site that one unit of 8 MW cannot serve by day, its design and technology."""
    hours = np.arange(240)
    site = site_year(10.0 + 4.0 * np.sin(hours * np.pi / 12), np.maximum(np.sin((hours - 6) * np.pi / 12), 0.0))
    design = design_set(solar_mw=3.0, bess_mw=1.0, bess_mwh=6.0, firm_units=1, firm_unit_mw=8.0)
    return site, design, {"engine": technology()}


def test_the_budget_is_spent_in_order_of_time_and_never_exceeded(short) -> None:
    site, design, technologies = short
    trace = simulate_trace(site, design, 0, technologies, BATTERY, options=FLEXIBLE)
    limits = trace_limits(site, design, 0, BATTERY, options=FLEXIBLE)
    assert check_trace(trace, limits) == []
    flexed, unserved = trace["flexed_mw"].to_numpy(), trace["unserved_mw"].to_numpy()
    assert flexed.sum() == pytest.approx(0.05 * site.load_mw.sum())
    last = np.flatnonzero(flexed)[-1]
    # Until the budget ends nothing is unserved that the share allows to give way; afterwards nothing gives way.
    assert (np.minimum(unserved[:last], 0.4 * site.load_mw[:last] - flexed[:last]) < 1e-9).all()
    assert flexed[last + 1 :].sum() == 0.0
    assert unserved[last + 1 :].sum() > 0.0


def test_a_planted_waste_of_the_budget_is_found(short) -> None:
    site, design, technologies = short
    trace = simulate_trace(site, design, 0, technologies, BATTERY, options=FLEXIBLE)
    limits = trace_limits(site, design, 0, BATTERY, options=FLEXIBLE)
    row = int(np.flatnonzero(trace["flexed_mw"].to_numpy() > 0.5)[0])
    moved = trace.with_columns(
        flexed_mw=trace["flexed_mw"].scatter(row, 0.0),
        unserved_mw=trace["unserved_mw"].scatter(row, trace["flexed_mw"][row]),
    )
    assert {found.rule for found in check_trace(moved, limits)} == {"no unserved load beside flexible load"}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_site_and_every_counted_year_has_the_whole_budget(short, dtype) -> None:
    site, design, technologies = short
    both = [site, dataclasses.replace(site, region_id="there")]
    closed = dataclasses.replace(FLEXIBLE, is_year_closed=True)
    for options in (FLEXIBLE, closed):
        found = simulate_batch(both, design, technologies, BATTERY, options=options, dtype=dtype)
        np.testing.assert_allclose(found.flexed_mwh, 0.05 * site.load_mw.sum(), rtol=1e-5)


def test_flexible_load_changes_nothing_but_what_is_unserved(short) -> None:
    site, design, technologies = short
    stiff = simulate_batch([site], design, technologies, BATTERY, dtype=np.float64)
    flexible = simulate_batch([site], design, technologies, BATTERY, dtype=np.float64, options=FLEXIBLE)
    for name in ("firm_mwh", "charge_mwh", "discharge_mwh", "curtailed_mwh"):
        np.testing.assert_array_equal(getattr(flexible, name), getattr(stiff, name))
    np.testing.assert_allclose(flexible.unserved_mwh + flexible.flexed_mwh, stiff.unserved_mwh)


def test_the_need_of_the_units_is_without_what_gave_way(short) -> None:
    site, design, technologies = short
    needs = []
    found = simulate_batch(
        [site], design, technologies, BATTERY, dtype=np.float64, options=FLEXIBLE,
        with_need=lambda _, need: needs.append(need.firm_need_mw.sum()),
    )  # fmt: skip
    assert needs[0] == pytest.approx((found.firm_mwh + found.unserved_mwh).item())


def test_the_bound_spends_the_same_budget_at_least_as_well(short) -> None:
    site, design, technologies = short
    table = regret(site, design, 0, technologies, BATTERY, PRICES, options=FLEXIBLE)
    assert (table["regret_usd"] >= -1e-6).all()
    bound = dispatch_bound(site, design, 0, technologies, BATTERY, PRICES, options=FLEXIBLE)
    assert bound.flexed_mwh <= 0.05 * site.load_mw.sum() * (1 + 1e-9)
    assert bound.unserved_mwh < dispatch_bound(site, design, 0, technologies, BATTERY, PRICES).unserved_mwh


def test_one_bound_for_all_rules_is_below_each_of_their_own(short) -> None:
    site, design, technologies = short
    own = regret(site, design, 0, technologies, BATTERY, PRICES)
    shared = regret(site, design, 0, technologies, BATTERY, PRICES, is_bound_shared=True)
    assert shared["bound_usd"].n_unique() == 1
    assert (shared["bound_usd"] <= own["bound_usd"] + 1e-6).all()
    assert shared["cost_usd"].to_list() == own["cost_usd"].to_list()
