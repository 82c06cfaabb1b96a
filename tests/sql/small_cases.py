"""What surrounds the ranking of the small release: cases, ranges, neighbours and nights, by plain formulas."""

from __future__ import annotations

from datetime import datetime

import polars as pl

BUS_MWH = 9_800.0


def cases(sites: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the night again at three margins, and under two scenarios."""
    years = pl.col("online_years_discounted")
    margins = pl.DataFrame({"margin_usd_per_mw_year": [2e6, 4e6, 11e6]})
    earned = pl.col("margin_usd_per_mw_year") - BUS_MWH * pl.col("lcoe_usd_per_mwh")
    sensitivity = sites.join(margins, how="cross", maintain_order="left_right").with_columns(
        (years * earned).alias("value_usd_per_mw")
    )
    price = pl.DataFrame({"scenario_id": ["base", "carbon_100"], "price": [0.0, 0.1]})
    scenarios = (
        sites.rename({"rank": "base_rank"})
        .join(price, how="cross", maintain_order="left_right")
        .with_columns((-years * BUS_MWH * pl.col("price") * pl.col("co2_kg_per_mwh")).alias("value_change_usd_per_mw"))
        .with_columns(
            (pl.col("value_usd_per_mw") + pl.col("value_change_usd_per_mw")).alias("value_usd_per_mw"),
            (pl.col("lcoe_usd_per_mwh") + pl.col("price") * pl.col("co2_kg_per_mwh")).alias("lcoe_usd_per_mwh"),
            pl.lit(False).alias("is_other_design"),
        )
    )
    described = {
        "scenario_id": "carbon_100",
        "setting": "carbon_price_usd_per_tonne",
        "value": "100",
        "base_value": "0.0",
        "meaning": "a price on CO2",
    }
    return {
        "mart.rank_sensitivity": _ranked(sensitivity, ["margin_usd_per_mw_year"]),
        "mart.scenario_rankings": _ranked(scenarios, ["scenario_id"]).with_columns(
            (pl.col("rank") - pl.col("base_rank")).alias("rank_change")
        ),
        "mart.scenarios": pl.DataFrame([described]),
    }


def _ranked(frame: pl.DataFrame, case: list[str]) -> pl.DataFrame:
    """Return rank, region_rank and is_region_best within each case."""
    order = ["is_target_met", "value_usd_per_mw", "region_id", "stack_id"]
    down = [False] * len(case) + [True, True, False, False]
    ordered = frame.sort(*case, *order, descending=down).with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(case).alias("rank")
    )
    best = ordered.group_by(*case, "region_id", maintain_order=True).agg(pl.col("rank").min().alias("first"))
    best = best.sort(*case, "first").with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(case).alias("region_rank")
    )
    return (
        ordered.drop("region_rank", "is_region_best", strict=False)
        .join(best, on=[*case, "region_id"], how="left", maintain_order="left")
        .with_columns((pl.col("rank") == pl.col("first")).alias("is_region_best"))
    )


def uncertainty(sites: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return four assumptions, what they do to every row, and what turns the order of neighbours."""
    ranges = pl.DataFrame(
        {
            "assumption_id": ["compute_capital", "engine_capital", "gas_price", "lead_times"],
            "effect": ["compute_capital", "capital", "gas", "lead_times"],
            "unit": ["USD/MW", "ratio", "USD/MMBtu", "months"],
            "low": [2.0e7, 0.92, 3.0, 0.0],
            "base": [2.8e7, 1.0, 4.0, 0.0],
            "high": [3.7e7, 1.08, 7.0, 0.0],
            "meaning": ["capital of compute", "capital of gas engines", "level of Henry Hub", "months to the first MW"],
            "reason": ["the published range"] * 3 + ["the draws of the activity networks"],
            "source_title": ["Outlook", "Cost table", "Energy outlook", ""],
            "publisher": ["Test publisher"] * 3 + [""],
            "as_of": ["2026", "2025", "2025-04", ""],
            "importance": [1, 4, 2, 3],
            "swing_usd_per_mw": [9e6, 1e5, 8e5, 5e5],
        }
    )
    half = 0.5 * pl.col("swing_usd_per_mw")
    swings = sites.join(ranges, how="cross", maintain_order="left_right").with_columns(
        (pl.col("value_usd_per_mw") + half).alias("value_at_low_usd_per_mw"),
        (pl.col("value_usd_per_mw") - half).alias("value_at_high_usd_per_mw"),
        pl.col("lcoe_usd_per_mwh").alias("lcoe_at_low_usd_per_mwh"),
        pl.col("lcoe_usd_per_mwh").alias("lcoe_at_high_usd_per_mwh"),
    )
    figures = {"low": 3.0, "base": 4.0, "high": 7.0, "flip": 5.5, "ranges_away": 0.5}
    flips = (
        sites.filter("is_region_best")
        .sort("region_rank")
        .with_columns(
            pl.lit("regions").alias("pair"),
            pl.col("region_id").shift(-1).alias("other_region_id"),
            pl.col("stack_id").shift(-1).alias("other_stack_id"),
            (pl.col("value_usd_per_mw") - pl.col("value_usd_per_mw").shift(-1)).alias("value_gap_usd_per_mw"),
            pl.lit("gas_price").alias("assumption_id"),
            pl.lit("USD/MMBtu").alias("unit"),
            *(pl.lit(value).alias(name) for name, value in figures.items()),
            pl.lit(True).alias("is_within_range"),
        )
        .filter(pl.col("other_region_id").is_not_null())
    )
    firm = sites.with_columns(
        pl.col("rank").cast(pl.Float64).alias("rank_p50"),
        (pl.col("rank") - 1.0).clip(1.0).alias("rank_p05"),
        (pl.col("rank") + 3.0).alias("rank_p95"),
        (pl.col("rank") <= 10).cast(pl.Float64).alias("top10_frac"),
    )
    return {
        "mart.uncertainties": ranges,
        "mart.site_sensitivity": swings,
        "mart.rank_flips": flips,
        "mart.rank_acceptability": pl.concat(
            [firm.with_columns(pl.lit(name).alias("ordered_by")) for name in ("value", "score")]
        ),
    }


def nights(sites: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return two nights of history, the second with dearer gas, and what moved between them."""
    tonight = sites.with_columns(pl.lit(2, dtype=pl.Int64).alias("night_number"), pl.lit("all").alias("scope"))
    before = tonight.with_columns(
        pl.lit(datetime(2026, 11, 21)).alias("as_of_utc"),
        pl.lit("20261121-0123456789ab").alias("run_id"),
        pl.lit(1, dtype=pl.Int64).alias("night_number"),
        (pl.col("value_usd_per_mw") + 50_000.0).alias("value_usd_per_mw"),
    )
    parts = ("lead_times", "power_price", "plant", "other_costs", "energy", "availability", "margin")
    changes = sites.with_columns(
        pl.lit("20261121-0123456789ab").alias("previous_run_id"),
        pl.col("rank").alias("previous_rank"),
        pl.lit(0, dtype=pl.Int64).alias("rank_change"),
        pl.lit("gas price").alias("moved_by"),
        pl.lit("2.0 -> 2.4 USD/MMBtu").alias("movement"),
        pl.lit("reference/gas_prices").alias("changed_inputs"),
        pl.lit(-50_000.0).alias("value_change_usd_per_mw"),
        pl.lit(-50_000.0).alias("gas_price_usd_per_mw"),
        *(pl.lit(0.0).alias(f"{part}_usd_per_mw") for part in parts),
    )
    runs = pl.DataFrame({"kind": ["input"], "name": ["reference/gas_prices"], "before": ["aa"], "after": ["bb"]})
    return {
        "mart.ranking_history": pl.concat([before, tonight], how="vertical_relaxed"),
        "mart.rank_changes": changes,
        "mart.run_changes": runs,
    }


def portfolio() -> dict[str, pl.DataFrame]:
    """Return a portfolio of one campus and two nodes."""
    strategies = ["campus", "nodes"]
    places = {"strategy": ["campus", "nodes", "nodes"], "region_id": ["abilene_tx", "columbus_oh", "lea_nm"]}
    plan = pl.DataFrame({**places, "month": [24, 25, 26], "modules": [20, 10, 10]})
    return {
        "mart.portfolio_comparison": pl.DataFrame(
            {"strategy": strategies, "sites": [1, 2], "first_mw_month": [24, 25]}
        ),
        "mart.portfolio_sites": pl.DataFrame({**places, "state": ["TX", "OH", "NM"]}),
        "mart.portfolio_resilience": pl.DataFrame(
            {"strategy": strategies, "event_type": ["flood", "flood"], "unserved_mwh_mean": [12.0, 11.0]}
        ),
        "mart.deployment_plan": plan.with_columns(pl.lit("gas_recip").alias("stack_id")),
        "mart.hazard_rates": pl.DataFrame(
            schema={
                "region_id": pl.String,
                "hazard": pl.String,
                "events_per_year": pl.Float64,
                "release": pl.String,
                "area_km2": pl.Float64,
            }
        ),
    }
