"""Names of releases: the link `current`, the links under `named/`, and the record of what was shown."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.warehouse.files import point_symlink, sync_directory, write_json

CURRENT = "current"
NAMED = "named"
RECORD = "refs.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_RUN_ID = re.compile(r"\d{8}-[0-9a-f]{12}")


@dataclass
class Record:
    """What the links themselves do not say; kept in `releases/refs.json`, which is replaced in one step.

    A process that is killed between a link and the record leaves a record that is one step behind; readers complete it
    from the link. A record that is lost makes every name a given one, so that nothing is deleted because of it.

    Attributes
    ----------
    shown : list[str]
        Run ids that `current` pointed at, the last one last; a rollback takes the last one away.
    published : list[str]
        Run ids of side releases that were made `current` on purpose.
    made_up : list[str]
        Names that were not given by anyone, the one set longest ago first.
    """

    shown: list[str] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    made_up: list[str] = field(default_factory=list)


def releases_dir(data_dir: Path) -> Path:
    """Return the folder of the releases."""
    return Path(data_dir) / "releases"


def check_name(name: str) -> str:
    """Return a name that a user gives to a release, or refuse it.

    Raises
    ------
    UsageError
        If it could be a path, a run id or one of the product's own names.
    """
    if not _NAME.fullmatch(name) or name in {CURRENT, NAMED, RECORD} or _RUN_ID.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a release; use at most 64 letters, digits, '.', '_' and '-', a letter or digit "
            f"first, and neither {CURRENT!r} nor a run id."
        )
    return name


def current_name(data_dir: Path) -> str | None:
    """Return the name of the folder that `current` points at, or None."""
    return _target(releases_dir(data_dir) / CURRENT)


def named_releases(data_dir: Path) -> dict[str, str]:
    """Return the names under `named/` with the run ids they point at, in the order of the names."""
    folder = releases_dir(data_dir) / NAMED
    if not folder.is_dir():
        return {}
    links = (path for path in sorted(folder.iterdir()) if not path.name.startswith(".") and path.is_dir())
    return {path.name: target for path in links if (target := _target(path)) is not None}


def point_name(data_dir: Path, name: str, run_id: str, *, is_made_up: bool) -> None:
    """Let a name point at a release in one step; the name moves if it was in use."""
    record = read_record(data_dir)
    made_up = [other for other in record.made_up if other != name] + ([name] if is_made_up else [])
    # A name counts as made up only while the record says so: a given name is taken out of it before it is set.
    record.made_up = made_up
    _write_record(data_dir, record)
    link = releases_dir(data_dir) / NAMED / name
    if _target(link) != run_id:
        link.parent.mkdir(parents=True, exist_ok=True)
        point_symlink(link, f"../{run_id}")


def remove_name(data_dir: Path, name: str) -> None:
    """Take a name away; its release is deleted by the next retention unless something else points at it."""
    link = releases_dir(data_dir) / NAMED / name
    link.unlink(missing_ok=True)
    sync_directory(link.parent)
    record = read_record(data_dir)
    record.made_up = [other for other in record.made_up if other != name]
    _write_record(data_dir, record)


def show(data_dir: Path, run_id: str, *, is_side: bool = False) -> None:
    """Point `current` at a release in one step and note it as the last one shown.

    Parameters
    ----------
    data_dir : Path
    run_id : str
    is_side : bool
        Whether it was made beside the base line and is now made part of it on purpose.
    """
    record = read_record(data_dir)
    before = (record.shown, record.published)
    if record.shown[-1:] != [run_id]:
        record.shown = [*record.shown, run_id]
    if is_side and run_id not in record.published:
        record.published = [*record.published, run_id]
    if current_name(data_dir) != run_id:
        point_symlink(releases_dir(data_dir) / CURRENT, run_id)
    if (record.shown, record.published) != before or not (releases_dir(data_dir) / RECORD).exists():
        _write_record(data_dir, record)


def show_before(data_dir: Path, run_id: str) -> None:
    """Point `current` back at the release shown before it and forget that a later one was shown."""
    record = read_record(data_dir)
    earlier = record.shown[:-1]
    record.shown = earlier if earlier[-1:] == [run_id] else [run_id]
    # Noted first: after a kill before the link moves, the later release is shown and completes the record.
    _write_record(data_dir, record)
    point_symlink(releases_dir(data_dir) / CURRENT, run_id)


def shown_before(data_dir: Path) -> str | None:
    """Return the run id that was shown before the current one, if it is kept and known."""
    return next(iter(reversed(read_record(data_dir).shown[:-1])), None)


def read_record(data_dir: Path) -> Record:
    """Read the record: releases and names that are gone left out, the current release last."""
    root = releases_dir(data_dir)
    try:
        stored = json.loads((root / RECORD).read_bytes())
        record = Record(**{name: [str(one) for one in stored.get(name, [])] for name in asdict(Record())})
    except (OSError, ValueError, AttributeError, TypeError):
        record = Record()
    shown: list[str] = []
    for run_id in [*record.shown, current_name(data_dir) or ""]:
        if run_id and shown[-1:] != [run_id] and (root / run_id).is_dir():
            shown.append(run_id)
    return Record(
        shown=shown,
        published=[run_id for run_id in record.published if (root / run_id).is_dir()],
        made_up=[name for name in record.made_up if (root / NAMED / name).is_symlink()],
    )


def _write_record(data_dir: Path, record: Record) -> None:
    write_json(releases_dir(data_dir) / RECORD, asdict(record))


def _target(link: Path) -> str | None:
    try:
        return link.readlink().name
    except OSError:
        return None
