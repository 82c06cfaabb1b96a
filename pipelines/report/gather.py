"""What the page carries of a release: the marts, cut to what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.input_families import ages_in_words
from pipelines.ordered import group_mean
from pipelines.report.encode import DIGITS, encode_table

DETAIL_REGIONS = 200
"""Regions, best first, whose schedule, cost and outages the page carries; at county scope the file stays small."""
MOST_SITES = 10_000
"""Pairs of region and stack up to which the page carries all; beyond, other regions come with their best stack only."""
_KEY = ["region_id", "stack_id"]
# What `rank_sites` computes, compares or orders with.
_EXACT = {
    *("speed_score", "cost_score", "reliability_score", "resilience_score", "carbon_score"),
    *("availability_frac", "lcoe_usd_per_mwh"),
}
_SITES = [
    "rank", "region_rank", "is_region_best", *_KEY, "region_name", "state", "iso", "latitude", "longitude", "design_id",
    "solar_mw", "bess_mw", "bess_mwh", "reserve_mw", "reserve_mwh", "grid_mw", "baseload_technology", "baseload_units",
    "baseload_unit_mw", "firm_technology", "firm_units", "firm_unit_mw", "first_mw_months_p10", "first_mw_months_p50",
    "first_mw_months_p90", "full_mw_months_p50", "critical_activity", "p_first_mw_24_months", "p_first_mw_36_months",
    "completion_probability", "lcoe_usd_per_mwh", "capex_usd_per_kw", "availability_frac", "full_service_hours_frac",
    "is_target_met", "is_eligible", "lolh_hours_per_year", "eue_mwh_per_year", "interruptions_per_year",
    "renewable_frac",
    "co2_kg_per_mwh", "gas_price_usd_per_mmbtu", "power_price_usd_per_mwh", "usable_mw_months_60", "value_usd_per_mw",
    "tie_id", "top10_frac", "rank_p05", "rank_p95", "online_years_discounted", "net_usd_per_mw_year",
    "power_usd_per_mw_year", "restart_usd_per_mw_year", "online_availability_frac", "is_pareto", "speed_score",
    "cost_score", "reliability_score", "resilience_score", "carbon_score", "score",
]  # fmt: skip
_CITED = ["source_title", "publisher", "url", "as_of"]
# By name in the page: table, columns, order, and whether only regions with details are carried.
_TABLES: dict[str, tuple[str, Sequence[str], Sequence[str], bool]] = {
    "stacks": (
        "stacks",
        ["stack_id", "label", "description", "is_islanded", "firm_label", "baseload_label"],
        ["stack_id"],
        False,
    ),
    "anchors": (
        "score_anchors",
        ["component", "column_name", "unit", "anchor_low", "anchor_high", "weight", "reason"],
        ["component"],
        False,
    ),
    "status": (
        "data_status",
        ["source_id", "profile", "is_stale", "data_through_utc", "retrieved_at_utc", "age_days", "rows",
         "rejects", "note"],
        ["source_id"],
        False,
    ),
    "postures": (
        "time_to_power_by_posture",
        [*_KEY, "posture", "first_mw_months_p10", "first_mw_months_p50", "first_mw_months_p90"],
        [*_KEY, "first_mw_months_p50", "posture"],
        True,
    ),
    "energisation": (
        "energisation",
        [*_KEY, "module", "online_mw", "energised_months_p10", "energised_months_p50", "energised_months_p90"],
        [*_KEY, "module"],
        True,
    ),
    "time": (
        "time_to_power",
        [*_KEY, "full_mw_months_p10", "full_mw_months_p50", "full_mw_months_p90", "p_first_mw_12_months",
         "p_first_mw_24_months", "p_first_mw_36_months", "p_first_mw_60_months"],
        _KEY,
        True,
    ),
    "adequacy": (
        "adequacy",
        [*_KEY, "nines", "lolh_hours_per_year", "eue_mwh_per_year", "largest_cause", "spare_units",
         "mc_lole_events_per_year", "mc_longest_outage_hours", "mc_unserved_mwh_p95", "interruptions_per_year",
         "survival_of", "survives_1h_frac", "survives_8h_frac", "survives_24h_frac"],
        _KEY,
        True,
    ),
    "fuel": (
        "fuel_prices",
        ["region_id", "fuel", "spot_price", "near_price", "long_run_price", "level_price", "carbon_level_price", "unit",
         "price_basis", "is_fallback", "is_assumption", *_CITED],
        ["region_id", "fuel"],
        True,
    ),
    "gas": (
        "gas_price_years",
        ["region_id", "year", "henry_hub_usd_per_mmbtu", "gas_price_usd_per_mmbtu"],
        ["region_id", "year"],
        True,
    ),
    "leads": (
        "lead_times",
        ["duration_id", "unit", "low", "mid", "high", "is_assumption", "rows_used", "choice_reason", *_CITED],
        ["duration_id"],
        False,
    ),
    "queue": (
        "queue_statistics",
        ["region", "region_type", "queue_side", "metric", "low", "mid", "high", "unit", "cohort", "note", *_CITED],
        ["queue_side", "metric", "region", "cohort"],
        False,
    ),
    "assumptions": (
        "assumptions",
        ["assumption_id", "kind", "value", "unit", "meaning", "is_default", *_CITED],
        ["assumption_id"],
        False,
    ),
    "sources": ("sources", ["source_id", *_CITED, "licence", "used_in"], ["source_id"], False),
    "run_changes": ("run_changes", ["kind", "name", "before", "after"], ["kind", "name"], False),
}  # fmt: skip
# Shown where the release has them: earlier releases do without.
_PORTFOLIO: dict[str, tuple[str, Sequence[str], Sequence[str]]] = {
    "comparison": (
        "portfolio_comparison",
        ["strategy", "description", "sites", "it_mw", "first_mw_month", "full_mw_month", "usable_mw_months",
         "capex_usd_per_kw", "completion_probability", "worst_single_loss_mw", "worst_single_loss_frac",
         "p_lose_50_frac", "p_lose_100_frac", "unserved_mwh_mean", "unserved_mwh_p99", "worst_event_type"],
        ["strategy"],
    ),
    "resilience": (
        "portfolio_resilience",
        ["strategy", "event_type", "is_assumption", "events_per_year", "p_lose_25_frac", "p_lose_50_frac",
         "p_lose_100_frac", "unserved_mwh_mean"],
        ["strategy", "event_type"],
    ),
    "buildout": ("buildout_curve", ["strategy", "month", "built_mw", "usable_mw"], ["strategy", "month"]),
    "shadow": (
        "supply_shadow_prices", ["strategy", "resource", "unit", "had", "worth_mw_months"], ["strategy", "resource"]
    ),
    "portfolio_sites": (
        "portfolio_sites",
        ["strategy", "region_name", "state", "stack_id", "site_mw", "first_mw_months_p50", "value_usd_per_mw"],
        ["strategy", "region_name", "state"],
    ),
}  # fmt: skip
_PATH = ["criticality_frac", "months_saved_if_free", "source"]
_GANTT = [
    "activity_order", "description", "predecessors", "start_months_p50", "finish_months_p10", "finish_months_p50",
    "finish_months_p90", "is_critical", "on_critical_path_frac",
]  # fmt: skip
_REGIONS = [
    "region_id", "county_name", "gas_hub", "balancing_area", "elevation_m", "lead_project", "project_status",
    "weather_source", "weather_station", "weather_distance_km", "solar_capacity_factor_frac", "gas_pipe_distance_km",
    "is_nonattainment", "land_usd_per_acre", "blocked_by", "alleged_stop", "municipal_stops", "ozone_effective_class",
    "nox_major_tpy", "share_area_gas_8km", "substation_100kv_nearest_km", "people_within_250km", *_CITED,
]  # fmt: skip
_WEATHER = ["ghi_kwh_per_m2_day", "solar_capacity_frac", "temperature_mean_c", "temperature_max_c", "temperature_min_c"]


class Marts:
    """The Parquet files of a release.

    Parameters
    ----------
    folder : Path
        The folder `parquet` of a release, built or being built.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def has(self, table: str) -> bool:
        """Return whether the release has the table."""
        return (self.folder / f"{table}.parquet").is_file()

    def read(self, table: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Return a table, or some of its columns."""
        lazy = pl.scan_parquet(self.folder / f"{table}.parquet", glob=False)
        return (lazy.select(columns) if columns else lazy).collect()


def gather(folder: Path, header: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything that the page shows but the hours.

    Parameters
    ----------
    folder : Path
        The folder `parquet` of the release.
    header : Mapping[str, Any]
        What the page says about the release: run_id, as_of, profile, what_if, part.

    Returns
    -------
    dict[str, Any]
        JSON values: `release` (the header, how many pairs there are in all, when the data end), and the tables of the
        page by name.
    """
    marts = Marts(folder)
    sites = _sites(marts)
    detailed = sites.filter(pl.col("is_region_best") & (pl.col("region_rank") <= DETAIL_REGIONS))["region_id"]
    pairs = sites.height
    if pairs > MOST_SITES:
        sites = sites.filter(pl.col("is_region_best") | pl.col("region_id").is_in(detailed.implode()))
    tables = {"sites": encode_table(sites, exact=_EXACT)}
    for name, (table, columns, order, is_detail) in _TABLES.items():
        frame = marts.read(table, columns)
        if is_detail:
            frame = frame.filter(pl.col("region_id").is_in(detailed.implode()))
        tables[name] = encode_table(frame.sort(order), digits=4 if name == "energisation" else DIGITS)
    for name, (table, columns, order) in _PORTFOLIO.items():
        if marts.has(table):
            tables[name] = encode_table(marts.read(table, columns).sort(order))
    tables["costs"] = encode_table(
        _of(marts, "lcoe_components", detailed, [*_KEY, "component", "component_order", "cost_usd_per_mwh"])
        .filter(pl.col("cost_usd_per_mwh") != 0)
        .sort(*_KEY, "component_order")
    )
    tables["causes"] = encode_table(
        _of(marts, "reliability", detailed, [*_KEY, "cause", "lost_hours_per_year", "eue_mwh_per_year"])
        .filter(pl.col("lost_hours_per_year") > 0)
        .sort(*_KEY, "cause"),
        digits=4,
    )
    steps = [*_KEY, "activity"]
    path = _of(marts, "timeline_gantt", detailed, [*steps, *_GANTT]).join(
        _of(marts, "critical_path", detailed, [*steps, *_PATH]), on=steps, how="left"
    )
    tables["path"] = encode_table(path.sort(*_KEY, "activity_order", "activity"), digits=4)
    tables["regions"] = encode_table(_of(marts, "regions", detailed, _REGIONS).sort("region_id"))
    weather = _of(marts, "weather_monthly", detailed, ["region_id", "month", *_WEATHER])
    months = weather.sort("region_id", "month").group_by("region_id", "month", maintain_order=True)
    tables["weather"] = encode_table(
        months.agg(
            group_mean(pl.col(_WEATHER[:3])), pl.col("temperature_max_c").max(), pl.col("temperature_min_c").min()
        ),
        digits=4,
    )
    ages = ages_in_words(marts.read("data_status").to_dicts())
    release = {**header, "pairs": pairs, "detail_regions": DETAIL_REGIONS, "ages": ages[0].upper() + ages[1:]}
    return {"release": release, "tables": tables}


def _of(marts: Marts, table: str, regions: pl.Series, columns: Sequence[str]) -> pl.DataFrame:
    return marts.read(table, columns).filter(pl.col("region_id").is_in(regions.implode()))


def _sites(marts: Marts) -> pl.DataFrame:
    """Return the ranking with what moved since the release before."""
    moves = marts.read(
        "rank_changes",
        [*_KEY, "previous_as_of_utc", "previous_rank", "moved_by", "movement", "changed_inputs",
         "previous_value_usd_per_mw", "value_change_usd_per_mw"],
    )  # fmt: skip
    sites = marts.read("ranked_sites", _SITES)
    return sites.join(moves, on=_KEY, how="left", maintain_order="left").sort(_KEY)
