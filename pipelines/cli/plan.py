"""`firstmw plan`: which modules, where and when, and many nodes against one campus."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import click
import polars as pl

from pipelines.cli.numbers import Number, Share
from pipelines.cli.output import Column, echo_json, figure, print_table, records, say, share
from pipelines.cli.reading import Reading, common_options, reading
from pipelines.errors import UsageError
from pipelines.settings import Settings

_EPILOG = """\b
Examples:
  firstmw plan                                       200 MW on 20 nodes, as in the settings
  firstmw plan --mw 200 --nodes 20 --by 2029-12
  firstmw plan --mw 100 --nodes 10 --by 2030-06 --crews 8 --claim 0.1 --max-per-domain 2
  firstmw plan --nodes 10 --cover-people 250         the nodes that reach the most people within 250 km
  firstmw plan --mw 200 --nodes 20 --json            status, gap, objective, nodes, modules, buildout, comparison

\b
The plan takes regions, stacks and months at once: the most discounted usable MW-months under yearly supply per
equipment class, crews and capital per quarter. It stops at a proved gap of --gap, or at --time-limit with the best plan
found and the gap proved by then. The comparison builds the same IT as one campus, one campus that waits for the grid,
and regional sites, under the same limits.
"""
_SETTING = {
    "mw": "portfolio_mw",
    "nodes": "portfolio_nodes",
    "crews": "epc_crews",
    "capital_per_quarter": "capital_usd_per_quarter",
    "claim": "supply_claim_frac",
    "max_per_domain": "portfolio_max_per_domain",
    "years": "portfolio_years",
}


@click.command(epilog=_EPILOG)
@click.option("--mw", type=Number(min=1, max=100_000), help="IT to build (MW).")
@click.option("--nodes", type=click.IntRange(2, 1000), help="Sites at most; each is laid out for its equal part.")
@click.option("--by", metavar="YYYY-MM", help="Last month; default FIRSTMW_PORTFOLIO_MONTHS on.")
@click.option("--crews", type=click.IntRange(min=1), help="Construction crews at work at once.")
@click.option("--capital-per-quarter", type=Number(min=0, min_open=True), help="USD per quarter.")
@click.option("--claim", type=Share(min_open=True), help="Share of yearly supply that can be had.")
@click.option("--max-per-domain", type=click.IntRange(min=1), help="Nodes in one gas hub, utility or weather cell.")
@click.option("--years", type=click.IntRange(200, 1_000_000), help="Years of events sampled per strategy.")
@click.option(
    "--cover-people",
    type=Number(0, 5000, min_open=True),
    metavar="KM",
    help="Take the nodes that reach the most people within KM; they keep the limit on domains.",
)
@click.option("--gap", default=0.01, show_default=True, type=Number(0, 0.5), help="Proved gap to stop at.")
@click.option("--time-limit", default=60.0, show_default=True, type=Number(min=1), help="Seconds of search.")
@common_options
def plan(**options: Any) -> int:
    """Plan a build-out over all regions, and hold it against one campus."""
    from pipelines.portfolio.plan import plan_nodes  # noqa: PLC0415 - loads scipy and numba

    with reading(options) as release:
        facts = _facts(release, options)
        answer = plan_nodes(
            facts, gap=options["gap"], time_limit=options["time_limit"], cover_km=options["cover_people"]
        )
        built, tables = answer.built, answer.study.tables
        modules = answer.modules.with_columns(
            pl.Series("date", [_month(release, month) for month in answer.modules["month"]], dtype=pl.String)
        )
        solve = built.solve.row(0, named=True)
        if options["as_json"]:
            echo_json(
                {
                    "release": release.header(),
                    "status": solve["status"],
                    "gap": solve["gap_frac"],
                    "objective": solve["objective"],
                    "bound": solve["bound"],
                    "limits": answer.limits,
                    "people_within_km": {f"{reach:g}": people for reach, people in answer.people.items()},
                    "nodes": records(answer.nodes),
                    "modules": records(modules),
                    "buildout": records(tables["buildout_curve"]),
                    "comparison": records(tables["portfolio_comparison"]),
                    "resilience": records(tables["portfolio_resilience"]),
                    "shadow_prices": records(tables["supply_shadow_prices"].filter(pl.col("strategy") == "nodes")),
                }
            )
            return release.exit_code()
        _show(release, answer, solve)
        return release.exit_code()


def _facts(release: Reading, options: dict[str, Any]) -> Any:
    from pipelines.portfolio.facts import RANKED, REFERENCE, Facts  # noqa: PLC0415
    from pipelines.reference.load import load_reference  # noqa: PLC0415

    settings = Settings()
    wanted = {setting: options[name] for name, setting in _SETTING.items() if options[name] is not None}
    if options["by"] is not None:
        wanted["portfolio_months"] = _months(release, options["by"])
    settings = settings.model_copy(update=wanted)
    modules, nodes = round(settings.portfolio_mw / settings.module_mw), settings.portfolio_nodes
    if modules < nodes:
        raise UsageError(
            f"{modules} modules of {settings.module_mw:g} MW do not fill {nodes} nodes; ask for fewer nodes."
        )
    is_older = not {"hazard_rates", "fuel_services"} <= set(release.tables)
    hazard_rates = None if is_older else release.query("select * from hazard_rates order by region_id, hazard")
    if hazard_rates is None or "area_km2" not in hazard_rates.columns:
        raise UsageError("the release was published by an older version; run `firstmw refresh` and ask again.")
    return Facts(
        ranked=release.query(f"select {', '.join(RANKED)} from ranked_sites order by region_id, rank"),
        regions=release.query("select region_id, county_fips, gas_hub, balancing_area from regions order by region_id"),
        reference={name: load_reference(name, settings.reference_dir) for name in REFERENCE},
        hazard_rates=hazard_rates,
        weather_monthly=release.query("select * from weather_monthly order by region_id, weather_year, month"),
        settings=settings,
    )


def _start(release: Reading) -> date:
    start: date = release.header()["as_of"]
    return start


def _months(release: Reading, text: str) -> int:
    """Return the months from the release's date to the end of the month given."""
    found = re.fullmatch(r"(\d{4})-(\d{2})", text)
    if found is None or not 1 <= int(found[2]) <= 12:
        raise UsageError(f"--by {text!r} is no month; write it as 2029-12.")
    start = _start(release)
    months = (int(found[1]) - start.year) * 12 + int(found[2]) - start.month
    if not 1 <= months <= 240:
        raise UsageError(f"--by {text} is {months} months from {start}; give a month from the next one to 20 years on.")
    return months


def _month(release: Reading, month: int) -> str:
    start = _start(release)
    number = start.year * 12 + start.month - 1 + month
    return f"{number // 12}-{number % 12 + 1:02d}"


def _show(release: Reading, answer: Any, solve: dict[str, Any]) -> None:
    limits, modules = answer.limits, answer.modules
    say(
        f"{int(modules['modules'].sum())} of {limits['modules']} modules on {answer.nodes.height} nodes by "
        f"{_month(release, limits['months'])}: {figure(solve['objective'], 0)} discounted usable MW-months, "
        f"{solve['status']}, proved gap {share(solve['gap_frac'], 2)}.",
        is_bold=True,
    )
    columns = [Column("Node", least=18), Column("St"), Column("Stack"), Column("MW", is_right=True)]
    columns += [Column("First"), Column("Last", keep=5), Column("Gas hub", least=14, keep=3)]
    columns += [Column("Balancing area", least=12, keep=4), Column("M USD", is_right=True)]
    print_table(
        columns,
        [
            [
                row["region_name"],
                row["state"],
                row["stack_id"],
                figure(row["it_mw"], 0),
                _month(release, row["first_month"]),
                _month(release, row["last_month"]),
                row["gas_hub"],
                row["balancing_area"],
                figure(row["capital_usd"] / 1e6, 0),
            ]
            for row in answer.nodes.iter_rows(named=True)
        ],
    )
    within = ", ".join(f"{figure(people / 1e6)} M within {reach:g} km" for reach, people in answer.people.items())
    say(f"People within reach of a node: {within}.", indent=2)
    say()
    say("The same IT, equipment, crews and capital:", is_bold=True)
    columns = [Column("Strategy"), Column("Sites", is_right=True), Column("1st MW\nmonth", is_right=True)]
    columns += [Column("MW-months\nby 36", is_right=True), Column("Capital\nUSD/kW", is_right=True)]
    columns += [Column("P(lose\nhalf)", is_right=True), Column("P(lose\nall)", is_right=True)]
    columns += [Column("Unserved MWh\nmean", is_right=True, keep=5), Column("worst 5 %\nof years", is_right=True)]
    print_table(
        columns,
        [
            [
                row["strategy"],
                str(row["sites"]),
                "-" if row["first_mw_month"] is None else str(row["first_mw_month"]),
                figure(row["usable_mw_months_36"], 0),
                figure(row["capex_usd_per_kw"], 0),
                share(row["p_lose_50_frac"], 2),
                share(row["p_lose_100_frac"], 2),
                figure(row["unserved_mwh_mean"], 0),
                figure(row["unserved_mwh_cvar95"], 0),
            ]
            for row in answer.study.tables["portfolio_comparison"].iter_rows(named=True)
        ],
    )
    worth = (
        answer.study.tables["supply_shadow_prices"]
        .filter((pl.col("strategy") == "nodes") & (pl.col("worth_mw_months") > 0.005))
        .sort("worth_mw_months", descending=True)
    )
    say()
    for row in worth.iter_rows(named=True):
        one = "one month earlier" if row["resource"] == "month" else f"one more {row['resource']} ({row['unit']})"
        say(f"{one}: {figure(row['worth_mw_months'], 2)} discounted usable MW-months", indent=2)
    say(f"Worth at the margin of the linear relaxation. {release.footer()}", is_dim=True)
