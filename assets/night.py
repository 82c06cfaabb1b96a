"""One night: its date, its run id, its settings, and the warehouse that its assets read and write."""

from __future__ import annotations

import json
import logging
import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.contracts.base import validate
from pipelines.errors import UsageError
from pipelines.identity import content_hash
from pipelines.reference.load import load_reference, reference_tables
from pipelines.settings import Settings
from pipelines.timeline.time_to_power import TimelineResult
from pipelines.warehouse import BuildLock, Cache, RawStore, Warehouse, code_hash, run_identity

REPOSITORY = Path(__file__).parents[1]
# Places, keys and limits of the machine do not move a result.
_NOT_PART_OF_A_RUN = {"data_dir", "reference_dir", "weather_dir", "cache_max_gb", "keep_releases", "http_timeout"}

log = logging.getLogger("firstmw.night")


@dataclass(frozen=True)
class Scope:
    """What a night is about.

    Attributes
    ----------
    as_of : date
        Logical date.
    regions, states : tuple[str, ...]
        Only these regions or states; empty for all.
    """

    as_of: date
    regions: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


@dataclass
class Night:
    """An open night; made by `open_night`."""

    settings: Settings
    scope: Scope
    run_id: str
    inputs: dict[str, str]
    code: str
    warehouse: Warehouse
    cache: Cache
    raw: RawStore
    steps: list[dict[str, Any]] = field(default_factory=list)
    timeline: TimelineResult | None = None

    @property
    def as_of(self) -> date:
        """Return the logical date."""
        return self.scope.as_of

    @property
    def as_of_utc(self) -> datetime:
        """Return the start of the logical date, UTC without a zone."""
        return datetime(self.as_of.year, self.as_of.month, self.as_of.day)

    def read(self, name: str, columns: list[str] | None = None) -> pl.DataFrame:
        """Return a table of the build."""
        return self.warehouse.read(name, columns)

    def write(self, name: str, frame: pl.DataFrame) -> int:
        """Check a frame against its contract and replace the table by it; return its rows."""
        return self.warehouse.write(name, validate(frame, name))

    def finish_step(self, name: str, *, started: datetime, rows: int, is_cache_hit: bool | None) -> None:
        """Log one finished asset and remember it for `ops.assets`."""
        seconds = (datetime.now(UTC).replace(tzinfo=None) - started).total_seconds()
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
        step = {
            "run_id": self.run_id,
            "asset": name,
            "started_at_utc": started,
            "seconds": seconds,
            "rows": rows,
            "is_cache_hit": is_cache_hit,
            "peak_memory_mb": peak_mb,
        }
        self.steps.append(step)
        log.info(json.dumps(step, default=str), extra={"step": step})


def input_hashes(settings: Settings) -> dict[str, str]:
    """Return name to checksum of every input of a night: the reference tables and the weather files."""
    found = {f"reference/{name}": settings.reference_dir / f"{name}.csv" for name in reference_tables()}
    if settings.weather_dir is not None:
        found |= {f"weather/{path.name}": path for path in sorted(settings.weather_dir.iterdir()) if path.is_file()}
    # A missing file is named by the loader, with the way out.
    return {name: content_hash(path) for name, path in found.items() if path.is_file()}


def identify(settings: Settings, scope: Scope) -> tuple[str, dict[str, str], str]:
    """Return the run id of a night, the checksums of its inputs and the hash of the code."""
    inputs = input_hashes(settings)
    chosen = settings.model_dump(mode="json", exclude=_NOT_PART_OF_A_RUN)
    chosen = {name: value for name, value in chosen.items() if not name.endswith("_api_key")}
    code = code_hash(REPOSITORY)
    run_id = run_identity(
        scope.as_of, inputs, {**chosen, "regions": list(scope.regions), "states": list(scope.states)}, code
    )
    return run_id, inputs, code


def check_scope(settings: Settings, scope: Scope) -> None:
    """Refuse regions or states that the table of markets does not have.

    Raises
    ------
    UsageError
        Names the unknown region or state.
    """
    markets = load_reference("candidate_markets", settings.reference_dir).filter(pl.col("is_rankable"))
    for what, wanted, known in (
        ("region", scope.regions, set(markets["region_id"])),
        ("state", scope.states, set(markets["state"])),
    ):
        unknown = [name for name in wanted if name not in known]
        if unknown:
            raise UsageError(
                f"{what} {unknown[0]!r} has no rankable market; see candidate_markets.csv for the {what}s there are."
            )


@contextmanager
def open_night(settings: Settings, scope: Scope, *, wait_seconds: float = 0.0) -> Iterator[Night]:
    """Hold the build lock and open the build database for one night.

    Raises
    ------
    WarehouseError
        If another process holds the build.
    """
    run_id, inputs, code = identify(settings, scope)
    data_dir = settings.data_dir.absolute()
    with (
        BuildLock(data_dir, wait_seconds=wait_seconds),
        Warehouse(data_dir / "build" / "firstmw.duckdb", run_id=run_id, as_of=scope.as_of) as warehouse,
    ):
        night = Night(
            settings=settings,
            scope=scope,
            run_id=run_id,
            inputs=inputs,
            code=code,
            warehouse=warehouse,
            cache=Cache(data_dir / "cache"),
            raw=RawStore(data_dir),
        )
        try:
            yield night
        finally:
            if night.steps:
                types: dict[str, pl.DataType] = {"is_cache_hit": pl.Boolean(), "started_at_utc": pl.Datetime("us")}
                night.write("ops.assets", pl.DataFrame(night.steps, schema_overrides=types))


def in_scope(regions: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """Return the rankable regions that the night is about, in order of their id."""
    chosen = regions.filter(pl.col("is_rankable")).sort("region_id")
    if scope.regions:
        chosen = chosen.filter(pl.col("region_id").is_in(list(scope.regions)))
    if scope.states:
        chosen = chosen.filter(pl.col("state").is_in(list(scope.states)))
    return chosen


def names(values: Sequence[str]) -> tuple[str, ...]:
    """Return the names without repeats, in order, so that the same choice has the same run id."""
    return tuple(sorted(set(values)))
