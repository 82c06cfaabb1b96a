"""Selection and build-out against every possible choice, the bound against the answer, duals against differences."""

from __future__ import annotations

import itertools
from dataclasses import replace
from math import inf

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import UsageError
from pipelines.portfolio import buildout
from pipelines.portfolio.buildout import Limits, Options, by_rule, plan, relaxed, worth_by_month
from pipelines.portfolio.plan_check import PlanError, check_plan
from pipelines.portfolio.programme import Programme, broken_rows, solve
from pipelines.portfolio.selection import programme as selection_programme
from pipelines.portfolio.selection import select
from pipelines.portfolio.shadow import shadow_prices
from pipelines.portfolio.supply import Supply
from pipelines.settings import Settings
from pipelines.timeline.supply import SupplyClass

PLAIN = Settings()


@given(seed=st.integers(0, 10_000), n=st.integers(3, 8), count=st.integers(1, 4), most=st.integers(1, 3))
@settings(max_examples=40)
def test_selection_equals_the_best_of_all_choices(seed, n, count, most):
    count = min(count, n)
    rng = np.random.default_rng(seed)
    value, noise = rng.normal(5.0, 3.0, n), rng.random((n, n))
    correlation = np.maximum(noise, noise.T)
    domains = {"hub": [str(name) for name in rng.integers(0, 3, n)]}
    best = -np.inf
    for chosen in itertools.combinations(range(n), count):
        pairs = all(correlation[i, j] <= 0.7 for i, j in itertools.combinations(chosen, 2))
        full = max(sum(domains["hub"][i] == name for i in chosen) for name in "012")
        if pairs and full <= most:
            best = max(best, float(value[list(chosen)].sum()))
    limits = {"max_correlation": 0.7, "max_per_domain": most}
    if np.isinf(best):
        with pytest.raises(UsageError):
            solve(selection_programme(value, count, correlation, domains, **limits), gap=0.0)
        assert select(value, count, correlation, domains, **limits).is_loosened
        return
    found = select(value, count, correlation, domains, **limits)
    assert not found.is_loosened
    assert len(found.chosen) == count
    assert value[found.chosen].sum() == pytest.approx(best)


def options_for(
    ready: list[int], most: list[int], usable: list[float], needs: list[float], per_month: tuple[int, ...] = (2, 2, 2)
) -> Options:
    n = len(ready)
    rows = pl.DataFrame(
        {
            "region_id": [f"r{i}" for i in range(n)],
            "stack_id": ["gas_recip"] * n,
            "site_mw": [float(count) for count in most],
            "ready_month": ready,
        }
    )
    return Options(
        rows=rows,
        usable_frac=np.array(usable),
        most_modules=np.array(most, dtype=np.int64),
        most_per_month=np.array(per_month, dtype=np.int64),
        capital_usd=np.array([5e6, 4e6, 6e6][:n]),
        crew_months=np.array([0.5] * n),
        needs=[{"engine": need} for need in needs],
        module_mw=1.0,
    )


def limits_for(**other) -> Limits:
    engines = SupplyClass("engine", "Engines", (), "recip", 0.0, inf, "firm_units", "engine", 12.0, "test")
    supply = Supply({"engine": engines}, {"engine": other.pop("per_year", 12.0)}, {"engine": 1})
    base = {"months": 4, "modules": 4, "sites": 2, "crews": 1.0, "capital_usd_per_quarter": 12e6, "supply": supply}
    return Limits(**(base | other))


def best_of_all(options: Options, limits: Limits) -> float:
    """Return the best objective over every table of counts that the independent check lets pass."""
    n, months = len(options), limits.months
    cells = [
        range(min(options.most_per_month[i], options.most_modules[i]) + 1)
        if t + 1 >= options.rows["ready_month"][i]
        else range(1)
        for i in range(n)
        for t in range(months)
    ]
    tables = np.array(list(itertools.product(*cells))).reshape(-1, n, months)
    values = np.einsum("i,kit,t->k", options.usable_frac, tables, worth_by_month(months, PLAIN))
    for number in np.argsort(-values):
        option, month = np.nonzero(tables[number])
        frame = options.rows[option].select("region_id", "stack_id")
        frame = frame.with_columns(
            pl.Series("month", month + 1, dtype=pl.Int64),
            pl.Series("modules", tables[number][option, month], dtype=pl.Int64),
        )
        try:
            check_plan(frame, options, limits)
        except PlanError:
            continue
        return float(values[number])
    raise AssertionError("the empty plan keeps every limit")


@pytest.mark.parametrize(
    "other",
    [{}, {"crews": 0.5}, {"per_year": 6.0}, {"capital_usd_per_quarter": 7e6}, {"sites": 1}, {"modules": 3}],
    ids=str,
)
def test_build_out_equals_the_best_of_all_plans(other):
    options = options_for([1, 2, 3], [2, 2, 2], [0.9, 0.99, 0.95], [1.0, 1.0, 0.5], per_month=(1, 2, 1))
    limits = limits_for(**other)
    found = plan(options, limits, PLAIN, gap=0.0)
    assert found.solution.objective == pytest.approx(best_of_all(options, limits), rel=1e-9)
    assert found.solution.gap <= 1e-6


def test_a_plan_made_by_rule_keeps_every_limit_and_is_no_better():
    options = options_for([1, 2, 3], [2, 2, 2], [0.9, 0.99, 0.95], [1.0, 1.0, 0.5])
    limits = limits_for()
    made = buildout.programme(options, limits, PLAIN)
    start = by_rule(options, limits, made)
    assert broken_rows(made, start) == []
    best = plan(options, limits, PLAIN, gap=0.0).solution
    assert made.objective @ start <= best.objective + 1e-9


def test_a_search_that_finds_nothing_better_gives_the_plan_by_rule_with_its_proved_gap():
    made = Programme(np.ones(2), np.full(2, 3.0), np.ones(2, dtype=bool))
    made.add(("pair",), [0, 1], [2.0, 2.0], 5.0)
    assert solve(made, gap=0.0).objective == 2.0
    ahead = solve(made, gap=0.0, start=np.array([2.0, 2.0]))
    assert ahead.status == "heuristic"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"region_id": "r1", "month": 1, "modules": 1}, ["r1", "month 1", "not ready before month 2"]),
        ({"region_id": "r9", "month": 2, "modules": 1}, ["r9", "no such option"]),
        ({"region_id": "r0", "month": 5, "modules": 1}, ["months 1 to 4"]),
        ({"region_id": "r0", "month": 2, "modules": 3}, ["r0", "2 a month"]),
    ],
)
def test_a_plan_that_comes_too_early_or_asks_too_much_is_named(row, words):
    options = options_for([1, 2, 3], [2, 2, 2], [0.9, 0.99, 0.95], [1.0, 1.0, 0.5])
    frame = pl.DataFrame([row | {"stack_id": "gas_recip"}])
    with pytest.raises(PlanError) as caught:
        check_plan(frame, options, limits_for())
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize(
    ("other", "word"),
    [
        ({"per_year": 6.0}, "engine"),
        ({"crews": 0.5}, "crews"),
        ({"capital_usd_per_quarter": 4e6}, "USD are spent"),
        ({"modules": 1}, "modules"),
        ({"sites": 1}, "sites"),
        ({"max_per_domain": 1, "domains": {"gas_hub": ["a", "a", "b"]}}, "gas_hub a"),
    ],
)
def test_a_plan_over_a_limit_is_named(other, word):
    options = options_for([1, 2, 3], [2, 2, 2], [0.9, 0.99, 0.95], [1.0, 1.0, 0.5])
    frame = pl.DataFrame({"region_id": ["r0", "r1"], "stack_id": ["gas_recip"] * 2, "month": [1, 2], "modules": [1, 1]})
    frame = frame.with_columns(pl.Series("modules", [2, 1] if word in {"crews", "engine"} else [1, 1]))
    generous = limits_for(crews=9.0, capital_usd_per_quarter=9e9, per_year=999.0)
    check_plan(frame, options, generous)
    tight = limits_for(**({"crews": 9.0, "capital_usd_per_quarter": 9e9, "per_year": 999.0} | other))
    with pytest.raises(PlanError, match=word):
        check_plan(frame, options, tight)


def test_shadow_prices_are_what_one_more_brings():
    options = options_for([2, 2, 3], [4, 4, 4], [0.9, 0.99, 0.95], [1.0, 1.0, 1.0])
    limits = limits_for(months=12, modules=12, sites=3, crews=0.9, per_year=9.0, capital_usd_per_quarter=11e6)
    worth = dict(shadow_prices(options, limits, PLAIN).select("resource", "worth_mw_months").iter_rows())
    base = relaxed(options, limits, PLAIN).objective
    small = 1e-4
    more = replace(limits.supply, per_year={"engine": 9.0 + small})
    for name, varied in (
        ("engine", replace(limits, supply=more)),
        ("crews", replace(limits, crews=0.9 + small)),
        ("capital", replace(limits, capital_usd_per_quarter=11e6 + 1e6 * small)),
    ):
        gain = (relaxed(options, varied, PLAIN).objective - base) / small
        assert worth[name] == pytest.approx(gain, rel=1e-3, abs=1e-6)
    assert max(worth["engine"], worth["crews"], worth["capital"]) > 0
    assert worth["month"] > 0


@given(factor=st.floats(1.0, 4.0))
@settings(max_examples=10)
def test_more_of_any_limit_never_lowers_the_plan(factor):
    options = options_for([1, 2, 3], [2, 2, 2], [0.9, 0.99, 0.95], [1.0, 1.0, 0.5])
    limits = limits_for()
    base = plan(options, limits, PLAIN, gap=0.0).solution.objective
    for varied in (
        replace(limits, crews=factor * limits.crews),
        replace(limits, capital_usd_per_quarter=factor * limits.capital_usd_per_quarter),
        replace(limits, supply=replace(limits.supply, per_year={"engine": 12.0 * factor})),
    ):
        assert plan(options, varied, PLAIN, gap=0.0).solution.objective >= base - 1e-6
