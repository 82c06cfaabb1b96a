"""The chosen designs: sampled once per content, laid beside the convolution under the contract."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipelines.contracts import reliability as _contracts  # noqa: F401 - registers mart.adequacy
from pipelines.contracts.base import validate
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.plant.technology import Battery, FirmTechnology
from pipelines.reference.parameters import Parameters
from pipelines.reliability.campaign import Plant
from pipelines.reliability.chosen import adequacy_table, ride_through, sample_chosen, sample_design, spare_units
from pipelines.reliability.common_mode import GridService, common_mode
from pipelines.settings import Settings
from pipelines.warehouse.cache import Cache

HOURS = 24 * 42
CITED = {"source_title": "a table", "publisher": "a publisher", "url": "", "as_of": "2026"}
ENGINE = FirmTechnology("engine", 2.5, 8.5, 0.1, 0.4, 0.04, (), 0.02, 2300, 24, 0.0, 40.0, 0.0, "natural_gas", 0.002)
STANDBY = replace(
    ENGINE,
    technology="standby",
    fuel="diesel",
    forced_outage_rate=0.0094,
    start_failure=0.0094,
    planned_outage_rate=0.005,
)
REACTOR = replace(ENGINE, technology="reactor", unit_mw=10.0, fuel="uranium", min_load_frac=0.0, start_failure=0.0)
TECHNOLOGIES = {unit.technology: unit for unit in (ENGINE, STANDBY, REACTOR)}
FIGURES = {
    ("transformer", "mtbf"): 200_000.0,
    ("transformer", "mttr"): 168.0,
    ("mv_switchgear", "mtbf"): 500_000.0,
    ("mv_switchgear", "mttr"): 24.0,
    ("bess", "mttr"): 24.0,
    ("bess", "forced_outage_rate"): 0.02,
    ("bess", "planned_outage_rate"): 0.006,
}
PARAMETERS = Parameters(
    {k: {"mid": v, "low": None, "high": None, "unit": "hours", **CITED} for k, v in FIGURES.items()}
)
CAUSES = common_mode(PARAMETERS, Settings(), fuels=["natural_gas"], grid=GridService(1.3, 2.3, 0.5, 4.5, source=CITED))
ROWS: list[dict[str, Any]] = [
    {"stack_id": "solar_bess_gas", "solar_mw": 70.0, "bess_mw": 25.0, "bess_mwh": 100.0, "firm": ("engine", 9)},
    {"stack_id": "gas_recip", "firm": ("engine", 10)},
    {"stack_id": "solar_bess", "solar_mw": 200.0, "bess_mw": 60.0, "bess_mwh": 700.0},
    {"stack_id": "grid", "grid_mw": 25.0, "firm": ("standby", 11)},
    {"stack_id": "flexible_grid_bess", "grid_mw": 25.0, "bess_mw": 24.0, "bess_mwh": 96.0},
    {"stack_id": "smr_hybrid", "baseload": ("reactor", 2), "firm": ("engine", 4)},
]


def _frame() -> pl.DataFrame:
    """Return rows as `sim.chosen` has them, as far as they are read."""
    rows = []
    for number, row in enumerate(ROWS):
        sizes = {name: row.get(name, 0.0) for name in ("solar_mw", "bess_mw", "bess_mwh", "grid_mw")}
        full: dict[str, Any] = {
            "region_id": "here",
            "stack_id": row["stack_id"],
            "design_id": f"d{number}",
            **sizes,
            "reserve_mw": 5.0,
            "reserve_mwh": 1.25,
            "is_grid_flexible": False,
            "rule": "load_following",
        }
        for block in ("firm", "baseload"):
            technology, units = row.get(block, ("", 0))
            unit_mw = TECHNOLOGIES[technology].unit_mw if units else 0.0
            full |= {f"{block}_technology": technology, f"{block}_units": units, f"{block}_unit_mw": unit_mw}
        costs = {
            "load_mwh": 21.0 * HOURS,
            "eue_mwh_per_year": 3.0,
            "lolh_hours_per_year": 1.0,
            "availability_frac": 1.0 - 3.0 / (21.0 * HOURS),
            "trips_per_year": 4.0,
            "interruptions_per_year": 0.2,
            "gas_basin_left_frac": 1.0,
            "gas_lateral_left_frac": 1.0,
        }
        rows.append(full | costs)
    return pl.DataFrame(rows)


def _site(year: int = 1) -> SiteYear:
    hour = np.arange(HOURS)
    cloud = np.repeat(np.random.default_rng(year).uniform(0.3, 1.0, HOURS // 24), 24)
    return SiteYear(
        region_id="here",
        weather_year=year,
        start_utc=datetime(2025, 1, 1),
        step_hours=1.0,
        solar_mw_per_mw=np.maximum(np.sin((hour % 24 - 6) * np.pi / 12), 0.0) * cloud,
        load_mw=21.0 + np.sin(hour * 2 * np.pi / 24),
        grid_available_frac=np.ones(HOURS),
        temperature_c=np.full(HOURS, 12.0),
        capacity_frac={name: np.ones(HOURS) for name in TECHNOLOGIES},
    )


def _plant(years: int = 40) -> Plant:
    designs = DesignSet.from_frame(_frame())
    return Plant(designs, TECHNOLOGIES, Battery(0.92, 0.92, 0.1, 0.5), PARAMETERS, Settings(monte_carlo_years=years))


def test_sampled_once_and_laid_beside_the_convolution(tmp_path: Path) -> None:
    chosen, plant, cache = _frame(), _plant(), Cache(tmp_path)
    sites = [_site(1), _site(2)]
    first, hits = sample_chosen(sites, chosen, plant, {"here": CAUSES}, cache)
    again, hits_again = sample_chosen(sites, chosen.reverse(), plant, {"here": CAUSES}, cache, threads=1)
    assert (hits, hits_again) == (0, len(ROWS))
    assert first.equals(again)
    # Another region keeps its own rows; a design that changes is sampled alone.
    other = chosen.with_columns(
        pl.when(pl.col("stack_id") == "gas_recip").then(11).otherwise(pl.col("firm_units")).alias("firm_units")
    )
    changed, kept = sample_chosen(sites, other, plant, {"here": CAUSES}, cache)
    assert kept == len(ROWS) - 1
    lost = [frame.filter(pl.col("stack_id") == "gas_recip")["mc_eue_mwh_per_year"][0] for frame in (first, changed)]
    assert lost[1] < lost[0]

    causes = pl.DataFrame(
        [
            {"region_id": "here", "stack_id": row["stack_id"], "cause": cause, "eue_mwh_per_year": mwh}
            for row in ROWS
            for cause, mwh in (("units", 0.0 if row["stack_id"] == "grid" else 2.0), ("shortage", 0.0))
        ]
    )
    table = validate(
        adequacy_table(chosen, causes, first, CAUSES.with_columns(pl.lit("a").alias("region_id"))), "mart.adequacy"
    )
    assert table["stack_id"].to_list() == sorted(row["stack_id"] for row in ROWS)
    rows = {row["stack_id"]: row for row in table.to_dicts()}
    assert rows["gas_recip"]["largest_cause"] == "units"
    assert rows["grid"]["largest_cause"] == "none"
    for row in rows.values():
        assert row["mc_years"] == 40
        assert row["mc_difference_mwh_per_year"] == pytest.approx(row["mc_eue_mwh_per_year"] - 3.0)
        assert row["nines"] == pytest.approx(-np.log10(1 - row["availability_frac"]))
        assert row["mc_unserved_mwh_p50"] <= row["mc_unserved_mwh_p95"] <= row["mc_unserved_mwh_p99"]
        assert row["mc_lolp_frac"] == pytest.approx(row["mc_lolh_hours_per_year"] / 8760)
        # Nothing fills a battery that only sun or grid can charge, nor one that is not there.
        assert (row["mc_bridged_mwh_per_year"] > 0) == (row["stack_id"] == "solar_bess_gas")


def test_spare_units_carry_no_part_of_the_peak() -> None:
    site = _site()
    designs = DesignSet.from_frame(_frame())

    def spare(stack: str) -> int | None:
        one = DesignSet.from_frame(designs.to_frame().filter(pl.col("stack_id") == stack))
        return spare_units([site], one)

    # 22 MW at 2.5 MW each are nine engines; beside two reactors of 10 MW it is one.
    assert spare("gas_recip") == 1
    assert spare("solar_bess_gas") == 0
    assert spare("smr_hybrid") == 3
    assert spare("solar_bess") is None


def test_what_is_left_when_grid_or_gas_is_lost() -> None:
    plant, site = _plant(), _site()

    def found(stack: str) -> dict[str, Any]:
        return ride_through([site], DesignSet.from_frame(_frame().filter(pl.col("stack_id") == stack)), plant)

    assert found("gas_recip") == {
        "survival_of": "gas_supply", **{f"survives_{hours}h_frac": 0.0 for hours in (1, 4, 8, 24)}
    }  # fmt: skip
    assert found("solar_bess")["survival_of"] == "nothing"
    assert found("solar_bess")["survives_1h_frac"] is None
    sun = found("solar_bess_gas")
    assert 0.2 < sun["survives_24h_frac"] <= sun["survives_8h_frac"] <= sun["survives_1h_frac"] <= 1.0 or (
        sun["survives_1h_frac"] > sun["survives_8h_frac"] >= sun["survives_24h_frac"]
    )
    # Eleven sets for nine that are needed ride through a day but for failures to start and while running.
    sets = found("grid")
    assert sets["survival_of"] == "grid"
    assert 0.98 < sets["survives_24h_frac"] < sets["survives_1h_frac"] < 1.0
    # 96 MWh, 0.9 above the floor and 0.92 on the way out, carry 21 MW for three hours and a little.
    battery = found("flexible_grid_bess")
    assert battery["survives_1h_frac"] > 0.99
    assert battery["survives_4h_frac"] < 0.01


def test_years_are_spread_over_the_weather_years() -> None:
    plant = _plant(years=10)
    design = DesignSet.from_frame(_frame().filter(pl.col("stack_id") == "gas_recip"))
    row = sample_design([_site(1), _site(2), _site(3)], design, plant, CAUSES)
    assert row["mc_years"] == 12
