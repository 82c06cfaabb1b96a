"""Sampled losses against laws known in closed form, and what they may not depend on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chisquare, multivariate_normal, norm

from pipelines.portfolio.events import events_of, joint_rates, loss_correlation, loss_covariance, read_events
from pipelines.portfolio.facts import candidates
from pipelines.portfolio.geometry import distances_km, points_within, shared_frac
from pipelines.portfolio.resilience import ALL, measures, resilience_rows, sample_all, together
from pipelines.portfolio.simulate import sample_losses
from pipelines.portfolio.sites import sites_of, sized
from pipelines.portfolio.sizing import served_frac, shortage, units_for
from pipelines.reliability.tail import tail_mean
from pipelines.weather.files import great_circle_km

YEARS = 40_000


def test_independent_nodes_follow_the_binomial_law(make_sites, make_event):
    n, rate = 8, 0.3
    struck = sample_losses(make_event(n, "site", rate), make_sites(n), YEARS).sites_struck
    law = binom.pmf(np.arange(n + 1), n, -np.expm1(-rate))
    seen = np.bincount(struck, minlength=n + 1)
    # The last classes are rare: pooled.
    assert chisquare([*seen[:6], seen[6:].sum()], YEARS * np.array([*law[:6], law[6:].sum()])).pvalue > 0.001


@pytest.mark.parametrize("footprint", ["fleet", "domain"])
def test_one_common_event_follows_the_law_of_a_campus(make_sites, make_event, footprint):
    n, rate = 8, 0.3
    nodes = sample_losses(make_event(n, footprint, rate), make_sites(n), YEARS)
    assert set(np.unique(nodes.sites_struck)) == {0, n}
    lost = measures(nodes, 10.0 * n)
    assert lost["p_lose_25_frac"] == lost["p_lose_100_frac"] == pytest.approx(-np.expm1(-rate), abs=0.01)
    campus = measures(sample_losses(make_event(1, "site", rate), make_sites(1, 10.0 * n), YEARS), 10.0 * n)
    for name in ("p_lose_100_frac", "unserved_mwh_mean", "unserved_mwh_p95"):
        assert lost[name] == pytest.approx(campus[name], rel=0.05)


@pytest.mark.parametrize(("radius_km", "law"), [(1.0, "binomial"), (40_000.0, "campus")])
def test_circles_end_in_the_two_laws(make_sites, make_event, radius_km, law):
    n, rate = 5, 0.2
    event = make_event(n, "circle", rate, radius_km=min(radius_km, 15_000.0))
    p_all = float(np.mean(sample_losses(event, make_sites(n), YEARS).sites_struck == n))
    expected = (-np.expm1(-rate)) ** n if law == "binomial" else -np.expm1(-rate)
    assert p_all == pytest.approx(expected, abs=0.01)


def test_variance_and_mean_of_sampled_circles_match_the_compound_poisson_sum(make_sites, make_event):
    n = 6
    sites = make_sites(n)
    event = make_event(n, "circle", 0.15, radius_km=400.0, strike=0.6, share=0.5)
    found = np.concatenate([sample_losses(event, sites, 50_000, seed).unserved_mwh for seed in range(6)])
    between = distances_km(sites.latitude, sites.longitude)
    assert found.mean() == pytest.approx(n * 10.0 * 0.15 * 0.6 * 0.5 * 24.0, rel=0.02)
    assert found.var() == pytest.approx(sites.mw @ loss_covariance([event], between) @ sites.mw, rel=0.06)


@given(radius=st.floats(10, 900), more=st.floats(1, 900), rate=st.floats(0.001, 2), strike=st.floats(0.1, 1))
def test_wider_events_correlate_more_and_take_no_more_on_average(make_sites, make_event, radius, more, rate, strike):
    sites = make_sites(4)
    between = distances_km(sites.latitude, sites.longitude)
    own = make_event(4, "site", 0.1)
    narrow, wide = ([own, make_event(4, "circle", rate, radius_km=r, strike=strike)] for r in (radius, radius + more))
    assert (loss_correlation(wide, between) >= loss_correlation(narrow, between) - 1e-12).all()
    assert np.allclose(np.diag(joint_rates(wide[1], between)), np.diag(joint_rates(narrow[1], between)))
    assert loss_covariance(wide, between).sum() >= loss_covariance(narrow, between).sum() - 1e-9


@given(common=st.floats(0, 1), more=st.floats(0, 1), n=st.integers(2, 12), rate=st.floats(0.01, 1))
def test_losing_all_is_monotone_between_the_two_laws(make_sites, make_event, common, more, n, rate):
    # A share of the events is common to all sites, the rest strikes each by itself.
    first, second = sorted((common, more))
    between = np.zeros((n, n))

    def spread(share: float) -> tuple[float, float]:
        kinds = [make_event(n, "fleet", share * rate), make_event(n, "site", (1 - share) * rate)]
        alone = -np.expm1(-(1 - share) * rate)
        p_all = 1.0 - np.exp(-share * rate) * (1.0 - alone**n)
        return float(loss_covariance(kinds, between).sum()), float(p_all)

    assert spread(first)[0] <= spread(second)[0] * (1 + 1e-12)
    assert spread(first)[1] <= spread(second)[1] + 1e-12
    assert (-np.expm1(-rate)) ** n - 1e-12 <= spread(first)[1] <= -np.expm1(-rate) + 1e-12


def test_a_fuel_service_carries_its_share_of_the_losses_of_gas(facts):
    rows = sized(candidates(facts).head(4), 6.0, facts)
    secured = rows.with_columns(gas_basin_left_frac=pl.lit(0.25), gas_lateral_left_frac=pl.lit(0.1))
    plain, served = (
        {event.event_type: event.rate_per_year for event in events_of(read_events(), sites_of(own, facts))}
        for own in (rows, secured)
    )
    for name, rates in plain.items():
        share = {"gas_freeze": 0.25, "gas_lateral_loss": 0.1}.get(name, 1.0)
        np.testing.assert_allclose(served[name], share * rates, err_msg=name)
    assert plain["gas_freeze"].max() > 0.0


def test_an_event_that_is_switched_off_takes_its_losses_and_no_others(facts):
    sites = sites_of(sized(candidates(facts).head(4), 6.0, facts), facts)
    table = read_events()
    base = resilience_rows(events_of(table, sites), sites, 2_000)
    struck = base.filter(base["unserved_mwh_mean"] > 0)["event_type"].to_list()
    for name in ("gas_freeze", "type_defect", "site_disruption"):
        assert name in struck
        found = resilience_rows(events_of(table.filter(table["event_type"] != name), sites), sites, 2_000)
        kept = base.filter(~base["event_type"].is_in([name, ALL])).drop("attribution_frac")
        assert found.filter(found["event_type"] != ALL).drop("attribution_frac").equals(kept)

        def mean(frame, which):
            return frame.filter(frame["event_type"] == which)["unserved_mwh_mean"][0]

        assert mean(base, ALL) - mean(found, ALL) == pytest.approx(mean(base, name), rel=1e-9)
    assert base.filter(base["event_type"] != ALL)["attribution_frac"].sum() == pytest.approx(1.0)


def test_a_campus_and_its_parts_on_one_spot_lose_the_same(make_sites, make_event):
    # Placement alone decides: with everything shared, many nodes are a campus.
    n = 10
    kinds = [make_event(n, "fleet", 0.2), replace(make_event(n, "circle", 0.1, radius_km=300.0))]
    together_nodes = together(sample_all(kinds, make_sites(n, apart_deg=0.0), YEARS))
    one = [make_event(1, "fleet", 0.2), make_event(1, "circle", 0.1)]
    campus = together(sample_all(one, make_sites(1, 100.0), YEARS))
    for name in ("p_lose_100_frac", "unserved_mwh_mean", "unserved_mwh_cvar95"):
        assert measures(together_nodes, 100.0)[name] == pytest.approx(measures(campus, 100.0)[name], rel=0.06)


@pytest.mark.parametrize("correlation", [0.0, 0.6, 1.0])
def test_dark_spells_strike_together_as_their_correlation_says(make_sites, make_event, correlation):
    held = np.full((2, 2), correlation) + (1.0 - correlation) * np.eye(2)
    sites = replace(make_sites(2), solar_correlation=held)
    rate = 0.5
    struck = sample_losses(make_event(2, "copula", rate), sites, YEARS).sites_struck
    chance = -np.expm1(-rate)
    limit = norm.ppf(chance)
    # The joint probability of two scores with this correlation (bivariate normal), and its two ends.
    ends = {0.0: chance**2, 1.0: chance}
    law = ends.get(correlation) or multivariate_normal(cov=held).cdf([limit, limit])
    assert np.mean(struck == 2) == pytest.approx(float(law), abs=0.01)
    assert struck.mean() == pytest.approx(2 * chance, abs=0.02)


def test_the_same_inputs_give_the_same_draws(make_sites, make_event):
    event, sites = make_event(5, "circle", 0.3), make_sites(5)
    first, second = sample_losses(event, sites, 500), sample_losses(event, sites, 500)
    assert first.unserved_mwh.tobytes() == second.unserved_mwh.tobytes()


def test_shared_share_of_circles_is_the_share_of_points_in_both():
    rng = np.random.default_rng(3)
    here = np.full(200_000, 40.0), np.full(200_000, -100.0)
    latitude, longitude = points_within(rng, *here, 300.0)
    assert great_circle_km(*here, latitude, longitude).max() <= 300.0 * (1 + 1e-9)
    there = great_circle_km(latitude, longitude, np.full(200_000, 40.0), np.full(200_000, -97.0))
    apart = float(great_circle_km(np.array([40.0]), np.array([-100.0]), np.array([40.0]), np.array([-97.0]))[0])
    assert float(shared_frac(apart, 300.0)) == pytest.approx(np.mean(there <= 300.0), abs=0.005)
    assert float(shared_frac(0.0, 10.0)) == 1.0
    assert float(shared_frac(20.0, 10.0)) == 0.0


def test_worst_years_are_averaged():
    assert tail_mean(np.arange(100.0), 0.95) == pytest.approx(97.0)


@given(units=st.integers(1, 40), rate=st.floats(0.005, 0.4), load=st.floats(5, 90))
def test_shortages_add_up_to_the_expected_unserved_share(units, rate, load):
    # Frequency x duration x depth is the expected share not served, where all units together carry the load.
    if units * 4.0 < load:
        return
    short = shortage(units, 4.0, rate, 48.0, load)
    lost = short.events_per_year * short.hours / 8760.0 * short.share_lost_frac
    assert lost == pytest.approx(1.0 - served_frac(units, 4.0, rate, load), abs=1e-9)


@given(load=st.floats(3, 300), rate=st.floats(0.01, 0.2))
def test_the_least_units_that_meet_a_target(load, rate):
    units = units_for(3.75, rate, load, 0.999)
    assert served_frac(units, 3.75, rate, load) >= 0.999
    assert units == 1 or served_frac(units - 1, 3.75, rate, load) < 0.999


def test_large_sites_need_fewer_units_per_mw():
    per_mw = [units_for(3.75, 0.05, load, 0.999) / load for load in (12.0, 60.0, 240.0)]
    assert per_mw[0] > per_mw[1] > per_mw[2]
