from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from small_release import small_tables

from pipelines.warehouse import Warehouse

SQL = Path(__file__).parents[2] / "sql"
CAUSES = ["shortage", "units", "baseload_or_grid", "gas_supply", "switchgear", "hazards", "trips"]
PLANT_CAUSES = [cause for cause in CAUSES if cause != "hazards"]


@pytest.fixture
def build(tmp_path):
    with Warehouse(tmp_path / "build.duckdb", run_id="20261122-0123456789ab", as_of=date(2026, 11, 22)) as opened:
        yield opened


def candidates(seed: int, designs: int = 120) -> pl.DataFrame:
    """Return candidates of three regions with many ties in every column."""
    draw = np.random.default_rng(seed)
    count = 3 * designs
    return pl.DataFrame(
        {
            "region_id": np.repeat(["a", "b", "c"], designs),
            "stack_id": "gas_recip",
            "design_id": np.tile([f"d{index:03}" for index in range(designs)], 3),
            "lcoe_usd_per_mwh": draw.integers(50, 70, count).astype(float),
            "co2_kg_per_mwh": draw.choice([0.0, 200.0, 400.0, 450.0], count),
            "availability_frac": 1 - draw.choice([0.1, 0.01, 0.001, 0.0005], count),
        }
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_frontier_holds_exactly_what_nothing_beats(build, seed):
    frame = candidates(seed)
    build.write("sim.candidates", frame)
    build.run_sql_file(SQL / "mart" / "pareto.sql")
    found = build.read("mart.pareto")
    for (region,), rows in frame.group_by("region_id", maintain_order=True):
        worse = rows.select(
            "lcoe_usd_per_mwh", "co2_kg_per_mwh", (-pl.col("availability_frac")).alias("loss")
        ).to_numpy()
        no_worse = (worse[None, :, :] <= worse[:, None, :]).all(axis=2)
        better = (worse[None, :, :] < worse[:, None, :]).any(axis=2)
        kept = ~(no_worse & better).any(axis=1)
        expected = set(rows.filter(pl.Series(kept))["design_id"])
        assert set(found.filter(pl.col("region_id") == region)["design_id"]) == expected


def test_lost_service_sums_to_the_expected_unserved_energy_over_years(build):
    adequacy = pl.DataFrame(
        {
            "region_id": ["a", "a", "a", "b"],
            "weather_year": [1, 2, 1, 1],
            "design_id": ["gas-n9", "gas-n9", "gas-n8", "gas-n9"],
            "stack_id": "gas_recip",
            "load_mwh": [190_000.0, 210_000.0, 190_000.0, 180_000.0],
            **{
                f"unserved_{cause}_mwh": [10.0 * index, 20.0 * index, 7.0, 3.0 * index]
                for index, cause in enumerate(PLANT_CAUSES)
            },
        }
    )
    adequacy = adequacy.with_columns((0.5 * pl.col("unserved_gas_supply_mwh")).alias("unserved_gas_basin_mwh"))
    sites = pl.DataFrame(
        {
            "region_id": ["a", "b"],
            "stack_id": "gas_recip",
            "design_id": "gas-n9",
            "gas_basin_left_frac": [1.0, 0.2],
            "gas_lateral_left_frac": [1.0, 0.4],
        }
    )
    build.write("sim.adequacy", adequacy)
    build.write("sim.chosen", sites)
    causes = pl.DataFrame(
        {
            "region_id": ["a", "a", "a", "b"],
            "cause": ["flood", "tornado", "switchgear", "gas_supply"],
            "takes": ["site", "site", "site", "gas_units"],
            "unavailability_frac": [0.001, 0.002, 0.5, 0.5],
        }
    )
    build.write("core.outage_causes", causes)
    assert build.run_sql_file(SQL / "mart" / "reliability.sql") == 2 * len(CAUSES)
    found = build.read("mart.reliability")
    here = found.filter(pl.col("region_id") == "a")
    trips = here.filter(pl.col("cause") == "trips").to_dicts()[0]
    assert set(here["cause"]) == set(CAUSES)
    assert trips["eue_mwh_per_year"] == pytest.approx((50 + 100) / 2)
    assert trips["unavailability_frac"] == pytest.approx(150 / 400_000)
    assert trips["lost_hours_per_year"] == pytest.approx(8760 * 150 / 400_000)
    # Hazards take of what is left: two of them, each by itself, in every hour.
    stopped = 1 - (1 - 0.001) * (1 - 0.002)
    own = 15 * (10 + 20) / 2
    struck = here.filter(pl.col("cause") == "hazards").to_dicts()[0]
    assert struck["eue_mwh_per_year"] == pytest.approx(stopped * (200_000 - own))
    assert here["eue_mwh_per_year"].sum() == pytest.approx(own + stopped * (200_000 - own))
    calm = found.filter((pl.col("region_id") == "b") & (pl.col("cause") == "hazards")).to_dicts()[0]
    assert calm["eue_mwh_per_year"] == 0.0
    # Half of the loss of gas is the basin's, half the lateral's; a service leaves a fifth and two fifths.
    there = found.filter((pl.col("region_id") == "b") & (pl.col("cause") == "gas_supply")).to_dicts()[0]
    assert there["eue_mwh_per_year"] == pytest.approx(3.0 * PLANT_CAUSES.index("gas_supply") * 0.5 * (0.2 + 0.4))


def test_lead_times_are_the_durations_as_used(build):
    durations = small_tables()["mart.lead_times"].sort("duration_id", descending=True)
    build.write("core.durations", durations)
    build.run_sql_file(SQL / "mart" / "lead_times.sql")
    assert build.read("mart.lead_times").equals(durations.sort("duration_id"))


def weather_years(**columns: list[float]) -> pl.DataFrame:
    """Return eleven years of one design, in no order, with some columns given."""
    years = [3, 1, 2, 11, 10, 9, 8, 7, 6, 5, 4]
    zeros = dict.fromkeys(
        ("load_mwh", "solar_mwh", "curtailed_mwh", "grid_mwh", "baseload_mwh", "firm_mwh", "firm_fuel_mmbtu",
         "unserved_mwh", "renewable_frac", "availability_frac", "full_service_hours_frac", "eue_mwh_per_year",
         "lolh_hours_per_year", "hardest_week_unserved_mwh", "hardest_week_firm_need_mwh"), 0.0
    )  # fmt: skip
    return pl.DataFrame(
        {
            "region_id": "a",
            "stack_id": "solar_bess_gas",
            "weather_year": years,
            "design_id": "d",
            **zeros,
            "hardest_week": years,
            "hardest_week_start_utc": [datetime(2025, 1, 7 + year) for year in years],
        }
    ).with_columns(pl.Series(name, values, pl.Float64) for name, values in columns.items())


def test_percentiles_of_the_years_are_on_the_bad_side(build):
    years = weather_years(
        firm_fuel_mmbtu=[10.0 * year for year in range(11)], renewable_frac=[0.1 * year for year in range(11)]
    )
    build.write("mart.weather_years", years)
    assert build.run_sql_file(SQL / "mart" / "weather_risk.sql") == 1
    found = build.read("mart.weather_risk").row(0, named=True)
    assert found["weather_years"] == 11
    fuel, renewable = ([found[f"{name}_p{share}"] for share in (50, 90, 99)] for name in ("firm_fuel_mmbtu",
                                                                                         "renewable_frac"))  # fmt: skip
    assert fuel == pytest.approx([50.0, 90.0, 99.0])
    assert renewable == pytest.approx([0.5, 0.1, 0.01])


@pytest.mark.parametrize(
    ("columns", "year"),
    [
        ({"hardest_week_unserved_mwh": [0.0, 0.0, 7.0, *[0.0] * 8]}, 2),
        ({"hardest_week_unserved_mwh": [5.0] * 11, "hardest_week_firm_need_mwh": [1.0, 2.0, 1.0, 9.0, *[0.0] * 7]}, 11),
        ({}, 1),
    ],
    ids=["most unserved", "most asked of the units", "none is harder: the first"],
)
def test_the_hardest_week_of_all_years_is_named(build, columns, year):
    build.write("mart.weather_years", weather_years(**columns))
    build.run_sql_file(SQL / "mart" / "weather_risk.sql")
    found = build.read("mart.weather_risk").row(0, named=True)
    assert (found["hardest_weather_year"], found["hardest_week"]) == (year, year)
    assert found["hardest_week_start_utc"] == datetime(2025, 1, 7 + year)
