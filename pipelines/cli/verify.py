"""`firstmw verify`: is a release whole, byte for byte and row for row."""

from __future__ import annotations

from typing import Any

import click

from pipelines.cli.output import echo_json, say
from pipelines.cli.reading import folder_options
from pipelines.errors import UsageError
from pipelines.settings import Settings
from pipelines.warehouse import list_releases, release_info, verify_release

_EPILOG = """\b
Examples:
  firstmw verify                           the current release
  firstmw verify 20261121-0123456789ab
  firstmw verify --all --json

Every file is held against the length and SHA-256 of the manifest, every table of the database and every Parquet file
against its number of rows.

Exit codes: 0 whole; 1 damaged (each fault is named; `firstmw refresh` publishes the night anew, `firstmw rollback`
shows an earlier release); 2 there is no such release.
"""


@click.command(epilog=_EPILOG)
@click.argument("run_id", metavar="[RUN_ID|NAME]", required=False)
@click.option("--all", "is_all", is_flag=True, help="Verify every release that is kept.")
@folder_options
def verify(run_id: str | None, is_all: bool, **options: Any) -> int:
    """Check that a release is whole: RUN_ID or NAME, or the current one."""
    if is_all and run_id:
        raise UsageError("give a run id or --all, not both.")
    folder = options["data_dir"] or Settings().data_dir
    if is_all:
        wanted = [info.run_id for info in list_releases(folder)] or [release_info(folder).run_id]
    else:
        wanted = [run_id or release_info(folder).run_id]
    found = [{"run_id": name, "faults": verify_release(folder, name)} for name in wanted]
    is_whole = not any(row["faults"] for row in found)
    if options["as_json"]:
        echo_json({"is_whole": is_whole, "releases": found})
        return 0 if is_whole else 1
    for row in found:
        if row["faults"]:
            for fault in row["faults"]:
                click.echo(f"firstmw: release {row['run_id']}: {fault}.", err=True)
        else:
            say(f"Release {row['run_id']} is whole.")
    if not is_whole:
        click.echo("firstmw: refresh again to publish the night anew, or roll back to a whole release.", err=True)
    return 0 if is_whole else 1
