"""Names that come from content: hashes of frames, files and settings, and seeds drawn from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl


def content_hash(*parts: Any) -> str:
    """Return the SHA-256 (hex) of the parts in order.

    Parameters
    ----------
    *parts : bytes | str | int | float | bool | None | Path | pl.DataFrame | dict | list | tuple
        A path stands for the bytes of its file, a frame for its schema and values.
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, pl.DataFrame):
            digest.update(str(part.schema).encode())
            digest.update(part.hash_rows(seed=0).to_numpy().tobytes())
        elif isinstance(part, Path):
            digest.update(part.read_bytes())
        elif isinstance(part, bytes):
            digest.update(part)
        else:
            digest.update(json.dumps(part, sort_keys=True, default=str).encode())
        digest.update(b"\x1f")
    return digest.hexdigest()


def stable_seed(*parts: Any) -> int:
    """Return a 64-bit seed that depends on the parts alone, never on the clock or the process."""
    return int(content_hash(*parts)[:16], 16)


def tree_hash(root: Path, patterns: Iterable[str]) -> str:
    """Return the SHA-256 (hex) over names and bytes of the files under `root` that match the glob patterns."""
    files = sorted({path for pattern in patterns for path in root.glob(pattern) if path.is_file()})
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
