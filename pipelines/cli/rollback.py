"""`firstmw rollback`: show an earlier release again, or one that was held for review."""

from __future__ import annotations

from typing import Any

import click

from pipelines.cli.output import echo_json, say
from pipelines.cli.reading import common_options
from pipelines.cli.waiting import wait_options
from pipelines.errors import UsageError
from pipelines.settings import Settings
from pipelines.warehouse import BuildLock, ReleaseInfo, list_releases, make_current, release_info

_EPILOG = """\b
Examples:
  firstmw rollback                         to the release published before the current one
  firstmw rollback 20261121-0123456789ab   to a given one, also forward again
  firstmw releases                         which there are

The release is verified first; one that is damaged is refused and `current` stays. Readers that are connected keep the
release they opened. The next refresh of another date carries its history on from the release shown here.

Exit codes: 0 shown; 1 the release is damaged, or a refresh is running; 2 there is no such release.
"""


@click.command(epilog=_EPILOG)
@click.argument("run_id", required=False)
@wait_options
@common_options
def rollback(run_id: str | None, wait_seconds: float, **options: Any) -> int:
    """Point `current` at another release: RUN_ID, or the one published before it."""
    folder = options["data_dir"] or Settings().data_dir
    before = release_info(folder) if run_id is None else None
    with BuildLock(folder, wait_seconds=wait_seconds, on_wait=lambda told: click.echo(f"firstmw: {told}.", err=True)):
        info = make_current(folder, run_id or _earlier(list_releases(folder), before).run_id)
    if options["as_json"]:
        echo_json({"run_id": info.run_id, "as_of": info.as_of, "path": str(info.path)})
    else:
        say(f"Release {info.run_id}, as of {info.as_of}, is current.")
    return 0


def _earlier(releases: list[ReleaseInfo], current: ReleaseInfo | None) -> ReleaseInfo:
    """Return the newest release published before the current one, held ones left out."""
    if current is not None:
        moment = (current.published_at_utc, current.run_id)
        for info in releases:
            if (info.published_at_utc, info.run_id) < moment and not info.held:
                return info
    raise UsageError("there is no earlier release to go back to; `firstmw releases` lists what is kept.")
