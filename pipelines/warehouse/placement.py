"""Where a release belongs: in the base line, which `current` shows, or beside it under a name; and putting it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines.errors import UsageError, WarehouseError
from pipelines.identity import content_hash
from pipelines.warehouse.refs import check_name, point_name, show
from pipelines.warehouse.releases import ReleaseInfo, release_info, whole_release

# Names of a few states or one region are written out; more are told apart by their hash.
_MOST_SPELLED = 3


@dataclass(frozen=True)
class Wish:
    """What a user says about where a release goes.

    Attributes
    ----------
    name : str
        Name to publish it under, beside the base line; empty for none.
    is_published : bool
        Whether it becomes `current` although it is a part, a what-if or named.
    allows_older : bool
        Whether `current` may move to an earlier date.
    allows_future : bool
        Whether the night's date may be after today.
    """

    name: str = ""
    is_published: bool = False
    allows_older: bool = False
    allows_future: bool = False


@dataclass(frozen=True)
class Placement:
    """Where a release goes.

    Attributes
    ----------
    is_shown : bool
        Whether `current` moves to it; it is then part of the base line.
    name : str
        Name under `named/`; empty for none.
    is_made_up : bool
        Whether the name is the product's, so that it may be taken away when there are many.
    reason : str
        Why it is a side release although the user did not ask for one; empty where that is plain.
    """

    is_shown: bool = True
    name: str = ""
    is_made_up: bool = False
    reason: str = ""


BASE = Placement()


def place(
    data_dir: Path,
    wish: Wish,
    *,
    as_of: date,
    today: date,
    scope: Mapping[str, Sequence[str]],
    what_if: Sequence[str] = (),
) -> Placement:
    """Decide where the release of a night goes, before anything is computed.

    Parameters
    ----------
    data_dir : Path
        The data folder, whose `current` may not move to an earlier date by itself.
    wish : Wish
    as_of, today : date
        The night's logical date, and the date of the clock (UTC).
    scope : Mapping[str, Sequence[str]]
        `regions` and `states` that the night is limited to; empty for all.
    what_if : Sequence[str]
        What is set for a what-if.

    Raises
    ------
    UsageError
        If the name cannot be one, the date is in the future, or `current` would move to an earlier date.
    """
    name = check_name(wish.name) if wish.name else ""
    if wish.allows_older and not wish.is_published:
        raise UsageError("--allow-older says how far --publish may go; give --publish too, or neither.")
    if as_of > today and not wish.allows_future:
        raise UsageError(f"{as_of} is after today, {today} (UTC); correct --as-of, or add --allow-future on purpose.")
    shown = _current_date(data_dir)
    is_older = shown is not None and as_of < shown
    if wish.is_published:
        if is_older and not wish.allows_older:
            raise UsageError(
                f"{as_of} is before {shown}, the date of the current release; add --allow-older to show an earlier "
                "night, or drop --publish."
            )
        return Placement(name=name)
    is_part = bool(scope.get("regions") or scope.get("states"))
    if not (name or is_part or what_if or is_older or as_of > today):
        return BASE
    reason = (
        f"the current release is of {shown}, which is later" if is_older and not (name or is_part or what_if) else ""
    )
    return Placement(is_shown=False, name=name or _made_up(as_of, scope, what_if), is_made_up=not name, reason=reason)


def settle(data_dir: Path, info: ReleaseInfo, placement: Placement, *, is_accepted: bool = False) -> None:
    """Let the names of a placement point at a release; one that is held for review is not shown unless accepted."""
    if placement.name:
        point_name(data_dir, placement.name, info.run_id, is_made_up=placement.is_made_up)
    if placement.is_shown and (is_accepted or not info.held):
        show(data_dir, info.run_id, is_side=bool(info.manifest.get("is_side")))


def reuse_release(
    data_dir: Path, run_id: str, placement: Placement = BASE, *, is_accepted: bool = False
) -> ReleaseInfo | None:
    """Settle the release of a run where it exists already and is whole; else None.

    Parameters
    ----------
    data_dir : Path
    run_id : str
    placement : Placement
        Whether `current` moves to it, and the name it is given.
    is_accepted : bool
        Whether a release that is held for review is shown; otherwise it is returned and `current` stays.
    """
    info = whole_release(data_dir, run_id)
    if info is None:
        return None
    settle(data_dir, info, placement, is_accepted=is_accepted)
    return release_info(data_dir, run_id)


def _current_date(data_dir: Path) -> date | None:
    try:
        return release_info(data_dir).as_of
    except (UsageError, WarehouseError):
        return None


def _made_up(as_of: date, scope: Mapping[str, Sequence[str]], what_if: Sequence[str]) -> str:
    """Return a name made of what a release is about."""
    states, regions = list(scope.get("states", ())), list(scope.get("regions", ()))
    if what_if:
        return f"what-if-{_short(sorted(what_if), states, regions)}-{as_of}"
    if not (states or regions):
        return f"night-{as_of}"
    spelled = "-".join([*states, *regions]).lower().replace("_", "-")
    if len(states) + len(regions) > _MOST_SPELLED or len(spelled) > 40:
        spelled = _short(states, regions)
    kind = "state" if len(states) == 1 and not regions else "states" if not regions else "regions"
    return f"{kind}-{spelled}-{as_of}"


def _short(*content: Sequence[str]) -> str:
    return content_hash(*[list(one) for one in content])[:6]
