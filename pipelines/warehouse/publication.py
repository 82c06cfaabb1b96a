"""Publication: a release is built out of sight, checked, made durable, and shown in one step."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.contracts.base import REGISTRY, validate
from pipelines.errors import ContractError, UsageError, WarehouseError
from pipelines.warehouse.build import Warehouse
from pipelines.warehouse.checks import check_dates, check_file, dated_columns, stamped_tables
from pipelines.warehouse.compatibility import code_version, require_compatible
from pipelines.warehouse.database import STORAGE_VERSION, Base, write_database
from pipelines.warehouse.dictionary import contract_hash, stored_type
from pipelines.warehouse.files import (
    link_or_copy,
    point_symlink,
    remove_tree,
    require_free_space,
    sha256_file,
    sync_directory,
    sync_file,
    tree_bytes,
    write_bytes,
    write_json,
)
from pipelines.warehouse.parquet import ROW_GROUP_ROWS, sorted_by_key, write_parquet
from pipelines.warehouse.placement import BASE, Placement, reuse_release, settle
from pipelines.warehouse.refs import CURRENT, releases_dir
from pipelines.warehouse.releases import (
    DATABASE,
    MANIFEST,
    SCHEMA_VERSION,
    ReleaseInfo,
    release_info,
)
from pipelines.warehouse.retention import clean_leftovers, retain
from pipelines.warehouse.row_groups import RowGroup, moved_groups, row_groups
from pipelines.warehouse.sqltext import first_line

LEAST_FREE_BYTES = 256_000_000
# An earlier database is begun with where this share of the bytes stands in it already and it is not larger than so many
# times its Parquet files; a table in it is brought up to date where at most this share of its rows has moved.
_LEAST_KEPT, _LARGEST_TO_PARQUET, _MOST_MOVED = 0.5, 4.0, 0.3
_PACKAGES = ("dataframely", "duckdb", "numba", "numpy", "pandas", "polars", "pvlib", "pyarrow", "scipy")


@dataclass(frozen=True)
class Publication:
    """What is published: the run, and the files that go with the tables.

    Attributes
    ----------
    run_id : str
        Run id of the night; every table must have been written by it.
    as_of : date
        Logical date of the night.
    published_at_utc : datetime
        Wall time written into the manifest.
    views, macros : Sequence[Path]
        SQL files that become views and macros of the released database.
    artefacts : Mapping[str, Path | bytes | Callable[[Path], bytes]]
        Further files by their place in the release, for example "report/index.html"; a function is given the folder of
        the release, tables in place, and returns the bytes.
    details : Mapping[str, Any]
        What else the manifest says: code hash, settings, profile, input hashes, data status.
    changelog : Path | None
        CHANGELOG.md of the code: its newest version goes into the manifest, and what it does not declare may not be
        taken away from readers. Without it nothing is promised.
    held : Sequence[str]
        Why the release waits for a review: it is installed beside the others and `current` stays.
    placement : Placement
        Whether `current` moves to it, and the name it is given.
    """

    run_id: str
    as_of: date
    published_at_utc: datetime
    views: Sequence[Path] = ()
    macros: Sequence[Path] = ()
    artefacts: Mapping[str, Path | bytes | Callable[[Path], bytes]] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    changelog: Path | None = None
    held: Sequence[str] = ()
    placement: Placement = BASE


def publish(
    warehouse: Warehouse,
    data_dir: Path,
    publication: Publication,
    *,
    tables: Sequence[str] | None = None,
    keep: int = 5,
    keep_named: int = 20,
    on_removed: Callable[[list[str]], None] | None = None,
) -> ReleaseInfo:
    """Publish the build's marts as an immutable release and point `current` or a name at it.

    The caller holds the build lock. A release of the same run that exists and is whole is reused. Whatever fails before
    the last step leaves `current` and every published release as they were; what it leaves out of sight the next
    publication deletes.

    Parameters
    ----------
    warehouse : Warehouse
        The build database of this run.
    data_dir : Path
        The data folder; the release goes to `releases/<run_id>` in it.
    tables : Sequence[str] | None
        Published names; without it every table of the schema mart.
    keep : int
        Releases of the base line kept, the current one included.
    keep_named : int
        Names kept; above it made-up ones go, the oldest first.
    on_removed : Callable[[list[str]], None] | None
        Called with the names that went.

    Returns
    -------
    ReleaseInfo
        The release; it is current unless it is placed beside the base line or held for review.

    Raises
    ------
    WarehouseError
        If a table comes from another run or date or is missing, or the disk is full or cannot be written.
    ContractError
        If a table has no contract or breaks it.
    """
    root = releases_dir(data_dir)
    run_id = publication.run_id
    incoming = root / f".incoming-{run_id}-{os.getpid()}"
    try:
        reused = reuse_release(data_dir, run_id, publication.placement)
        clean_leftovers(data_dir)
        if reused is not None:
            return reused
        stamps = stamped_tables(warehouse, run_id, publication.as_of, tables)
        if publication.changelog is not None:
            require_compatible(
                data_dir, [stamp["table_name"].partition(".")[2] for stamp in stamps], publication.changelog
            )
        require_free_space(root, space_needed(data_dir))
        shown = _shown(data_dir)
        (incoming / "parquet").mkdir(parents=True)
        entries = [_write_table(warehouse, incoming, stamp, shown) for stamp in stamps]
        with ThreadPoolExecutor(1) as beside:
            artefacts = beside.submit(_write_artefacts, incoming, publication)
            _write_database(incoming, entries, publication, _base(incoming, entries, shown))
            artefacts.result()
        _write_manifest(incoming, entries, publication)
        _make_durable(incoming)
        _install(incoming, root, run_id)
        settle(data_dir, release_info(data_dir, run_id), publication.placement)
        removed = retain(data_dir, keep, keep_named)
        if removed and on_removed is not None:
            on_removed(removed)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise WarehouseError(
            f"{root}: {first_line(error)}; what was published before is untouched, make room or give access there and "
            "run again."
        ) from error
    finally:
        remove_tree(incoming)
    return release_info(data_dir, run_id)


def space_needed(data_dir: Path) -> int:
    """Return the bytes to be free before a night is built: twice the largest release so far, and a least sum."""
    root = releases_dir(data_dir)
    sizes = [tree_bytes(path) for path in root.glob("[0-9]*") if path.is_dir() and not path.is_symlink()]
    return LEAST_FREE_BYTES + 2 * max(sizes, default=0)


def package_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that results depend on."""
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in _PACKAGES}}


@dataclass(frozen=True)
class _Shown:
    """The current release, whose bytes are known to keep their contracts; nothing where there is none."""

    info: ReleaseInfo | None
    tables: Mapping[str, Mapping[str, Any]]

    def has(self, checksum: str, contract: str) -> bool:
        return any((table["sha256"], table["contract"]) == (checksum, contract) for table in self.tables.values())

    def same(self, table: str, contract: str, content: str) -> Path | None:
        """Return the whole Parquet file of a table of the same contract and the same rows."""
        entry = self.tables.get(table)
        return self.file(table, contract) if entry is not None and content and entry.get("content") == content else None

    def file(self, table: str, contract: str) -> Path | None:
        """Return the whole Parquet file of a table of the same contract."""
        entry = self.tables.get(table)
        if self.info is None or entry is None or entry["contract"] != contract:
            return None
        path = self.info.path / "parquet" / f"{table}.parquet"
        return path if path.is_file() and sha256_file(path) == entry["sha256"] else None


def _shown(data_dir: Path) -> _Shown:
    try:
        info = release_info(data_dir)
    except (UsageError, WarehouseError):
        return _Shown(None, {})
    return _Shown(info, {table["name"]: table for table in info.manifest["tables"]})


def _write_table(warehouse: Warehouse, incoming: Path, stamp: Mapping[str, Any], shown: _Shown) -> dict[str, Any]:
    """Check one table, write its Parquet file in the order of its key, and return its entry of the manifest."""
    name = stamp["table_name"]
    info = REGISTRY[name]
    contract = contract_hash(info)
    table = name.partition(".")[2]
    target = incoming / "parquet" / f"{table}.parquet"
    if stamp["linked_path"]:
        source = Path(stamp["linked_path"])
        if not source.is_file():
            raise WarehouseError(f"{source}: the file of {name} is gone; run the night again.")
        link_or_copy(source, target)
        checksum = sha256_file(target)
        if not shown.has(checksum, contract):
            before = shown.file(table, contract)
            check_file(target, name, {group.sha256 for group in row_groups(before)} if before else ())
    elif not dated_columns(name) and (same := shown.same(table, contract, stamp["content"])) is not None:
        link_or_copy(same, target)
        checksum = shown.tables[table]["sha256"]
    else:
        frame = validate(warehouse.read(name), name)
        check_dates(frame, name, stamp["run_id"], stamp["as_of_utc"])
        write_parquet(sorted_by_key(frame, info.key), target)
        del frame
        checksum = sha256_file(target)
    rows = int(pl.scan_parquet(target, glob=False).select(pl.len()).collect().item())
    if rows != stamp["rows"]:
        raise WarehouseError(f"{name}: {rows} rows were written of {stamp['rows']} in the build; run the night again.")
    return {
        "name": table,
        "rows": rows,
        "bytes": target.stat().st_size,
        "sha256": checksum,
        "key": info.key,
        "columns": {column: stored_type(described) for column, described in info.schema.columns().items()},
        "contract": contract,
        "content": stamp["content"],
    }


def _base(incoming: Path, entries: Sequence[Mapping[str, Any]], shown: _Shown) -> Base | None:
    """Return the current release's database where most of its bytes are rows that have not moved, and it is whole."""
    if shown.info is None or shown.info.manifest.get("storage_version") != STORAGE_VERSION:
        return None
    kept_bytes, total = 0.0, sum(entry["bytes"] for entry in entries)
    tables, moved = set(), {}
    for entry in entries:
        table = entry["name"]
        groups = _moved(incoming, entry, shown)
        if groups is None:
            continue
        share = sum(group.rows for group in groups) / max(entry["rows"], 1)
        if share <= _MOST_MOVED:
            tables.add(table)
            moved[table] = groups
            kept_bytes += (1.0 - share) * entry["bytes"]
    stored = shown.info.manifest["artefacts"][DATABASE]
    # What is dropped leaves room that later tables fill; a file that has grown out of measure is written anew.
    if kept_bytes < _LEAST_KEPT * total or stored["bytes"] > _LARGEST_TO_PARQUET * total:
        return None
    if sha256_file(shown.info.database) != stored["sha256"]:
        return None
    return Base(shown.info.database, frozenset(tables), moved)


def _moved(incoming: Path, entry: Mapping[str, Any], shown: _Shown) -> list[RowGroup] | None:
    """Return what of a table has moved since the current release; None where it is to be written anew."""
    before = shown.tables.get(entry["name"])
    if before is None or (before["contract"], before["rows"]) != (entry["contract"], entry["rows"]):
        return None
    if before["sha256"] == entry["sha256"]:
        return []
    if entry["rows"] <= ROW_GROUP_ROWS:
        return None
    path = shown.file(entry["name"], entry["contract"])
    return moved_groups(path, incoming / "parquet" / f"{entry['name']}.parquet", entry["key"]) if path else None


def _write_database(
    incoming: Path, entries: Sequence[Mapping[str, Any]], publication: Publication, base: Base | None
) -> None:
    expected = {entry["name"]: entry["rows"] for entry in entries}
    counted = write_database(
        incoming / DATABASE,
        incoming / "parquet",
        list(expected),
        views=publication.views,
        macros=publication.macros,
        base=base,
    )
    for table, rows in expected.items():
        if counted[table] != rows:
            raise WarehouseError(f"{table}: the database holds {counted[table]} of {rows} rows; run the night again.")


def _write_artefacts(incoming: Path, publication: Publication) -> None:
    for name, content in publication.artefacts.items():
        target = (incoming / name).resolve()
        if not target.is_relative_to(incoming.resolve()) or target.exists():
            raise ContractError(f"artefact {name!r}: its place is taken or outside the release; give another.")
        made = content(incoming) if callable(content) else content
        write_bytes(target, made if isinstance(made, bytes) else Path(made).read_bytes(), is_durable=False)


def _write_manifest(incoming: Path, entries: Sequence[Mapping[str, Any]], publication: Publication) -> None:
    hashed = {f"parquet/{entry['name']}.parquet": entry["sha256"] for entry in entries}
    places = {path.relative_to(incoming).as_posix(): path for path in sorted(incoming.rglob("*")) if path.is_file()}
    published = publication.published_at_utc
    if published.tzinfo is not None:
        published = published.astimezone(UTC).replace(tzinfo=None)
    manifest = {
        **publication.details,
        "schema_version": SCHEMA_VERSION,
        "run_id": publication.run_id,
        "as_of": publication.as_of.isoformat(),
        "published_at_utc": published.isoformat(timespec="seconds"),
        "storage_version": STORAGE_VERSION,
        "version": code_version(publication.changelog) if publication.changelog is not None else "",
        "held": list(publication.held),
        **({} if publication.placement.is_shown else {"is_side": True}),
        "packages": package_versions(),
        "tables": entries,
        "views": sorted(path.stem for path in publication.views),
        "macros": sorted(path.stem for path in publication.macros),
        "artefacts": {
            place: {"bytes": path.stat().st_size, "sha256": hashed.get(place) or sha256_file(path)}
            for place, path in places.items()
        },
    }
    write_json(incoming / MANIFEST, manifest, is_durable=False)


def _make_durable(incoming: Path) -> None:
    """Force files before folders, inner before outer: a name that is on the disk then has its bytes there."""
    for path in sorted(incoming.rglob("*"), reverse=True):
        if path.is_dir():
            sync_directory(path)
        else:
            path.chmod(0o444)
            sync_file(path)
    sync_directory(incoming)


def _install(incoming: Path, root: Path, run_id: str) -> None:
    """Give the finished folder its name; a damaged release of the same run is replaced without a gap for readers."""
    final = root / run_id
    if final.exists():
        current = root / CURRENT
        if current.is_symlink() and current.readlink().name == run_id:
            # While the name changes hands, `current` leads to a twin made of links.
            twin = root / f".twin-{run_id}-{os.getpid()}"
            _link_tree(incoming, twin)
            sync_directory(root)
            point_symlink(current, twin.name)
        final.rename(root / f".broken-{run_id}-{os.getpid()}")
        incoming.rename(final)
        sync_directory(root)
        point_symlink(current, run_id)
        clean_leftovers(root.parent)
        return
    incoming.rename(final)
    sync_directory(root)


def _link_tree(source: Path, target: Path) -> None:
    target.mkdir()
    for path in sorted(source.rglob("*")):
        place = target / path.relative_to(source)
        if path.is_dir():
            place.mkdir()
        else:
            link_or_copy(path, place)
