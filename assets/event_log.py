"""Dagster's event log in SQLite files, as by default, over connections that stay open.

The default opens and closes a database for every event and has the disk confirm each, some 2,600 times a night. The
files and their layout are the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SQLITE_BUSY_TIMEOUT_SECONDS
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
        self._tables: set[str] = set()
        super().__init__(str(Path(base_dir) / "history" / "runs"), inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> EventLog:
        """Return the event log that dagster.yaml describes."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
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

    def has_table(self, table_name: str) -> bool:
        """Return whether the index has a table; one that was there once stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def dispose(self) -> None:
        """Close all databases."""
        while self._engines:
            self._engines.popitem()[1].dispose()
        super().dispose()


def _relax(connection: Any, _: object) -> None:
    """Let the operating system write in its own time: a crash of the machine costs the last events, not the file."""
    cast(Any, connection).execute("PRAGMA synchronous=NORMAL")
