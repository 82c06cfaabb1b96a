"""The sites of the small release: regions, stacks, what they cost, when they come and how they fail."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
from small_cases import BUS_MWH
from small_columns import vocabulary

from pipelines.places.facts import with_place_facts
from pipelines.settings import Settings

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
    ("flexible_grid_bess", 0.0, 46.0, 26.0, "diesel_standby_genset", 8, 2.75, 31.0, 97.0, 0.0, 0.9993, 388.0),
    ("smr_hybrid", 0.0, 0.0, 0.0, "recip_genset", 9, 2.5, 88.0, 160.0, 2.1, 0.9994, 110.0),
]
COUNTIES = {
    "abilene_tx": "48441",
    "milam_tx": "48331",
    "lea_nm": "35025",
    "columbus_oh": "39049",
    "loudoun_va": "51107",
    "phoenix_az": "04013",
}
LOAD_MW = 22.0
WEIGHTS = {"speed": 0.35, "cost": 0.25, "reliability": 0.15, "resilience": 0.15, "carbon": 0.1}
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


def all_sites(*, is_stale: bool) -> pl.DataFrame:
    rows = []
    for index, (region_id, name, state, iso, latitude, longitude, gas) in enumerate(REGIONS):
        for stack_id, solar, bess, grid, firm, units, unit, months, base, heat_rate, available, co2 in STACKS:
            first = months + 0.7 * index
            lcoe = base + heat_rate * gas + 0.4 * index
            scores = {
                "speed_score": max(0.0, min(100.0, 100 * (84 - first) / 78)),
                "cost_score": max(0.0, min(100.0, 100 * (250 - lcoe) / 200)),
                "reliability_score": 60.0,
                "resilience_score": 45.0 - 3.0 * index,
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
                    "is_grid_flexible": stack_id == "flexible_grid_bess",
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
                    "fuel_service": "none" if firm in {"", "diesel_standby_genset"} else "interruptible",
                    "gas_basin_left_frac": 1.0,
                    "gas_lateral_left_frac": 1.0,
                    "mc_lole_events_per_year": 4.0 + index,
                    "mc_longest_outage_hours": 60.0 + index,
                    "is_target_met": available >= 0.999,
                    "is_composition_met": True,
                    "air_permit_class": "none"
                    if not heat_rate
                    else "minor"
                    if stack_id != "gas_turbine"
                    else "major_psd",
                    "gas_lateral_km": 1.0 + index if heat_rate else None,
                    "is_eligible": True,
                    "blocked_by": "",
                    "alleged_stop": "",
                    "municipal_stops": "",
                    "entitlement_class": "ordinary",
                    "co2_kg_per_mwh": co2,
                    "gas_price_usd_per_mmbtu": gas,
                    "gas_level_usd_per_mmbtu": gas,
                    "is_gas_price_fallback": region_id == "phoenix_az",
                    "power_price_usd_per_mwh": 60.0 + 5 * index,
                    "usable_mw_months_60": max(0.0, 20 * (60 - first)) * (0.6 if grid else 1.0),
                    "online_years_discounted": max(0.5, (120 - first) / 12) * (0.6 if grid else 1.0),
                    "restart_usd_per_mw_year": 400.0 * index,
                    "value_usd_per_mw": (120 - first) * 90_000 * (0.6 if grid else 1.0) - 26_000 * lcoe,
                    **scores,
                    "score": sum(WEIGHTS[part] * scores[f"{part}_score"] for part in WEIGHTS),
                    "weather_source": "synthetic",
                    "posture": "open",
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
        (BUS_MWH * pl.col("lcoe_usd_per_mwh")).alias("power_usd_per_mw_year"),
    )


def places(sites: pl.DataFrame) -> pl.DataFrame:
    """Return the regions with the facts of their real counties."""
    regions = sites.unique("region_id", maintain_order=True)
    codes = pl.col("region_id").replace_strict(COUNTIES)
    return with_place_facts(regions.with_columns(codes.alias("county_fips")), Settings())


def lcoe_components(sites: pl.DataFrame) -> pl.DataFrame:
    components = vocabulary("mart.lcoe_components", "component")
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


def critical_path(sites: pl.DataFrame) -> pl.DataFrame:
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


def gantt(sites: pl.DataFrame) -> pl.DataFrame:
    return critical_path(sites).with_columns(
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


def reliability(sites: pl.DataFrame) -> pl.DataFrame:
    causes = pl.DataFrame({"cause": list(CAUSE_SHARES), "share": list(CAUSE_SHARES.values())})
    lost = pl.col("share") * (1 - pl.col("availability_frac"))
    return sites.join(causes, how="cross", maintain_order="left_right").with_columns(
        (pl.col("share") * pl.col("eue_mwh_per_year")).alias("eue_mwh_per_year"),
        lost.alias("unavailability_frac"),
        (8760 * lost).alias("lost_hours_per_year"),
    )
