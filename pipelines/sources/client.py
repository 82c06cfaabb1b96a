"""The one HTTP client: polite, bounded in time and size, never without TLS checks, and silent about keys."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

from pipelines.settings import Settings
from pipelines.sources.base import (
    NotPublishedYet,
    Request,
    SourceBroken,
    SourceDown,
    SourceError,
    SourceInfo,
    SourceRefused,
)
from pipelines.sources.redaction import Redactor, quiet_transport
from pipelines.warehouse.raw import redact_url

RETRIED = (408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 524, 529)
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5
_PIECE = 65_536
_KEPT_OF_AN_ERROR = 65_536
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# An edition that is due but not there yet has no address; a file that is renewed in place has always one.
_BY_EDITION = {"monthly", "yearly"}


@dataclass(frozen=True)
class Answer:
    """What came back, as it is stored: no key in the address, none in the content."""

    status: int
    content: bytes
    url: str
    retrieved_at_utc: datetime
    media_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Validators:
    """What the source said of the version that is held, and the address it was held from."""

    etag: str | None = None
    last_modified: str | None = None
    url: str = ""


class _AskedToWait(Exception):
    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class _Retry(Retry):
    """urllib3's retries; a pause longer than the limit is not cut short but ends the attempts."""

    longest_pause: float = 0.0

    def new(self, **changes: Any) -> _Retry:
        """Return the retry state after one attempt, with the same limit."""
        following = super().new(**changes)
        following.longest_pause = self.longest_pause
        return following

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Return the pause that the source asks for."""
        seconds = super().get_retry_after(response)
        if seconds is not None and seconds > self.longest_pause:
            raise _AskedToWait(seconds)
        return seconds


class _NoLogin(requests.auth.AuthBase):
    """Keeps `requests` from taking a password out of a .netrc file."""

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        return prepared


class Client:
    """Asks sources; one per night, usable from several threads.

    Parameters
    ----------
    settings : Settings
        Timeouts, attempts, the name of the client, and the keys.
    environment : Mapping[str, str] | None
        Where `FIRSTMW_<SOURCE_ID>_URL` is looked up; the process's environment where None.
    now : Callable[[], datetime]
        Clock for the ledger.
    clock : Callable[[], float]
        Seconds that deadlines and the pace of requests are measured in.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        environment: Mapping[str, str] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._environment = os.environ if environment is None else environment
        self._now = now
        self._clock = clock
        self._local = threading.local()
        self._pace: dict[str, float] = {}
        self._pacing = threading.Lock()
        self.calls: Counter[str] = Counter()
        self.redactor = Redactor(secrets(settings))

    def base_url(self, source: SourceInfo) -> str:
        """Return the address of a source without a trailing slash."""
        return self._environment.get(f"FIRSTMW_{source.source_id.upper()}_URL", source.base_url).rstrip("/")

    def fetch(
        self,
        source: SourceInfo,
        request: Request,
        *,
        held: Validators | None = None,
        keep: Callable[[Answer], None] = lambda answer: None,
    ) -> Answer:
        """Send a request and return the answer, with status 200, or 304 and no content where `held` still stands.

        Parameters
        ----------
        source : SourceInfo
        request : Request
        held : Validators | None
            Of the version that is held.
        keep : Callable[[Answer], None]
            Called with every answer that arrived, refusals and errors too, before it is judged.

        Raises
        ------
        SourceDown, SourceRefused, SourceBroken, NotPublishedYet
            One sentence, without keys.
        """
        url, secret = self._url(source, request), self._secret(source, request)
        if secret and urlsplit(url).scheme != "https" and urlsplit(url).hostname not in _LOOPBACK:
            raise SourceRefused(
                f"{source.source_id}: a key is not sent without TLS; give FIRSTMW_{source.source_id.upper()}_URL "
                "an https address."
            )
        problem: SourceError | None = None
        for attempt in range(self._settings.http_attempts):
            if attempt:
                time.sleep(self._settings.http_backoff_seconds * 2 ** (attempt - 1))
            try:
                with quiet_transport(self.redactor):
                    answer = self._once(source, request, url, secret, held)
            except _CutShort as cut:
                problem = SourceBroken(
                    f"{source.source_id}: the answer for {request.key!r} broke off after {cut.received:,} bytes in "
                    f"{attempt + 1} attempts; ask again later."
                )
                continue
            keep(answer)
            self._judge(source, request, answer)
            return answer
        assert problem is not None
        raise problem

    def _once(self, source: SourceInfo, request: Request, url: str, secret: str, held: Validators | None) -> Answer:
        """Send the request, follow redirects, read the body within the limits."""
        prepared = self._prepared(request, url, secret, held)
        place = f"{source.source_id}: {urlsplit(url).hostname}"
        address = self._shown(prepared)
        for _ in range(_MOST_REDIRECTS + 1):
            self._wait(prepared.url or url, source.calls_per_second)
            with closing(self._send(source.source_id, place, prepared)) as response:
                target = response.headers.get("Location")
                if response.status_code not in _REDIRECTS or target is None:
                    return self._answer(request, response, address)
                target = urljoin(prepared.url or url, target)
                prepared = self._redirected(place, prepared, target, response.status_code, request)
        raise SourceBroken(f"{place} sends the request in circles; open the address in a browser.")

    def _send(self, source_id: str, place: str, prepared: requests.PreparedRequest) -> requests.Response:
        # One thread asks one source; retries within the transport are not counted.
        self.calls[source_id] += 1
        timeout = self._settings.http_timeout
        try:
            # From the environment: proxies and a bundle of certificates, never the end of their verification.
            around = self._session.merge_environment_settings(prepared.url or "", {}, True, True, None)
            return self._session.send(prepared, timeout=(timeout, timeout), allow_redirects=False, **around)
        except _AskedToWait as wait:
            raise SourceDown(
                f"{place} asks for a pause of {wait.seconds:,.0f} s, longer than FIRSTMW_HTTP_WAIT_MAX_SECONDS; "
                "ask again later."
            ) from None
        # The originals carry the address with its key: none of them is chained.
        except requests.exceptions.SSLError:
            raise SourceDown(f"{place} shows no certificate that can be trusted; it is not asked.") from None
        except requests.exceptions.Timeout:
            raise SourceDown(f"{place} gave no answer within {timeout:g} s; ask again later.") from None
        except requests.exceptions.RequestException as error:
            kind = type(error).__name__
            raise SourceDown(f"{place} cannot be reached ({kind}); check the network, ask again later.") from None

    def _answer(self, request: Request, response: requests.Response, address: str) -> Answer:
        headers = response.headers
        limit = request.max_bytes if response.status_code < 400 else _KEPT_OF_AN_ERROR
        content = b"" if response.status_code == 304 else self._body(request, response, limit)
        return Answer(
            status=response.status_code,
            content=self.redactor.content(content),
            url=address,
            retrieved_at_utc=self._now(),
            media_type=headers.get("Content-Type"),
            etag=headers.get("ETag"),
            last_modified=headers.get("Last-Modified"),
        )

    def _body(self, request: Request, response: requests.Response, limit: int) -> bytes:
        """Read piece by piece: neither an endless answer nor one that drips holds the night up."""
        place, until = f"{request.source_id}: the answer for {request.key!r}", self._settings.http_deadline_seconds
        until += self._clock()
        received = bytearray()
        try:
            while piece := response.raw.read1(_PIECE, decode_content=True):
                received += piece
                if len(received) > limit:
                    if response.status_code >= 400:
                        break
                    raise SourceBroken(f"{place} is longer than {limit:,} bytes; it is not read any further.")
                if self._clock() > until:
                    raise SourceDown(f"{place} is slower than FIRSTMW_HTTP_DEADLINE_SECONDS; ask again later.")
        except (HTTPError, OSError):
            raise _CutShort(len(received)) from None
        return bytes(received[:limit])

    def _judge(self, source: SourceInfo, request: Request, answer: Answer) -> None:
        """Turn every status but 200 and 304 into the error it is."""
        status = answer.status
        if status in {200, 203, 304}:
            return
        place = f"{source.source_id}: the request for {request.key!r}"
        said = self._said(answer)
        if status == 204:
            raise NotPublishedYet(f"{place} found nothing published; ask again later.")
        if status in {404, 410} and source.cadence in _BY_EDITION:
            raise NotPublishedYet(f"{place} was answered with {status}: no such edition yet; ask again later.")
        if status in {404, 410}:
            raise SourceBroken(
                f"{place} was answered with {status}: the file is no longer there; "
                f"set FIRSTMW_{source.source_id.upper()}_URL to its new place."
            )
        if status in RETRIED or status >= 500:
            raise SourceDown(f"{place} was answered with {status} each time{said}; ask again later.")
        if status >= 400:
            way = f"check FIRSTMW_{source.key_setting.upper()}" if source.key_setting else "check the address"
            raise SourceRefused(f"{place} was answered with {status}{said}; {way}.")
        raise SourceBroken(f"{place} was answered with {status}, which is no answer; check the address.")

    def _said(self, answer: Answer) -> str:
        """Return what the source says about a refusal, where it says it in words."""
        text = " ".join(answer.content[:2_000].decode("utf-8", errors="replace").split())
        if not text or text.startswith("<") or not text.isprintable():
            return ""
        return f" ({self.redactor.text(text)[:160]})"

    # --- the request --------------------------------------------------------------------------------------------------

    def _url(self, source: SourceInfo, request: Request) -> str:
        base, path = self.base_url(source), request.path
        if not path.startswith(("http://", "https://")):
            return f"{base}/{path.lstrip('/')}" if path else base
        # A listing names whole addresses; where the source is asked elsewhere, its files are too.
        if path.startswith(source.base_url):
            return base + path.removeprefix(source.base_url.rstrip("/"))
        if not path.startswith("https://"):
            raise SourceBroken(f"{source.source_id}: a listing names an address without TLS; it is not asked.")
        return path

    def _secret(self, source: SourceInfo, request: Request) -> str:
        if not request.secret_param:
            return ""
        secret = secret_of(self._settings, source)
        if not secret:
            raise SourceRefused(f"{source.source_id}: no key is configured; set FIRSTMW_{source.key_setting.upper()}.")
        return secret

    def _prepared(self, request: Request, url: str, secret: str, held: Validators | None) -> requests.PreparedRequest:
        headers = {"User-Agent": self._settings.http_user_agent, "Accept": "*/*", **dict(request.headers)}
        params = list(request.params)
        body = dict(request.json_body) if request.json_body is not None else None
        where, _, name = request.secret_param.rpartition(":")
        if secret and where == "header":
            headers[name] = secret
        elif secret and where == "json":
            body = {**(body or {}), name: secret}
        elif secret:
            params.append((name, secret))
        form = list(request.form) or None
        asked = requests.Request(
            request.method, url, params=params, headers=headers, data=form, json=body, auth=_NoLogin()
        )
        prepared = self._session.prepare_request(asked)
        # Another address may hold another thing under the same tag.
        if held is not None and request.method == "GET" and held.url in {"", self._shown(prepared)}:
            if held.etag:
                prepared.headers["If-None-Match"] = held.etag
            if held.last_modified:
                prepared.headers["If-Modified-Since"] = held.last_modified
        return prepared

    def _shown(self, prepared: requests.PreparedRequest) -> str:
        """Return the address asked, without keys."""
        return redact_url(self.redactor.text(prepared.url or ""))

    def _redirected(
        self, place: str, prepared: requests.PreparedRequest, target: str, status: int, request: Request
    ) -> requests.PreparedRequest:
        """Return the request for another address; a key goes to no other host, and TLS is never left."""
        if prepared.method != "GET" and status not in {307, 308}:
            raise SourceBroken(f"{place} redirects a question to another page; the service has changed.")
        old, new = urlsplit(prepared.url or ""), urlsplit(target)
        if new.scheme not in {"http", "https"} or (old.scheme == "https" and new.scheme != "https"):
            raise SourceBroken(f"{place} redirects to an address without TLS; it is not followed.")
        following = prepared.copy()
        following.url = target
        following.headers.pop("Cookie", None)
        if new.netloc != old.netloc:
            where, _, name = request.secret_param.rpartition(":")
            if where == "header":
                following.headers.pop(name, None)
            if where == "json":
                raise SourceBroken(f"{place} redirects a request with a key to another host; it is not followed.")
        following.prepare_cookies(self._session.cookies)
        return following

    # --- the transport ------------------------------------------------------------------------------------------------

    @property
    def _session(self) -> requests.Session:
        """Return this thread's session."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            retry = _Retry(
                total=self._settings.http_attempts - 1,
                status_forcelist=RETRIED,
                allowed_methods=["GET", "POST"],
                backoff_factor=self._settings.http_backoff_seconds,
                backoff_jitter=self._settings.http_backoff_seconds,
                backoff_max=max(self._settings.http_wait_max_seconds, 0.0),
                raise_on_status=False,
                respect_retry_after_header=True,
                # Told as it was asked for; what is too long is refused below.
                retry_after_max=366 * 86_400,
            )
            retry.longest_pause = self._settings.http_wait_max_seconds
            for scheme in ("https://", "http://"):
                session.mount(scheme, HTTPAdapter(max_retries=retry))
        return session

    def _wait(self, url: str, calls_per_second: float) -> None:
        """Keep the distance between two calls to a host."""
        host = urlsplit(url).netloc
        with self._pacing:
            start = max(self._clock(), self._pace.get(host, 0.0))
            self._pace[host] = start + self._settings.http_pause_factor / calls_per_second
        time.sleep(max(0.0, start - self._clock()))


class _CutShort(Exception):
    def __init__(self, received: int) -> None:
        super().__init__()
        self.received = received


def secrets(settings: Settings) -> list[str]:
    """Return the values of all configured keys."""
    values = [getattr(settings, name) for name in Settings.model_fields]
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]


def secret_of(settings: Settings, source: SourceInfo) -> str:
    """Return the key of a source, empty where none is needed or configured."""
    value = getattr(settings, source.key_setting) if source.key_setting else None
    return value.get_secret_value() if value is not None else ""
