"""Files that are either whole or absent: atomic writes, durable directories, checksums, links, free space."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from pipelines.errors import WarehouseError

_SERIAL = count()


def sha256_file(path: Path) -> str:
    """Return the SHA-256 (hex) of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_file(path: Path) -> None:
    """Force a file's bytes to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Force a directory's entries (names, renames, links) to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def scratch_name(path: Path) -> Path:
    """Return a sibling name that no other writer of this host uses; readers ignore names with a leading dot."""
    return path.with_name(f".{path.name}.{os.getpid()}-{next(_SERIAL)}.tmp")


@contextmanager
def replaced(path: Path, *, is_durable: bool = True) -> Iterator[Path]:
    """Give a scratch path to write to, then put it in place of `path` in one step; on an error nothing changes.

    Parameters
    ----------
    path : Path
        The file to create or replace; its folder is created.
    is_durable : bool
        Whether the bytes and the name are on the disk before this returns.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = scratch_name(path)
    try:
        yield scratch
        if is_durable:
            sync_file(scratch)
        scratch.replace(path)
        if is_durable:
            sync_directory(path.parent)
    finally:
        scratch.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes, *, is_durable: bool = True) -> None:
    """Write a file whole or not at all."""
    with replaced(path, is_durable=is_durable) as scratch:
        scratch.write_bytes(content)


def write_json(path: Path, value: Any, *, is_durable: bool = True) -> None:
    """Write a value as indented JSON with sorted keys, whole or not at all."""
    write_bytes(path, (json.dumps(value, indent=2, sort_keys=True) + "\n").encode(), is_durable=is_durable)


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name; across file systems, or where links are not allowed, copy it."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EACCES}:
            raise
        shutil.copyfile(source, target)


def point_symlink(link: Path, target: str) -> None:
    """Make `link` point at `target` in one step, durably; a reader sees the old target or the new one."""
    scratch = scratch_name(link)
    scratch.unlink(missing_ok=True)
    try:
        scratch.symlink_to(target)
        scratch.replace(link)
        sync_directory(link.parent)
    finally:
        scratch.unlink(missing_ok=True)


def require_free_space(folder: Path, needed_bytes: int, *, usage: Callable[[Path], Any] = shutil.disk_usage) -> None:
    """Raise when the file system of `folder` has less free space than a step will need.

    Raises
    ------
    WarehouseError
        Names the folder, what is free and what is needed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = usage(folder).free
    if free < needed_bytes:
        raise WarehouseError(
            f"{folder}: {free / 1e6:,.0f} MB are free and {needed_bytes / 1e6:,.0f} MB are needed; "
            "free space there, lower FIRSTMW_KEEP_RELEASES, or set FIRSTMW_DATA_DIR to a larger disk."
        )


def tree_bytes(folder: Path) -> int:
    """Return the bytes of all regular files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def remove_tree(folder: Path) -> None:
    """Delete a folder and what is in it; one that is already gone is fine."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
