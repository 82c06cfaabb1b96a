"""Dagster's event log in SQLite files, as by default, over connections that stay open.

The default opens and closes a database for every event and has the disk confirm each, some 2,600 times a night. The
files and their layout are the same.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event

# The index and the run at work, and a few that someone looks at.
_MOST_OPEN = 6


class EventLog(SqliteEventLogStorage):
    """Dagster's event log below its home; named by `event_log_storage` in dagster.yaml.

    Parameters
    ----------
    base_dir : str
        Dagster's home.
    inst_data : ConfigurableClassData | None
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._there: set[str] = set()
        self._batch: dict[str, Connection] = {}
        super().__init__(str(Path(base_dir) / "history" / "runs"), inst_data)
        # A batch holds it over the writes of its events.
        self._db_lock: Any = threading.RLock()

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> EventLog:
        """Return the event log that dagster.yaml describes."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if shard in self._batch:
                yield self._batch[shard]
                return
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> Engine:
        if shard in self._engines and not Path(self.path_for_shard(shard)).exists():
            # Cleared away by another process: what is written now belongs into a new file.
            self._engines.pop(shard).dispose()
            self._initialized_dbs.discard(shard)
        engine = self._engines.get(shard)
        if engine is None:
            engine = create_engine(
                self.conn_string_for_shard(shard), pool_size=1, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
            )
            event.listen(engine, "connect", _relax)
            self._engines[shard] = engine
        self._engines.move_to_end(shard)
        while len(self._engines) > _MOST_OPEN:
            self._engines.popitem(last=False)[1].dispose()
        return engine

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events in one transaction of each database."""
        with self._db_lock, ExitStack() as stack:
            try:
                for shard in (INDEX_SHARD_NAME, *sorted({event.run_id for event in events})):
                    self._batch[shard] = stack.enter_context(self._connect(shard))
                super().store_event_batch(events)
            finally:
                self._batch.clear()

    def has_table(self, table_name: str) -> bool:
        """Return whether the index has a table."""
        return self._is_there(f"table {table_name}", lambda: super(EventLog, self).has_table(table_name))

    def has_secondary_index(self, name: str) -> bool:
        """Return whether the index was brought up to a later layout."""
        return self._is_there(f"index {name}", lambda: super(EventLog, self).has_secondary_index(name))

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        """Return whether the table of assets has a column."""
        return self._is_there(
            f"column {column_name}",
            lambda: super(EventLog, self)._has_asset_key_col_on_connection(conn, column_name),
        )

    def _is_there(self, what: str, ask: Callable[[], bool]) -> bool:
        """Return whether a part of the layout is there; what was there once stays."""
        if what not in self._there and ask():
            self._there.add(what)
        return what in self._there

    def dispose(self) -> None:
        """Close all databases."""
        while self._engines:
            self._engines.popitem()[1].dispose()
        super().dispose()


def _relax(connection: Any, _: object) -> None:
    """Let the operating system write in its own time: a crash of the machine costs the last events, not the file."""
    cast(Any, connection).execute("PRAGMA synchronous=NORMAL")
