"""What distinct networks gave, kept from one case and one night to the next; it does not depend on prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.identity import tree_hash

_FILES = ("*.py", "*.csv", "networks/*.csv")
_TUPLES = ("first", "full", "p_first")
_OTHERS_KEPT = 1000
_ALONE = ("has_path", "complete_p50")


@dataclass(frozen=True)
class Outcome:
    """What one distinct network gave.

    Months to first and to all (P10, P50, P90), single draws, share online by month, the same in the phases after each
    end of a phase (one after the other) and the medians of these ends, of each activity its part in the critical path,
    and the schedule as a flat row (`Schedule.flat`).
    """

    has_path: bool
    first: tuple[float, ...]
    full: tuple[float, ...]
    first_draws: NDArray[np.float64]
    online_years: NDArray[np.float64]
    complete_p50: float
    p_first: tuple[float, ...]
    online: NDArray[np.float64]
    later: NDArray[np.float64]
    ended: NDArray[np.float64]
    time_share: NDArray[np.float64]
    on_chain: NDArray[np.float64]
    saved: NDArray[np.float64]
    start_mean: NDArray[np.float64]
    finish_mean: NDArray[np.float64]
    schedule: NDArray[np.float64]


@dataclass
class Known:
    """Networks drawn before, by the hash of what they depend on, and which of them were asked for."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    has_new: bool = False
    ready: dict[tuple, Any] = field(default_factory=dict)
    """What was made ready for the kernel, for the next case of the night."""


class Frames(Protocol):
    """Where outcomes are kept: the cache of a data folder."""

    def held(self, kind: str, key: Mapping[str, Any]) -> pl.DataFrame | None:
        """Return the frame of a key if it is there and whole."""

    def replace(self, kind: str, key: Mapping[str, Any], frame: pl.DataFrame) -> None:
        """Put a frame in the place of the one of a key."""


@cache
def _key() -> dict[str, str]:
    """Return what every outcome depends on beside its own network: code, networks and durations of this package."""
    return {"timeline": tree_hash(Path(__file__).parent, _FILES)}


def read_known(frames: Frames) -> Known:
    """Return the networks that the nights before drew."""
    held = frames.held("networks", _key())
    if held is None or held.is_empty():
        return Known()
    columns: list[Sequence[Any]] = []
    for part in fields(Outcome):
        values = held[part.name]
        if part.name in _ALONE:
            columns.append(values.to_list())
            continue
        ends = values.list.len().cum_sum().to_list()[:-1]
        own = np.split(values.list.explode(empty_as_null=False).to_numpy(), ends)
        columns.append([tuple(value.tolist()) for value in own] if part.name in _TUPLES else own)
    return Known({key: Outcome(*row) for key, *row in zip(held["key"].to_list(), *columns, strict=True)})


def keep_known(frames: Frames, known: Known) -> None:
    """Keep the networks that were asked for and some of the others, if any was drawn anew."""
    if not known.has_new:
        return
    others = [key for key in known.outcomes if key not in known.asked][-_OTHERS_KEPT:]
    kept = {key: known.outcomes[key] for key in [*others, *sorted(known.asked)]}
    columns: dict[str, Any] = {"key": list(kept)}
    for part in fields(Outcome):
        values = [getattr(outcome, part.name) for outcome in kept.values()]
        columns[part.name] = values if part.name in _ALONE else [np.asarray(value, np.float64) for value in values]
    types = {"key": pl.String(), "has_path": pl.Boolean(), "complete_p50": pl.Float64()}
    lists = {part.name: pl.List(pl.Float64()) for part in fields(Outcome) if part.name not in types}
    frames.replace("networks", _key(), pl.DataFrame(columns, schema={**types, **lists}))
