"""`firstmw replay`: build a live night again from the raw bytes that are held of it, without any network."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from pipelines.cli.placing import placing_options
from pipelines.cli.refresh import run_night
from pipelines.cli.waiting import wait_options
from pipelines.settings import Settings
from pipelines.warehouse import Wish

_EPILOG = """\b
Examples:
  firstmw replay --as-of 2026-11-22                  the night as it was fetched; verified and reused if it is whole
  firstmw replay --as-of 2026-11-22 --state TX       a night that was fetched with the same scope

Every answer of a live night is kept under data/raw with its checksum; a night is rebuilt from them with today's code.
A night of an earlier date than the current release goes beside it, as night-DATE; --publish --allow-older shows it.
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--as-of",
    metavar="DATE",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="Logical date YYYY-MM-DD of a night that was fetched with the live profile.",
)
@click.option("--regions", multiple=True, metavar="ID[,ID...]", help="The regions that night was about (repeatable).")
@click.option("--state", "states", multiple=True, metavar="CODE", help="The states that night was about (repeatable).")
@click.option(
    "--scope",
    type=click.Choice(["markets", "counties"]),
    default="markets",
    show_default=True,
    help="What the regions of that night were.",
)
@click.option(
    "--weather-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of weather files that night used; default FIRSTMW_WEATHER_DIR.",
)
@wait_options
@placing_options
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object at the end; progress goes to stderr.")
def replay(
    as_of: datetime,
    regions: tuple[str, ...],
    states: tuple[str, ...],
    scope: str,
    weather_dir: Path | None,
    wait_seconds: float | None,
    wish: Wish,
    as_json: bool,
) -> int:
    """Build a live night again from what is held, without network."""
    return run_night(
        Settings(profile="live"),
        as_of.date(),
        regions,
        states,
        weather_dir,
        wait_seconds,
        as_json=as_json,
        is_replay=True,
        is_counties=scope == "counties",
        wish=wish,
    )
