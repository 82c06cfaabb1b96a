"""One night's round of the sources: ask, store, parse, judge; what fails falls back to the last good answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from pipelines.errors import WarehouseError
from pipelines.sources.archive import (
    CURRENT,
    Archive,
    Good,
    GroupOutcome,
    Kept,
    NightRecord,
    Profile,
    SourceOutcome,
)
from pipelines.sources.asking import Asking
from pipelines.sources.base import (
    NotPublishedYet,
    Parsed,
    Payload,
    Request,
    SourceBroken,
    SourceDown,
    SourceError,
    SourceRefused,
)
from pipelines.sources.bodies import check_body
from pipelines.sources.client import Answer, Client, secret_of
from pipelines.sources.judging import counts, judge
from pipelines.sources.parsing import Connector, Parser, data_through, guarded
from pipelines.sources.user_files import UserFile

CADENCE_DAYS = {"hourly": 1 / 24, "daily": 1.0, "weekly": 7.0, "monthly": 31.0, "yearly": 366.0}
"""Days between two editions; a source that has shown nothing new for twice as long is stale."""
_ASK_AGAIN_AFTER = {"weekly": timedelta(hours=20), "monthly": timedelta(hours=20), "yearly": timedelta(days=6)}
_MOST_FOLLOWING = 500
PATIENCE = 3
_SHOWN_REASONS = 4
_WORKERS = 8
OnSource = Callable[[SourceOutcome], None]


@dataclass(frozen=True)
class Round:
    """What a round of the sources works with.

    Attributes
    ----------
    asking : Asking
        Date, places and settings; what is held is filled in per source.
    client : Client
    archive : Archive
    parser : Parser
    now : Callable[[], datetime]
        Clock for ages.
    is_offline : bool
        Nothing is asked; only the user's own files are read.
    """

    asking: Asking
    client: Client
    archive: Archive
    parser: Parser
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    is_offline: bool = False

    def moment(self) -> datetime:
        """Return the time, UTC without a zone."""
        now = self.now()
        return now.astimezone(UTC).replace(tzinfo=None) if now.tzinfo else now


def fetch_night(
    work: Round,
    connectors: Sequence[Connector],
    *,
    scope: Mapping[str, Any] | None = None,
    earlier: NightRecord | None = None,
    on_source: OnSource | None = None,
    fetched: Sequence[SourceOutcome] = (),
    progress: Mapping[str, Any] | None = None,
) -> NightRecord:
    """Ask all sources once and return what the night has of each; never raises for a source's failure.

    Parameters
    ----------
    work : Round
    connectors : Sequence[Connector]
    scope : Mapping[str, Any] | None
        What the night is about, for its record.
    earlier : NightRecord | None
        A round of the same night before this one: only what it found not yet published is asked again.
    on_source : Callable[[SourceOutcome], None] | None
        Called when a source is done, from any thread.
    fetched : Sequence[SourceOutcome]
        Of sources that were asked before, apart from these; they come first.
    progress : Mapping[str, Any] | None
        How far those are.

    Returns
    -------
    NightRecord
        Also written beside the raw bytes; sources in the order of the connectors.
    """
    lanes: dict[str, list[Connector]] = {}
    for connector in connectors:
        lanes.setdefault(connector.lane or connector.source.source_id, []).append(connector)

    def lane(members: list[Connector]) -> list[SourceOutcome]:
        outcomes: list[SourceOutcome] = []
        had: frozenset[str] = frozenset()
        for place, connector in enumerate(members):
            source_id = connector.source.source_id
            done = earlier.source(source_id) if earlier else None
            # What a later one holds is not fetched again, unless this one holds it too.
            later = [work.archive.held(one.source.source_id) for one in members[place + 1 :]]
            elsewhere = had | frozenset().union(*later) - work.archive.held(source_id)
            outcome = done if done and not done.is_late else ask_source(work, connector, elsewhere)
            had |= {group.key for group in outcome.groups if group.good is not None}
            outcomes.append(outcome)
            if on_source is not None:
                on_source(outcome)
        return [relieved(outcome, outcomes) for outcome in outcomes]

    with ThreadPoolExecutor(_WORKERS) as pool:
        found = {outcome.source_id: outcome for many in pool.map(lane, lanes.values()) for outcome in many}
    record = NightRecord(
        as_of=work.asking.as_of,
        fetched_at_utc=work.moment(),
        sources=(*fetched, *(found[connector.source.source_id] for connector in connectors)),
        scope=dict(scope or {}),
        progress=dict(progress or {}),
    )
    work.archive.write_night(record)
    return record


def ask_source(work: Round, connector: Connector, elsewhere: frozenset[str] = frozenset()) -> SourceOutcome:
    """Ask one source for everything a night wants of it, without the keys that others of its lane have."""
    source = connector.source
    held = work.archive.held(source.source_id)
    calls = work.client.calls[source.source_id]
    try:
        brought = _user_files(work, connector)
        own = elsewhere | {file.key for file in brought}
        possible = [] if work.is_offline else requests_of(work, connector, frozenset())
        wanted = [request for request in possible if request.key not in own]
        needed = {request.key for request in requests_of(work, connector, elsewhere | held)} if wanted else set()
    except SourceError as error:
        return SourceOutcome(source.source_id, "reference", is_stale=True, reasons=(str(error),))
    if not wanted and not brought:
        return SourceOutcome(source.source_id, "reference", is_stale=False, is_asked=False, reasons=("nothing to ask",))
    if not brought and not secret_of(work.asking.settings, source) and all(one.secret_param for one in wanted):
        reason = f"not asked: FIRSTMW_{source.key_setting.upper()} is not set"
        groups = [_fallback(work, connector, request.key, reason) for request in wanted]
        return summary(work, connector, groups, [], calls=0, unasked=reason)
    groups = []
    errors: list[SourceError] = []
    for file in brought:
        groups.append(_attempt(work, connector, file.key, partial(_read, work, connector, file), errors, "user_file"))
    in_a_row = asked = left = 0
    limit = source.most_requests
    for request in wanted:
        good = _still_good(work, connector, request, is_kept=request.key not in needed)
        if good is not None:
            groups.append(GroupOutcome(request.key, "live", good))
            continue
        if limit and asked >= limit:
            # Nothing is wrong: the publisher's limit of a day is reached, and the next night goes on from here.
            left += 1
            groups.append(_fallback(work, connector, request.key, f"left for another night: at most {limit:,} a day"))
            continue
        asked += 1
        ask = _given_up if in_a_row >= PATIENCE else fetch_request
        before = len(errors)
        groups.append(_attempt(work, connector, request.key, partial(ask, work, connector, request), errors))
        failed = len(errors) > before and not isinstance(errors[-1], NotPublishedYet)
        in_a_row = in_a_row + 1 if failed else 0
    rest = f"{left:,} requests are left for another night, as the source takes {limit:,} a day" if left else ""
    return summary(work, connector, groups, errors, calls=work.client.calls[source.source_id] - calls, rest=rest)


def _attempt(
    work: Round,
    connector: Connector,
    key: str,
    step: Callable[[], Good],
    errors: list[SourceError],
    profile: Profile = "live",
) -> GroupOutcome:
    """Return the good answer of a step, or what is left of older nights where it fails."""
    try:
        return GroupOutcome(key, profile, step())
    except SourceError as error:
        errors.append(error)
        return _fallback(work, connector, key, str(error))


def _given_up(_: Round, connector: Connector, __: Request) -> Good:
    raise SourceDown(f"{connector.source.source_id}: given up for tonight after {PATIENCE} failures in a row.")


def _user_files(work: Round, connector: Connector) -> list[UserFile]:
    find = connector.user_files
    return guarded(connector.source, lambda: find(work.asking)) if find is not None else []


def _read(work: Round, connector: Connector, file: UserFile) -> Good:
    """Take a file of the user's own as the answer; the bytes are kept like any others.

    Raises
    ------
    SourceError
        If it cannot be read; the sentence names the setting.
    """
    source_id = connector.source.source_id
    payload = guarded(connector.source, lambda: file.payload(work.moment()))
    row = work.archive.raw.put(
        source_id, payload.content, url=payload.url, retrieved_at_utc=work.moment(), status=0, request_key=file.key
    )
    before = work.archive.kept(source_id, file.key, file.key)
    kept = before if before is not None and before.sha256 == row.sha256 else Kept.of(row)
    parsed = work.parser.payload(connector, kept.payload(source_id, work.archive.raw))
    rows, rejects = counts(parsed)
    if not rows:
        raise SourceBroken(f"{source_id}: the file {file.path.name} holds no usable row.")
    return work.archive.accept(Good(source_id, file.key, (kept,), rows, rejects, work.moment(), data_through(parsed)))


def requests_of(work: Round, connector: Connector, held: frozenset[str]) -> list[Request]:
    """Return what a source is to be asked for beside what is held."""
    asking = replace(work.asking, held=held)
    return guarded(connector.source, lambda: connector.requests(asking))


def _still_good(work: Round, connector: Connector, request: Request, *, is_kept: bool) -> Good | None:
    """Return a held answer that need not be asked for tonight: one that never changes, or one renewed just now."""
    window = _ASK_AGAIN_AFTER.get(connector.source.cadence)
    for good in work.archive.good(connector.source.source_id, request.key)[:1]:
        is_new = window is not None and work.moment() - good.confirmed_at_utc < window
        if (is_kept or is_new) and _is_readable(work, connector, good):
            return good
    return None


def fetch_request(work: Round, connector: Connector, request: Request) -> Good:
    """Ask, store, check the first bytes, parse, follow; then judge the whole.

    Raises
    ------
    SourceError
        What was wrong; nothing that was good before is touched.
    """
    source = connector.source
    payloads: list[Kept] = []
    parsed: list[Parsed] = []
    following: Request | None = request
    while following is not None:
        kept = _stored(work, connector, request.key, following)
        payload = kept.payload(source.source_id, work.archive.raw)
        _check(work, connector, following, payload)
        parsed += work.parser.payload(connector, payload)
        payloads.append(kept)
        if len(payloads) >= _MOST_FOLLOWING:
            raise SourceBroken(f"{source.source_id}: {request.key!r} goes on after {_MOST_FOLLOWING} answers.")
        asked = following
        following = _following(connector, asked, payload)
    before = work.archive.good(source.source_id, request.key)
    rows, rejects = judge(source.source_id, request.key, parsed, before[0].rows if before else 0, work.asking.settings)
    good = Good(source.source_id, request.key, tuple(payloads), rows, rejects, work.moment(), data_through(parsed))
    return work.archive.accept(good)


def _check(work: Round, connector: Connector, request: Request, payload: Payload) -> None:
    """Refuse bytes that cannot be what was asked for; where the connector knows what they say instead, say that."""
    try:
        check_body(request, payload.content)
    except SourceBroken:
        try:
            work.parser.payload(connector, payload)
        except (SourceRefused, NotPublishedYet) as known:
            raise known from None
        except SourceError:
            pass
        raise


def _following(connector: Connector, asked: Request, payload: Payload) -> Request | None:
    follow = connector.follow
    return guarded(connector.source, lambda: follow(asked, payload)) if follow is not None else None


def _stored(work: Round, connector: Connector, group: str, request: Request) -> Kept:
    """Ask for one answer and keep its bytes and its ledger row, before anything is read out of it."""
    source, raw = connector.source, work.archive.raw
    before = work.archive.kept(source.source_id, group, request.key)
    written: Kept | None = None

    def keep(answer: Answer) -> None:
        nonlocal written
        is_same = answer.status == 304 and before is not None
        content = raw.get(before.sha256) if is_same and before is not None else answer.content
        row = raw.put(
            source.source_id,
            content,
            url=answer.url,
            retrieved_at_utc=answer.retrieved_at_utc,
            status=answer.status,
            etag=answer.etag or (before.etag if is_same and before else None),
            media_type=answer.media_type or (before.media_type if is_same and before else None),
            last_modified=answer.last_modified or (before.last_modified if is_same and before else None),
            request_key=request.key,
        )
        written = Kept.of(row)

    try:
        validators = before.validators if before is not None and work.parser.is_held(before) else None
        work.client.fetch(source, request, held=validators, keep=keep)
    except WarehouseError as error:
        raise SourceBroken(f"{source.source_id}: {error}") from None
    assert written is not None
    if before is not None and before.sha256 == written.sha256:
        # The same bytes as before: they are as old as when they first came, and what is read out of them is the same.
        return replace(before, etag=written.etag, last_modified=written.last_modified)
    return written


def _fallback(work: Round, connector: Connector, key: str, reason: str) -> GroupOutcome:
    """Return the newest good answer that can still be read, else nothing, which leaves the embedded reference."""
    for good in work.archive.good(connector.source.source_id, key):
        if _is_readable(work, connector, good):
            return GroupOutcome(key, "last_good", good, reason)
    return GroupOutcome(key, "reference", None, reason)


def _is_readable(work: Round, connector: Connector, good: Good) -> bool:
    try:
        work.parser.good(connector, good)
    except (SourceError, WarehouseError):
        return False
    return True


def summary(
    work: Round,
    connector: Connector,
    groups: Sequence[GroupOutcome],
    errors: Sequence[SourceError],
    *,
    calls: int,
    unasked: str = "",
    rest: str = "",
) -> SourceOutcome:
    """Return what the night has of a source; `unasked` and `rest` say why all or some of it was not asked for."""
    late = [error for error in errors if isinstance(error, NotPublishedYet)]
    longest = timedelta(days=2 * CADENCE_DAYS[connector.source.cadence])
    # Late is stale only once the last good answer is older than twice the cadence.
    is_overdue = bool(late) and any(
        group.good is None or work.moment() - group.good.confirmed_at_utc > longest
        for group in groups
        if group.profile not in CURRENT
    )
    has_data = any(group.good is not None for group in groups)
    is_whole = all(group.profile in CURRENT for group in groups)
    best: Profile = "live" if any(group.profile == "live" for group in groups) else "user_file"
    distinct = list(dict.fromkeys(str(error) for error in errors))
    more = len(distinct) - _SHOWN_REASONS
    shown = [*distinct[:_SHOWN_REASONS], *([f"and {more} more"] if more > 0 else []), *([rest] if rest else [])]
    return SourceOutcome(
        source_id=connector.source.source_id,
        profile=best if is_whole else "last_good" if has_data else "reference",
        is_stale=len(errors) > len(late) or is_overdue,
        groups=tuple(groups),
        reasons=(unasked,) if unasked else tuple(shown),
        is_asked=not unasked,
        is_late=bool(late),
        calls=calls,
    )


def relieved(outcome: SourceOutcome, lane: Sequence[SourceOutcome]) -> SourceOutcome:
    """Return the outcome, not stale where others of the lane gave what it could not."""
    others = {group.key for other in lane if other is not outcome for group in other.groups if group.good is not None}
    is_missing = any(group.profile not in CURRENT and group.key not in others for group in outcome.groups)
    return replace(outcome, is_stale=outcome.is_stale and (is_missing or not outcome.groups))
