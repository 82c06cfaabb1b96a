"""Releases on the disk: what they say about themselves, which one is current, whether they are whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipelines.errors import UsageError, WarehouseError
from pipelines.warehouse.database import count_rows
from pipelines.warehouse.files import sha256_file
from pipelines.warehouse.refs import (
    CURRENT,
    NAMED,
    current_name,
    named_releases,
    read_record,
    releases_dir,
    show,
    show_before,
    shown_before,
)
from pipelines.warehouse.sqltext import first_line

SCHEMA_VERSION = 1
DATABASE = "firstmw.duckdb"
MANIFEST = "manifest.json"
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
    is_base : bool
        Whether it belongs to the base line: published as a night, or made current on purpose.
    names : tuple[str, ...]
        Names that point at it.
    manifest : Mapping[str, Any]
        The whole manifest: tables with rows and checksums, packages, code and data status.
    """

    run_id: str
    as_of: date
    published_at_utc: datetime
    path: Path
    is_current: bool
    is_base: bool
    names: tuple[str, ...]
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
    def scope(self) -> dict[str, list[str]]:
        """Return the regions and states it is limited to, and under `scope` what the regions are."""
        return {what: list(values) for what, values in self.manifest.get("scope", {}).items()}

    @property
    def part(self) -> str:
        """Return the regions and states it is limited to in words; empty for a whole scope."""
        limits = [what for name in ("states", "regions") for what in self.scope.get(name, [])]
        return ", ".join(limits)

    @property
    def tables(self) -> dict[str, int]:
        """Return published table names to their rows."""
        return {table["name"]: table["rows"] for table in self.manifest["tables"]}


def current_run_id(data_dir: Path) -> str | None:
    """Return the run id of the current release, or None where there is none to be read."""
    try:
        return release_info(data_dir).run_id
    except (UsageError, WarehouseError):
        return None


def release_info(data_dir: Path, wanted: str | None = None) -> ReleaseInfo:
    """Read what a release says about itself.

    Parameters
    ----------
    data_dir : Path
    wanted : str | None
        Run id or name; without it, or as "current", the one that is shown.

    Raises
    ------
    UsageError
        If there is no such release.
    WarehouseError
        If its manifest cannot be read.
    """
    root = releases_dir(data_dir)
    current, names = current_name(data_dir), named_releases(data_dir)
    if wanted is None or wanted == CURRENT:
        if current is None:
            beside = f"; beside it there are {', '.join(names)}, read with --release" if names else ""
            raise UsageError(f"{root}: {_NO_RELEASE}{beside}.")
        found, is_hidden = current, False
    else:
        found, is_hidden = names.get(wanted, wanted), wanted.startswith(".")
    folder = root.resolve() / found
    if is_hidden or not found or Path(found).name != found or not folder.is_dir() or found == NAMED:
        known = [*names, *(info.run_id for info in list_releases(data_dir))] if wanted else []
        there_are = f"; there are {', '.join(known)}" if known else ""
        raise UsageError(f"there is no release {found!r} under {root}{there_are}.")
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        info = ReleaseInfo(
            run_id=manifest["run_id"],
            as_of=date.fromisoformat(manifest["as_of"]),
            published_at_utc=datetime.fromisoformat(manifest["published_at_utc"]),
            path=folder,
            is_current=found == current,
            is_base=not manifest.get("is_side") or found == current or found in read_record(data_dir).published,
            names=tuple(name for name, run_id in names.items() if run_id == found),
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
        if folder.is_symlink() or folder.name.startswith(".") or folder.name == NAMED or not folder.is_dir():
            continue
        try:
            found.append(release_info(data_dir, folder.name))
        except (UsageError, WarehouseError):
            continue
    return sorted(found, key=lambda info: (info.published_at_utc, info.run_id), reverse=True)


def verify_release(data_dir: Path, wanted: str | None = None) -> list[str]:
    """Return what is wrong with a release, of a run id or a name; an empty list says that it is whole.

    Every artefact is checked against its length and SHA-256 of the manifest, every table of the database and every
    Parquet file against its number of rows.

    Raises
    ------
    UsageError
        If there is no such release.
    """
    try:
        info = release_info(data_dir, wanted)
    except WarehouseError as error:
        return [str(error)]
    faults = []
    if info.run_id != info.path.name and not info.path.name.startswith("."):
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


def make_current(data_dir: Path, wanted: str) -> ReleaseInfo:
    """Verify a release and point `current` at it in one step.

    Parameters
    ----------
    data_dir : Path
    wanted : str
        Run id or name.

    Raises
    ------
    UsageError
        If there is no such release.
    WarehouseError
        If the release is not whole; `current` then stays as it was.
    """
    info = _whole(data_dir, wanted)
    show(data_dir, info.run_id, is_side=bool(info.manifest.get("is_side")))
    return release_info(data_dir, info.run_id)


def roll_back(data_dir: Path) -> ReleaseInfo:
    """Verify the release shown before the current one and point `current` back at it in one step.

    Where it is not known what was shown before, it is the newest of the base line published before the current one.

    Raises
    ------
    UsageError
        If there is no earlier release.
    WarehouseError
        If the release is not whole; `current` then stays as it was.
    """
    current = release_info(data_dir)
    earlier = shown_before(data_dir)
    if earlier is None:
        moment = (current.published_at_utc, current.run_id)
        older = (info for info in list_releases(data_dir) if (info.published_at_utc, info.run_id) < moment)
        earlier = next((info.run_id for info in older if info.is_base and not info.held), None)
    if earlier is None:
        raise UsageError("there is no earlier release to go back to; `firstmw releases` lists what is kept.")
    info = _whole(data_dir, earlier)
    show_before(data_dir, info.run_id)
    return release_info(data_dir, info.run_id)


def _whole(data_dir: Path, wanted: str) -> ReleaseInfo:
    info = release_info(data_dir, wanted)
    faults = verify_release(data_dir, info.run_id)
    if faults:
        raise WarehouseError(
            f"release {info.run_id} is not whole: {'; '.join(faults)}; choose another or refresh again."
        )
    return info


def whole_release(data_dir: Path, run_id: str) -> ReleaseInfo | None:
    """Return the release of a run if it exists and is whole, else None."""
    try:
        return _whole(data_dir, run_id)
    except (UsageError, WarehouseError):
        return None
