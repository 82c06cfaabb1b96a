"""`firstmw simulate` through the real command: other people's cases under their conventions, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from math import sqrt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from published_cases import hourly, offgridai_year, published_case, texas_solar_frac
from weather_payloads import reference_place

from pipelines.cli.main import main
from pipelines.settings import Settings

Simulate = Callable[..., dict]
KEYS = {"load_mwh", "solar_mwh", "charge_mwh", "discharge_mwh", "firm_mwh", "grid_mwh", "curtailed_mwh", "unserved_mwh",
        "unserved_hours", "fuel_mmbtu", "starts"}  # fmt: skip


@pytest.fixture
def simulate() -> Simulate:
    def invoke(*arguments: object) -> dict:
        result = CliRunner().invoke(main, ["simulate", *map(str, arguments), "--json"])
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return invoke


@pytest.fixture
def refused() -> Callable[..., str]:
    def invoke(*arguments: object) -> str:
        result = CliRunner().invoke(main, ["simulate", *map(str, arguments)])
        assert result.exit_code in {1, 2}
        assert result.stderr.startswith("firstmw: ")
        assert result.stderr.count("\n") == 1
        return result.stderr

    return invoke


# --- Microgrids.jl: a week of PV, battery and one generator in kW ---


def _microgrid(tmp_path: Path, step_hours: float) -> list[object]:
    hours = np.arange(round(168 / step_hours)) * step_hours
    path = tmp_path / "week.csv"
    pl.DataFrame(
        {"sun": 0.5 * (1 - np.cos(2 * np.pi * hours / 24)), "load": 1000 * (1 - hours / 168)}
    ).write_csv(path)  # fmt: skip
    return [
        "--pv-profile", f"{path}:sun", "--load-mw", f"{path}:load", "--solar-mw", 1000, "--bess-mw", 6000,
        "--bess-mwh", 6000, "--charge-efficiency", 0.95, "--discharge-efficiency", 1 / 1.05, "--soc-floor", 1 / 6,
        "--start-soc", 1 / 3, "--firm", "recip", "--units", 1, "--unit-mw", 500, "--min-load", 0,
        "--heat-rate", 0.29, "--no-load-frac", 0.05 / 0.29, "--step-minutes", round(60 * step_hours),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("variant", "more"),
    [
        ("base", []),
        ("slow_charge_rate_1_30", ["--charge-limit", 1 / 30]),
        ("slow_discharge_rate_1_30", ["--discharge-limit", 1 / 30]),
        ("dt_half_hour", []),
    ],
)
def test_microgrids_week(simulate, tmp_path, variant, more) -> None:
    expected = published_case(f"microgrids_week_{variant}")["expected"]
    found = simulate(*_microgrid(tmp_path, 0.5 if variant == "dt_half_hour" else 1.0), *more)
    names = {
        "shed_kwh": "unserved_mwh", "shed_hours": "unserved_hours", "gen_kwh": "firm_mwh",
        "gen_hours": "firm_run_hours", "fuel_l": "fuel_mmbtu", "charge_kwh": "charge_mwh",
        "discharge_kwh": "discharge_mwh",
        "spilled_kwh": "curtailed_mwh", "renewable_rate": "renewable_frac",
    }  # fmt: skip
    assert len(names.keys() & expected.keys()) >= 5
    for theirs in names.keys() & expected.keys():
        assert found[names[theirs]] == pytest.approx(expected[theirs], rel=1e-9), theirs


def test_microgrids_week_level_by_level(simulate, tmp_path) -> None:
    expected = hourly("microgrids_week")
    simulate(*_microgrid(tmp_path, 1.0), "--trace", tmp_path / "trace.parquet")
    trace = pl.read_parquet(tmp_path / "trace.parquet")
    stored = np.concatenate([[2000.0], trace["soc_mwh"].to_numpy()])
    # Printed to nine decimals; the columns that the command reads are written to 16 digits.
    np.testing.assert_allclose(stored[:-1], expected["storage_kwh_start"], rtol=0, atol=1e-9)


# --- offgridai: 100 MW with solar, a four-hour battery and gas ---


@pytest.fixture(scope="module")
def texas(tmp_path_factory) -> str:
    """Return the reference to a column with the year's capacity factor, in full precision."""
    path = tmp_path_factory.mktemp("texas") / "cf.csv"
    pl.DataFrame({"cf": texas_solar_frac()}).write_csv(path)
    return f"{path}:cf"


def test_offgridai_year_under_its_conventions(simulate, texas, tmp_path) -> None:
    expected, annual = offgridai_year(), published_case("offgridai_year")["expected"]
    one_way = sqrt(0.92)
    given = [
        "--pv-profile", texas, "--load-mw", 100, "--solar-mw", 500, "--bess-mw", 300, "--bess-mwh", 1200,
        "--charge-efficiency", one_way, "--discharge-efficiency", one_way, "--start-soc", 1, "--firm", "recip",
        "--units", 1, "--unit-mw", 125,
    ]  # fmt: skip
    theirs = ["--min-load", 0, "--room-before-loss", "--discharge-limit", one_way, "--trace", tmp_path / "t.parquet"]
    found = simulate(*given, *theirs)
    assert found.keys() >= KEYS
    for theirs, ours in {"generator": "firm", "charge": "charge", "curtailed": "curtailed"}.items():
        assert found[f"{ours}_mwh"] == pytest.approx(annual[f"{theirs}_mwh"], abs=1e-3)
    trace = pl.read_parquet(tmp_path / "t.parquet")
    np.testing.assert_allclose(trace["firm_mw"], expected["generator_mwh"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(trace["soc_mwh"][:-1], expected["state_mwh"][1:], rtol=0, atol=1e-6)
    # By default room is measured after the loss, so that the battery fills up and the engines run less.
    ours = simulate(*given)
    assert ours["firm_mwh"] < found["firm_mwh"]
    assert ours["firm_mwh"] == pytest.approx(found["firm_mwh"], rel=1e-3)


def test_energies_balance_at_any_step(simulate, texas) -> None:
    case = ["--pv-profile", texas, "--load-mw", 20, "--solar-mw", 60, "--bess-mw", 20, "--bess-mwh", 60,
            "--grid-mw", 3, "--firm", "recip", "--units", 3]  # fmt: skip
    firm = []
    for minutes in (60, 30, 15, 5):
        found = simulate(*case, "--step-minutes", minutes)
        assert found["steps"] == 8760 * 60 // minutes
        assert found["load_mwh"] == pytest.approx(20 * 8760)
        supply = sum(found[f"{part}_mwh"] for part in ("solar", "grid", "firm", "discharge", "unserved"))
        assert supply - found["charge_mwh"] == pytest.approx(found["load_mwh"], abs=1e-6)
        firm.append(found["firm_mwh"])
    assert max(firm) / min(firm) < 1.02


def test_flexible_load_gives_way_up_to_its_budget(simulate, texas) -> None:
    case = ["--pv-profile", texas, "--load-mw", 20, "--solar-mw", 60, "--bess-mw", 20, "--bess-mwh", 60,
            "--firm", "recip", "--units", 3]  # fmt: skip
    stiff = simulate(*case)
    flexible = simulate(*case, "--flexible-frac", 0.5, "--flexible-budget", 0.01)
    assert flexible["flexed_mwh"] == pytest.approx(0.01 * 20 * 8760)
    assert flexible["unserved_mwh"] == pytest.approx(stiff["unserved_mwh"] - flexible["flexed_mwh"])


def test_weather_file_and_region_are_dispatched_with_their_temperature(simulate, tmp_path) -> None:
    weather = tmp_path / "abilene.tmy3"
    weather.write_text("\n".join(reference_place("abilene_tx").tmy3_lines(-6)) + "\n")
    sizes = ["--it-mw", 20, "--solar-mw", 60, "--bess-mw", 20, "--bess-mwh", 80, "--firm", "recip", "--units", 8]
    file, region = simulate("--weather", weather, *sizes), simulate("--region", "abilene_tx", *sizes)
    for found in (file, region):
        mean_mwh = 20 * Settings().it_load_factor * 8760
        assert mean_mwh * 1.098 < found["load_mwh"] < mean_mwh * 1.2
        assert 0.4 < found["renewable_frac"] < 0.7
    # The file holds the hours of the region's own first year, irradiance rounded to whole W/m2.
    assert file["solar_mwh"] == pytest.approx(region["solar_mwh"], rel=1e-3)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--load-mw", 20, "--solar-mw", 5], "there is no sun"),
        (["--load-mw", 20, "--region", "abilene_tx", "--pv-profile", "a.csv:b"], "only one of"),
        (["--region", "abilene_tx"], "one of --load-mw"),
        (["--region", "abilene", "--load-mw", 20], "did you mean abilene_tx"),
        (["--pv-profile", "none.csv:x", "--load-mw", 20], "the file does not exist"),
        (["--pv-profile", "none", "--load-mw", 20], "names no column"),
        (["--region", "abilene_tx", "--load-mw", "much"], "neither a positive number"),
        (["--region", "abilene_tx", "--load-mw", 20, "--units", 3], "say which units"),
        (["--region", "abilene_tx", "--load-mw", 20, "--firm", "recip"], "say how many"),
        (["--region", "abilene_tx", "--load-mw", 20, "--bess-mwh", 20], "give --bess-mw"),
        (["--region", "abilene_tx", "--load-mw", 20, "--step-minutes", 7], "does not divide the hour"),
        (["--region", "abilene_tx", "--load-mw", 20, "--trace", "year.txt"], "end it with .parquet or .csv"),
        (["--region", "abilene_tx", "--load-mw", 20, "--heat-rate", 9], "those of firm units"),
        (["--region", "abilene_tx", "--load-mw", 20, "--solar-mw", "nan"], "'nan' is not a finite number"),
        (["--region", "abilene_tx", "--load-mw", 20, "--grid-mw", "inf"], "'inf' is not a finite number"),
        (["--region", "abilene_tx", "--load-mw", 20, "--bess-mw", 20], "give --bess-mwh"),
        (["--region", "abilene_tx", "--load-mw", 20, "--start-soc", 0.1, "--soc-floor", 0.2], "is below --soc-floor"),
        (["--region", "abilene_tx", "--load-mw", 20, "--grid-available", "a.csv:b"], "give --grid-mw"),
        (["--region", "abilene_tx", "--load-mw", 20, "--solar-mw", 5, "--solar-dc-mw", 6], "give both"),
        (["--region", "abilene_tx", "--load-mw", 20, "--regret", "--close-year"], "leave out --close-year"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(refused, arguments, sentence) -> None:
    assert sentence in refused(*arguments)


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (["0.1", "x"], "row 3, column cf: 'x' is not a number"),
        (["0.1", "", "0.2"], "row 3, column cf: '' is not a number"),
        (["-0.1"], "row 2, column cf: '-0.1'"),
        (["0.1", "25.0"], "row 3, column cf: '25.0' is not a number from 0 of at most 1.5"),
        ([""], "the column is empty"),
    ],
)
def test_a_bad_profile_is_named_by_row(refused, tmp_path, cells, sentence) -> None:
    path = tmp_path / "cf.csv"
    path.write_text("other,cf\n" + "".join(f"1,{cell}\n" for cell in cells))
    assert sentence in refused("--pv-profile", f"{path}:cf", "--load-mw", 20)


def test_solar_is_clipped_at_its_ac_rating(simulate, tmp_path) -> None:
    path = tmp_path / "sun.csv"
    path.write_text("cf\n0.0\n0.5\n0.9\n1.1\n")
    case = ["--pv-profile", f"{path}:cf", "--load-mw", 100, "--solar-mw", 10]
    assert simulate(*case)["solar_mwh"] == pytest.approx(10 * (0.5 + 0.9 + 1.0))
    assert simulate(*case, "--solar-dc-mw", 13)["solar_mwh"] == pytest.approx(13 * 0.5 + 10 + 10)


def test_a_grid_gives_what_there_is_of_it(simulate, refused, tmp_path) -> None:
    path = tmp_path / "grid.csv"
    there = [1.0, 0.5, 0.0, 1.0] * 6
    pl.DataFrame({"sun": [0.0] * 24, "there": there, "load": [10.0] * 24}).write_csv(path)
    case = ["--pv-profile", f"{path}:sun", "--load-mw", f"{path}:load", "--grid-mw", 10]
    found = simulate(*case, "--grid-available", f"{path}:there")
    assert found["grid_mwh"] == pytest.approx(10 * sum(there))
    assert found["unserved_mwh"] == pytest.approx(240 - 10 * sum(there))
    assert found["unserved_hours"] == 12
    assert simulate(*case)["unserved_mwh"] == 0.0
    path.write_text(path.read_text().replace("0.0,0.5,", "0.0,50,", 1))
    assert "row 3, column there: '50' is not a number from 0 of at most 1" in refused(
        *case, "--grid-available", f"{path}:there"
    )


def test_the_regret_of_every_rule_is_shown_and_foresight_has_the_least(simulate, texas) -> None:
    case = ["--pv-profile", texas, "--load-mw", 100, "--solar-mw", 600, "--bess-mw", 200,
            "--bess-mwh", 1500, "--firm", "recip", "--units", 8, "--unit-mw", 10, "--regret"]  # fmt: skip
    found = simulate(*case)
    rows = {row["rule"]: row for row in found["regret"]}
    assert found["unserved_mwh"] == pytest.approx(rows["load_following"]["unserved_mwh"])
    assert found["unserved_mwh"] > 0.01 * found["load_mwh"]
    assert rows["look_ahead"]["unserved_mwh"] == 0.0
    assert all(row["regret_usd"] >= 0 for row in rows.values())
    assert min(rows, key=lambda rule: rows[rule]["regret_usd"]) == "look_ahead"
    shown = CliRunner().invoke(main, ["simulate", *map(str, case)])
    assert all(rule in shown.stdout for rule in rows)


def test_a_missing_column_is_named(refused, tmp_path) -> None:
    path = tmp_path / "cf.csv"
    path.write_text("solar_2021,solar_2022\n0.1,0.2\n")
    assert "choose one of solar_2021, solar_2022" in refused("--pv-profile", f"{path}:solar", "--load-mw", 20)


def test_a_design_is_one_of_the_release_and_has_its_own_sizes(run, tmp_path) -> None:
    case = ["simulate", "--region", "abilene_tx", "--design", "none"]
    for more, sentence in (([], "no design 'none'"), (["--units", "3"], "--units is part of --design none")):
        result = run(*case, *more)
        assert result.exit_code == 2
        assert sentence in result.stderr
        assert result.stderr.count("\n") == 1
    assert "there is no release yet" in run(*case, folder=tmp_path).stderr


def test_it_starts_without_the_orchestration_the_warehouse_or_the_weather_libraries(texas) -> None:
    code = (
        "import sys; from pipelines.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: print(sorted({'dagster', 'duckdb', 'pvlib', 'pandas'} & set(sys.modules)))"
    )
    arguments = ["simulate", "--pv-profile", texas, "--load-mw", "20", "--solar-mw", "60", "--json"]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")


def _rows(path, count: int) -> str:
    path.write_text("v\n" + "".join(f"{max(0.0, 1 - abs(row % 24 - 12) / 6):g}\n" for row in range(count)))
    return f"{path}:v"


@pytest.mark.parametrize(
    ("count", "steps", "words"),
    [
        (8759, 8759, "has 8,759 rows, 1 fewer than a year of 60-minute rows (8,760) has."),
        (8761, 8761, "1 more than a year of 60-minute rows"),
        (35040, 35040, "as a year of 15-minute rows has; each is taken as 60 minutes, --step-minutes says otherwise."),
        (8760, 8760, ""),
        (168, 168, ""),
    ],
)
def test_rows_that_are_nearly_a_year_or_one_of_another_step_are_pointed_out(tmp_path, count, steps, words):
    case = ["--pv-profile", _rows(tmp_path / "pv.csv", count), "--solar-mw", "10", "--load-mw", "5", "--json"]
    result = CliRunner().invoke(main, ["simulate", *case])
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["steps"] == steps
    assert words in result.stderr
    assert bool(words) == bool(result.stderr)


def test_a_year_of_quarters_with_its_step_is_not_pointed_out(tmp_path):
    case = ["--pv-profile", _rows(tmp_path / "pv.csv", 35040), "--solar-mw", "10", "--load-mw", "5"]
    result = CliRunner().invoke(main, ["simulate", *case, "--step-minutes", "15", "--json"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout)["load_mwh"] == pytest.approx(43_800)


def test_a_plant_without_sun_needs_no_profile():
    case = ["simulate", "--load-mw", "20", "--firm", "recip", "--units", "1", "--unit-mw", "20"]
    found = json.loads(CliRunner().invoke(main, [*case, "--json"]).stdout)
    assert found["load_mwh"] == pytest.approx(20 * 8760)
    assert found["firm_mwh"] == pytest.approx(20 * 8760)
    assert "there is no sun" in CliRunner().invoke(main, [*case, "--solar-mw", "1"]).stderr
