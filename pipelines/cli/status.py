"""`firstmw status`: what the release holds, and how old and how whole its inputs are."""

from __future__ import annotations

from typing import Any

import click

from pipelines.cli.output import Column, echo_json, figure, print_table, put, records, say
from pipelines.cli.reading import common_options, reading

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


@click.command()
@common_options
def status(**options: Any) -> int:
    """Show the release, its tables, and how old each input is."""
    with reading(options) as release:
        sources = release.query("select * from data_status order by is_stale desc, source_id")
        tables = release.tables
        if options["as_json"]:
            echo_json({"release": release.header(), "tables": tables, "data_status": records(sources)})
            return release.exit_code()
        header = release.header()
        say(f"Release {header['run_id']}, as of {header['as_of']}", is_bold=True)
        put(header["path"])
        if "what_if" in header:
            say(f"What-if: {', '.join(header['what_if'])}; `firstmw refresh` without it returns to the base.")
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
        return release.exit_code()
