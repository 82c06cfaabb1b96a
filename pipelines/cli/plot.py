"""`firstmw plot`: one chart of a site as a picture for slides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pipelines.cli.output import echo_json, figure
from pipelines.cli.reading import Reading, choose_region, choose_stack, common_options, reading
from pipelines.errors import UsageError

CHARTS = ("week", "timeline", "cost")
_EPILOG = """\b
Examples:
  firstmw plot abilene_tx --week 2 --out week.png
  firstmw plot phoenix_az --stack grid --week 51 --out hardest.svg
  firstmw plot "Armstrong County" --chart timeline --out timeline.pdf
  firstmw plot abilene_tx --chart cost --stack fuel_cell --out cost.png

Without --stack it is the region's best. Weeks count from 1, as in dispatch_weekly.
"""


@click.command(epilog=_EPILOG)
@click.argument("region")
@click.option("--chart", type=click.Choice(CHARTS), help="What to draw; week by default.")
@click.option("--week", type=click.IntRange(1, 54), help="Week of the chart week.")
@click.option("--stack", metavar="STACK", help="Stack; default the region's best.")
@click.option("--out", required=True, metavar="FILE", help="File to write, replaced if it exists: .png, .svg or .pdf.")
@common_options
def plot(region: str, chart: str | None, week: int | None, stack: str | None, out: str, **options: Any) -> int:
    """Draw one chart of REGION into a PNG, SVG or PDF file."""
    from pipelines.report.pictures import FORMATS, picture  # noqa: PLC0415 - the other subcommands do without

    path = Path(out)
    kind = path.suffix.lstrip(".").lower()
    if kind not in FORMATS:
        raise UsageError(f"--out {out} does not say what to write; end it in .png, .svg or .pdf.")
    if not path.parent.is_dir():
        raise UsageError(f"the folder {path.parent} does not exist; create it or choose another --out.")
    chart = chart or "week"
    if (week is None) == (chart == "week"):
        raise UsageError("--week N goes with the chart week, and only with it.")
    with reading(options) as release:
        region_id = choose_region(release, region)
        sites = release.query(
            "select * from ranked_sites where region_id = $region order by rank", {"region": region_id}
        )
        wanted = choose_stack(release, sites["stack_id"].to_list(), stack) if stack else sites["stack_id"][0]
        site = next(row for row in sites.iter_rows(named=True) if row["stack_id"] == wanted)
        content = picture(_chart(release, chart, site, week), kind)
        path.write_bytes(content)
        if options["as_json"]:
            drawn = {"path": str(path), "chart": chart, "region_id": region_id, "stack_id": wanted, "week": week}
            echo_json({"release": release.header(), "plot": {**drawn, "bytes": len(content)}})
        else:
            click.echo(
                f"{path}: {chart} of {region_id}, {wanted}, {figure(len(content) / 1e3, 0)} kB. {release.footer()}"
            )
        return release.exit_code()


def _chart(release: Reading, chart: str, site: dict[str, Any], week: int | None) -> dict[str, Any]:
    from pipelines.report import pictures  # noqa: PLC0415

    ids = {"region": site["region_id"], "stack": site["stack_id"]}
    title = f"{site['region_name']}, {site['state']}: {site['stack_id'].replace('_', ' ')}"
    if chart == "week":
        return pictures.week_chart(pictures.week_hours(release.query, ids["region"], ids["stack"], week or 1), title)
    table = {"timeline": "timeline_gantt", "cost": "lcoe_components"}[chart]
    rows = release.query(f"select * from {table} where region_id = $region and stack_id = $stack", ids)
    if chart == "timeline":
        return pictures.timeline_chart(rows, site, title)
    return pictures.cost_chart(rows, site["lcoe_usd_per_mwh"], title)
