"""Dagster's event log in SQLite, with one connection per database that stays open for as long as the process.

Dagster opens, commits to disk and closes a connection for every statement: some three thousand in a night, a tenth of
its time. The log is a record beside the release and not part of it, so that a power cut may cost its last events.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

_BUSY_SECONDS = 30
_OPEN = 8


class NightEventLog(SqliteEventLogStorage):
    """The event log of `dagster.yaml`; same files as Dagster's own, which any Dagster reads."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Return what `dagster.yaml` may say of it: nothing."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> NightEventLog:
        """Return the log in the folder where Dagster keeps its own."""
        return cls(str(Path(os.environ["DAGSTER_HOME"]) / "history" / "runs"), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engines.get(shard)
            if engine is None:
                while len(self._engines) >= _OPEN:
                    self._engines.pop(next(iter(self._engines))).dispose()
                engine = self._engines[shard] = _engine(self.conn_string_for_shard(shard))
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def dispose(self) -> None:
        """Close the connections."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def _engine(url: str) -> Engine:
    engine = create_engine(
        url, poolclass=StaticPool, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def write_behind(connection: Any, _: Any) -> None:
        # With the write-ahead log the file stays whole; only the last events may be missing after a power cut.
        connection.execute("pragma synchronous = off")

    return engine
