"""`firstmw rollback`: show an earlier release again, or one that was held for review."""

from __future__ import annotations

from typing import Any

import click

from pipelines.cli.output import echo_json, say
from pipelines.cli.reading import folder_options
from pipelines.cli.waiting import wait_options
from pipelines.settings import Settings
from pipelines.warehouse import BuildLock, make_current, release_info, roll_back

_EPILOG = """\b
Examples:
  firstmw rollback                         to the release shown before the current one
  firstmw rollback 20261121-0123456789ab   to a given one, by run id or name, also forward again
  firstmw releases                         which there are

The release is verified first; one that is damaged is refused and `current` stays. Readers that are connected keep the
release they opened. The next refresh of another date carries its history on from the release shown here.

Exit codes: 0 shown; 1 the release is damaged, or a refresh is running; 2 there is no such release.
"""


@click.command(epilog=_EPILOG)
@click.argument("run_id", metavar="[RUN_ID|NAME]", required=False)
@wait_options
@folder_options
def rollback(run_id: str | None, wait_seconds: float | None, **options: Any) -> int:
    """Point `current` at another release: RUN_ID or NAME, or the one shown before it."""
    folder = options["data_dir"] or Settings().data_dir
    # Whoever has no release or names an unknown one does not have to wait to learn it.
    release_info(folder, run_id)
    with BuildLock(
        folder, wait_seconds=wait_seconds or 0.0, on_wait=lambda what: click.echo(f"firstmw: {what}.", err=True)
    ):
        info = make_current(folder, run_id) if run_id else roll_back(folder)
    if options["as_json"]:
        echo_json({"run_id": info.run_id, "as_of": info.as_of, "path": str(info.path)})
    else:
        say(f"Release {info.run_id}, as of {info.as_of}, is current.")
    return 0
