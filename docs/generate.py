"""Writes what is generated: dictionary, sources and BI views from the code, the README's result from the release."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import polars as pl

import pipelines.contracts  # noqa: F401 - registers every table
from pipelines.contracts.base import REGISTRY
from pipelines.errors import UsageError
from pipelines.settings import settings
from pipelines.sources.documentation import sources_page
from pipelines.warehouse import Release, data_dictionary, open_release

ROOT = Path(__file__).parents[1]
RESULT = re.compile(r"(<!-- result: .*? -->\n).*?(<!-- end of result -->)", re.DOTALL)
PORTFOLIO = re.compile(r"(<!-- portfolio: .*? -->\n).*?(<!-- end of portfolio -->)", re.DOTALL)
_BEST_BY_STATE = """
select
    region_rank, region_name, state, stack_id, first_mw_months_p10, first_mw_months_p50, first_mw_months_p90,
    lcoe_usd_per_mwh, availability_frac, lolh_hours_per_year, co2_kg_per_mwh, value_usd_per_mw
from ranked_sites
where is_region_best
qualify row_number() over (partition by state order by region_rank) = 1
order by region_rank
limit 10
"""
_BY_STACK = """
select
    stack_id,
    median(first_mw_months_p50) as first_months,
    median(full_mw_months_p50) as full_months,
    median(lcoe_usd_per_mwh) as lcoe,
    median(availability_frac) as availability,
    median(lolh_hours_per_year) as short_hours,
    median(co2_kg_per_mwh) as co2,
    median(value_usd_per_mw) as value,
    sum(is_target_met::integer)::integer as met,
    count(*)::integer as sites
from ranked_sites
group by stack_id
order by value desc
"""


def result(release: Release) -> str:
    """Return the README's tables of a release: the best region of each state, and the stacks side by side."""
    best = [
        f"| {r['region_rank']} | {r['region_name']}, {r['state']} | {r['stack_id']} | {r['first_mw_months_p50']:.1f} "
        f"({r['first_mw_months_p10']:.0f}-{r['first_mw_months_p90']:.0f}) | {r['lcoe_usd_per_mwh']:.0f} | "
        f"{100 * r['availability_frac']:.2f} | {r['lolh_hours_per_year']:.0f} | "
        f"{r['co2_kg_per_mwh']:.0f} | {r['value_usd_per_mw'] / 1e6:.1f} |"
        for r in release.query(_BEST_BY_STATE).iter_rows(named=True)
    ]
    stacks = [
        f"| {r['stack_id']} | {r['first_months']:.1f} | {r['full_months']:.1f} | {r['lcoe']:.0f} | "
        f"{100 * r['availability']:.2f} | {r['short_hours']:.0f} | "
        f"{r['co2']:.0f} | {r['value'] / 1e6:.1f} | {r['met']} of {r['sites']} |"
        for r in release.query(_BY_STACK).iter_rows(named=True)
    ]
    info = release.info
    return "\n".join(
        [
            f"As of {info.as_of.isoformat()}, reference facts; the best region of each of ten states "
            "(`firstmw rank --best` shows all):",
            "",
            "| region rank | region | stack | months to first MW, P50 (P10-P90) | LCOE, USD/MWh | energy served, % "
            "| hours not fully served a year | CO2, kg/MWh | value, M USD per MW of IT |",
            "|---|---|---|---|---|---|---|---|---|",
            *best,
            "",
            "The stacks, medians over all regions:",
            "",
            "| stack | months to first MW | to all | LCOE, USD/MWh | energy served, % "
            "| hours not fully served a year | CO2, kg/MWh | value, M USD per MW "
            "| regions that meet the target |",
            "|---|---|---|---|---|---|---|---|---|",
            *stacks,
            "",
        ]
    )


def views() -> str:
    """Return bi/views.sql: one view per published table over its Parquet file of the current release."""
    names = sorted(name.removeprefix("mart.") for name in REGISTRY if name.startswith("mart."))
    places = {name: f"data/releases/current/parquet/{name}.parquet" for name in names}
    return "\n".join(
        [
            "-- Views over the Parquet files of the current release, for clients that keep their connection open:",
            "-- a connection to firstmw.duckdb stays on the release it was opened on, these follow `current` from",
            "-- query to query. Made by `make docs`. Paths count from the checkout; for a server, fill in its folder:",
            "--   sed \"s#'data/#'/srv/firstmw/data/#\" bi/views.sql | duckdb firstmw_views.duckdb",
            *(f"create or replace view {name} as\nselect * from read_parquet('{places[name]}');" for name in names),
            "",
        ]
    )


_MEASURES = {
    "p_lose_25_frac": "the probability of losing a quarter at once",
    "p_lose_50_frac": "the probability of losing half at once",
    "unserved_mwh_mean": "the mean unserved energy",
    "unserved_mwh_p95": "the P95 of unserved energy",
    "unserved_mwh_p99": "the P99 of unserved energy",
    "unserved_mwh_cvar95": "unserved energy in the worst twentieth of years",
    "first_mw_month": "the month of the first MW",
    "usable_mw_months_36": "the MW-months by month 36",
}


def portfolio(comparison: pl.DataFrame, sensitivity: pl.DataFrame) -> str:
    """Return the README's comparison of strategies, and where it does not survive other assumptions."""
    rows = [
        f"| {r['strategy']} | {r['sites']} | {r['first_mw_month'] or '-'} | {r['usable_mw_months_36']:,.0f} | "
        f"{r['capex_usd_per_kw']:,.0f} | {r['worst_single_loss_mw']:.0f} | "
        f"{r['worst_local_loss_mw']:.0f} | {100 * r['p_lose_50_frac']:.1f} | "
        f"{100 * r['p_lose_100_frac']:.2f} | {r['unserved_mwh_mean']:,.0f} | {r['unserved_mwh_cvar95']:,.0f} |"
        for r in comparison.iter_rows(named=True)
    ]
    base = sensitivity.unique("measure", maintain_order=True)
    better, worse = (
        ", ".join(_MEASURES[name] for name in base.filter(pl.col("is_nodes_better_base") == is_better)["measure"])
        for is_better in (True, False)
    )
    turned = sensitivity.filter(~pl.col("is_conclusion_kept"))
    said = "; ".join(
        f"{_MEASURES[r['measure']]} with `{r['assumption']}` x {r['factor']:g}" for r in turned.iter_rows(named=True)
    )
    cost = dict(comparison.select("strategy", "capex_usd_per_kw").iter_rows())
    kept = sensitivity.height - turned.height
    return "\n".join(
        [
            "| strategy | sites | first MW, month | usable MW-months by month 36 | capital, USD/kW "
            "| worst single loss, MW | the same without fleet-wide faults "
            "| P(lose half in a year), % | P(lose all), % | unserved, MWh/year | worst 5 % of years, MWh |",
            "|---|---|---|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            f"Nodes against the campus: better in {better}. No better in {worse or 'nothing'}; their capital is "
            f"{cost['nodes'] / cost['campus']:.2f} times the campus's. The means differ by places and sampling alone. "
            "With every assumed event rate, the supply share, crews and capital halved and doubled, "
            f"{kept} of {sensitivity.height} comparisons stay as they are"
            + (f"; these turn: {said}." if said else "."),
            "",
        ]
    )


def main() -> int:
    """Write every generated page; the README is left alone where there is no release."""
    (ROOT / "docs" / "data_dictionary.md").write_text(data_dictionary(REGISTRY), encoding="utf-8")
    (ROOT / "docs" / "sources.md").write_text(sources_page(), encoding="utf-8")
    (ROOT / "bi" / "views.sql").write_text(views(), encoding="utf-8")
    readme = ROOT / "README.md"
    try:
        with open_release(settings().data_dir) as release:
            tables = result(release)
            nodes = portfolio(release.table("portfolio_comparison"), release.table("portfolio_sensitivity"))
    except UsageError as error:
        sys.stderr.write(f"README left as it is: {error}\n")
        return 0
    text = readme.read_text(encoding="utf-8")
    text = RESULT.sub(lambda found: f"{found[1]}\n{tables}\n{found[2]}", text)
    readme.write_text(PORTFOLIO.sub(lambda found: f"{found[1]}\n{nodes}\n{found[2]}", text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
