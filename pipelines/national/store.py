"""Where chunks leave their results: Parquet files under a folder or any address that fsspec opens."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec
import polars as pl

from pipelines.errors import InputError
from pipelines.warehouse.files import replaced
from pipelines.warehouse.parquet import write_parquet


@dataclass(frozen=True)
class Store:
    """A folder (path, or an address such as s3://bucket/folder) that every worker can write to and the night reads.

    Files are written whole under their final name only: by renaming on a file system, by one put elsewhere. Beside each
    stands its checksum, so that a torn copy is made again.
    """

    address: str

    def has(self, key: str, kind: str) -> bool:
        """Return whether a file is there and whole."""
        if (path := self._local(key, kind)) is not None:
            try:
                note = json.loads(path.with_suffix(".json").read_bytes())
                is_whole = path.stat().st_size == note["bytes"] and _sha256(path.read_bytes()) == note["sha256"]
            except (FileNotFoundError, ValueError, KeyError, TypeError):
                return False
            if is_whole:
                os.utime(path)
            return is_whole
        filesystem, name = self._remote(key, kind)
        try:
            note = json.loads(filesystem.cat_file(_note(name)))
            return bool(_sha256(filesystem.cat_file(name)) == note["sha256"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return False

    def write(self, key: str, kind: str, frame: pl.DataFrame, about: Mapping[str, Any] | None = None) -> None:
        """Put a frame in place, equal rows give equal bytes; `about` stands in the note beside it."""
        buffer = io.BytesIO()
        write_parquet(frame, buffer)
        content = buffer.getvalue()
        facts = {"bytes": len(content), "sha256": _sha256(content), "rows": frame.height, **(about or {})}
        self._put(f"{kind}/{key}.parquet", content)
        self._put(f"{kind}/{key}.json", (json.dumps(facts) + "\n").encode())

    def read(self, key: str, kind: str, columns: list[str] | None = None) -> pl.DataFrame:
        """Return a frame.

        Raises
        ------
        InputError
            If it is not there.
        """
        try:
            if (path := self._local(key, kind)) is not None:
                return pl.read_parquet(path, columns=columns)
            filesystem, name = self._remote(key, kind)
            return pl.read_parquet(io.BytesIO(filesystem.cat_file(name)), columns=columns)
        except FileNotFoundError as error:
            raise InputError(
                f"the results of chunk {key} are gone",
                file=self.address,
                remedy="run the night again; what is missing is made again",
            ) from error

    def note(self, key: str, kind: str) -> dict[str, Any]:
        """Return what stands beside a file: its size, its checksum, its rows, and what was said about it."""
        if (path := self._local(key, kind)) is not None:
            return dict(json.loads(path.with_suffix(".json").read_bytes()))
        filesystem, name = self._remote(key, kind)
        return dict(json.loads(filesystem.cat_file(_note(name))))

    def content(self, key: str, kind: str) -> bytes:
        """Return the bytes of a file."""
        if (path := self._local(key, kind)) is not None:
            return path.read_bytes()
        filesystem, name = self._remote(key, kind)
        return bytes(filesystem.cat_file(name))

    def write_night(self, run_id: str, keys: Sequence[str]) -> None:
        """List the chunks that a run rests on in `nights/<run_id>.json`, for readers beside the warehouse."""
        told = {"run_id": run_id, "results": list(keys)}
        self._put(f"nights/{run_id}.json", (json.dumps(told) + "\n").encode())

    def _put(self, place: str, content: bytes) -> None:
        """Put a file in its place of the store, whole or not at all."""
        if "://" not in self.address:
            with replaced(Path(self.address) / place, is_durable=False) as scratch:
                scratch.write_bytes(content)
            return
        filesystem, root = fsspec.core.url_to_fs(self.address)
        name = f"{root.rstrip('/')}/{place}"
        filesystem.makedirs(name.rpartition("/")[0], exist_ok=True)
        filesystem.pipe_file(name, content)

    def _local(self, key: str, kind: str) -> Path | None:
        return None if "://" in self.address else Path(self.address) / kind / f"{key}.parquet"

    def _remote(self, key: str, kind: str) -> tuple[fsspec.AbstractFileSystem, str]:
        filesystem, root = fsspec.core.url_to_fs(self.address)
        return filesystem, f"{root.rstrip('/')}/{kind}/{key}.parquet"


def _note(name: str) -> str:
    return name.removesuffix(".parquet") + ".json"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
