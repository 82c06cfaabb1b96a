from __future__ import annotations

import json

import pytest


def test_rows_come_in_rank_order_with_every_column(run):
    answer = json.loads(run("rank", "--top", "0", "--json").stdout)
    rows = answer["rows"]
    assert [row["rank"] for row in rows] == list(range(1, 49))
    assert answer["release"]["run_id"] == "20261122-0123456789ab"
    assert set(answer["release"]) == {
        "run_id",
        "as_of",
        "published_at_utc",
        "profile",
        "is_stale",
        "path",
        "names",
        "scope",
    }
    assert rows[0]["as_of_utc"] == "2026-11-22T00:00:00Z"


def test_filters_go_together(run):
    rows = json.loads(run("rank", "--state", "tx", "--state", "NM", "--stack", "fuel_cell", "--json").stdout)["rows"]
    assert {row["region_id"] for row in rows} == {"abilene_tx", "milam_tx", "lea_nm"}
    assert {row["stack_id"] for row in rows} == {"fuel_cell"}


def test_filters_of_place_go_together(run):
    def regions(*options: str) -> set[str]:
        return {row["region_id"] for row in json.loads(run("rank", "--top", "0", *options, "--json").stdout)["rows"]}

    everywhere = regions()
    assert regions("--attainment") == everywhere - {"phoenix_az", "loudoun_va"}
    assert regions("--eligible") == everywhere
    rows = json.loads(run("rank", "--top", "0", "--permit-class", "minor", "--gas-within", "3", "--json").stdout)[
        "rows"
    ]
    assert rows
    assert {row["air_permit_class"] for row in rows} == {"minor"}
    assert max(row["gas_lateral_km"] or 0.0 for row in rows) <= 3.0


def test_an_unknown_permit_class_names_the_known_ones(run):
    result = run("rank", "--permit-class", "tiny")
    assert result.exit_code == 2
    assert "minor" in result.stderr


def test_best_gives_each_region_once(run):
    rows = json.loads(run("rank", "--best", "--json").stdout)["rows"]
    assert [row["region_rank"] for row in rows] == [1, 2, 3, 4, 5, 6]


def test_an_unknown_stack_is_answered_with_the_closest(run):
    result = run("rank", "--stack", "fuelcell")
    assert result.exit_code == 2
    assert "did you mean fuel_cell" in result.stderr
    assert result.stdout == ""


def test_an_unknown_state_names_the_known_ones(run):
    result = run("rank", "--state", "ZZ")
    assert result.exit_code == 2
    assert "AZ, NM, OH, TX, VA" in result.stderr


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_the_table_fits_and_figures_are_whole(run, columns):
    result = run("rank", "--top", "48", columns=columns)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert max(len(line) for line in lines) <= columns
    # The best row: months, LCOE and value as published, whatever the width.
    assert all(figure in lines[3] for figure in ("14.0", "71.9", "7.67"))


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_every_row_has_its_id_and_its_whole_name(run, columns):
    rows = json.loads(run("rank", "--top", "0", "--json").stdout)["rows"]
    lines = run("rank", "--top", "0", columns=columns).stdout.splitlines()
    heads = lines[1]
    start = {head: heads.index(head) for head in ("Region id", "Name", "St ")}
    found: list[list[str]] = []
    for line in lines[3:-2]:
        cells = [line[start["Region id"] : start["Name"]].strip(), line[start["Name"] : start["St "]].strip()]
        if cells[0]:
            found.append(cells)
        else:
            found[-1][1] += " " + cells[1]
    assert found == [[row["region_id"], row["region_name"]] for row in rows]


def test_a_row_that_misses_the_target_is_marked(run):
    lines = run("rank", "--stack", "solar_bess").stdout.splitlines()
    assert lines[3].split()[0].endswith("*")
    assert any("misses the availability target" in line for line in lines)


def test_the_earlier_id_of_a_stack_is_understood_with_a_warning(run):
    result = run("rank", "--stack", "grid_bess_bridge", "--json")
    assert {row["stack_id"] for row in json.loads(result.stdout)["rows"]} == {"flexible_grid_bess"}
    assert "grid_bess_bridge is now flexible_grid_bess" in result.stderr
    assert run("rank", "--stack", "flexible_grid_bess", "--json").stderr == ""
