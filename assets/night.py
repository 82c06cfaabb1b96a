"""One night: its date, its run id, its settings, and the warehouse that its assets read and write."""

from __future__ import annotations

import json
import logging
import resource
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import polars as pl

import pipelines.contracts  # noqa: F401 - registers every table
from assets.base_line import PREVIOUS, begin_from_base, build_lock, notify, placement_of, previous_release
from pipelines import nightlog
from pipelines.contracts.base import REGISTRY, validate
from pipelines.counties.scope import check_counties
from pipelines.errors import UsageError
from pipelines.identity import content_hash
from pipelines.plant.catalogue import stack_files
from pipelines.reference.load import load_reference, reference_tables
from pipelines.reference.technologies import FILE as TECHNOLOGIES
from pipelines.settings import Settings, county_settings, moving, values_of
from pipelines.sources.archive import Archive, NightRecord
from pipelines.sources.live import LiveInputs
from pipelines.sources.parsing import Parser
from pipelines.sources.registry import connectors
from pipelines.sources.user_files import has_user_files
from pipelines.sources.weather_common import WEATHER
from pipelines.warehouse import (
    BASE,
    Cache,
    Placement,
    RawStore,
    Warehouse,
    Wish,
    clean_leftovers,
    code_hash,
    require_compatible,
    require_free_space,
    run_identity,
    space_needed,
)

REPOSITORY = Path(__file__).parents[1]
CHANGELOG = REPOSITORY / "CHANGELOG.md"
_PLAIN = Wish()
_Shared = TypeVar("_Shared")

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
    what_if : tuple[str, ...]
        What is set for a what-if, as `name=value`; no other night carries its history on.
    is_counties : bool
        Whether the regions are counties instead of markets.
    """

    as_of: date
    regions: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    what_if: tuple[str, ...] = ()
    is_counties: bool = False

    @property
    def is_part(self) -> bool:
        """Return whether it is limited to some regions or states."""
        return bool(self.regions or self.states)

    def named(self) -> dict[str, list[str]]:
        """Return regions and states as a record of a night keeps them."""
        own = {"regions": list(self.regions), "states": list(self.states)}
        return own | {"scope": ["counties"]} if self.is_counties else own


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
    placement: Placement = BASE
    must_fetch: bool = False
    is_accepted: bool = False
    ask_again: tuple[str, ...] = ()
    live: LiveInputs | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    shared: dict[str, Any] = field(default_factory=dict)
    looked_at: dict[str, set[str]] = field(default_factory=dict)
    problem: str = ""

    @property
    def as_of(self) -> date:
        """Return the logical date."""
        return self.scope.as_of

    @property
    def as_of_utc(self) -> datetime:
        """Return the start of the logical date, UTC without a zone."""
        return datetime(self.as_of.year, self.as_of.month, self.as_of.day)

    @property
    def previous(self) -> str | None:
        """Return the run id of the release that history is carried from, if there is one."""
        return self.inputs.get(PREVIOUS) or None

    def read(self, name: str, columns: list[str] | None = None) -> pl.DataFrame:
        """Return a table of the build."""
        return self.warehouse.read(name, columns)

    def read_between(self, name: str, column: str, first: str, last: str) -> pl.DataFrame:
        """Return the rows of a table of the build from one value of a column to another."""
        where = f"where {column} between $first and $last"
        return self.warehouse.query(f"select * from {name} {where}", {"first": first, "last": last})

    def reference(self, name: str) -> pl.DataFrame:
        """Return a reference table."""
        return load_reference(name, self.settings.reference_dir)

    def once(self, name: str, make: Callable[[], _Shared], is_kept: Callable[[_Shared], bool] | None = None) -> _Shared:
        """Return what several assets of the night share; made by the first that asks, and kept unless told not to."""
        if name in self.shared:
            return cast(_Shared, self.shared[name])
        made = make()
        if is_kept is None or is_kept(made):
            self.shared[name] = made
        return made

    def write(self, name: str, frame: pl.DataFrame) -> int:
        """Check a frame against its contract and replace the table by it; return its rows."""
        return self.warehouse.write(name, validate(frame, name))

    def use(self, record: NightRecord) -> LiveInputs:
        """Rest the night on what the sources gave; the answers are part of its name."""
        self.live = live_inputs(self.settings, record, self.raw, self.cache)
        self.run_id, self.inputs, self.code = identify(self.settings, self.scope, record)
        self.warehouse.run_id = self.run_id
        return self.live

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
            "rejects": self._rejects(name),
            "peak_memory_mb": peak_mb,
        }
        self.steps.append(step)
        log.info(json.dumps(step, default=str), extra={"step": step})
        nightlog.append(self.settings.data_dir.absolute(), "step", step)

    def _rejects(self, name: str) -> int | None:
        """Return the input rows refused so far, at the step that gathers them; None at the others."""
        if name != "core.rejects" or not self.warehouse.has(name):
            return None
        return self.warehouse.read(name, ["table_name"]).height


def input_hashes(settings: Settings) -> dict[str, str]:
    """Return name to checksum of every input of a night: reference tables, stacks and weather files."""
    found = {f"reference/{name}": settings.reference_dir / f"{name}.csv" for name in reference_tables()}
    found["scenarios"] = settings.scenarios_file
    found["technologies"] = settings.reference_dir / TECHNOLOGIES
    found |= {f"stacks/{path.name}": path for path in stack_files(settings)}
    if settings.region_facts_file is not None:
        found["region_facts"] = settings.region_facts_file
    if settings.projects_file is not None:
        found["projects"] = settings.projects_file
    if settings.counties_file is not None:
        found["counties"] = settings.counties_file
    if settings.weather_dir is not None:
        found |= {f"weather/{path.name}": path for path in sorted(settings.weather_dir.iterdir()) if path.is_file()}
    # A missing file is named by the loader, with the way out.
    return {name: content_hash(path) for name, path in found.items() if path.is_file()}


def identify(settings: Settings, scope: Scope, record: NightRecord | None = None) -> tuple[str, dict[str, str], str]:
    """Return the run id of a night, its inputs (checksums, and the release before) and the hash of the code.

    Parameters
    ----------
    settings : Settings
    scope : Scope
    record : NightRecord | None
        What the sources gave, in a live night; with it goes what they gave the night before.
    """
    inputs = input_hashes(settings)
    if record is not None:
        before = Archive(RawStore(settings.data_dir)).night_before(scope.as_of, record_scope(settings, scope))
        inputs |= record.input_hashes()
        inputs |= {f"before/{name}": value for name, value in before.input_hashes().items()} if before else {}
    named = {
        **named_settings(settings, scope),
        **scope.named(),
        **({"what_if": list(scope.what_if)} if scope.what_if else {}),
    }
    code = code_hash(REPOSITORY)
    previous = previous_release(
        settings.data_dir, scope, lambda own: run_identity(scope.as_of, own, named, code), inputs
    )
    inputs |= {PREVIOUS: previous} if previous else {}
    return run_identity(scope.as_of, inputs, named, code), inputs, code


def named_settings(settings: Settings, scope: Scope) -> dict[str, Any]:
    """Return the settings that a night's results follow from, by name."""
    left_out = set() if scope.is_counties else set(county_settings())
    return values_of(settings, [name for name in moving() if name not in left_out])


def check_scope(settings: Settings, scope: Scope) -> None:
    """Refuse regions or states that the table of markets does not have.

    Raises
    ------
    UsageError
        Names the unknown region or state.
    """
    if scope.is_counties:
        check_counties(settings, scope.regions, scope.states)
        return
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
def open_night(
    settings: Settings,
    scope: Scope,
    *,
    wait_seconds: float | None = None,
    must_fetch: bool = False,
    is_accepted: bool = False,
    ask_again: tuple[str, ...] = (),
    wish: Wish = _PLAIN,
    today: date | None = None,
    must_be_base: bool = False,
) -> Iterator[Night]:
    """Hold the build lock and open the build database for one night.

    A side release is built in a database of its own, so that the tables of the base line are not made again tomorrow.

    Parameters
    ----------
    settings : Settings
    scope : Scope
    wait_seconds : float | None
        How long to wait for another process that holds the build; see `build_lock`.
    must_fetch : bool
        Whether the sources of a live night are still to be asked; otherwise what is held of that night is used.
    is_accepted : bool
        Whether the release is shown even where it departs so far from the last one that it would be held for review.
    ask_again : tuple[str, ...]
        Sources to ask where the date has been asked for already; the others keep what they answered. Empty for all.
    wish : Wish
        Where the user wants the release.
    today : date | None
        Date of the clock (UTC) that a future night is recognised by; the system's where absent.
    must_be_base : bool
        Whether a side release is refused; see `placement_of`.

    Raises
    ------
    UsageError
        If the release cannot go where it is wanted.
    WarehouseError
        If another process holds the build, or the disk has too little room.
    ContractError
        If the code takes a published column away without declaring it.
    """
    data_dir = settings.data_dir.absolute()
    is_fed = has_sources(settings)
    placed = placement_of(settings, scope, wish, today, must_be_base=must_be_base)
    with build_lock(data_dir, placed, wait_seconds, notify), ExitStack() as opened:
        # Named and placed under the lock: the current release may have changed while this night waited.
        run_id, inputs, code = identify(settings, scope)
        clean_leftovers(data_dir)
        require_free_space(data_dir, space_needed(data_dir))
        require_compatible(data_dir, published_tables(), CHANGELOG)
        path = data_dir / "build" / ("firstmw.duckdb" if placed.is_shown else "side.duckdb")
        if not (placed.is_shown or scope.is_part):
            begin_from_base(path)
        warehouse = opened.enter_context(Warehouse(path, run_id=run_id, as_of=scope.as_of))
        night = Night(
            settings=settings,
            scope=scope,
            run_id=run_id,
            inputs=inputs,
            code=code,
            warehouse=warehouse,
            cache=Cache(data_dir / "cache"),
            raw=RawStore(data_dir),
            placement=placement_of(settings, scope, wish, today) if placed.is_shown else placed,
            must_fetch=is_fed and must_fetch,
            is_accepted=is_accepted,
            ask_again=ask_again,
        )
        if is_fed and not must_fetch:
            night.use(Archive(night.raw).read_night(scope.as_of, record_scope(settings, scope)))
        try:
            yield night
        finally:
            if night.steps:
                types: dict[str, pl.DataType] = {
                    "is_cache_hit": pl.Boolean(),
                    "rejects": pl.Int64(),
                    "started_at_utc": pl.Datetime("us"),
                }
                night.write("ops.assets", pl.DataFrame(night.steps, schema_overrides=types))


def has_sources(settings: Settings) -> bool:
    """Return whether a night reads sources: all of them in the live profile, else only files of the user's own."""
    return settings.profile == "live" or has_user_files(settings)


def record_scope(settings: Settings, scope: Scope) -> dict[str, list[str]]:
    """Return what the record of a night's sources is filed under; a night without network has a record of its own."""
    return scope.named() | ({} if settings.profile == "live" else {"profile": [settings.profile]})


def live_inputs(settings: Settings, record: NightRecord, raw: RawStore, cache: Cache) -> LiveInputs:
    """Return what a night's record says, read from the raw bytes; weather of counties is read county by county."""
    chosen = connectors(settings)
    is_by_county = "counties" in record.scope.get("scope", ())
    closed = [one.source.source_id for one in chosen if is_by_county and WEATHER in one.tables]
    return LiveInputs(record, chosen, Parser(raw, cache), closed)


def night_before(night: Night) -> LiveInputs | None:
    """Return the live night of the same scope before this one, if there was one."""
    if night.live is None:
        return None
    record = Archive(night.raw).night_before(night.as_of, record_scope(night.settings, night.scope))
    return live_inputs(night.settings, record, night.raw, night.cache) if record else None


def in_scope(regions: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """Return the rankable regions that the night is about, in order of their id."""
    chosen = regions.filter(pl.col("is_rankable")) if "is_rankable" in regions.columns else regions
    chosen = chosen.sort("region_id")
    if scope.regions:
        chosen = chosen.filter(pl.col("region_id").is_in(list(scope.regions)))
    if scope.states:
        chosen = chosen.filter(pl.col("state").is_in(list(scope.states)))
    return chosen


def published_tables() -> list[str]:
    """Return the names of the tables that a release holds: every one with a contract in the schema mart."""
    return sorted(name.removeprefix("mart.") for name in REGISTRY if name.startswith("mart."))


def names(values: Sequence[str]) -> tuple[str, ...]:
    """Return the names without repeats, in order, so that the same choice has the same run id."""
    return tuple(sorted(set(values)))
