from __future__ import annotations

import re

import polars as pl
import pytest
from polars.testing import assert_series_equal

from pipelines.errors import UsageError


def weighted(release, arguments: str = "") -> pl.DataFrame:
    return release.query(f"from rank_sites({arguments}) order by weighted_rank")


def test_without_arguments_the_order_is_the_published_score(release):
    found = weighted(release)
    sites = release.table("ranked_sites").sort(
        "is_target_met", "score", "region_id", "stack_id", descending=[True, True, False, False]
    )
    assert found["weighted_rank"].to_list() == list(range(1, 49))
    assert_series_equal(found["weighted_score"], sites["score"], check_names=False)
    assert found.select("region_id", "stack_id").equals(sites.select("region_id", "stack_id"))


def test_only_the_proportions_of_the_weights_count(release):
    one = weighted(release, "speed := 1, cost := 2, reliability := 0, resilience := 2, carbon := 1")
    ten = weighted(release, "speed := 10, cost := 20, reliability := 0, resilience := 20, carbon := 10")
    assert_series_equal(one["weighted_score"], ten["weighted_score"])


@pytest.mark.parametrize("part", ["speed", "cost", "resilience", "carbon"])
def test_one_weight_alone_gives_that_utility(release, part):
    zero = ", ".join(
        f"{name} := {int(name == part)}" for name in ("speed", "cost", "reliability", "resilience", "carbon")
    )
    found = weighted(release, zero)
    assert_series_equal(found["weighted_score"], found[f"{part}_score"], check_names=False)
    met = found.filter("is_target_met")
    assert met["weighted_score"].is_sorted(descending=True)
    assert found["is_target_met"].is_sorted(descending=True)


@pytest.mark.parametrize(
    "weights",
    [
        "speed := 0, cost := 0, reliability := 0, resilience := 0, carbon := 0",
        "resilience := -1",
        "speed := -1",
        "cost := 'inf'::double",
        "carbon := 'nan'::double",
    ],
)
def test_weights_that_rank_nothing_are_refused(release, weights):
    with pytest.raises(UsageError, match="weights must be finite and not negative, and one of them above 0"):
        weighted(release, weights)


@pytest.mark.parametrize("state", ["TX", "tx", " Tx ", "Texas", "texas"])
def test_a_state_is_found_by_code_and_by_name(release, state):
    found = weighted(release, f"state := '{state}'")
    assert set(found["state"]) == {"TX"}
    assert weighted(release, "state := 'new mexico'")["state"].unique().to_list() == ["NM"]


def test_stored_macros_have_no_with(release):
    # Clients of DuckDB 1.4.0 and 1.4.1 do not find the names of a WITH in a stored macro.
    stored = release.query("select function_name, macro_definition from duckdb_functions() where not internal")
    assert {"rank_sites", "explain_site", "site_week", "compare_site", "compared_adequacy"} <= set(
        stored["function_name"]
    )
    plain = {name: re.sub(r"'[^']*'", "", text.lower()) for name, text in stored.iter_rows()}
    assert not [name for name, text in plain.items() if re.search(r"\bwith\b", text)]


def test_filters(release):
    sunny = weighted(release, "min_renewable := 0.4")
    assert sunny.is_empty() or sunny["renewable_frac"].min() >= 0.4
    assert weighted(release, "min_renewable := 0.0").height == 48
    found = weighted(release, "state := 'TX', min_availability := 0.9994, max_lcoe := 80")
    assert found.height > 0
    assert set(found["state"]) == {"TX"}
    assert found["availability_frac"].min() >= 0.9994
    assert found["lcoe_usd_per_mwh"].max() <= 80
    assert found["weighted_rank"].to_list() == list(range(1, found.height + 1))


def test_explain_site_sums_to_what_is_published(release):
    site = release.query("select * from ranked_sites where region_id = 'phoenix_az' and is_region_best").to_dicts()[0]
    lines = release.query("from explain_site('phoenix_az')")
    sums = {name: part["value"].sum() for (name,), part in lines.group_by("section")}
    assert sums["lcoe"] == pytest.approx(site["lcoe_usd_per_mwh"])
    assert sums["score_points"] == pytest.approx(site["score"])
    assert sums["reliability"] == pytest.approx(8760 * (1 - site["availability_frac"]))
    assert sums["critical_path"] == pytest.approx(1)
    ranking = {row["item"]: row for row in lines.filter(pl.col("section") == "ranking").to_dicts()}
    assert ranking["value_usd_per_mw"]["value"] == site["value_usd_per_mw"]
    # The last region in the list is the slowest of six.
    assert ranking["first_mw_months_p50"]["place"] == 6


def test_explain_site_of_an_unknown_region_is_empty(release):
    assert release.query("from explain_site('nowhere')").is_empty()


def test_the_hours_of_a_week_sum_to_the_week(release):
    for week in (1, 2):
        hours = release.query(f"from site_week('loudoun_va', 'solar_bess_gas', {week})")
        total = release.table("dispatch_weekly").filter(region_id="loudoun_va", stack_id="solar_bess_gas", week=week)
        assert hours.height == 168
        assert hours["hour_utc"].is_sorted()
        assert hours["hour_utc"][0] == total["week_start_utc"].item()
        for name in ("load", "solar", "firm", "curtailed"):
            assert hours[f"{name}_mw"].sum() == pytest.approx(total[f"{name}_mwh"].item())


def test_the_hours_of_a_week_are_found_under_the_earlier_id_of_a_stack(release):
    wanted = "from site_week('loudoun_va', '{}', 1)"
    present = release.query(wanted.format("flexible_grid_bess"))
    assert present.height == 168
    assert release.query(wanted.format("grid_bess_bridge")).equals(present)
    assert release.query(wanted.format("")).is_empty()


def test_demand_weighs_people_and_is_off_by_default(release):
    places = release.table("regions").select("region_id", "demand_score")
    alone = weighted(release, "speed := 0, cost := 0, reliability := 0, resilience := 0, carbon := 0, demand := 1")
    joined = alone.join(places, on="region_id", suffix="_region", maintain_order="left")
    assert_series_equal(joined["weighted_score"], joined["demand_score_region"], check_names=False)
    assert joined.filter("is_target_met")["weighted_score"].is_sorted(descending=True)
    assert joined["demand_score_region"].n_unique() > 1
    assert weighted(release, "demand := 0").equals(weighted(release))


def test_filters_of_place_leave_rows_out(release):
    sites = release.table("ranked_sites")
    assert weighted(release, "eligible := true").height == sites.filter("is_eligible").height
    near = sites.filter(pl.col("gas_lateral_km").fill_null(0.0) <= 3.0).height
    assert 0 < near < sites.height
    assert weighted(release, "max_gas_lateral_km := 3").height == near
    minor = sites.filter(pl.col("air_permit_class") == "minor").height
    assert 0 < minor < sites.height
    assert weighted(release, "permit_class := 'minor'").height == minor
    listed = release.table("regions").filter("is_nonattainment_any")["region_id"]
    kept = sites.filter(~pl.col("region_id").is_in(listed.implode())).height
    assert 0 < kept < sites.height
    assert weighted(release, "attainment := true").height == kept
