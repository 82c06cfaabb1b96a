"""`firstmw survive`: any units and battery from files, the chosen designs of a region from the release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

UNITS = "group,n_units,capacity_mw,mttf_h,operational_availability,failure_to_start\ng,1,100,100,0.98,0.1\n"


@pytest.fixture
def files(tmp_path: Path):
    """Return a function that writes units and a flat load and returns the options that name them."""

    def write(units: str = UNITS, load: str = "load_mw\n" + "100\n" * 400) -> list[str]:
        (tmp_path / "units.csv").write_text(units)
        (tmp_path / "load.csv").write_text(load)
        return ["--units", str(tmp_path / "units.csv"), "--load", str(tmp_path / "load.csv")]

    return write


def test_one_generator_and_a_battery(run, files):
    battery = ["--battery-mw", "100", "--battery-mwh", "400"]
    answer = json.loads(run("survive", *files(), *battery, "--hours", "24", "--json").stdout)
    # The battery carries the last four hours of a day: the unit has to start and to run for twenty.
    assert answer["survival_frac"] == pytest.approx(0.98 * 0.9 * 0.99**20, rel=1e-9)
    assert [row["hours"] for row in answer["by_hours"]] == [1, 2, 4, 8, 12, 24]
    assert answer["by_hours"][2]["survival_frac"] == pytest.approx(1.0)
    assert len(answer["by_start"]) == answer["starts"] == 400


def test_free_power_and_stored_energy_by_hour(run, files):
    load = "load_mw,free_mw,soc_mwh\n" + "".join(f"10,{10 * (hour % 2)},{5 * (hour % 4)}\n" for hour in range(8))
    options = ["--battery-mw", "10", "--battery-mwh", "20", "--hours", "1"]
    arguments = files(load=load)[2:]
    answer = json.loads(run("survive", *arguments, *options, "--json").stdout)
    assert answer["by_start"] == [0, 1, 1, 1, 0, 1, 1, 1]
    assert answer["worst_start_hour"] == 0


def test_the_table_fits_and_names_the_worst_hour(run, files):
    result = run("survive", *files(), columns=80)
    assert result.exit_code == 0
    assert max(len(line) for line in result.stdout.splitlines()) <= 80
    assert "Worst start" in result.stdout


def test_the_chosen_designs_of_a_region(run):
    result = run("survive", "abilene_tx")
    assert result.exit_code == 0
    assert "flexible_grid_bess" in result.stdout
    rows = json.loads(run("survive", "Abilene", "--json").stdout)["rows"]
    assert len(rows) == 8
    assert {"survival_of", "survives_1h_frac", "survives_24h_frac"} <= set(rows[0])


def test_the_hours_asked_for_are_the_last_column(run):
    assert run("survive", "abilene_tx", "--hours", "4").stdout.splitlines()[1].split()[-4:] == ["1", "h", "4", "h"]
    assert json.loads(run("survive", "abilene_tx", "--hours", "8", "--json").stdout)["hours"] == 8


def test_hours_that_the_release_cannot_answer_are_refused_with_a_way_out(run):
    without = run("survive", "phoenix_az", "--hours", "12")
    assert without.exit_code == 2
    assert "no hours or samples of phoenix_az" in without.stderr


@pytest.mark.parametrize(
    ("arguments", "part"),
    [([], "give either a region"), (["--units", "u.csv"], "--units goes with --load"), (["nowhere"], "no region")],
)
def test_wrong_usage(run, arguments, part):
    result = run("survive", *arguments)
    assert result.exit_code == 2
    assert part in result.stderr


def test_a_region_and_files_do_not_go_together(run, files):
    assert run("survive", "abilene_tx", *files()).exit_code == 2


def test_bad_units_are_named(run, files):
    result = run("survive", *files(UNITS.replace("0.98", "1.98")))
    assert result.exit_code == 1
    assert "row 2, column operational_availability: 1.98 is above 1" in result.stderr
