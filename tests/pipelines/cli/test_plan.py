"""`firstmw plan` on the small release: the plan, the comparison, and one sentence where there is none."""

from __future__ import annotations

import json

import pytest

PLAN = ("plan", "--mw", "12", "--nodes", "3", "--by", "2030-12", "--years", "200")


@pytest.fixture(autouse=True)
def few_samples(monkeypatch):
    monkeypatch.setenv("FIRSTMW_TIMELINE_SAMPLES", "200")


def test_the_plan_as_json(run):
    result = run(*PLAN, "--max-per-domain", "2", "--json")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert {"status", "gap", "objective", "nodes", "modules", "buildout", "comparison"} <= set(answer)
    assert answer["gap"] <= 0.01
    assert sum(row["modules"] for row in answer["modules"]) == 12
    assert len(answer["nodes"]) == 3
    # All regions of this release lie on one hub, so that the limit cannot be kept; it says what was kept instead.
    assert answer["limits"]["max_per_domain"] == 3
    by_node = {node["region_id"]: node["ready_month"] for node in answer["nodes"]}
    assert all(row["month"] >= by_node[row["region_id"]] for row in answer["modules"])
    assert max(row["date"] for row in answer["modules"]) <= "2030-12"
    curve = [row["built_mw"] for row in answer["buildout"] if row["strategy"] == "nodes"]
    assert curve == sorted(curve)
    assert curve[-1] == 12.0
    assert [row["strategy"] for row in answer["comparison"]][:2] == ["campus", "campus_grid"]
    assert {"crews", "capital", "month", "unit_transformers"} <= {row["resource"] for row in answer["shadow_prices"]}


def test_the_plan_as_a_table(run):
    result = run(*PLAN, columns=100)
    assert result.exit_code == 0, result.stderr
    assert "12 of 12 modules on 3 nodes by 2030-12" in result.stdout
    assert "nodes_by_value" in result.stdout
    assert max(len(line) for line in result.stdout.splitlines()) <= 100


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--by", "2027-02"), ["within 3 months", "later --by"]),
        (("--by", "soon"), ["'soon'", "2029-12"]),
        (("--by", "2026-01"), ["2026-01", "months"]),
        (("--mw", "2", "--nodes", "3"), ["2 modules", "fewer"]),
    ],
)
def test_what_cannot_be_planned_is_one_sentence(run, options, words):
    result = run("plan", "--mw", "12", "--nodes", "3", *options)
    assert result.exit_code == 2
    assert all(word in result.stderr for word in words)
    assert result.stderr.count("\n") == 1
