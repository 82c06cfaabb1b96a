"""What every connector speaks: requests, payloads, parsed rows, and the kinds of failure a night tells apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import polars as pl

from pipelines.errors import FirstmwError

Cadence = Literal["hourly", "daily", "weekly", "monthly", "yearly"]


class SourceError(FirstmwError):
    """A source did not give what was asked of it; the sentence names the source and the way out."""


class NotPublishedYet(SourceError):
    """The source works and has not published the period yet; asking again later is right."""


class SourceDown(SourceError):
    """The source could not be reached, timed out, or kept answering 429 or 5xx."""


class SourceRefused(SourceError):
    """The source refused the request: a missing or wrong key, a bad parameter; asking again is useless."""


class SourceBroken(SourceError):
    """The answer is not what the contract says: cut, empty, another type, another layout, absurd values."""


@dataclass(frozen=True)
class SourceInfo:
    """A source as `docs/sources.md`, `data_status` and the client know it.

    Attributes
    ----------
    source_id : str
        Short name; its base URL is the setting FIRSTMW_<SOURCE_ID>_URL.
    title, publisher, licence : str
    base_url : str
        Default address, without a trailing slash.
    key_setting : str
        Name of the setting that holds the key; empty where none is needed.
    cadence : Cadence
        How often the publisher renews it; older than twice this is stale.
    calls_per_night : str
        What a night costs in calls, in words.
    calls_per_second : float
        Rate that the client keeps to for the source's host.
    most_requests : int
        Most requests of a night, by the publisher's limit of a day; 0 for no limit.
    call_limits : Mapping[str, float]
        Calls that the publisher takes per second, minute, hour or day; what the settings say stands over it.
    call_weight : float
        Calls that the publisher counts for one request.
    """

    source_id: str
    title: str
    publisher: str
    licence: str
    base_url: str
    key_setting: str = ""
    cadence: Cadence = "daily"
    calls_per_night: str = "1"
    calls_per_second: float = 1.0
    most_requests: int = 0
    call_limits: Mapping[str, float] = field(default_factory=dict)
    call_weight: float = 1.0


@dataclass(frozen=True)
class Request:
    """One thing to ask a source for.

    Attributes
    ----------
    source_id : str
    key : str
        What the answer is about, unique within the source, for example "abilene_tx/2024"; raw bytes are found by it.
    path : str
        Path below the source's base URL, or a whole URL that a listing named.
    params : tuple[tuple[str, str], ...]
        Query in order, without the key of the service.
    secret_param : str
        Name of the query parameter that carries the service's key; empty for none.
    method : str
    json_body : Mapping[str, Any] | None
    form : tuple[tuple[str, str], ...]
        Fields of a form, in order, sent as application/x-www-form-urlencoded instead of JSON.
    headers : tuple[tuple[str, str], ...]
    expects : str
        What the first bytes must look like.
    max_bytes : int
        A longer answer is refused.
    """

    source_id: str
    key: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    secret_param: str = ""
    method: Literal["GET", "POST"] = "GET"
    json_body: Mapping[str, Any] | None = None
    form: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    expects: Literal["json", "csv", "text", "xlsx", "xls", "zip"] = "json"
    max_bytes: int = 64_000_000


@dataclass(frozen=True)
class Payload:
    """An answer as stored: the bytes and where they came from."""

    source_id: str
    key: str
    content: bytes
    url: str
    status: int
    retrieved_at_utc: datetime
    media_type: str | None = None
    etag: str | None = None
    sha256: str = ""


@dataclass(frozen=True)
class Parsed:
    """What a payload says.

    Attributes
    ----------
    table : str
        Registered contract that `rows` keep, for example "core.queue_projects".
    rows : pl.DataFrame
    rejects : pl.DataFrame
        Rows of `core.rejects`.
    rows_in : int
        Data rows of the payload: rows kept + rejected, nothing unexplained.
    notes : tuple[str, ...]
        What a reader of `data_status` should know, for example messages that the source sent along.
    """

    table: str
    rows: pl.DataFrame
    rejects: pl.DataFrame
    rows_in: int
    notes: tuple[str, ...] = field(default=())
