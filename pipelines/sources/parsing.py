"""Parsing of stored answers: what a connector reads out of them, checked against contracts, kept by checksum."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TypeVar

import polars as pl

from pipelines.contracts.base import validate
from pipelines.errors import FirstmwError, WarehouseError
from pipelines.identity import tree_hash
from pipelines.reference.provenance import end_of_period
from pipelines.sources.archive import Good, Kept
from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceBroken, SourceError, SourceInfo
from pipelines.sources.user_files import UserFile
from pipelines.warehouse.cache import Cache
from pipelines.warehouse.raw import RawStore

log = logging.getLogger("firstmw.sources")

REJECTS = {"table_name": pl.String, "source_id": pl.String, "source_row": pl.Int64, "reason": pl.String}
_META = {"table": pl.String, "rows_in": pl.Int64, "notes": pl.String}
TIME_COLUMNS = ("hour_utc", "day", "snapshot_date", "period", "year", "edition", "release")
"""Columns that say what time a row speaks about, the finest first."""
_PERIOD = re.compile(r"\d{4}(-(0[1-9]|1[0-2]))?")
Result = TypeVar("Result")
_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Connector:
    """A source as the night asks it.

    Attributes
    ----------
    source : SourceInfo
    requests : Callable[[Asking], list[Request]]
        Of a night.
    tables : tuple[str, ...]
        Contracts that its answers fill.
    parse : Callable[[Payload], Parsed | Sequence[Parsed] | None]
        None for an answer that only names the next request.
    follow : Callable[[Request, Payload], Request | None] | None
        The next request of a paged or two-step answer.
    user_files : Callable[[Asking], list[UserFile]] | None
        Files of the user's own that stand for answers.
    lane : str
        Connectors of one lane share the keys of their requests and are asked one after another, each for the keys that
        those before it could not give; the others are asked side by side.
    """

    source: SourceInfo
    requests: Callable[[Asking], list[Request]]
    tables: tuple[str, ...]
    parse: Callable[[Payload], Parsed | Sequence[Parsed] | None]
    follow: Callable[[Request, Payload], Request | None] | None = None
    user_files: Callable[[Asking], list[UserFile]] | None = None
    lane: str = ""


@cache
def parsing_version() -> str:
    """Return the hash of the code that parsed rows come from."""
    return tree_hash(_PACKAGE, ("sources/*", "contracts/*.py", "weather/*.py"))


class Parser:
    """Reads stored answers by their connectors; what was read once is kept.

    Parameters
    ----------
    raw : RawStore
    kept : Cache
    """

    def __init__(self, raw: RawStore, kept: Cache) -> None:
        self._raw = raw
        self._kept = kept

    def is_held(self, kept: Kept) -> bool:
        """Return whether the bytes of a stored answer are there, unchanged."""
        try:
            self._raw.get(kept.sha256)
        except WarehouseError:
            return False
        return True

    def good(self, connector: Connector, good: Good) -> list[Parsed]:
        """Return what a whole good answer says.

        Raises
        ------
        SourceError
            If it can no longer be read.
        WarehouseError
            If its bytes are gone or changed.
        """
        found: list[Parsed] = []
        for kept in good.payloads:
            found += self.payload(connector, kept.payload(good.source_id, self._raw))
        return found

    def payload(self, connector: Connector, payload: Payload) -> list[Parsed]:
        """Return what one stored answer says, each table checked against its contract.

        Raises
        ------
        SourceError
            Only its kinds, whatever the bytes are.
        """
        key = {
            "source": payload.source_id,
            "key": payload.key,
            "sha256": payload.sha256,
            "retrieved": payload.retrieved_at_utc.isoformat(),
            "code": parsing_version(),
        }
        fresh: list[Parsed] = []

        def parsed() -> list[Parsed]:
            if not fresh:
                fresh.extend(_checked(connector, payload))
            return fresh

        def meta() -> pl.DataFrame:
            rows = [(part.table, part.rows_in, json.dumps(part.notes)) for part in parsed()]
            return pl.DataFrame(rows, schema=_META, orient="row")

        parts, _ = self._kept.frame("parsed", {**key, "part": "meta"}, meta)
        result = []
        for index, (name, rows_in, notes) in enumerate(parts.iter_rows()):
            rows, _ = self._kept.frame("parsed", {**key, "part": index}, lambda i=index: parsed()[i].rows)  # type: ignore[misc]
            rejects, _ = self._kept.frame(
                "parsed",
                {**key, "part": f"{index} rejects"},
                lambda i=index: parsed()[i].rejects,  # type: ignore[misc]
            )
            result.append(Parsed(name, rows, rejects, rows_in, tuple(json.loads(notes))))
        return result


def data_through(parsed: Sequence[Parsed]) -> datetime | None:
    """Return the end of the time that parsed rows speak about, by the first time column that they have."""
    ends = []
    for part in parsed:
        column = next((name for name in TIME_COLUMNS if name in part.rows.columns), None)
        newest = part.rows[column].max() if column is not None and part.rows.height else None
        if isinstance(newest, datetime):
            ends.append(newest)
        elif isinstance(newest, date):
            ends.append(datetime(newest.year, newest.month, newest.day))
        elif _PERIOD.fullmatch(str(newest)):
            ends.append(end_of_period(str(newest)))
    return max(ends, default=None)


def guarded(source: SourceInfo, step: Callable[[], Result]) -> Result:
    """Run a connector's code on bytes from outside; whatever goes wrong there is the source's failure, not the night's.

    Raises
    ------
    SourceError
        Only its kinds.
    """
    try:
        return step()
    except SourceError:
        raise
    except FirstmwError as error:
        raise SourceBroken(f"{source.source_id}: {error}") from None
    except Exception as error:
        # Bytes that nobody foresaw must not stop a night of other sources; the kind of fault goes to the log.
        log.warning("%s: parser failed with %s", source.source_id, type(error).__name__)
        raise SourceBroken(
            f"{source.source_id}: the answer cannot be read ({type(error).__name__}); its layout may have changed."
        ) from None


def _checked(connector: Connector, payload: Payload) -> list[Parsed]:
    def parse() -> list[Parsed]:
        answer = connector.parse(payload)
        parts = [answer] if isinstance(answer, Parsed) else list(answer or [])
        checked = []
        for part in parts:
            rows = validate(part.rows, part.table)
            rejects = part.rejects.select(pl.col(name).cast(kind) for name, kind in REJECTS.items())
            notes = part.notes
            unexplained = part.rows_in - rows.height - rejects.height
            if unexplained:
                notes = (*notes, f"{unexplained} rows of {part.table} are neither kept nor rejected")
            checked.append(Parsed(part.table, rows, rejects, part.rows_in, notes))
        return checked

    return guarded(connector.source, parse)
