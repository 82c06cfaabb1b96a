"""Every question runs on a release; those whose answer can be had another way are checked against it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_series_equal

SQL = Path(__file__).parents[2] / "sql"
QUERIES = sorted((SQL / "queries").glob("*.sql"))
_MACROS = (
    "from rank_sites(speed := 2, state := 'Texas')",
    "from explain_site('abilene_tx')",
    "from site_week('abilene_tx', 'solar_bess_gas', 1)",
)
_OLD_SCRIPT = f"""
import sys, duckdb
print(duckdb.__version__)
con = duckdb.connect(sys.argv[1], read_only=True)
for path in sys.argv[2:]:
    rows = con.sql(open(path, encoding="utf-8").read()).fetchall()
    print(path, len(rows))
for statement in {_MACROS!r}:
    rows = con.sql(statement).fetchall()
    assert rows, statement
    print(statement, len(rows))
"""


def answer(release, name: str) -> pl.DataFrame:
    return release.query((SQL / "queries" / f"{name}.sql").read_text(encoding="utf-8"))


@pytest.fixture
def sites(release) -> pl.DataFrame:
    return release.table("ranked_sites")


def test_there_are_twenty_questions():
    assert len(QUERIES) >= 20


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_question_has_an_answer_and_the_same_again(release, path):
    first = answer(release, path.stem)
    assert first.height > 0
    assert first.equals(answer(release, path.stem))


def test_the_oldest_client_runs_every_question_and_macro(data_dir, repository):
    client = repository / ".venv" / "clients" / "duckdb-1.4.0"
    if not (client / "duckdb").is_dir():
        pytest.skip("DuckDB 1.4.0 is not in .venv/clients: make setup installs it")
    database = data_dir / "releases" / "current" / "firstmw.duckdb"
    done = subprocess.run(
        [sys.executable, "-S", "-c", _OLD_SCRIPT, str(database), *map(str, QUERIES)],
        env={"PYTHONPATH": str(client)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    version, *answers = done.stdout.splitlines()
    assert version == "1.4.0"
    assert len(answers) == len(QUERIES) + len(_MACROS)


def test_the_fastest_stack_meets_the_target_and_nothing_there_is_faster(release, sites):
    found = answer(release, "fastest_regions")
    fastest = (
        sites.filter("is_target_met").group_by("region_id").agg(pl.col("first_mw_months_p50").min().alias("least"))
    )
    joined = found.join(fastest, on="region_id")
    assert joined.height == 6
    assert_series_equal(joined["first_mw_months_p50"], joined["least"], check_names=False)
    assert found["first_mw_months_p50"].is_sorted()


def test_the_lead_is_over_the_second_best_row(release, sites):
    found = answer(release, "best_stack_by_region")
    for row in found.iter_rows(named=True):
        first, second, *_ = sites.filter(pl.col("region_id") == row["region_id"]).sort("rank").iter_rows(named=True)
        assert row["second_stack_id"] == second["stack_id"]
        assert row["lead_usd_per_mw"] == pytest.approx(first["value_usd_per_mw"] - second["value_usd_per_mw"])


def test_months_saved_are_against_the_grid_of_the_same_region(release, sites):
    grid = sites.filter(pl.col("stack_id") == "grid").select("region_id", pl.col("first_mw_months_p50").alias("grid"))
    found = answer(release, "own_power_against_grid").join(grid, on="region_id")
    assert found.height == 6
    assert set(found["own_stack_id"]) == {"fuel_cell"}
    assert_series_equal(found["own_months"] + found["months_saved"], found["grid"], check_names=False)


def test_at_the_break_even_carbon_price_both_stacks_cost_the_same(release, sites):
    found = answer(release, "carbon_price_break_even")
    assert found.height > 0
    for row in found.iter_rows(named=True):
        here = {site["stack_id"]: site for site in sites.filter(pl.col("region_id") == row["region_id"]).to_dicts()}
        price = row["break_even_usd_per_tonne"] / 1000
        cheap, clean = (here[row[f"{kind}_stack_id"]] for kind in ("cheapest", "cleanest"))
        assert cheap["lcoe_usd_per_mwh"] + price * cheap["co2_kg_per_mwh"] == pytest.approx(
            clean["lcoe_usd_per_mwh"] + price * clean["co2_kg_per_mwh"]
        )


def test_the_slope_on_the_gas_price_is_the_heat_rate_of_the_fixture(release):
    found = answer(release, "gas_price_and_cost")
    turbine = found.filter(pl.col("stack_id") == "gas_turbine")
    # LCOE rises 10.4 per USD/MMBtu, and 0.4 per region in list order; prices fall or rise along that list.
    prices = [1.9, 2.4, 1.6, 2.2, 3.4, 2.9]
    lcoe = [10.4 * price + 0.4 * index for index, price in enumerate(prices)]
    mean = sum(prices) / 6
    slope = sum((p - mean) * c for p, c in zip(prices, lcoe, strict=True)) / sum((p - mean) ** 2 for p in prices)
    assert turbine["usd_per_mwh_per_usd_per_mmbtu"].item() == pytest.approx(slope)
    assert "grid" not in found["stack_id"]


def test_an_average_day_averages_the_hours_of_the_best_traced_region(release):
    found = answer(release, "average_day")
    hours = release.table("dispatch_hourly").filter(
        (pl.col("region_id") == "abilene_tx") & (pl.col("stack_id") == "solar_bess_gas")
    )
    assert set(found["region_id"]) == {"abilene_tx"}
    assert found["hour_of_day_utc"].to_list() == list(range(24))
    assert found["firm_mw"].mean() == pytest.approx(hours["firm_mw"].mean())


def test_the_hardest_week_has_the_least_sun(release):
    found = answer(release, "hardest_weeks")
    weeks = release.table("dispatch_weekly").filter(pl.col("stack_id") == "solar_bess_gas")
    least = weeks.group_by("region_id").agg((pl.col("solar_mwh") / pl.col("load_mwh")).min().alias("least"))
    joined = found.join(least, on="region_id")
    assert joined.height == 2
    assert_series_equal(joined["solar_share_frac"], joined["least"], check_names=False)
