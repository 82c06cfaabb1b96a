"""What a night's live answers say, table by table, and how fresh and whole each source is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl

from pipelines.contracts import inputs as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import REGISTRY
from pipelines.sources.archive import Good, GroupOutcome, NightRecord, SourceOutcome
from pipelines.sources.base import Parsed
from pipelines.sources.parsing import REJECTS, Connector, Parser

_STATUS: dict[str, Any] = {
    "source_id": pl.String,
    "profile": pl.String,
    "is_stale": pl.Boolean,
    "data_through_utc": pl.Datetime("us"),
    "retrieved_at_utc": pl.Datetime("us"),
    "age_days": pl.Float64,
    "rows": pl.Int64,
    "rejects": pl.Int64,
    "note": pl.String,
}

_SHOWN_NOTES = 4


class LiveInputs:
    """The answers of a night's record, parsed from the raw bytes; no network, no clock.

    Parameters
    ----------
    record : NightRecord
    connectors : Sequence[Connector]
        In the order of preference: of two rows with one key, that of the earlier connector stands.
    parser : Parser
    closed : Collection[str]
        Sources of so many answers that they are read one by one elsewhere: here they are counted, and of those with
        rejects the rejects are listed.
    """

    def __init__(
        self, record: NightRecord, connectors: Sequence[Connector], parser: Parser, closed: Collection[str] = ()
    ) -> None:
        self.record = record
        self._closed = frozenset(closed)
        self._connectors: Mapping[str, Connector] = {one.source.source_id: one for one in connectors}
        self._parser = parser
        self._read: dict[tuple[str, str], list[Parsed]] = {}

    def outcomes(self) -> Iterator[tuple[Connector, SourceOutcome]]:
        """Yield the sources of the record that still have a connector, in the order of preference."""
        for source_id, connector in self._connectors.items():
            outcome = self.record.source(source_id)
            if outcome is not None:
                yield connector, outcome

    def parsed(self, table: str) -> Iterator[tuple[SourceOutcome, GroupOutcome, Parsed]]:
        """Yield what the answers say for one table, with the source and the request each part comes from."""
        for connector, outcome in self.outcomes():
            if table not in connector.tables or outcome.source_id in self._closed:
                continue
            for group in outcome.groups:
                for part in self._parts(connector, group.good):
                    if part.table == table:
                        yield outcome, group, part

    def answers(self, table: str) -> Iterator[tuple[str, GroupOutcome]]:
        """Yield source and request of what the night has for a table, without reading it."""
        for connector, outcome in self.outcomes():
            if table in connector.tables:
                for group in outcome.groups:
                    yield outcome.source_id, group

    def read(self, source_id: str, good: Good) -> list[Parsed]:
        """Return what one answer says.

        Raises
        ------
        SourceError, WarehouseError
            If it can no longer be read.
        """
        return self._parser.good(self._connectors[source_id], good)

    def title(self, source_id: str) -> str:
        """Return the title of a source."""
        return self._connectors[source_id].source.title

    def sources_with(self, table: str) -> set[str]:
        """Return the sources that have an answer, of tonight or older, for a table."""
        return {one.source_id for one, _, part in self.parsed(table) if part.rows.height}

    def rows(self, table: str, sources: Collection[str] | None = None) -> pl.DataFrame:
        """Return the rows of one table from all sources, or from some, one per key."""
        info = REGISTRY[table]
        empty = info.schema.create_empty()
        frames = [
            part.rows.select(empty.columns)
            for outcome, _, part in self.parsed(table)
            if sources is None or outcome.source_id in sources
        ]
        return pl.concat([empty, *frames]).unique(info.key, keep="first", maintain_order=True).sort(info.key)

    def rejects(self) -> pl.DataFrame:
        """Return the rows that were left out, contract `core.rejects`; `source_id` names source and request."""
        frames = [pl.DataFrame(schema=REJECTS)]
        for connector, outcome in self.outcomes():
            for group in outcome.groups:
                if group.good is not None and not group.good.rejects:
                    continue
                frames += [
                    part.rejects.with_columns(pl.format("{}/{}", "source_id", pl.lit(group.key)))
                    for part in self._parts(connector, group.good)
                ]
        return (
            pl.concat(frames)
            .group_by("table_name", "source_id", "source_row", maintain_order=True)
            .agg(pl.col("reason").unique(maintain_order=True).str.join("; "))
            .sort("table_name", "source_id", "source_row")
        )

    def status(self, as_of: date) -> pl.DataFrame:
        """Return one row per source, contract `mart.data_status`, in order of the source's id."""
        rows = [_status_row(outcome, as_of, self._notes(connector, outcome)) for connector, outcome in self.outcomes()]
        return pl.DataFrame(rows, schema=_STATUS).sort("source_id")

    def is_stale(self, tables: Sequence[str]) -> bool:
        """Return whether a source of one of these tables is stale."""
        return any(outcome.is_stale for connector, outcome in self.outcomes() if set(tables) & set(connector.tables))

    def sources(self) -> pl.DataFrame:
        """Return the sources that gave something, as rows of `mart.sources`."""
        rows = [
            {
                "source_id": outcome.source_id,
                "source_title": connector.source.title,
                "publisher": connector.source.publisher,
                "url": connector.source.base_url,
                "as_of": max(good.retrieved_at_utc for good in outcome.good).strftime("%Y-%m-%d"),
                "licence": connector.source.licence,
                "used_in": "; ".join(table.partition(".")[2] for table in connector.tables),
                "fact_rows": sum(good.rows for good in outcome.good),
            }
            for connector, outcome in self.outcomes()
            if outcome.good
        ]
        return pl.DataFrame(rows, schema=REGISTRY["mart.sources"].schema.create_empty().schema)

    def _notes(self, connector: Connector, outcome: SourceOutcome) -> list[str]:
        if connector.source.source_id in self._closed:
            return []
        found = [note for good in outcome.good for part in self._parts(connector, good) for note in part.notes]
        return list(dict.fromkeys(found))[:_SHOWN_NOTES]

    def _parts(self, connector: Connector, good: Good | None) -> list[Parsed]:
        if good is None:
            return []
        if good.source_id in self._closed:
            return self._parser.good(connector, good)
        place = (good.source_id, good.key)
        if place not in self._read:
            self._read[place] = self._parser.good(connector, good)
        return self._read[place]


def _status_row(outcome: SourceOutcome, as_of: date, notes: Sequence[str]) -> dict[str, Any]:
    good = outcome.good
    ends = [one.data_through_utc for one in good if one.data_through_utc is not None]
    night = datetime(as_of.year, as_of.month, as_of.day)
    # A month that is not over, or a projection, speaks about days to come: its data end tonight.
    through = min(max(ends), night) if ends else None
    return {
        "source_id": outcome.source_id,
        "profile": outcome.profile,
        "is_stale": outcome.is_stale,
        "data_through_utc": through,
        "retrieved_at_utc": max((one.retrieved_at_utc for one in good), default=None),
        "age_days": (night - through).total_seconds() / 86400.0 if through else None,
        "rows": sum(one.rows for one in good),
        "rejects": sum(one.rejects for one in good),
        "note": _note(outcome, notes),
    }


def _note(outcome: SourceOutcome, notes: Sequence[str]) -> str:
    asked = len(outcome.groups)
    older = sum(group.profile == "last_good" for group in outcome.groups)
    none = sum(group.profile == "reference" for group in outcome.groups)
    counts = []
    if asked > 1 and older:
        counts.append(f"{older} of {asked} answers are older good ones")
    if asked > 1 and none:
        counts.append(f"{none} of {asked} are missing")
    return "; ".join([*counts, *outcome.reasons, *notes])


def with_live_status(reference: pl.DataFrame, live: LiveInputs | None, as_of: date) -> pl.DataFrame:
    """Return the status of the embedded facts and, in a live night, of every source after them.

    Parameters
    ----------
    reference : pl.DataFrame
        Rows of `mart.data_status`.
    live : LiveInputs | None
    as_of : date
        Logical date of the night.
    """
    if live is None:
        return reference
    rows = [reference.select(list(_STATUS)), live.status(as_of)]
    return pl.concat(rows)


def with_live_sources(reference: pl.DataFrame, live: LiveInputs | None) -> pl.DataFrame:
    """Return the cited documents and, in a live night, the sources that gave something after them."""
    return reference if live is None else pl.concat([reference.select(live.sources().columns), live.sources()])


def fetched_requests(record: NightRecord | None) -> pl.DataFrame:
    """Return what the night has, request by request, contract `raw.fetches`; no rows without a record."""
    rows = [
        {
            "source_id": outcome.source_id,
            "request_key": group.key,
            "profile": group.profile,
            "answers": len(group.good.payloads) if group.good else 0,
            "rows": group.good.rows if group.good else 0,
            "rejects": group.good.rejects if group.good else 0,
            "data_through_utc": group.good.data_through_utc if group.good else None,
            "retrieved_at_utc": group.good.retrieved_at_utc if group.good else None,
            "confirmed_at_utc": group.good.confirmed_at_utc if group.good else None,
            "reason": group.reason,
        }
        for outcome in (record.sources if record else ())
        for group in outcome.groups
    ]
    schema = REGISTRY["raw.fetches"].schema.create_empty().schema
    return pl.DataFrame(rows, schema=schema).sort("source_id", "request_key")
