"""`firstmw backtest`: observed projects against what the networks would have said of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import polars as pl

from pipelines.cli.output import Column, echo_json, figure, print_table, put, records, say, share
from pipelines.cli.reading import common_options, reading
from pipelines.reference.load import load_reference
from pipelines.settings import Settings
from pipelines.timeline.backtest import backtest as predicted
from pipelines.timeline.backtest import backtest_scores
from pipelines.timeline.draws import TIMELINE_SEED
from pipelines.timeline.projects import read_projects

_EPILOG = """\b
Examples:
  firstmw backtest                          the projects of the release
  firstmw backtest --file projects.csv      your own, with the columns of observed_projects
  firstmw backtest --json

\b
Each project is predicted with its own way of buying, technology, size, place and premises on the lead times of the
release. CRPS is that of log months: lower is better. `new order` is the same had everything been ordered new, `pooled`
one lognormal fitted to all the other projects.
"""
_ROW = ("project_id", "path", "stack_id", "months_p10", "months_p50", "months_p90", "reported", "is_hit")


@click.command(epilog=_EPILOG)
@click.option("--file", "file", type=click.Path(dir_okay=False, path_type=Path), help="Projects (CSV).")
@common_options
def backtest(file: Path | None, **options: Any) -> int:
    """Compare observed projects with what is predicted of them."""
    settings = Settings()
    with reading(options) as release:
        if file is None:
            rows, scores = (release.query(f"select * from {name}") for name in ("backtest", "backtest_scores"))
        else:
            policy, markets = (load_reference(name, settings.reference_dir) for name in ("policy", "candidate_markets"))
            used = release.query("select * from lead_times")
            rows = predicted(read_projects(settings, file), markets, used, policy, settings, TIMELINE_SEED)
            scores = backtest_scores(rows)
        if options["as_json"]:
            echo_json({"release": release.header(), "rows": records(rows), "scores": records(scores)})
        else:
            _show(rows, scores)
            say(release.footer(), is_dim=True)
        return release.exit_code()


def _show(rows: pl.DataFrame, scores: pl.DataFrame) -> None:
    scored = rows.filter("is_scored")
    columns = [
        Column("Project"),
        Column("Path"),
        Column("Stack"),
        *(Column(f"P{point}\nmonths", is_right=True) for point in (10, 50, 90)),
        Column("Reported\nmonths", is_right=True),
        Column("Hit"),
    ]
    shown = []
    for row in scored.select(*_ROW, "is_lower_bound").iter_rows(named=True):
        bound = ">= " if row["is_lower_bound"] else ""
        hit = {True: "yes", False: "no", None: ""}[row["is_hit"]]
        months = [figure(row[f"months_p{point}"]) for point in (10, 50, 90)]
        shown.append([*(row[name] for name in _ROW[:3]), *months, f"{bound}{figure(row['reported'])}", hit])
    print_table(columns, shown)
    put("")
    print_table(
        [
            Column("Group"),
            Column("Projects", is_right=True),
            Column("Bounds", is_right=True),
            Column("Hit", is_right=True),
            Column("90 % interval", is_right=True),
            Column("CRPS", is_right=True),
            Column("new order", is_right=True),
            Column("pooled", is_right=True),
        ],
        [_of_group(row) for row in scores.iter_rows(named=True)],
    )
    every = scores.filter(pl.col("grouped_by") == "all").row(0, named=True)
    low, high = (share(every[f"never_finished_{end}_frac"], 0) for end in ("low", "high"))
    put(
        f"{every['cancelled']} of {every['cancelled'] + every['finished']} projects that ended were given up: "
        f"{share(every['never_finished_frac'], 0)} never run ({low} to {high}, 90 % of the posterior)."
    )
    put(f"{len(rows) - len(scored)} projects are not scored: column reason of backtest says why.", is_dim=True)


def _of_group(row: dict[str, Any]) -> list[str]:
    known = row["coverage_frac"] is not None
    interval = f"{share(row['coverage_low_frac'])} - {share(row['coverage_high_frac'])}" if known else ""
    name = (
        row["group_name"]
        if row["grouped_by"] in {"all", "bought_otherwise"}
        else f"{row['grouped_by']} {row['group_name']}"
    )
    scores = [
        "" if row[column] is None else figure(row[column], 2)
        for column in ("crps_log_months", "crps_new_order", "crps_pooled")
    ]
    hit = share(row["coverage_frac"]) if known else ""
    return [name, str(row["projects"]), str(row["lower_bounds"]), hit, interval, *scores]
