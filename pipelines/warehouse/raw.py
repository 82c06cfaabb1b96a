"""Raw bytes as they were fetched, named by their checksum, with a ledger that outlives every build."""

from __future__ import annotations

import json
import os
import re
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import polars as pl

from pipelines.contracts import operations  # noqa: F401 - registers raw.ledger
from pipelines.contracts.base import REGISTRY
from pipelines.errors import WarehouseError
from pipelines.warehouse.files import sync_directory, write_bytes

_SECRET = re.compile(r"key|token|secret|password|passwd|signature|^sig$|^auth|email|credential", re.IGNORECASE)


@dataclass(frozen=True)
class LedgerRow:
    """One fetch: what was asked, when, and which bytes came back (columns of raw.ledger)."""

    source_id: str
    retrieved_at_utc: datetime
    sha256: str
    url: str
    status: int
    size_bytes: int
    etag: str | None = None
    media_type: str | None = None
    last_modified: str | None = None
    request_key: str = ""


class RawStore:
    """Content-addressed bytes under `data/raw/<first two hex digits>/<sha256>` and the ledger beside them.

    Parameters
    ----------
    data_dir : Path
        The data folder.
    """

    def __init__(self, data_dir: Path) -> None:
        self.folder = Path(data_dir) / "raw"
        self.ledger_path = self.folder / "ledger.jsonl"
        self._writing = threading.Lock()
        # The ledger as last read, with the size and time of the file it was read from.
        self._read: tuple[tuple[int, int], dict[LedgerRow, None]] = ((0, 0), {})

    def path(self, digest: str) -> Path:
        """Return where the bytes with this SHA-256 are kept."""
        return self.folder / digest[:2] / digest

    def put(
        self,
        source_id: str,
        content: bytes,
        *,
        url: str,
        retrieved_at_utc: datetime,
        status: int = 200,
        etag: str | None = None,
        media_type: str | None = None,
        last_modified: str | None = None,
        request_key: str = "",
    ) -> LedgerRow:
        """Keep the bytes of one fetch and write its ledger row; equal bytes are kept once.

        Parameters
        ----------
        source_id : str
            Source as named in the table `sources`.
        content : bytes
            The answer, untouched.
        url : str
            Address asked; values of keys, tokens and user names are struck out before anything is written.
        retrieved_at_utc : datetime
            When the answer had arrived; with a zone, or without one in UTC.
        status : int
            HTTP status; 0 for a file read from the disk, 304 where the source said that these bytes still stand.
        etag, media_type, last_modified : str | None
            Headers of the answer.
        request_key : str
            What was asked for, unique within the source; empty where a source is one file.

        Returns
        -------
        LedgerRow
            The row as written. The same source, time, bytes and address twice give one row.
        """
        digest = sha256(content).hexdigest()
        row = LedgerRow(
            source_id=source_id,
            retrieved_at_utc=_naive_utc(retrieved_at_utc),
            sha256=digest,
            url=redact_url(url),
            status=status,
            size_bytes=len(content),
            etag=etag,
            media_type=media_type,
            last_modified=last_modified,
            request_key=request_key,
        )
        path = self.path(digest)
        with self._writing:
            if not path.is_file() or path.stat().st_size != len(content):
                write_bytes(path, content)
            if row not in self._known():
                self._append(row)
                self._known()
        return row

    def put_file(self, source_id: str, path: Path, *, name: str, read_at_utc: datetime) -> LedgerRow:
        """Keep the bytes of a local file; `name` stands in the ledger instead of a path of this machine."""
        return self.put(source_id, Path(path).read_bytes(), url=name, retrieved_at_utc=read_at_utc, status=0)

    def get(self, digest: str) -> bytes:
        """Return the bytes with this SHA-256.

        Raises
        ------
        WarehouseError
            If they are not there or no longer match their name.
        """
        path = self.path(digest)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise WarehouseError(f"{path}: these raw bytes are not there; fetch the source again.") from None
        if sha256(content).hexdigest() != digest:
            raise WarehouseError(f"{path}: the bytes no longer match their name; delete the file and fetch again.")
        return content

    def rows(self) -> list[LedgerRow]:
        """Return the ledger in the order it was written; a last line cut short by a crash is left out."""
        with self._writing:
            return list(self._known())

    def _known(self) -> dict[LedgerRow, None]:
        """Return the rows in order; only what was added since the last look is read."""
        if not self.ledger_path.is_file():
            return {}
        found = self.ledger_path.stat()
        stamp, rows = self._read
        if stamp == (found.st_size, found.st_mtime_ns):
            return rows
        rows, start = (rows, stamp[0]) if 0 < stamp[0] < found.st_size else ({}, 0)
        with self.ledger_path.open("rb") as file:
            file.seek(start)
            for line in file.read(found.st_size - start).splitlines():
                try:
                    fields = json.loads(line)
                except ValueError:
                    continue
                moment = datetime.fromisoformat(fields["retrieved_at_utc"])
                rows[LedgerRow(**{**fields, "retrieved_at_utc": moment})] = None
        self._read = ((found.st_size, found.st_mtime_ns), rows)
        return rows

    def ledger(self) -> pl.DataFrame:
        """Return the ledger as rows of raw.ledger, sorted by its key."""
        info = REGISTRY["raw.ledger"]
        schema = {name: column.dtype for name, column in info.schema.columns().items()}
        frame = pl.DataFrame([asdict(row) for row in self.rows()], schema=schema)
        return frame.unique(subset=info.key, keep="last", maintain_order=True).sort(info.key)

    def latest(self, source_id: str) -> LedgerRow | None:
        """Return the last good fetch (status below 400) of a source, or None."""
        good = [row for row in self.rows() if row.source_id == source_id and row.status < 400]
        return max(good, key=lambda row: row.retrieved_at_utc, default=None)

    def _append(self, row: LedgerRow) -> None:
        line = json.dumps({**asdict(row), "retrieved_at_utc": row.retrieved_at_utc.isoformat()}, sort_keys=True)
        is_new = not self.ledger_path.is_file()
        descriptor = os.open(self.ledger_path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            # A line cut short by a crash must not swallow this one: begin on a line of our own.
            size = os.fstat(descriptor).st_size
            is_torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            os.write(descriptor, (b"\n" if is_torn else b"") + line.encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            sync_directory(self.folder)


def redact_url(url: str) -> str:
    """Return a URL without user names, passwords and the values of parameters that carry keys."""
    parts = urlsplit(url)
    if not parts.scheme or not parts.netloc:
        return url
    host = parts.netloc.rpartition("@")[2]
    query = [(name, "***" if _SECRET.search(name) else value) for name, value in parse_qsl(parts.query, True)]
    return urlunsplit((parts.scheme, host, parts.path, urlencode(query, safe="*[]:,/"), ""))


def _naive_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
