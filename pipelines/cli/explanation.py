"""What is known about one region in a release, gathered for the page and for JSON."""

from __future__ import annotations

import calendar
from datetime import date
from typing import Any

import polars as pl

from pipelines.cli.explain_place import place
from pipelines.cli.explain_robustness import robustness
from pipelines.cli.output import records
from pipelines.cli.reading import Reading

_GAS, _DIESEL, _URANIUM = "natural_gas", "diesel", "uranium"
_DESIGN = [
    *("solar_mw", "bess_mw", "bess_mwh", "reserve_mw", "reserve_mwh", "grid_mw"),
    *("baseload_technology", "baseload_units", "baseload_unit_mw", "firm_technology", "firm_units", "firm_unit_mw"),
    *("renewable_frac", "capex_usd_per_kw"),
]
_OTHERS = [
    *("rank", "stack_id", "first_mw_months_p50", "full_mw_months_p50", "lcoe_usd_per_mwh", "availability_frac"),
    *("lolh_hours_per_year", "co2_kg_per_mwh", "value_usd_per_mw", "is_target_met"),
]

_ENDED = ("cancelled", "finished", "never_finished_frac", "never_finished_low_frac", "never_finished_high_frac")


def explanation(release: Reading, region_id: str) -> dict[str, Any]:
    """Return everything that explains one region's rank, with stable keys.

    Parameters
    ----------
    release : Reading
        The open release.
    region_id : str
        A region of the release.

    Returns
    -------
    dict[str, Any]
        place, region, ranking, robustness, design, lcoe, reliability, schedule, other_stacks and inputs.
    """
    of_region = {"region_id": region_id}
    rows = release.query("select * from ranked_sites where region_id = $region_id order by rank", of_region)
    site = rows.row(0, named=True)
    of_site = {**of_region, "stack_id": site["stack_id"]}
    lines = release.query("select * from explain_site($region_id)", of_region)
    return {
        "place": place(release, region_id),
        "region": release.one("select * from regions where region_id = $region_id", of_region),
        "ranking": _ranking(release, site, lines),
        "robustness": robustness(release, site, lines),
        "design": {"stack_id": site["stack_id"], "design_id": site["design_id"], **{key: site[key] for key in _DESIGN}},
        "lcoe": {
            "lcoe_usd_per_mwh": site["lcoe_usd_per_mwh"],
            "components": _section(lines, "lcoe", "component", "cost_usd_per_mwh"),
        },
        "reliability": _reliability(release, site, lines),
        "schedule": _schedule(release, of_site),
        "other_stacks": records(rows.slice(1).select(_OTHERS)),
        "inputs": _inputs(release, site, of_site, lines),
    }


def _ranking(release: Reading, site: dict[str, Any], lines: pl.DataFrame) -> dict[str, Any]:
    counts = release.one("select count(*) as n, max(region_rank) as regions from ranked_sites")
    median_site = release.one(
        "select region_id, region_name, stack_id from ranked_sites "
        "where is_region_best and region_rank = (select (count(*) + 1) // 2 from ranked_sites where is_region_best)"
    )
    quantities = lines.filter(pl.col("section") == "ranking").select(
        pl.col("item").alias("quantity"), "unit", "value", "median_site_value", "difference", "place"
    )
    return {
        "rank": site["rank"],
        "rows": counts["n"],
        "region_rank": site["region_rank"],
        "regions": counts["regions"],
        "is_target_met": site["is_target_met"],
        "is_eligible": site.get("is_eligible", True),
        "is_stale": site["is_stale"],
        "median_site": median_site,
        "quantities": records(quantities),
        "score_points": _section(lines, "score_points", "component", "points"),
    }


def _section(lines: pl.DataFrame, section: str, item: str, value: str) -> list[dict[str, Any]]:
    chosen = lines.filter(pl.col("section") == section)
    return records(
        chosen.select(
            pl.col("item").alias(item),
            pl.col("value").alias(value),
            pl.col("median_site_value").alias("median_site"),
            "difference",
        )
    )


def _reliability(release: Reading, site: dict[str, Any], lines: pl.DataFrame) -> dict[str, Any]:
    target = release.query("select value from assumptions where assumption_id = 'setting.availability_target'")
    keys = [
        *("availability_frac", "full_service_hours_frac", "is_target_met", "lolh_hours_per_year", "eue_mwh_per_year"),
        "interruptions_per_year",
    ]
    return {
        **{key: site[key] for key in keys},
        "availability_target": float(target.item()) if target.height == 1 else None,
        "lost_hours_per_year": _section(lines, "reliability", "cause", "lost_hours_per_year"),
        "fuel_services": _fuel_services(release, {key: site[key] for key in ("region_id", "stack_id")}),
        "adequacy": release.one(
            "select * from adequacy where region_id = $region_id and stack_id = $stack_id",
            {key: site[key] for key in ("region_id", "stack_id")},
        ),
    }


def _fuel_services(release: Reading, of_site: dict[str, Any]) -> list[dict[str, Any]]:
    """Select the ways to secure the gas: none for a stack without gas, or in a release that does not compare them."""
    if "fuel_services" not in release.tables:
        return []
    rows = release.query(
        "select fuel_service, label, is_chosen, is_target_met, firm_units, fuel_service_usd_per_mwh, lcoe_usd_per_mwh, "
        "lcoe_change_usd_per_mwh, availability_frac, lolh_hours_per_year, value_usd_per_mw from fuel_services "
        "where region_id = $region_id and stack_id = $stack_id order by service_order",
        of_site,
    )
    return records(rows)


def _schedule(release: Reading, of_site: dict[str, Any]) -> dict[str, Any]:
    times = release.one("select * from time_to_power where region_id = $region_id and stack_id = $stack_id", of_site)
    activities = release.query(
        "select path.activity, path.description, path.start_mean_months, path.finish_mean_months, "
        "path.duration_p50_months, times.unit as duration_unit, times.low as duration_p10, times.mid as duration_p50, "
        "times.high as duration_p90, path.criticality_frac, path.on_critical_path_frac, path.months_saved_if_free, "
        "path.source from critical_path as path left join lead_times as times on path.duration_id = times.duration_id "
        "where path.region_id = $region_id and path.stack_id = $stack_id order by path.activity_order",
        of_site,
    )
    kept = {key: value for key, value in times.items() if key not in of_site}
    ended: dict[str, Any] | None = None
    if "backtest_scores" in release.tables:
        row = release.one("select * from backtest_scores where grouped_by = 'all'")
        ended = {name: row[name] for name in _ENDED} if row.keys() >= set(_ENDED) else None
    by_posture: list[dict[str, Any]] = []
    if "time_to_power_by_posture" in release.tables:
        by_posture = records(
            release.query(
                "select posture, first_mw_months_p10, first_mw_months_p50, first_mw_months_p90, full_mw_months_p50 "
                "from time_to_power_by_posture where region_id = $region_id and stack_id = $stack_id order by posture",
                of_site,
            )
        )
    kept |= {"by_posture": by_posture, "never_finished": ended}
    return {**kept, "activities": records(activities), "timeline": _timeline(release, of_site)}


def _timeline(release: Reading, of_site: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the chain that decides most often, step by step; none in a release from before it was published."""
    if "timeline_gantt" not in release.tables:
        return []
    steps = release.query(
        "select activity, description, start_months_p50, finish_months_p10, finish_months_p50, finish_months_p90, "
        "on_critical_path_frac from timeline_gantt where region_id = $region_id and stack_id = $stack_id "
        "and is_critical order by activity_order",
        of_site,
    )
    return records(steps)


def _inputs(
    release: Reading, site: dict[str, Any], of_site: dict[str, Any], lines: pl.DataFrame
) -> list[dict[str, Any]]:
    """Return the inputs that bear on this row: what is burnt or bought, the longest lead times, the weather."""
    fuels = {"grid_power"} if site["grid_mw"] > 0 else set()
    fuels |= {_DIESEL if "diesel" in site["firm_technology"] else _GAS} if site["firm_units"] > 0 else set()
    fuels |= {_URANIUM} if site["baseload_units"] > 0 else set()
    prices = release.query(
        "select fuel as input, level_price as value, unit, price_basis || case when is_fallback then ', a stand-in' "
        "else '' end || case when is_assumption then ', assumption' else '' end as basis, "
        "source_title, publisher, url, as_of from fuel_prices "
        "where region_id = $region_id and list_contains($fuels, fuel) order by fuel",
        {"region_id": site["region_id"], "fuels": sorted(fuels)},
    )
    times = release.query(
        "select path.activity as input, path.duration_p50_months as value, 'months' as unit, "
        "case when times.is_assumption then 'assumption' else 'lead time as pooled' end as basis, times.source_title, "
        "times.publisher, times.url, times.as_of from critical_path as path "
        "inner join lead_times as times on path.duration_id = times.duration_id "
        "where path.region_id = $region_id and path.stack_id = $stack_id and path.on_critical_path_frac > 0 "
        "order by path.criticality_frac desc, path.activity limit 4",
        of_site,
    )
    weather = release.query(
        "select 'weather' as input, solar_capacity_factor_frac as value, 'solar capacity factor' as unit, "
        "weather_source || ', ' || weather_station || ' at ' || round(weather_distance_km)::bigint || ' km' as basis, "
        "'' as source_title, '' as publisher, '' as url, '' as as_of from regions where region_id = $region_id",
        {"region_id": site["region_id"]},
    )
    night = site["as_of_utc"].date()
    rows = records(pl.concat([prices, times, weather], how="vertical_relaxed"))
    return [{**row, "age_months": age_months(row["as_of"], night)} for row in rows]


def age_months(as_of: str | None, night: date) -> float | None:
    """Return the months from the end of a source's date (YYYY, YYYY-MM or YYYY-MM-DD) to the night; None if undated."""
    parts = [int(part) for part in (as_of or "").split("-") if part.isdigit()]
    if not parts:
        return None
    year, month = parts[0], parts[1] if len(parts) > 1 else 12
    last = parts[2] if len(parts) > 2 else calendar.monthrange(year, month)[1]
    return max(0.0, (night - date(year, month, last)).days / 30.4375)
