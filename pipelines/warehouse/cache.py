"""Results kept by what they depend on: one Parquet file per key, checked against its checksum when read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.identity import content_hash
from pipelines.ordered import plain
from pipelines.warehouse.files import replaced, sha256_file, write_json
from pipelines.warehouse.parquet import join_parquet, write_parquet

# Rows of earlier nights that stay beside those of tonight.
_ROWS_KEPT = 20_000


class Cache:
    """Frames that are expensive to make, by kind and key.

    Parameters
    ----------
    folder : Path
        The cache folder; everything in it can be deleted at any time, at the cost of making it again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def path(self, kind: str, key: Mapping[str, Any]) -> Path:
        """Return where the frame of this kind and key is kept, whether or not it is there."""
        return self.folder / kind / f"{content_hash(kind, dict(key))[:32]}.parquet"

    def frame(
        self, kind: str, key: Mapping[str, Any], compute: Callable[[], pl.DataFrame]
    ) -> tuple[pl.DataFrame, bool]:
        """Return the frame of a key, made only if it is not there or does not match its checksum.

        Parameters
        ----------
        kind : str
            Family of results, one folder each, for example "dispatch".
        key : Mapping[str, Any]
            Everything that the result depends on: hashes of inputs, settings, a version of the code; JSON values.
        compute : Callable[[], pl.DataFrame]
            Makes the frame.

        Returns
        -------
        tuple[pl.DataFrame, bool]
            The frame and whether it was there.
        """
        path = self.path(kind, key)
        if self.is_whole(path):
            return plain(pl.read_parquet(path)), True
        frame = compute()
        self._keep(path, frame, kind, key)
        return plain(frame), False

    def file(self, kind: str, key: Mapping[str, Any], compute: Callable[[], pl.DataFrame]) -> tuple[Path, bool]:
        """Return the file of a key without reading it, for tables that are published by link; made if not there."""
        path = self.path(kind, key)
        if self.is_whole(path):
            return path, True
        self._keep(path, compute(), kind, key)
        return path, False

    def joined(self, kind: str, key: Mapping[str, Any], parts: Callable[[], Sequence[Path]]) -> tuple[Path, bool]:
        """Return the file of a key that holds the rows of others in their order; joined if not there."""
        path = self.path(kind, key)
        if self.is_whole(path):
            return path, True
        self._put(path, kind, key, partial(join_parquet, parts()))
        return path, False

    def held(self, kind: str, key: Mapping[str, Any]) -> pl.DataFrame | None:
        """Return the frame of a key if it is there and matches its checksum."""
        path = self.path(kind, key)
        return plain(pl.read_parquet(path)) if self.is_whole(path) else None

    def replace(self, kind: str, key: Mapping[str, Any], frame: pl.DataFrame) -> None:
        """Put a frame in the place of the one of a key, for collections that grow from night to night."""
        self._keep(self.path(kind, key), frame, kind, key)

    def rows(
        self, kind: str, key: Mapping[str, Any], wanted: Sequence[str], compute: Callable[[list[int]], pl.DataFrame]
    ) -> tuple[pl.DataFrame, int]:
        """Return rows that are kept together in one file, in the order wanted; those not there are made.

        For many small results: one file of a thousand rows opens in the time of one of a single row.

        Parameters
        ----------
        kind : str
            Family of results.
        key : Mapping[str, Any]
            What all rows depend on.
        wanted : Sequence[str]
            What each row depends on beyond that, as a hash.
        compute : Callable[[list[int]], pl.DataFrame]
            From places in `wanted` to their rows, in that order.

        Returns
        -------
        tuple[pl.DataFrame, int]
            The rows, and how many of them were there.
        """
        known = self.held(kind, key)
        there = set() if known is None else set(known["_key"])
        missing = [place for place, name in enumerate(wanted) if name not in there]
        if missing:
            names = pl.Series("_key", [wanted[place] for place in missing], pl.String)
            made = compute(missing).insert_column(0, names)
            kept = [] if known is None else [known.tail(_ROWS_KEPT)]
            known = pl.concat([*kept, made], how="vertical_relaxed").unique("_key", keep="last", maintain_order=True)
            self.replace(kind, key, known)
        order = pl.DataFrame({"_key": list(wanted)}, schema={"_key": pl.String()})
        if known is None:
            return order.drop("_key"), 0
        return order.join(known, on="_key", how="left", maintain_order="left").drop("_key"), len(wanted) - len(missing)

    def prune(self, *, keep_bytes: int) -> int:
        """Delete the files unused for longest until the rest fits; return the bytes freed."""
        files = sorted(
            ((path.stat().st_mtime_ns, path.stat().st_size, path) for path in self.folder.glob("*/*.parquet")),
            reverse=True,
        )
        total = freed = 0
        for _, size, path in files:
            total += size
            if total > keep_bytes:
                path.unlink(missing_ok=True)
                _note(path).unlink(missing_ok=True)
                freed += size
        return freed

    def is_whole(self, path: Path) -> bool:
        """Return whether a kept file matches its checksum; one that does counts as used now."""
        try:
            note = json.loads(_note(path).read_bytes())
            is_whole = path.stat().st_size == note["bytes"] and sha256_file(path) == note["sha256"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return False
        if is_whole:
            os.utime(path)
        return is_whole

    def _keep(self, path: Path, frame: pl.DataFrame, kind: str, key: Mapping[str, Any]) -> None:
        self._put(path, kind, key, partial(write_parquet, frame))

    def _put(self, path: Path, kind: str, key: Mapping[str, Any], write: Callable[[Path], None]) -> None:
        # Not forced to the disk: after a power cut the checksum tells, and the result is made again.
        with replaced(path, is_durable=False) as scratch:
            write(scratch)
            checksum, size = sha256_file(scratch), scratch.stat().st_size
            rows = int(pl.scan_parquet(scratch, glob=False).select(pl.len()).collect().item())
        note = {"kind": kind, "key": json.loads(json.dumps(dict(key), default=str)), "rows": rows}
        write_json(_note(path), {**note, "sha256": checksum, "bytes": size}, is_durable=False)


def _note(path: Path) -> Path:
    """Return the file beside a cached frame that says what it is and what its checksum is."""
    return path.with_suffix(".json")
