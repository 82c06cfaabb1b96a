"""`firstmw refresh`: run the night and publish a release."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
import polars as pl

from pipelines.cli.output import echo_json
from pipelines.cli.placing import placing_options, where
from pipelines.cli.stopping import ended_by_signals
from pipelines.cli.waiting import wait_options
from pipelines.counties.progress import SOURCE_ID
from pipelines.environment import unknown_names, unknown_sentence
from pipelines.errors import UsageError
from pipelines.health import require_usable
from pipelines.ranking.what_if import changed_settings, read_changes
from pipelines.settings import Settings
from pipelines.warehouse import Wish

_EPILOG = """\b
Examples:
  firstmw refresh                                  every region, today's date
  firstmw refresh --as-of 2026-11-22               a given night; the same night again is verified and reused
  firstmw refresh --regions abilene_tx,milam_tx    a few regions, published beside the current release
  firstmw refresh --state TX --state NM --as southwest       the same under a name of yours
  firstmw refresh --state TX --publish             a part that becomes the current release
  firstmw refresh --weather-dir ~/tmy3             real weather files where one is near enough
  firstmw refresh --scope counties                 every county of the contiguous states and DC
  firstmw refresh --scope counties --state OH      the counties of a state
  firstmw refresh --scope counties --profile live  with their weather, as far as the sources' limits of a day go
  firstmw refresh --profile live                   ask the public sources first; what fails falls back and is marked
  firstmw refresh --set lead_times.recip_engine.mid=12 --set grid_completion_probability=1    a what-if
  firstmw refresh --what-if slow.toml              the same from a file
  firstmw refresh --wait                           queue behind a refresh that is running; --wait 600 for ten minutes
  firstmw refresh --accept                         show a release that is held because its ranks moved so far

Exit codes: 0 published or reused; 1 failed, held for review, or another refresh is running (its pid is named);
2 wrong usage; 3 published from stale inputs; 143 ended by SIGTERM. Whatever fails, the current release stays as it was.

Only a night of all regions without a what-if becomes the current release. Parts, what-ifs, named nights and nights of
an earlier date than the current release are side releases under data/releases/named; every reading command opens them
with --release NAME. Made-up names beyond FIRSTMW_KEEP_NAMED (20) are removed, the oldest first; names of yours stay. A
side release waits for a refresh that is running, and a night waits for a side release, unless --no-wait is given.

A what-if is compared with a release of the same scope, else with the same regions of the current one: rank_changes says
what it moved. No later night carries its history on. A TOML file has settings by name and lead times as
[lead_times.recip_engine] mid = 12. Lead times are named as in the table lead_times, or by equipment class; a mid alone
takes low and high along.
The live profile fetches weather, prices, queues and lead-time indicators; docs/sources.md says how to get the keys.
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--as-of", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="Logical date YYYY-MM-DD; default today (UTC)."
)
@click.option("--regions", multiple=True, metavar="ID[,ID...]", help="Only these regions (repeatable).")
@click.option("--state", "states", multiple=True, metavar="CODE", help="Only regions of this state (repeatable).")
@click.option(
    "--weather-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of weather files (TMY3, EPW, SAM CSV, NSRDB PSM); default FIRSTMW_WEATHER_DIR.",
)
@click.option(
    "--profile",
    type=click.Choice(["reference", "live"]),
    help="Embedded facts only, or the public sources over them; default FIRSTMW_PROFILE, else reference.",
)
@wait_options
@placing_options
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="NAME=VALUE",
    help="What-if: set a lead time (lead_times.<name>.<low|mid|high>, months) or a setting (repeatable).",
)
@click.option(
    "--what-if",
    "what_if_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="What-if: a TOML file of such settings.",
)
@click.option(
    "--accept",
    "is_accepted",
    is_flag=True,
    help="Show the release even if its ranks moved so far that it would be held for review.",
)
@click.option(
    "--scope",
    type=click.Choice(["markets", "counties"]),
    default="markets",
    show_default=True,
    help="What the regions are; counties have a data folder of their own, counties/ in FIRSTMW_DATA_DIR.",
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object at the end; progress goes to stderr.")
def refresh(
    as_of: datetime | None,
    regions: tuple[str, ...],
    states: tuple[str, ...],
    weather_dir: Path | None,
    profile: str | None,
    changes: tuple[str, ...],
    what_if_file: Path | None,
    wait_seconds: float | None,
    wish: Wish,
    is_accepted: bool,
    scope: str,
    as_json: bool,
) -> int:
    """Run the night and publish a release."""
    for name, near in unknown_names(os.environ).items():
        click.echo(f"firstmw: {unknown_sentence(name, near)}.", err=True)
    night: date = as_of.date() if as_of else datetime.now(UTC).date()
    settings = Settings()
    if profile is not None:
        settings = Settings(profile="live" if profile == "live" else "reference")
    what_if = [*(read_changes(what_if_file) if what_if_file else []), *changes]
    changed_settings(settings, what_if)
    return run_night(
        settings,
        night,
        regions,
        states,
        weather_dir,
        wait_seconds,
        as_json=as_json,
        is_accepted=is_accepted,
        what_if=what_if,
        is_counties=scope == "counties",
        wish=wish,
    )


def run_night(
    settings: Settings,
    night: date,
    regions: tuple[str, ...],
    states: tuple[str, ...],
    weather_dir: Path | None,
    wait_seconds: float | None,
    *,
    as_json: bool,
    wish: Wish,
    is_replay: bool = False,
    is_accepted: bool = False,
    what_if: Sequence[str] = (),
    is_counties: bool = False,
) -> int:
    """Run a night, show its progress and its end, and return the exit code."""
    # The one place where the domain calls the orchestration, and only when asked to.
    from assets.refresh import Interrupted, refresh_night  # noqa: PLC0415

    require_usable(settings.data_dir)
    if weather_dir is not None and not weather_dir.is_dir():
        raise UsageError(f"the weather folder {weather_dir} does not exist; check --weather-dir.")
    with ended_by_signals(Interrupted):
        outcome = refresh_night(
            settings,
            night,
            regions=_split(regions) or None,
            states=[state.upper() for state in _split(states)] or None,
            weather_dir=weather_dir,
            wait_seconds=wait_seconds,
            on_event=_progress(as_json),
            on_wait=_say,
            on_notice=_say,
            is_replay=is_replay,
            is_accepted=is_accepted,
            what_if=what_if,
            is_counties=is_counties,
            wish=wish,
        )
    moved = moved_by_what_if(outcome.release_dir) if what_if else None
    note = county_note(outcome.release_dir) if is_counties else None
    if as_json:
        echo_json(
            {
                "run_id": outcome.run_id,
                "as_of": night,
                "profile": settings.profile,
                **({"what_if": sorted(set(what_if)), "moved": moved} if what_if else {}),
                **({"county_weather": note} if note is not None else {}),
                "release_dir": str(outcome.release_dir),
                "name": outcome.placement.name or None,
                "is_current": outcome.placement.is_shown,
                "is_reused": outcome.is_reused,
                "is_stale": outcome.is_stale,
                "seconds": round(outcome.seconds, 3),
                "assets": [
                    {"asset": name, "rows": rows, "seconds": round(seconds, 3)}
                    for name, rows, seconds in outcome.assets
                ],
            }
        )
    else:
        verb = "verified and reused" if outcome.is_reused else "published"
        click.echo(f"{verb} release {outcome.run_id} in {outcome.seconds:.1f} s: {outcome.release_dir}")
        if place := where(outcome.placement):
            click.echo(f"{place}.")
        if note is not None:
            click.echo(f"weather of counties: {note}.")
        if moved is not None:
            click.echo(what_if_sentence(sorted(set(what_if)), moved))
    if outcome.is_stale:
        click.echo("firstmw: served, but some inputs are stale; see `firstmw status`.", err=True)
        return 3
    return 0


def _say(sentence: str) -> None:
    click.echo(f"firstmw: {sentence}.", err=True)


def county_note(release_dir: Path) -> str:
    """Return what a release of counties says about their weather, and who is not ranked for want of it."""
    status = pl.read_parquet(release_dir / "parquet" / "data_status.parquet", glob=False)
    return "; ".join(status.filter(pl.col("source_id") == SOURCE_ID)["note"].to_list())


def moved_by_what_if(release_dir: Path) -> dict[str, Any]:
    """Return how many rows a what-if moved, by what, and the run it is held against."""
    changes = pl.read_parquet(release_dir / "parquet" / "rank_changes.parquet", glob=False)
    moved = changes.filter(~pl.col("moved_by").is_in(["nothing", "new row"]))
    causes = moved.group_by("moved_by").agg(pl.len().alias("rows")).sort("rows", "moved_by", descending=[True, False])
    against = [run for run in changes["previous_run_id"].unique() if run]
    return {
        "against_run_id": against[0] if against else None,
        "rows": changes.height,
        "moved_rows": moved.height,
        "stacks": moved.filter(pl.col("moved_by") != "other rows")["stack_id"].unique().sort().to_list(),
        "moved_by": dict(causes.iter_rows()),
    }


def what_if_sentence(what_if: Sequence[str], moved: Mapping[str, Any]) -> str:
    """Return what a what-if moved in words."""
    told = f"what-if {', '.join(what_if)}: "
    if moved["against_run_id"] is None:
        told += "there is no release with its regions to compare it with"
    elif not moved["moved_rows"]:
        told += f"no row moves against {moved['against_run_id']}; nothing on these sites waits for it"
    else:
        causes = ", ".join(f"{rows} by {cause}" for cause, rows in moved["moved_by"].items())
        told += f"{moved['moved_rows']} of {moved['rows']} rows move against {moved['against_run_id']} ({causes})"
    return f"{told}."


def _split(values: tuple[str, ...]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _progress(as_json: bool) -> Any:
    """Return the callback that writes one aligned line per finished step: name, rows, seconds."""

    def on_event(name: str, rows: int | None, seconds: float) -> None:
        counted = f"{rows:>12,} rows" if rows is not None else " " * 17
        click.echo(f"{name:<36}{counted}{seconds:>9.2f} s", err=as_json)

    return on_event
