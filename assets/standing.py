"""Which tables stand: made, on an earlier night, of what is there tonight too, and still in the build.

While a table is made, whatever its maker looks at is noted. The table stands as long as all of that is the same, the
code among it; one that was made anew and came out the same lets everything made of it stand.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from assets.night import PREVIOUS, Night, named_settings
from pipelines.identity import content_hash
from pipelines.warehouse import Stamp

_Shared = TypeVar("_Shared")
# Results kept by all that they follow from: to find one there or not moves no row.
_MOVES_NOTHING = {"cache"}
# Rows of a table of which some columns are looked at again, to say whether just these moved.
_MOST_READ_AGAIN = 100_000


class Watched:
    """A night as the maker of one table sees it: passes everything on, and notes what was looked at.

    Parameters
    ----------
    night : Night
    """

    def __init__(self, night: Night) -> None:
        self._night = night
        self._seen: list[set[str]] = [set()]

    @property
    def seen(self) -> set[str]:
        """Return what was looked at so far: "table NAME", "reference NAME", or an attribute of the night.

        Where some columns of a table were read, they stand behind its name and a colon.
        """
        return self._seen[0]

    def __getattr__(self, name: str) -> Any:
        if name not in _MOVES_NOTHING:
            self._seen[-1].add(name)
        return getattr(self._night, name)

    def read(self, name: str, columns: list[str] | None = None) -> pl.DataFrame:
        """Return a table of the build."""
        self._seen[-1].add(f"table {name}: {', '.join(sorted(columns))}" if columns else f"table {name}")
        return self._night.read(name, columns)

    def read_between(self, name: str, column: str, first: str, last: str) -> pl.DataFrame:
        """Return the rows of a table of the build from one value of a column to another."""
        self._seen[-1].add(f"table {name}")
        return self._night.read_between(name, column, first, last)

    def reference(self, name: str) -> pl.DataFrame:
        """Return a reference table."""
        self._seen[-1].add(f"reference {name}")
        return self._night.reference(name)

    def once(self, name: str, make: Callable[[], _Shared], is_kept: Callable[[_Shared], bool] | None = None) -> _Shared:
        """Return what several assets share; who gets it has looked at all that it was made of."""

        def noting() -> _Shared:
            self._seen.append(set())
            try:
                return make()
            finally:
                self._night.looked_at[name] = self._seen.pop()

        shared = self._night.once(name, noting, is_kept)
        self._seen[-1] |= self._night.looked_at.get(name, {"something unseen"})
        return shared


def made_from(night: Night, seen: set[str]) -> str:
    """Write what was looked at with its values of tonight as JSON; null where no value says all of it.

    Tables of counties are made every night, so that nothing of them has a value.
    """
    values = {what: None if night.scope.is_counties else _value(night, what) for what in sorted(seen)}
    return json.dumps({**values, "code": night.code}, sort_keys=True)


def inputs_of(stamp: Stamp) -> set[str]:
    """Read what was looked at while a table was made, as in `Watched.seen`."""
    return set(json.loads(stamp.made_from or "{}"))


def tables_read(stamp: Stamp) -> set[str]:
    """Select the tables among what was looked at."""
    seen = (what.partition(" ") for what in inputs_of(stamp))
    return {name.partition(":")[0] for kind, _, name in seen if kind == "table"}


def stands(night: Night, name: str) -> Stamp | None:
    """Return the stamp of a table of the build that would come out the same if it were made now."""
    stamp = night.warehouse.stamp(name)
    if stamp is None or stamp.made_from is None:
        return None
    before = json.loads(stamp.made_from)
    if None in before.values() or stamp.made_from != made_from(night, set(before)):
        return None
    if stamp.linked_path and not night.cache.is_whole(Path(stamp.linked_path)):
        return None
    return stamp


def _value(night: Night, what: str) -> str | None:
    kind, _, name = what.partition(" ")
    if kind == "table":
        name, _, columns = name.partition(": ")
        stamp = night.warehouse.stamp(name)
        # One of another night has yet to show that it stands.
        if stamp is None or stamp.run_id != night.run_id:
            return None
        if columns and stamp.rows <= _MOST_READ_AGAIN:
            return content_hash(night.read(name, columns.split(", ")))
        return stamp.content
    if kind == "reference":
        return night.inputs.get(f"reference/{name}")
    value = _VALUES.get(what)
    return value(night) if value is not None else None


def _inputs(night: Night, is_meant: Callable[[str], bool]) -> dict[str, str]:
    return {path: known for path, known in night.inputs.items() if is_meant(path.partition("/")[0])}


# Files that the settings lead to.
_BY_SETTINGS = {"scenarios", "counties", "region_facts", "technologies", "stacks", "weather"}
_VALUES: dict[str, Callable[[Night], str]] = {
    "code": lambda night: night.code,
    "settings": lambda night: content_hash(
        named_settings(night.settings, night.scope), _inputs(night, lambda kind: kind in _BY_SETTINGS)
    ),
    "live": lambda night: content_hash(_inputs(night, lambda kind: kind not in {"reference", PREVIOUS})),
    "scope": lambda night: content_hash(night.scope.named(), list(night.scope.what_if)),
    "as_of": lambda night: night.as_of.isoformat(),
    "as_of_utc": lambda night: night.as_of.isoformat(),
    "previous": lambda night: night.previous or "",
}
