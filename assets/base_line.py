"""What belongs to the base line: where a night's release goes, which one it follows, and who waits for whom."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UsageError
from pipelines.settings import Settings
from pipelines.warehouse import BuildLock, Placement, ReleaseInfo, Wish, list_releases, place

if TYPE_CHECKING:
    from assets.night import Scope

PREVIOUS = "previous_release"
# How long a night of the base line waits for a side release; longer than one takes.
SIDE_PATIENCE_SECONDS = 3600.0
FOREVER_SECONDS = 1e9


def notify(sentence: str) -> None:
    """Log a sentence that the user is to see while the night runs."""
    logging.getLogger("firstmw.night").warning(sentence, extra={"is_notice": True})


def placement_of(
    settings: Settings, scope: Scope, wish: Wish, today: date | None = None, *, must_be_base: bool = False
) -> Placement:
    """Decide where the release of a night goes; see `place`.

    Parameters
    ----------
    settings : Settings
    scope : Scope
    wish : Wish
    today : date | None
        Date of the clock (UTC); the system's where absent.
    must_be_base : bool
        Whether a side release is refused, because the orchestrator's catalogue would take its tables for the base's.
    """
    day = today or datetime.now(UTC).date()
    data_dir = settings.data_dir.absolute()
    placed = place(data_dir, wish, as_of=scope.as_of, today=day, scope=scope.named(), what_if=scope.what_if)
    if must_be_base and not placed.is_shown:
        raise UsageError(
            f"{placed.name} would be a side release, and the orchestrator's catalogue describes the base line; make it "
            "with `firstmw refresh`, or set is_published to show it as the current release."
        )
    return placed


def build_lock(
    data_dir: Path, placed: Placement, wait_seconds: float | None, on_wait: Callable[[str], None] | None = None
) -> BuildLock:
    """Return the lock of the build with the patience of a night.

    Parameters
    ----------
    data_dir : Path
    placed : Placement
    wait_seconds : float | None
        As the user gave it; where not given, a side release waits for whoever holds the build, and a night of the base
        line for a side release only.
    on_wait : Callable[[str], None] | None
        Called with a sentence when there is someone to wait for.
    """
    if wait_seconds is not None:
        return BuildLock(data_dir, wait_seconds=wait_seconds, is_side=not placed.is_shown, on_wait=on_wait)
    return BuildLock(
        data_dir,
        wait_seconds=0.0 if placed.is_shown else FOREVER_SECONDS,
        side_wait_seconds=SIDE_PATIENCE_SECONDS,
        is_side=not placed.is_shown,
        on_wait=on_wait,
    )


def begin_from_base(path: Path) -> None:
    """Begin the build of a side release with the tables of the last night, of which those not concerned are reused."""
    base = path.with_name("firstmw.duckdb")
    if base.is_file():
        path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
        shutil.copyfile(base, path)


def previous_release(
    data_dir: Path, scope: Scope, run_id_of: Callable[[dict[str, str]], str], inputs: dict[str, str]
) -> str:
    """Return the run id of the release that a night is compared with and carries its history from, or nothing.

    A release of the same run that exists keeps the one it was made from, so that the same night again is the same run.
    Any other night follows a release that is no what-if and belongs to the base line, or is a kept part of the same
    scope: one of the same scope before any other, one of the same or an earlier date before a later one, the current
    one before others, the newest before older ones.

    Parameters
    ----------
    data_dir : Path
    scope : Scope
    run_id_of : Callable[[dict[str, str]], str]
        From the night's inputs to its run id.
    inputs : dict[str, str]
        Inputs of the night without a release before.
    """
    releases = list_releases(data_dir.absolute())
    for release in releases:
        before = str(release.manifest.get("inputs", {}).get(PREVIOUS, ""))
        if run_id_of({**inputs, PREVIOUS: before} if before else inputs) == release.run_id:
            return before

    def preference(release: ReleaseInfo) -> tuple[bool, bool, bool, date, datetime]:
        is_same, is_before = release.scope == scope.named(), release.as_of <= scope.as_of
        return is_same, is_before, release.is_current, release.as_of, release.published_at_utc

    known = [
        release
        for release in releases
        if not release.what_if
        and (release.is_current or not release.held)
        and (release.is_base or (scope.is_part and release.scope == scope.named()))
    ]
    return max(known, key=preference).run_id if known else ""
