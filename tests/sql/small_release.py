"""A small release for tests of readers: six regions, eight stacks, two weeks of hours, made from plain formulas.

Its figures are made up and only hang together: parts sum to totals, ranks follow values, hours sum to weeks. Columns of
a contract that are not named here are filled with a value that the contract allows.
"""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import pkgutil
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

import pipelines.contracts
from pipelines.contracts.base import REGISTRY
from pipelines.warehouse import BuildLock, Publication, ReleaseInfo, Warehouse, publish

for _module in pkgutil.iter_modules(pipelines.contracts.__path__):
    importlib.import_module(f"pipelines.contracts.{_module.name}")

_spec = importlib.util.spec_from_file_location("small_cases", Path(__file__).with_name("small_cases.py"))
assert _spec is not None
assert _spec.loader is not None
small_cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(small_cases)

AS_OF = date(2026, 11, 22)
RUN_ID = "20261122-0123456789ab"
REGIONS = [
    ("abilene_tx", "Abilene", "TX", "ERCOT", 32.4, -99.8, 1.9),
    ("milam_tx", "Milam County (Rockdale)", "TX", "ERCOT", 30.7, -97.0, 2.4),
    ("lea_nm", "Lea County", "NM", "West non-ISO", 32.8, -103.4, 1.6),
    ("columbus_oh", "Columbus", "OH", "PJM", 40.0, -83.0, 2.2),
    ("loudoun_va", "Loudoun County", "VA", "PJM", 39.1, -77.6, 3.4),
    ("phoenix_az", "Phoenix", "AZ", "West non-ISO", 33.4, -112.1, 2.9),
]
# stack, solar MW, battery MWh, grid MW, firm technology, units, unit MW, first MW months, LCOE without gas, MMBtu/MWh,
# availability, CO2 kg/MWh
STACKS = [
    ("solar_bess_gas", 50.0, 80.0, 0.0, "recip_genset", 11, 2.5, 15.0, 78.0, 4.9, 0.99935, 260.0),
    ("gas_recip", 0.0, 0.0, 0.0, "recip_genset", 12, 2.5, 14.0, 55.0, 8.9, 0.99941, 470.0),
    ("gas_turbine", 0.0, 0.0, 0.0, "gas_turbine_small_industrial", 4, 16.5, 27.0, 60.0, 10.4, 0.9992, 551.0),
    ("fuel_cell", 0.0, 0.0, 0.0, "fuel_cell", 80, 0.325, 11.0, 96.0, 7.6, 0.99951, 402.0),
    ("solar_bess", 260.0, 900.0, 0.0, "", 0, 0.0, 19.0, 285.0, 0.0, 0.981, 0.0),
    ("grid", 0.0, 0.0, 26.0, "diesel_standby_genset", 10, 2.75, 52.0, 88.0, 0.0, 0.9996, 390.0),
    ("grid_bess_bridge", 0.0, 46.0, 26.0, "diesel_standby_genset", 8, 2.75, 31.0, 97.0, 0.0, 0.9993, 388.0),
    ("smr_hybrid", 0.0, 0.0, 0.0, "recip_genset", 9, 2.5, 88.0, 160.0, 2.1, 0.9994, 110.0),
]
FIRST_HOUR = datetime(2025, 1, 1)
HOURS = 336
TRACED = ["abilene_tx", "loudoun_va"]
LOAD_MW = 22.0
WEIGHTS = {"speed": 0.4, "cost": 0.3, "reliability": 0.2, "carbon": 0.1}
CAUSE_SHARES = {
    "baseload_or_grid": 0.0,
    "gas_supply": 0.2,
    "shortage": 0.05,
    "switchgear": 0.15,
    "trips": 0.1,
    "units": 0.5,
}
ACTIVITIES = [
    ("supply_contracts", "Supply contracts signed and deposits paid", 0.1, 0.0, 0.12),
    ("firm_delivery", "Gensets: order to first delivery", 0.55, 0.12, 0.7),
    ("mv_switchgear", "Medium-voltage switchgear: order to delivery", 0.2, 0.12, 0.75),
    ("commissioning", "Integrated systems test, then energisation", 0.15, 0.85, 1.0),
]


def write_small_release(data_dir: Path, *, is_stale: bool = False) -> ReleaseInfo:
    """Publish the small release under `data_dir` and return what it says about itself."""
    repository = Path(__file__).parents[2]
    now = datetime(2026, 11, 22, 3, 0)
    with BuildLock(data_dir), Warehouse(data_dir / "build" / "firstmw.duckdb", run_id=RUN_ID, as_of=AS_OF) as build:
        for name, frame in small_tables(is_stale=is_stale).items():
            build.write(name, frame)
        macros = sorted((repository / "sql" / "macros").glob("*.sql"))
        return publish(build, data_dir, Publication(RUN_ID, AS_OF, now, macros=macros))


def small_tables(*, is_stale: bool = False) -> dict[str, pl.DataFrame]:
    """Return every published table that has a contract."""
    sites = _sites(is_stale=is_stale)
    frames = {
        "mart.ranked_sites": sites,
        "mart.lcoe_components": _lcoe_components(sites),
        "mart.score_anchors": _anchors(),
        "mart.fuel_prices": _fuel_prices(),
        "mart.time_to_power": sites,
        "mart.critical_path": _critical_path(sites),
        "mart.timeline_gantt": _gantt(sites),
        "mart.lead_times": _lead_times(),
        "mart.reliability": _reliability(sites),
        "mart.pareto": sites.select(
            "region_id", "stack_id", "design_id", "lcoe_usd_per_mwh", "co2_kg_per_mwh", "availability_frac"
        ),
        "mart.designs": sites.unique("design_id", maintain_order=True),
        "mart.stacks": sites.select("stack_id").unique(maintain_order=True),
        "mart.regions": sites.unique("region_id", maintain_order=True),
        "mart.dispatch_hourly": _hours(sites),
        "mart.dispatch_weekly": _weeks(_hours(sites)),
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
    return {name: _filled(name, frames.get(name)) for name in sorted(known)}


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


def _sites(*, is_stale: bool) -> pl.DataFrame:
    rows = []
    for index, (region_id, name, state, iso, latitude, longitude, gas) in enumerate(REGIONS):
        for stack_id, solar, bess, grid, firm, units, unit, months, base, heat_rate, available, co2 in STACKS:
            first = months + 0.7 * index
            lcoe = base + heat_rate * gas + 0.4 * index
            scores = {
                "speed_score": max(0.0, min(100.0, 100 * (84 - first) / 78)),
                "cost_score": max(0.0, min(100.0, 100 * (250 - lcoe) / 200)),
                "reliability_score": 60.0,
                "carbon_score": 100 * (700 - co2) / 700,
            }
            rows.append(
                {
                    "region_id": region_id,
                    "region_name": name,
                    "state": state,
                    "iso": iso,
                    "latitude": latitude,
                    "longitude": longitude,
                    "stack_id": stack_id,
                    "design_id": f"{stack_id}-n{units}",
                    "solar_mw": solar,
                    "bess_mw": bess / 4,
                    "bess_mwh": bess,
                    "reserve_mw": 0.0 if grid or stack_id == "solar_bess" else 4.8,
                    "reserve_mwh": 0.0 if grid or stack_id == "solar_bess" else 1.2,
                    "grid_mw": grid,
                    "is_grid_flexible": stack_id == "grid_bess_bridge",
                    "baseload_technology": "smr" if stack_id == "smr_hybrid" else "",
                    "baseload_units": 1 if stack_id == "smr_hybrid" else 0,
                    "baseload_unit_mw": 15.0 if stack_id == "smr_hybrid" else 0.0,
                    "firm_technology": firm,
                    "firm_units": units,
                    "firm_unit_mw": unit,
                    "rule": "load_following",
                    "first_mw_months_p10": first * 0.8,
                    "first_mw_months_p50": first,
                    "first_mw_months_p90": first * 1.5,
                    "full_mw_months_p10": first * 0.8 + 4,
                    "full_mw_months_p50": first + 4,
                    "full_mw_months_p90": first * 1.5 + 4,
                    "critical_activity": "firm_delivery",
                    "completion_probability": 0.6 if grid else 1.0,
                    "lcoe_usd_per_mwh": lcoe,
                    "availability_frac": available,
                    "full_service_hours_frac": available,
                    "lolh_hours_per_year": 8760 * (1 - available),
                    "eue_mwh_per_year": 8760 * LOAD_MW * (1 - available),
                    "interruptions_per_year": 0.3 + 0.1 * index,
                    "is_target_met": available >= 0.999,
                    "is_composition_met": True,
                    "co2_kg_per_mwh": co2,
                    "gas_price_usd_per_mmbtu": gas,
                    "is_gas_price_fallback": region_id == "phoenix_az",
                    "power_price_usd_per_mwh": 60.0 + 5 * index,
                    "usable_mw_months_60": max(0.0, 20 * (60 - first)) * (0.6 if grid else 1.0),
                    "online_years_discounted": max(0.5, (120 - first) / 12) * (0.6 if grid else 1.0),
                    "restart_usd_per_mw_year": 400.0 * index,
                    "value_usd_per_mw": (120 - first) * 90_000 * (0.6 if grid else 1.0) - 26_000 * lcoe,
                    **scores,
                    "score": sum(WEIGHTS[part] * scores[f"{part}_score"] for part in WEIGHTS),
                    "weather_source": "synthetic",
                    "is_stale": is_stale,
                    "as_of_utc": datetime(2026, 11, 22),
                    "run_id": RUN_ID,
                }
            )
    frame = pl.DataFrame(rows).sort("is_target_met", "value_usd_per_mw", descending=True, maintain_order=True)
    frame = frame.with_row_index("rank", offset=1).with_columns(pl.col("rank").cast(pl.Int64))
    best = frame.group_by("region_id", maintain_order=True).agg(pl.col("rank").min().alias("best"))
    best = best.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("region_rank"))
    joined = frame.join(best, on="region_id", how="left", maintain_order="left")
    return joined.with_columns(
        (pl.col("rank") == pl.col("best")).alias("is_region_best"),
        (pl.col("value_usd_per_mw") / pl.col("online_years_discounted")).alias("net_usd_per_mw_year"),
        (small_cases.BUS_MWH * pl.col("lcoe_usd_per_mwh")).alias("power_usd_per_mw_year"),
    )


def _lcoe_components(sites: pl.DataFrame) -> pl.DataFrame:
    components = _vocabulary("mart.lcoe_components", "component")
    parts = pl.DataFrame(
        {"component": components, "component_order": list(range(1, len(components) + 1))}
    ).with_columns(
        pl.col("component").replace_strict({"firm_capital": 0.5, "fixed_om": 0.2}, default=0.0).alias("part")
    )
    fuel = pl.col("gas_price_usd_per_mmbtu") * pl.col("firm_units").clip(0, 1) * (pl.col("grid_mw") == 0) * 5
    cost = pl.when(pl.col("component") == "fuel").then(fuel)
    cost = cost.when(pl.col("component") == "electrical_capital")
    cost = cost.then(0.3 * pl.col("lcoe_usd_per_mwh") - fuel).otherwise(pl.col("part") * pl.col("lcoe_usd_per_mwh"))
    return (
        sites.join(parts, how="cross", maintain_order="left_right")
        .with_columns(cost.alias("cost_usd_per_mwh"))
        .with_columns((pl.col("cost_usd_per_mwh") * LOAD_MW * 8760).alias("cost_usd_per_year"))
    )


def _anchors() -> pl.DataFrame:
    columns = ["first_mw_months_p50", "lcoe_usd_per_mwh", "availability_frac", "co2_kg_per_mwh"]
    return pl.DataFrame(
        {"component": list(WEIGHTS), "column_name": columns, "weight": list(WEIGHTS.values()), "transform": "linear"}
    )


def _fuel_prices() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "region_id": region_id,
                "fuel": fuel,
                "price": price,
                "unit": unit,
                "price_basis": "hub_plus_basis" if fuel == "natural_gas" else "average",
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


def _critical_path(sites: pl.DataFrame) -> pl.DataFrame:
    activities = pl.DataFrame(
        ACTIVITIES, schema=["activity", "description", "criticality_frac", "start", "finish"], orient="row"
    ).with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("activity_order"))
    months = pl.col("first_mw_months_p50")
    return sites.join(activities, how="cross", maintain_order="left_right").with_columns(
        pl.col("criticality_frac").alias("on_critical_path_frac"),
        (months * pl.col("criticality_frac") * 0.5).alias("months_saved_if_free"),
        (months * (pl.col("finish") - pl.col("start"))).alias("duration_p50_months"),
        (months * pl.col("start")).alias("start_mean_months"),
        (months * pl.col("finish")).alias("finish_mean_months"),
        pl.col("activity").alias("duration_id"),
        pl.format("{} survey, 2026-02", "activity").alias("source"),
    )


def _gantt(sites: pl.DataFrame) -> pl.DataFrame:
    return _critical_path(sites).with_columns(
        pl.lit("site").alias("scope"),
        (pl.col("activity") != "mv_switchgear").alias("is_critical"),
        pl.lit("").alias("predecessors"),
        *(
            (pl.col(f"{end}_mean_months") * factor).alias(f"{end}_months_{point}")
            for end in ("start", "finish")
            for point, factor in (("p10", 0.8), ("p50", 1.0), ("p90", 1.5))
        ),
        pl.col("finish_mean_months").alias("complete_months_p50"),
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


def _reliability(sites: pl.DataFrame) -> pl.DataFrame:
    causes = pl.DataFrame({"cause": list(CAUSE_SHARES), "share": list(CAUSE_SHARES.values())})
    lost = pl.col("share") * (1 - pl.col("availability_frac"))
    return sites.join(causes, how="cross", maintain_order="left_right").with_columns(
        (pl.col("share") * pl.col("eue_mwh_per_year")).alias("eue_mwh_per_year"),
        lost.alias("unavailability_frac"),
        (8760 * lost).alias("lost_hours_per_year"),
    )


def _hours(sites: pl.DataFrame) -> pl.DataFrame:
    traced = sites.filter(pl.col("region_id").is_in(TRACED)).select("region_id", "stack_id", "solar_mw", "grid_mw")
    hour = pl.int_range(0, HOURS, dtype=pl.Int64)
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


def _weeks(hours: pl.DataFrame) -> pl.DataFrame:
    week = (pl.col("hour") // 168 + 1).alias("week")
    energies = ["load", "solar", "curtailed", "charge", "discharge", "grid", "baseload", "firm", "unserved"]
    return hours.group_by("region_id", "stack_id", week, maintain_order=True).agg(
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


_KEYS: dict[str, Sequence[Any]] = {
    "region_id": [region[0] for region in REGIONS],
    "stack_id": [stack[0] for stack in STACKS],
    "state": sorted({region[2] for region in REGIONS}),
    "month": list(range(1, 13)),
    "year": [2022, 2023],
    "weather_year": [1],
}


def _filled(name: str, frame: pl.DataFrame | None) -> pl.DataFrame:
    """Return the contract's columns in order, with an allowed value wherever the frame has none."""
    columns = REGISTRY[name].schema.columns()
    if frame is None:
        keys = REGISTRY[name].key
        values = [_KEYS.get(key, [_allowed(key, columns[key])]) for key in keys]
        frame = pl.DataFrame(list(itertools.product(*values)), schema=keys, orient="row")
    filled = []
    for column, described in columns.items():
        if column in frame.columns:
            filled.append(pl.col(column).cast(described.dtype))
        else:
            filled.append(pl.lit(_allowed(column, described)).cast(described.dtype).alias(column))
    return frame.select(filled)


def _allowed(column: str, described: dy.Column) -> Any:
    values = (described.metadata or {}).get("values")
    if described.nullable or values:
        return None if described.nullable else values[0]
    if isinstance(described, dy.String):
        samples = (
            ["2025"] if column == "as_of" else [f"a {column}", "2025", "2025-01", "48441", "TX", "https://example.org/"]
        )
        return next(sample for sample in samples if not described.regex or re.search(described.regex, sample))
    for kind, value in ((dy.Bool, False), (dy.Datetime, datetime(2025, 1, 1)), (dy.Date, date(2025, 1, 1))):
        if isinstance(described, kind):
            return value
    low, high = getattr(described, "min", None), getattr(described, "max", None)
    return low if low is not None and low > 0 else min(1, high) if high is not None else 1


def _vocabulary(name: str, column: str) -> list[str]:
    return list((REGISTRY[name].schema.columns()[column].metadata or {})["values"])
