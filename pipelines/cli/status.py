"""`firstmw status`: what the release holds, and how old and how whole its inputs are."""

from __future__ import annotations

from typing import Any

import click
import polars as pl

from pipelines.cli.output import Column, echo_json, figure, print_table, put, records, say
from pipelines.cli.reading import common_options, reading
from pipelines.counties.progress import SOURCE_ID, progress_of
from pipelines.nightlog import county_weather, last_night, steps_of, summary
from pipelines.settings import Settings

_SOURCES = [
    Column("Source", least=30),
    Column("Profile"),
    Column("Data through"),
    Column("Age\ndays", is_right=True),
    Column("Rows", is_right=True),
    Column("Rejects", is_right=True, keep=8),
    Column("Stale"),
    Column("Note", least=16, keep=2),
]


_EPILOG = """\b
Examples:
  firstmw status
  firstmw status --json | jq '.data_status[] | select(.is_stale) | .source_id'

Exit codes: 0 shown; 1 the release cannot be read; 2 wrong usage, or there is no release yet; 3 a source is stale.
"""


@click.command(epilog=_EPILOG)
@common_options
def status(**options: Any) -> int:
    """Show the release, its tables, and how old each input is."""
    with reading(options) as release:
        sources = release.query("select * from data_status order by is_stale desc, source_id")
        tables = release.tables
        folder = options["data_dir"] or Settings().data_dir
        steps = steps_of(folder, release.header()["run_id"])
        night, last, fetched = summary(steps), last_night(folder), county_weather(folder)
        if options["as_json"]:
            echo_json(
                {
                    "release": release.header(),
                    "tables": tables,
                    "data_status": records(sources),
                    "night": night,
                    "steps": steps,
                    "last_refresh": last,
                    "county_weather": fetched,
                }
            )
            return release.exit_code()
        header = release.header()
        say(f"Release {header['run_id']}, as of {header['as_of']}", is_bold=True)
        put(header["path"])
        if "what_if" in header:
            say(f"What-if: {', '.join(header['what_if'])}.")
        limits = [*header["scope"].get("states", ()), *header["scope"].get("regions", ())]
        if limits:
            say(f"Part: only {', '.join(limits)}.")
        if header["names"]:
            say(f"Named {', '.join(header['names'])}.")
        say(f"Profile {header['profile']}; {release.freshness()}.")
        say()
        names = ", ".join(f"{name} {rows:,}" for name, rows in tables.items())
        say(f"{len(tables)} tables (rows): {names}.")
        say()
        rows = [
            [
                row["source_id"],
                row["profile"],
                str(row["data_through_utc"])[:10] if row["data_through_utc"] else "-",
                figure(row["age_days"], 0),
                f"{row['rows']:,}",
                f"{row['rejects']:,}",
                "STALE" if row["is_stale"] else "no",
                row["note"] or "",
            ]
            for row in sources.iter_rows(named=True)
        ]
        print_table(_SOURCES, rows)
        _print_counties(sources, fetched)
        _print_night(night, last)
        return release.exit_code()


def _print_counties(sources: pl.DataFrame, fetched: dict[str, Any] | None) -> None:
    """Print whose weather the counties of the release run on, and what was left when it was last asked for."""
    notes = dict(sources.select("source_id", "note").iter_rows())
    if SOURCE_ID not in notes:
        return
    say()
    say(f"Weather of counties: {notes[SOURCE_ID]}.")
    progress = progress_of(fetched)
    if fetched is not None and progress is not None:
        say(f"Asked for last on the night of {fetched['as_of']}: {progress.sentence()}.")


def _print_night(night: dict[str, Any], last: dict[str, Any] | None) -> None:
    """Print what the run took, and how the last refresh ended."""
    if night["steps"]:
        slowest = ", ".join(f"{step['asset']} {figure(step['seconds'], 1)} s" for step in night["slowest"][:3])
        say()
        say(
            f"Made in {night['steps']} steps and {figure(night['seconds'], 1)} s of work, {night['rows']:,} rows, "
            f"{night['rejects']:,} rejects, {night['cache_hits']} of {night['cache_lookups']} results from the cache, "
            f"peak memory {figure(night['peak_memory_mb'], 0)} MB; slowest {slowest}."
        )
    if last is not None:
        problem = f": {last['problem']}" if last.get("problem") else "."
        say(f"The last refresh, as of {last['as_of']}, ended {last['at_utc'][:16]} UTC: {last['outcome']}{problem}")
