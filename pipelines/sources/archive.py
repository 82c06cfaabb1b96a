"""What is held of the sources: which stored answers were good, and which of them each night used."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from pipelines.errors import UsageError
from pipelines.identity import content_hash
from pipelines.sources.base import Payload
from pipelines.sources.client import Validators
from pipelines.warehouse.files import sync_directory, write_json
from pipelines.warehouse.raw import LedgerRow, RawStore

Profile = Literal["live", "user_file", "last_good", "reference"]
# What is as new as it can be.
CURRENT: tuple[Profile, ...] = ("live", "user_file")
_DEEPEST = 5


@dataclass(frozen=True)
class Kept:
    """One stored answer: its bytes by checksum, and when these bytes came for the first time."""

    key: str
    sha256: str
    url: str
    status: int
    retrieved_at_utc: datetime
    media_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None

    @classmethod
    def of(cls, row: LedgerRow) -> Kept:
        """Return the stored answer behind a row of the ledger."""
        return cls(
            key=row.request_key,
            sha256=row.sha256,
            url=row.url,
            status=row.status,
            retrieved_at_utc=row.retrieved_at_utc,
            media_type=row.media_type,
            etag=row.etag,
            last_modified=row.last_modified,
        )

    @property
    def validators(self) -> Validators:
        """Return what to ask with, whether there is a newer version."""
        return Validators(self.etag, self.last_modified, self.url)

    def payload(self, source_id: str, raw: RawStore) -> Payload:
        """Return the bytes with where they came from, as a parser takes them."""
        return Payload(
            source_id=source_id,
            key=self.key,
            content=raw.get(self.sha256),
            url=self.url,
            status=self.status,
            retrieved_at_utc=self.retrieved_at_utc,
            media_type=self.media_type,
            etag=self.etag,
            sha256=self.sha256,
        )


@dataclass(frozen=True)
class Good:
    """A whole answer that parsed and made sense: one request and what followed from it.

    Attributes
    ----------
    source_id, key : str
        Source and key of the first request.
    payloads : tuple[Kept, ...]
        In the order they were asked for.
    rows, rejects : int
        Of all of them together.
    confirmed_at_utc : datetime
        When the source last gave this answer.
    data_through_utc : datetime | None
        End of the time that the rows speak about.
    """

    source_id: str
    key: str
    payloads: tuple[Kept, ...]
    rows: int
    rejects: int
    confirmed_at_utc: datetime
    data_through_utc: datetime | None = None

    @property
    def retrieved_at_utc(self) -> datetime:
        """Return when the newest of the bytes came for the first time."""
        return max(kept.retrieved_at_utc for kept in self.payloads)


@dataclass(frozen=True)
class GroupOutcome:
    """What a night has of one request: an answer of tonight, the user's own file, an older good one, or nothing."""

    key: str
    profile: Profile
    good: Good | None = None
    reason: str = ""


@dataclass(frozen=True)
class SourceOutcome:
    """What a night has of one source.

    Attributes
    ----------
    profile : Profile
        The worst of its requests.
    is_stale : bool
        Whether a fresher state was wanted and could not be had.
    is_asked : bool
        False where no key is configured or nothing was wanted.
    reasons : tuple[str, ...]
        Why something is missing, without keys.
    is_late : bool
        Whether something is only not published yet, so that asking again tonight is right.
    calls : int
        Requests sent.
    """

    source_id: str
    profile: Profile
    is_stale: bool
    groups: tuple[GroupOutcome, ...] = ()
    reasons: tuple[str, ...] = ()
    is_asked: bool = True
    is_late: bool = False
    calls: int = 0

    @property
    def good(self) -> list[Good]:
        """Return the answers to use, of tonight or older, in the order of the requests."""
        return [group.good for group in self.groups if group.good is not None]


@dataclass(frozen=True)
class NightRecord:
    """Which stored answers a night used: with the raw bytes, enough to build it again without any network.

    Attributes
    ----------
    as_of : date
    fetched_at_utc : datetime
    sources : tuple[SourceOutcome, ...]
    scope : Mapping[str, Any]
        What the night is about.
    progress : Mapping[str, Any]
        How far what is fetched over many nights is; empty where all is fetched in one.
    """

    as_of: date
    fetched_at_utc: datetime
    sources: tuple[SourceOutcome, ...]
    scope: Mapping[str, Any] = field(default_factory=dict)
    progress: Mapping[str, Any] = field(default_factory=dict)

    def source(self, source_id: str) -> SourceOutcome | None:
        """Return what the night has of one source."""
        return next((outcome for outcome in self.sources if outcome.source_id == source_id), None)

    def input_hashes(self) -> dict[str, str]:
        """Return name to checksum of every live input, for the run id; the same answers give the same run."""
        progress = {"live/progress": content_hash(dict(self.progress))} if self.progress else {}
        return progress | {
            f"live/{outcome.source_id}": content_hash(
                outcome.profile,
                outcome.is_stale,
                outcome.is_asked,
                list(outcome.reasons),
                [[group.key, group.profile, group.reason, *_fingerprint(group.good)] for group in outcome.groups],
            )
            for outcome in self.sources
        }


class Archive:
    """The good answers beside the raw bytes, and one record per night.

    Parameters
    ----------
    raw : RawStore
    """

    def __init__(self, raw: RawStore) -> None:
        self.raw = raw
        self._path = raw.folder / "accepted.jsonl"
        self._nights = raw.folder / "nights"
        self._writing = threading.Lock()
        self._good: dict[tuple[str, str], list[Good]] = {}
        if self._path.is_file():
            for line in self._path.read_bytes().splitlines():
                try:
                    self._remember(_good_of(json.loads(line)))
                except ValueError:
                    # A last line cut short by a crash; its bytes are asked for again.
                    continue

    def good(self, source_id: str, key: str) -> list[Good]:
        """Return the good answers to a request, newest first."""
        return self._good.get((source_id, key), [])[::-1]

    def held(self, source_id: str) -> frozenset[str]:
        """Return the keys of a source that have a good answer."""
        return frozenset(key for source, key in self._good if source == source_id)

    def kept(self, source_id: str, key: str, following: str) -> Kept | None:
        """Return the newest good answer to one request of a group, for asking whether there is a newer one."""
        for good in self.good(source_id, key):
            for kept in good.payloads:
                if kept.key == following:
                    return kept
        return None

    def accept(self, good: Good) -> Good:
        """Write down that an answer is good, and return it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._writing, self._path.open("a+b") as file:
            # A line cut short by a crash must not swallow this one.
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - 1, 0))
            is_torn = size > 0 and file.read(1) != b"\n"
            file.write((b"\n" if is_torn else b"") + json.dumps(asdict(good), default=_plain).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
            self._remember(good)
        return good

    def write_night(self, record: NightRecord) -> Path:
        """Keep the record of a night; the same night and scope replaces it."""
        path = self._night_path(record.as_of, record.scope)
        write_json(path, json.loads(json.dumps(asdict(record), default=_plain)))
        sync_directory(path.parent)
        return path

    def read_night(self, as_of: date, scope: Mapping[str, Any]) -> NightRecord:
        """Return the record of a night.

        Raises
        ------
        UsageError
            If that night was not fetched.
        """
        path = self._night_path(as_of, scope)
        if not path.is_file():
            known = ", ".join(sorted({file.stem[:10] for file in self._nights.glob("*.json")})[-5:]) or "none"
            raise UsageError(
                f"no night of {as_of} with this scope is held under {self._nights}; nights held: {known}; "
                "run `firstmw refresh --profile live` to fetch one."
            )
        return _record_of(json.loads(path.read_bytes()))

    def night_before(self, as_of: date, scope: Mapping[str, Any]) -> NightRecord | None:
        """Return the record of the last night of the same scope before a date."""
        suffix = self._night_path(as_of, scope).name[10:]
        older = [path for path in self._nights.glob(f"????-??-??{suffix}") if path.name[:10] < as_of.isoformat()]
        return _record_of(json.loads(max(older).read_bytes())) if older else None

    def _night_path(self, as_of: date, scope: Mapping[str, Any]) -> Path:
        is_whole = not any(scope.values())
        return self._nights / f"{as_of.isoformat()}{'' if is_whole else '-' + content_hash(dict(scope))[:8]}.json"

    def _remember(self, good: Good) -> None:
        kept = self._good.setdefault((good.source_id, good.key), [])
        kept.append(good)
        del kept[:-_DEEPEST]


def _fingerprint(good: Good | None) -> Iterable[Any]:
    return [[kept.key, kept.sha256, kept.retrieved_at_utc.isoformat()] for kept in good.payloads] if good else []


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a record")


def _good_of(fields: Mapping[str, Any]) -> Good:
    payloads = tuple(
        Kept(**{**kept, "retrieved_at_utc": datetime.fromisoformat(kept["retrieved_at_utc"])})
        for kept in fields["payloads"]
    )
    moments = {
        name: datetime.fromisoformat(fields[name]) if fields[name] else None
        for name in ("confirmed_at_utc", "data_through_utc")
    }
    return Good(**{**fields, **moments, "payloads": payloads})


def _record_of(fields: Mapping[str, Any]) -> NightRecord:
    def group(entry: Mapping[str, Any]) -> GroupOutcome:
        return GroupOutcome(**{**entry, "good": _good_of(entry["good"]) if entry["good"] else None})

    sources = tuple(
        SourceOutcome(
            **{**entry, "groups": tuple(group(one) for one in entry["groups"]), "reasons": tuple(entry["reasons"])}
        )
        for entry in fields["sources"]
    )
    return NightRecord(
        as_of=date.fromisoformat(fields["as_of"]),
        fetched_at_utc=datetime.fromisoformat(fields["fetched_at_utc"]),
        sources=sources,
        scope=fields["scope"],
        progress=fields.get("progress", {}),
    )
