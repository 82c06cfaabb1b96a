from __future__ import annotations

import json
from datetime import date

import pytest

from pipelines.cli.explanation import age_months

# What is known of the place: a blank, a heading and a line for each of six topics, and what is worth knowing first,
# which a console breaks.
PLACE_LINES = 10


def explained(run, region: str) -> dict:
    result = run("explain", region, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_the_parts_sum_to_the_cost_here_and_at_the_median_site(run):
    answer = explained(run, "loudoun_va")
    here = sum(row["cost_usd_per_mwh"] for row in answer["lcoe"]["components"])
    middle = sum(row["median_site"] for row in answer["lcoe"]["components"])
    by_name = {row["quantity"]: row for row in answer["ranking"]["quantities"]}
    assert here == pytest.approx(answer["lcoe"]["lcoe_usd_per_mwh"], rel=1e-9)
    assert middle == pytest.approx(by_name["lcoe_usd_per_mwh"]["median_site_value"], rel=1e-9)


def test_score_points_sum_to_the_score(run):
    ranking = explained(run, "abilene_tx")["ranking"]
    by_name = {row["quantity"]: row for row in ranking["quantities"]}
    assert sum(row["points"] for row in ranking["score_points"]) == pytest.approx(by_name["score"]["value"])


def test_causes_sum_to_the_lost_hours(run):
    reliability = explained(run, "lea_nm")["reliability"]
    lost = sum(row["lost_hours_per_year"] for row in reliability["lost_hours_per_year"])
    assert lost == pytest.approx(8760 * (1 - reliability["availability_frac"]))
    assert reliability["availability_target"] == 0.999


def test_the_median_site_differs_from_itself_in_nothing(run):
    median = explained(run, "abilene_tx")["ranking"]["median_site"]["region_id"]
    answer = explained(run, median)
    assert answer["ranking"]["region_rank"] == 3
    assert {row["difference"] for row in answer["ranking"]["quantities"]} == {0}
    assert "This region is the median site" in run("explain", median).stdout


def test_keys_stay(run):
    answer = explained(run, "abilene_tx")
    assert set(answer) == {
        *(
            "release",
            "region",
            "place",
            "ranking",
            "robustness",
            "design",
            "lcoe",
            "reliability",
            "schedule",
            "other_stacks",
            "inputs",
        ),
    }
    assert {"first_mw_months_p10", "first_mw_months_p50", "first_mw_months_p90", "activities"} <= set(
        answer["schedule"]
    )
    assert len(answer["other_stacks"]) == 7


def test_inputs_are_those_the_stack_uses_with_source_and_age(run):
    inputs = {row["input"]: row for row in explained(run, "abilene_tx")["inputs"]}
    assert {"natural_gas", "firm_delivery", "weather"} <= set(inputs)
    assert not {"diesel", "uranium", "grid_power"} & set(inputs)
    assert inputs["natural_gas"]["source_title"] == "Prices of natural_gas"
    # Data to June 2025 at a night of 22 November 2026.
    assert inputs["natural_gas"]["age_months"] == pytest.approx(510 / 30.4375)


@pytest.mark.parametrize(
    ("as_of", "days"), [("2025", 326), ("2026-10", 22), ("2026-11-20", 2), ("2026-11", 0), ("2027", 0)]
)
def test_age_counts_from_the_end_of_the_period(as_of, days):
    assert age_months(as_of, date(2026, 11, 22)) == pytest.approx(days / 30.4375)


def test_an_undated_input_has_no_age():
    assert age_months("", date(2026, 11, 22)) is None
    assert age_months(None, date(2026, 11, 22)) is None


@pytest.mark.parametrize("wanted", ["LOUDOUN_VA", "Loudoun County", "loud", "Loudoun County, VA"])
def test_a_region_is_found_by_id_name_or_beginning(run, wanted):
    assert explained(run, wanted)["region"]["region_id"] == "loudoun_va"


def test_an_ambiguous_beginning_names_the_candidates(run):
    result = run("explain", "l")
    assert result.exit_code == 2
    assert "lea_nm or loudoun_va" in result.stderr


@pytest.mark.parametrize("wanted", ["abilen_tx", "Abilenne", "abilene county"])
def test_an_unknown_region_is_answered_with_close_names(run, wanted):
    result = run("explain", wanted)
    assert result.exit_code == 2
    assert "abilene_tx" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_region_like_nothing_points_to_the_list(run):
    result = run("explain", "xyzzy")
    assert result.exit_code == 2
    assert 'firstmw sql "from regions"' in result.stderr


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_the_page_fits_the_width_and_one_page(run, columns):
    lines = run("explain", "columbus_oh", columns=columns).stdout.splitlines()
    assert max(len(line) for line in lines) <= columns
    # A narrow console breaks more lines.
    assert len(lines) <= (99 if columns >= 100 else 114) + PLACE_LINES
    for heading in (
        "Why this rank",
        "This place",
        "Design",
        "LCOE",
        "Reliability",
        "Critical path",
        "Other stacks here",
        "Inputs",
    ):
        assert any(line.startswith(heading) for line in lines)


def test_the_timeline_puts_the_percentiles_in_order_on_one_axis(run):
    lines = run("explain", "columbus_oh", columns=100).stdout.splitlines()
    first = next(line for line in lines if "First MW, P10-P50-P90" in line)
    full = next(line for line in lines if "Full, P10-P50-P90" in line)
    assert first.index("|") < first.index("o", 30) < first.rindex("|")
    assert first.index("o", 30) < full.index("o", 30)
    assert first.split()[-3:] == ["12.9", "16.1", "24.2"]


def test_the_critical_path_reads_step_by_step(run):
    steps = explained(run, "columbus_oh")["schedule"]["timeline"]
    assert [step["activity"] for step in steps] == ["supply_contracts", "firm_delivery", "commissioning"]
    assert all(step["start_months_p50"] <= step["finish_months_p50"] for step in steps)
    lines = run("explain", "columbus_oh", columns=100).stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("The chain that decides most often"))
    told = lines[at + 3 : at + 6]
    assert "0.0 - 1.9" in told[0] and "Supply contracts signed" in told[0]
    assert "Integrated systems test" in told[2] and "16.1" in told[2]


def test_the_place_has_a_source_per_line_and_says_who_may_build(run):
    found = explained(run, "loudoun_va")["place"]
    by_id = {row["fact_id"]: row for row in found["facts"]}
    assert by_id["ozone_effective_class"]["text"] == "moderate"
    assert all(row["source_title"] and row["as_of"] and row["evidence"] for row in found["facts"])
    assert found["permission"]["is_eligible"] in {True, False}
    page = run("explain", "loudoun_va", columns=120).stdout
    assert "This place" in page
    assert "Worth knowing first, thousand USD per MW: " in page
    assert "Air: ozone moderate, major from 100 t/yr of NOx, 50 t/yr of VOC (CAA 2026)." in page
