"""Releases on the disk: what they say about themselves, which one is current, whether they are whole."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipelines.errors import UsageError, WarehouseError
from pipelines.warehouse.database import count_rows
from pipelines.warehouse.files import point_symlink, remove_tree, sha256_file
from pipelines.warehouse.sqltext import first_line

SCHEMA_VERSION = 1
DATABASE = "firstmw.duckdb"
MANIFEST = "manifest.json"
CURRENT = "current"
_NO_RELEASE = "there is no release yet; run `make refresh` or `firstmw refresh`"


@dataclass(frozen=True)
class ReleaseInfo:
    """A published release.

    Attributes
    ----------
    run_id : str
        Logical date and hash of what went in, for example "20260701-0123456789ab".
    as_of : date
        Logical date of the night.
    published_at_utc : datetime
        Wall time of the publication, UTC without a zone.
    path : Path
        Folder of the release itself, not of the link `current`.
    is_current : bool
        Whether `current` points at it.
    manifest : Mapping[str, Any]
        The whole manifest: tables with rows and checksums, packages, code and data status.
    """

    run_id: str
    as_of: date
    published_at_utc: datetime
    path: Path
    is_current: bool
    manifest: Mapping[str, Any]

    @property
    def database(self) -> Path:
        """Return the path of the released database."""
        return self.path / DATABASE

    @property
    def held(self) -> tuple[str, ...]:
        """Return why the release waits for a review instead of being shown; empty where it does not."""
        return tuple(self.manifest.get("held", ()))

    @property
    def what_if(self) -> list[str]:
        """Return what was set for a what-if, as `name=value`; empty for a night of the base."""
        return list(self.manifest.get("what_if", []))

    @property
    def tables(self) -> dict[str, int]:
        """Return published table names to their rows."""
        return {table["name"]: table["rows"] for table in self.manifest["tables"]}


def releases_dir(data_dir: Path) -> Path:
    """Return the folder of the releases."""
    return Path(data_dir) / "releases"


def current_run_id(data_dir: Path) -> str | None:
    """Return the run id of the current release, or None where there is none to be read."""
    try:
        return release_info(data_dir).run_id
    except (UsageError, WarehouseError):
        return None


def release_info(data_dir: Path, run_id: str | None = None) -> ReleaseInfo:
    """Return what a release says about itself; without a run id, the current one.

    Raises
    ------
    UsageError
        If there is no such release.
    WarehouseError
        If its manifest cannot be read.
    """
    root = releases_dir(data_dir)
    current = current_name(data_dir)
    wanted = run_id or current
    if wanted is None:
        raise UsageError(f"{root}: {_NO_RELEASE}.")
    folder = root.resolve() / wanted
    is_hidden = run_id is not None and run_id.startswith(".")
    if is_hidden or Path(wanted).name != wanted or not folder.is_dir():
        known = ", ".join(info.run_id for info in list_releases(data_dir)) if run_id else ""
        raise UsageError(f"there is no release {wanted!r} under {root}{f'; there are {known}' if known else ''}.")
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        info = ReleaseInfo(
            run_id=manifest["run_id"],
            as_of=date.fromisoformat(manifest["as_of"]),
            published_at_utc=datetime.fromisoformat(manifest["published_at_utc"]),
            path=folder,
            is_current=wanted == current,
            manifest=manifest,
        )
        for table in manifest["tables"]:
            table["name"], table["rows"], table["sha256"], table["contract"]
        for artefact in manifest["artefacts"].values():
            artefact["bytes"], artefact["sha256"]
        manifest["artefacts"][DATABASE]
        return info
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WarehouseError(
            f"{folder / MANIFEST} cannot be read ({type(error).__name__}); refresh again to publish the night anew."
        ) from error


def list_releases(data_dir: Path) -> list[ReleaseInfo]:
    """Return the readable releases, the newest publication first."""
    root = releases_dir(data_dir)
    if not root.is_dir():
        return []
    found = []
    for folder in sorted(root.iterdir()):
        if folder.is_symlink() or folder.name.startswith(".") or not folder.is_dir():
            continue
        try:
            found.append(release_info(data_dir, folder.name))
        except (UsageError, WarehouseError):
            continue
    return sorted(found, key=lambda info: (info.published_at_utc, info.run_id), reverse=True)


def verify_release(data_dir: Path, run_id: str | None = None) -> list[str]:
    """Return what is wrong with a release; an empty list says that it is whole.

    Every artefact is checked against its length and SHA-256 of the manifest, every table of the database and every
    Parquet file against its number of rows.

    Raises
    ------
    UsageError
        If there is no such release.
    """
    try:
        info = release_info(data_dir, run_id)
    except WarehouseError as error:
        return [str(error)]
    faults = []
    if run_id is not None and info.run_id != run_id:
        faults.append(f"the manifest is that of run {info.run_id}")
    for name, expected in sorted(info.manifest["artefacts"].items()):
        path = info.path / name
        if not path.is_file():
            faults.append(f"{name} is missing")
        elif path.stat().st_size != expected["bytes"]:
            faults.append(f"{name} has {path.stat().st_size} bytes instead of {expected['bytes']}")
        elif sha256_file(path) != expected["sha256"]:
            faults.append(f"{name} does not match its checksum")
    return faults or _row_faults(info)


def _row_faults(info: ReleaseInfo) -> list[str]:
    faults = []
    try:
        in_database = count_rows(info.database, list(info.tables))
    except duckdb.Error as error:
        return [f"{DATABASE} cannot be read ({first_line(error)})"]
    for table, rows in info.tables.items():
        path = info.path / "parquet" / f"{table}.parquet"
        try:
            in_file = int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())
        except (OSError, pl.exceptions.PolarsError) as error:
            faults.append(f"parquet/{path.name} cannot be read ({first_line(error)})")
            continue
        faults += [
            f"{table} has {found} rows in {place} instead of {rows}"
            for place, found in ((DATABASE, in_database[table]), (f"parquet/{path.name}", in_file))
            if found != rows
        ]
    return faults


def current_name(data_dir: Path) -> str | None:
    """Return the name of the folder that `current` points at, or None."""
    try:
        return (releases_dir(data_dir) / CURRENT).readlink().name
    except OSError:
        return None


def make_current(data_dir: Path, run_id: str) -> ReleaseInfo:
    """Verify a release and point `current` at it in one step; also the way back to an earlier one.

    Raises
    ------
    UsageError
        If there is no such release.
    WarehouseError
        If the release is not whole; `current` then stays as it was.
    """
    info = release_info(data_dir, run_id)
    faults = verify_release(data_dir, run_id)
    if faults:
        raise WarehouseError(f"release {run_id} is not whole: {'; '.join(faults)}; choose another or refresh again.")
    return _shown(data_dir, info)


def reuse_release(data_dir: Path, run_id: str, *, is_accepted: bool = False) -> ReleaseInfo | None:
    """Return the release of a run made current again if it exists and is whole, else None.

    Parameters
    ----------
    data_dir : Path
        The data folder.
    run_id : str
        The run.
    is_accepted : bool
        Whether a release that is held for review is shown; otherwise it is returned and `current` stays.
    """
    try:
        info = release_info(data_dir, run_id)
    except (UsageError, WarehouseError):
        return None
    if verify_release(data_dir, run_id):
        return None
    return info if info.held and not is_accepted else _shown(data_dir, info)


def _shown(data_dir: Path, info: ReleaseInfo) -> ReleaseInfo:
    if not info.is_current:
        point_symlink(releases_dir(data_dir) / CURRENT, info.run_id)
    return release_info(data_dir, info.run_id)


def retain(data_dir: Path, keep: int) -> list[str]:
    """Delete all but the newest `keep` releases, never the current one; return the run ids deleted.

    What-ifs are counted by themselves, so that no number of them drives out the nights that carry the history. A reader
    that has a deleted release open keeps reading it: the files go with their last open handle.
    """
    current = current_name(data_dir)
    old = []
    for is_what_if in (False, True):
        own = [info for info in list_releases(data_dir) if bool(info.what_if) == is_what_if]
        others = [info for info in own if info.path.name != current]
        old += others[max(keep - (len(own) - len(others)), 0) :]
    for info in old:
        # Out of sight in one step, so that no reader can open a folder that is half deleted.
        doomed = info.path.with_name(f".old-{info.run_id}-{os.getpid()}")
        info.path.rename(doomed)
        remove_tree(doomed)
    return [info.run_id for info in old]


def clean_leftovers(data_dir: Path) -> list[str]:
    """Delete what an interrupted publication, deletion or atomic write left behind; return the names.

    The caller holds the build lock, so nothing that is deleted here belongs to a running publication.
    """
    root = releases_dir(data_dir)
    current = current_name(data_dir)
    scratch = [*root.parent.glob("raw/**/.*.tmp"), *root.parent.glob("cache/*/.*.tmp")]
    leftovers = [path for path in sorted([*root.glob(".*"), *scratch]) if path.name != current]
    for path in leftovers:
        if path.is_dir() and not path.is_symlink():
            remove_tree(path)
        else:
            path.unlink(missing_ok=True)
    return [path.name for path in leftovers]
