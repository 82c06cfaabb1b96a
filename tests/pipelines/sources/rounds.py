"""Rounds of made-up sources against the replay server, on a clock of their own."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl

from pipelines.contracts.base import REGISTRY
from pipelines.settings import Settings
from pipelines.sources.archive import Archive, NightRecord, SourceOutcome
from pipelines.sources.asking import Asking
from pipelines.sources.base import Parsed, Payload, Request, SourceBroken, SourceInfo
from pipelines.sources.client import Client
from pipelines.sources.live import LiveInputs
from pipelines.sources.night import Round, fetch_night
from pipelines.sources.parsing import Connector, Parser
from pipelines.warehouse import Cache, RawStore

TABLE = "core.county_zones"
DAY = date(2026, 11, 22)
REGIONS = pl.DataFrame({"region_id": ["a", "b"], "latitude": [32.0, 40.0], "longitude": [-99.0, -83.0]})


def zones(count: int, zone: str = "p1") -> bytes:
    """Return an answer with so many rows."""
    rows = [{"county_fips": f"{at:05d}", "zone": zone, "county_name": "X", "state": "TX"} for at in range(count)]
    return json.dumps({"rows": rows}).encode()


def parse(payload: Payload) -> Parsed:
    """Read the answers of this test's sources; a state that does not exist is rejected."""
    try:
        rows = json.loads(payload.content)["rows"]
    except (ValueError, KeyError, TypeError):
        raise SourceBroken(f"{payload.source_id}: no rows.") from None
    schema = REGISTRY[TABLE].schema.create_empty().schema
    frame = pl.DataFrame(rows, schema=schema).with_row_index("source_row", offset=2)
    bad = frame.filter(pl.col("state") != "TX").select(
        pl.lit(TABLE).alias("table_name"),
        pl.lit(payload.source_id).alias("source_id"),
        pl.col("source_row").cast(pl.Int64),
        pl.lit("no state").alias("reason"),
    )
    return Parsed(TABLE, frame.filter(pl.col("state") == "TX").select(list(schema)), bad, len(rows), ("a note",))


def connector(name: str = "one", keys: tuple[str, ...] = ("k",), **changes: object) -> Connector:
    info = SourceInfo(
        name, name.title(), "Someone", "public domain", "https://example.org", cadence="daily", calls_per_second=1e6
    )
    source = replace(info, **{key: changes.pop(key) for key in ("cadence", "key_setting") if key in changes})
    made = Connector(
        source=source,
        requests=lambda asking: [Request(name, key, f"{name}/{key}", max_bytes=200_000) for key in keys],
        tables=(TABLE,),
        parse=parse,
    )
    return replace(made, **changes)


class Nights:
    """Runs rounds against the server on a clock of its own."""

    def __init__(self, data_dir, server) -> None:
        self.data_dir, self.server = data_dir, server
        self.now = datetime(2026, 11, 22, 5, 0)
        self.settings = {
            "http_timeout": 0.4,
            "http_attempts": 2,
            "http_backoff_seconds": 0.0,
            "http_deadline_seconds": 0.8,
            "data_dir": data_dir,
        }
        self.raw = RawStore(data_dir)
        self.connectors: tuple[Connector, ...] = ()

    def work(self, as_of: date = DAY, **settings: object) -> Round:
        chosen = Settings(**(self.settings | settings))
        environment = {f"FIRSTMW_{one.source.source_id.upper()}_URL": self.server.url for one in self.connectors}
        client = Client(chosen, environment=environment, now=lambda: self.now.replace(tzinfo=UTC))
        parser = Parser(self.raw, Cache(self.data_dir / "cache"))
        return Round(Asking(as_of, REGIONS, chosen), client, Archive(self.raw), parser, now=lambda: self.now)

    def run(self, *connectors: Connector, days: float = 1.0, **options: object) -> NightRecord:
        """Run a night, some days after the one before."""
        self.connectors = connectors
        record = fetch_night(self.work(options.pop("as_of", DAY), **options.pop("settings", {})), connectors, **options)
        self.now += timedelta(days=days)
        return record

    def live(self, record: NightRecord) -> LiveInputs:
        return LiveInputs(record, self.connectors, Parser(self.raw, Cache(self.data_dir / "cache")))

    def rows(self, record: NightRecord) -> int:
        return self.live(record).rows(TABLE).height


def only(record: NightRecord) -> SourceOutcome:
    (outcome,) = record.sources
    return outcome
