"""A small release for tests of readers: six regions, eight stacks, two weeks of hours, made from plain formulas.

Its figures are made up and only hang together: parts sum to totals, ranks follow values, hours sum to weeks. Columns of
a contract that are not named here are filled with a value that the contract allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import small_cases
import small_sites
from small_columns import filled
from small_sites import ACTIVITIES, AS_OF, LOAD_MW, REGIONS, RUN_ID, STACKS, WEIGHTS

from pipelines.contracts.base import REGISTRY
from pipelines.places.permission import stop_verdicts
from pipelines.places.table import region_facts
from pipelines.reference.load import load_reference
from pipelines.settings import REFERENCE_DIR, Settings
from pipelines.warehouse import BuildLock, Publication, ReleaseInfo, Warehouse, publish

FIRST_HOUR = datetime(2025, 1, 1)
HOURS = 336
TRACED = ["abilene_tx", "loudoun_va"]
_KEYS: dict[str, Sequence[Any]] = {
    "region_id": [region[0] for region in REGIONS],
    "stack_id": [stack[0] for stack in STACKS],
    "state": sorted({region[2] for region in REGIONS}),
    "month": list(range(1, 13)),
    "year": [2022, 2023],
    "weather_year": [1],
}


def write_small_release(data_dir: Path, *, is_stale: bool = False) -> ReleaseInfo:
    """Publish the small release under `data_dir` and return what it says about itself."""
    repository = Path(__file__).parents[2]
    now = datetime(2026, 11, 22, 3, 0)
    with BuildLock(data_dir), Warehouse(data_dir / "build" / "firstmw.duckdb", run_id=RUN_ID, as_of=AS_OF) as build:
        for name, frame in small_tables(is_stale=is_stale).items():
            build.write(name, frame)
        macros = sorted((repository / "sql" / "macros").glob("*.sql"))
        return publish(build, data_dir, Publication(RUN_ID, AS_OF, now, macros=macros))


def small_tables(*, is_stale: bool = False, hours: int = HOURS) -> dict[str, pl.DataFrame]:
    """Return every published table that has a contract, with so many hours of dispatch."""
    sites = small_sites.all_sites(is_stale=is_stale)
    hourly = _hours(sites, hours)
    places = small_sites.places(sites)
    frames = {
        "mart.ranked_sites": sites,
        "mart.lcoe_components": small_sites.lcoe_components(sites),
        "mart.score_anchors": _anchors(),
        "mart.fuel_prices": _fuel_prices(),
        "mart.time_to_power": sites,
        "mart.critical_path": small_sites.critical_path(sites),
        "mart.timeline_gantt": small_sites.gantt(sites),
        "mart.lead_times": _lead_times(),
        "mart.acceleration": _acceleration(sites),
        "mart.reliability": small_sites.reliability(sites),
        "mart.pareto": sites.select(
            "region_id", "stack_id", "design_id", "lcoe_usd_per_mwh", "co2_kg_per_mwh", "availability_frac"
        ),
        "mart.designs": sites.unique("design_id", maintain_order=True),
        "mart.stacks": sites.select("stack_id")
        .unique(maintain_order=True)
        .with_columns(
            pl.col("stack_id")
            .replace_strict({"flexible_grid_bess": "grid_bess_bridge"}, default="")
            .alias("former_stack_id"),
            # A unit may have the id of its stack, as fuel cells do.
            pl.format("stack {}", "stack_id").alias("label"),
            pl.format("units of {}", "stack_id").alias("firm_label"),
        ),
        "mart.local_stops": stop_verdicts(
            *(load_reference(name, REFERENCE_DIR) for name in ("local_stops", "state_rules")), AS_OF, Settings()
        ),
        "mart.regions": places,
        "mart.fact_definitions": load_reference("fact_definitions", REFERENCE_DIR),
        "mart.region_facts": region_facts(
            places, load_reference("fact_definitions", REFERENCE_DIR), places.select("region_id"), Settings()
        ),
        "mart.dispatch_hourly": hourly,
        "mart.dispatch_weekly": _weeks(hourly),
        "mart.dispatch_annual": _years(sites),
        "mart.data_status": _data_status(is_stale=is_stale),
        "mart.assumptions": _assumptions(),
        "mart.input_changes": _changes(),
        **small_cases.cases(sites),
        **small_cases.uncertainty(sites),
        **small_cases.nights(sites),
        **small_cases.portfolio(),
        "mart.queue_outcomes": pl.DataFrame({"iso": ["PJM"], "is_preferred": [True], "energised_frac": [0.2]}),
        "mart.hazards": pl.DataFrame({"county_fips": ["48441"], "release": ["2025"], "state": ["TX"]}),
    }
    known = {name for name in REGISTRY if name.startswith("mart.")}
    return {name: filled(name, frames.get(name), _KEYS) for name in sorted(known)}


def _acceleration(sites: pl.DataFrame) -> pl.DataFrame:
    options = {"equipment_class": ["chillers", "mv_switchgear"], "is_taken": [True, False], "gain": [3e5, 1e5]}
    return (
        sites.select("region_id", "stack_id")
        .join(pl.DataFrame(options), how="cross", maintain_order="left_right")
        .with_columns(
            pl.lit(1).alias("step"),
            pl.lit("new_order").alias("from_path"),
            pl.lit("framework").alias("to_path"),
            pl.lit(2e4).alias("cost_usd_per_mw"),
            pl.col("gain").alias("value_gain_usd_per_mw"),
            (pl.col("gain") + 2e4).alias("break_even_usd_per_mw"),
        )
    )


def _changes() -> pl.DataFrame:
    keys = {"core.queue_projects": "ERCOT | ERCOT | 25INR0001 | 1", "core.gas_prices": "hub | Henry Hub | spot"}
    cells = (("", "added", None, None), ("status", "changed", "active", "withdrawn"))
    return pl.DataFrame(
        [
            {
                "table_name": name,
                "row_key": key,
                "column_name": column,
                "change": change,
                "before": before,
                "after": after,
                "before_as_of": date(2026, 11, 21),
                "as_of": AS_OF,
            }
            for name, key in keys.items()
            for column, change, before, after in cells
        ],
        schema_overrides={"before": pl.String, "after": pl.String},
    )


def _anchors() -> pl.DataFrame:
    columns = {
        "speed": ["first_mw_months_p50"],
        "cost": ["lcoe_usd_per_mwh"],
        "reliability": ["availability_frac"],
        "resilience": ["worst_years_served_frac", "rides_through_24h_frac"],
        "carbon": ["co2_kg_per_mwh"],
    }
    rows = [(part, name, WEIGHTS[part] / len(own), "linear") for part, own in columns.items() for name in own]
    return pl.DataFrame(rows, schema=["component", "column_name", "weight", "transform"], orient="row")


def _fuel_prices() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "region_id": region_id,
                "fuel": fuel,
                **dict.fromkeys(("spot_price", "near_price", "long_run_price", "level_price"), price),
                "unit": unit,
                "price_basis": "henry_hub_plus_basis" if fuel == "natural_gas" else "average",
                "is_fallback": region_id == "phoenix_az" and fuel == "natural_gas",
                "is_assumption": fuel in {"diesel", "uranium"},
                "source_title": f"Prices of {fuel}",
                "publisher": "Test publisher",
                "url": "",
                "as_of": "" if fuel in {"diesel", "uranium"} else "2025-06",
            }
            for region_id, *_, gas in REGIONS
            for fuel, price, unit in [
                ("diesel", 25.0, "USD/MMBtu"),
                ("grid_power", 70.0, "USD/MWh"),
                ("natural_gas", gas, "USD/MMBtu"),
                ("uranium", 0.8, "USD/MMBtu"),
            ]
        ]
    )


def _lead_times() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "duration_id": [activity for activity, *_ in ACTIVITIES],
            "unit": "months",
            "low": [1.0, 6.0, 5.0, 1.0],
            "mid": [2.0, 9.0, 9.0, 2.0],
            "high": [3.0, 15.0, 18.0, 4.0],
            "is_assumption": [True, False, False, True],
            "as_of": ["", "2026-02", "2025-10", ""],
        }
    )


def _hours(sites: pl.DataFrame, hours: int) -> pl.DataFrame:
    traced = sites.filter(pl.col("region_id").is_in(TRACED)).select("region_id", "stack_id", "solar_mw", "grid_mw")
    hour = pl.int_range(0, hours, dtype=pl.Int64)
    clock = pl.select(hour.alias("hour")).with_columns(
        (pl.lit(FIRST_HOUR).cast(pl.Datetime("us")) + pl.duration(hours=pl.col("hour"))).alias("hour_utc"),
        ((pl.col("hour") % 24 >= 14) & (pl.col("hour") % 24 < 23)).cast(pl.Float64).alias("sun"),
    )
    used = pl.min_horizontal(pl.col("solar_mw") * pl.col("sun"), pl.lit(LOAD_MW))
    joined = traced.join(clock, how="cross", maintain_order="left_right")
    return joined.with_columns(
        pl.lit(LOAD_MW).alias("load_mw"),
        (pl.col("solar_mw") * pl.col("sun") - used).alias("curtailed_mw"),
        used.alias("solar_mw"),
        pl.when(pl.col("grid_mw") > 0).then(LOAD_MW).otherwise(0.0).alias("grid_mw"),
    ).with_columns(
        (pl.lit(LOAD_MW) - pl.col("solar_mw") - pl.col("grid_mw")).alias("firm_mw"),
        (pl.col("solar_mw") < LOAD_MW).cast(pl.Int64).alias("firm_units_on"),
        *(pl.lit(0.0).alias(name) for name in ("charge_mw", "discharge_mw", "baseload_mw", "unserved_mw", "soc_mwh")),
    )


def _weeks(hourly: pl.DataFrame) -> pl.DataFrame:
    week = (pl.col("hour") // 168 + 1).alias("week")
    energies = ["load", "solar", "curtailed", "charge", "discharge", "grid", "baseload", "firm", "unserved"]
    return hourly.group_by("region_id", "stack_id", week, maintain_order=True).agg(
        pl.col("hour_utc").min().alias("week_start_utc"),
        *(pl.col(f"{name}_mw").sum().alias(f"{name}_mwh") for name in energies),
    )


def _years(sites: pl.DataFrame) -> pl.DataFrame:
    solar = 0.27 * 8760 * pl.col("solar_mw")
    return sites.with_columns(
        pl.lit(1, dtype=pl.Int64).alias("weather_year"),
        pl.lit(LOAD_MW * 8760).alias("load_mwh"),
        solar.alias("solar_potential_mwh"),
        (0.9 * solar).alias("solar_mwh"),
        (0.1 * solar).alias("curtailed_mwh"),
        (200 * pl.col("bess_mwh")).alias("discharge_mwh"),
        pl.col("firm_units").cast(pl.Float64).alias("firm_run_hours"),
        pl.lit(0.5).alias("renewable_frac"),
    )


def _data_status(*, is_stale: bool) -> pl.DataFrame:
    through = datetime(2025, 6, 30)
    return pl.DataFrame(
        [
            {
                "source_id": source_id,
                "profile": "last_good" if is_stale and source_id == "gas_prices" else "reference",
                "is_stale": is_stale and source_id == "gas_prices",
                "data_through_utc": through,
                "age_days": float((datetime(2026, 11, 22) - through) / timedelta(days=1)),
                "rows": 120,
                "rejects": 0,
            }
            for source_id in ("equipment_lead_times", "gas_prices", "power_prices")
        ]
    )


def _assumptions() -> pl.DataFrame:
    return pl.DataFrame(
        [
            ("setting.availability_target", "choice", "0.999", "", "share of demanded IT energy to be served", None),
            ("setting.discount_rate", "assumption", "0.09", "1/year", "real discount rate of power assets", None),
            ("recip_genset.heat_rate", "fact", "8900", "Btu/kWh", "fuel at full load", "Test source"),
        ],
        schema=["assumption_id", "kind", "value", "unit", "meaning", "source_title"],
        orient="row",
    )
