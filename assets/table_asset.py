"""The one way an asset becomes a table: read, call one domain function, check the contract, write, report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import dagster as dg
import polars as pl

from assets.night import Night, log
from assets.resources import NightResource
from assets.standing import Watched, made_from, stands
from pipelines.contracts.base import REGISTRY, validate
from pipelines.errors import ContractError, TransientError
from pipelines.warehouse import Follows, Warehouse
from pipelines.warehouse.sqltext import upstream_tables

CONTRACT_CHECK = "contract"
# A table that is made from nothing still waits for the sources: their answers are part of the run's name.
FIRST = ("raw.fetches",)
# A night is due every day: two hours late is a warning, six hours late a failure.
FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=30), warn_window=timedelta(hours=26))


@dataclass(frozen=True)
class Check:
    """A check beside the contract: what it says, and the error of the domain that breaks it."""

    description: str
    error: type[ContractError]


TRANSIENT_RETRIES, TRANSIENT_WAIT = 2, 5.0
NO_CHECKS: Mapping[str, Check] = {}


@dataclass(frozen=True)
class Made:
    """A table as made: its rows, or the file that holds them, or the statement that gives them."""

    frame: pl.DataFrame | None = None
    path: Path | None = None
    statement: Path | None = None
    is_cache_hit: bool | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    checked: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By further check, what is to be shown beside it."""


def key_of(name: str) -> dg.AssetKey:
    """Return the asset key of a table: its schema, then its name."""
    return dg.AssetKey(name.split("."))


def table_asset(
    name: str,
    *,
    deps: Iterable[str] = (),
    kinds: set[str] | None = None,
    checks: Mapping[str, Check] | None = None,
) -> Callable[[Callable[[Night], pl.DataFrame | Made]], dg.AssetsDefinition]:
    """Make an asset of a function from the night to the rows of one table.

    Parameters
    ----------
    name : str
        Schema and table; the asset's group is the schema, its description the contract's grain.
    deps : Iterable[str]
        Tables that it reads, by what it shares with other assets too; one that reads none comes after the sources.
    kinds : set[str] | None
        What the asset graph shows beside it.
    checks : Mapping[str, Check] | None
        Further blocking checks by name.

    Returns
    -------
    Callable
        Decorator that gives the asset. A table that breaks its contract fails a blocking check and is not written.
    """
    info, needed = REGISTRY[name], tuple(dict.fromkeys(deps)) or FIRST

    def decorate(make: Callable[[Night], pl.DataFrame | Made]) -> dg.AssetsDefinition:
        @dg.asset(
            key=key_of(name),
            deps=[key_of(dep) for dep in needed],
            group_name=name.partition(".")[0],
            kinds=kinds or {"polars", "duckdb"},
            description=info.comment,
            freshness_policy=FRESH if name.startswith("mart.") else None,
            check_specs=[
                dg.AssetCheckSpec(
                    CONTRACT_CHECK,
                    asset=key_of(name),
                    blocking=True,
                    description="Columns, types, bounds, vocabulary and key are as the contract says.",
                ),
                *(
                    dg.AssetCheckSpec(own, asset=key_of(name), blocking=True, description=check.description)
                    for own, check in (checks or {}).items()
                ),
            ],
        )
        def asset(night: NightResource) -> dg.MaterializeResult:
            try:
                return materialise(night.night, name, make, checks or {})
            except TransientError as error:
                # What passes by itself is tried again, and nothing else is: a wrong table stays wrong.
                raise dg.RetryRequested(max_retries=TRANSIENT_RETRIES, seconds_to_wait=TRANSIENT_WAIT) from error

        return asset

    return decorate


def materialise(
    night: Night, name: str, make: Callable[[Night], pl.DataFrame | Made], checks: Mapping[str, Check] = NO_CHECKS
) -> dg.MaterializeResult:
    """Make one table unless it stands, check, write, log, and return its metadata."""
    started = datetime.now(UTC).replace(tzinfo=None)
    standing = stands(night, name)
    if standing is not None:
        night.warehouse.keep(name)
        told = json.loads(standing.told or "{}")
        return _finished(night, name, started, Made(is_cache_hit=True, **told), checks, {})
    failed: dict[str, str] = {}
    made = Made()
    try:
        watched = Watched(night)
        answer = make(cast(Night, watched))
        made = Made(answer) if isinstance(answer, pl.DataFrame) else answer
        frame = validate(made.frame, name) if made.frame is not None else None
        made = replace(made, frame=frame, metadata=made.metadata | (time_span(frame) if frame is not None else {}))
        read = {f"table {table}" for table in upstream_tables(made.statement)} if made.statement else set()
        told = json.dumps({"metadata": made.metadata, "checked": made.checked}, default=str)
        _write(night.warehouse, name, made, Follows(made_from(night, watched.seen | read), told))
    except ContractError as error:
        night.problem = str(error)
        broken = next((own for own, check in checks.items() if isinstance(error, check.error)), CONTRACT_CHECK)
        failed = {broken: night.problem}
        log.error(night.problem, extra={"step": {"asset": name, "problem": night.problem}})
    return _finished(night, name, started, made, checks, failed)


def _write(warehouse: Warehouse, name: str, made: Made, follows: Follows) -> None:
    if made.statement is not None:
        warehouse.run_sql_file(made.statement, follows)
    elif made.path is not None:
        warehouse.link(name, made.path, follows)
    else:
        assert made.frame is not None, "a table is made as a frame, a file or a statement"
        warehouse.write(name, made.frame, follows)


def _finished(
    night: Night,
    name: str,
    started: datetime,
    made: Made,
    checks: Mapping[str, Check],
    failed: Mapping[str, str],
) -> dg.MaterializeResult:
    """Log a table that was made, stands or failed (check to what broke it), and return what Dagster is told of it."""
    stamp = night.warehouse.stamp(name) if not failed else None
    rows, content = (stamp.rows, stamp.content[:16]) if stamp is not None else (0, "")
    night.finish_step(name, started=started, rows=rows, is_cache_hit=made.is_cache_hit)
    own: dict[str, Any] = {
        "is_reused": bool(made.is_cache_hit),
        "source_hash": content,
        "dagster/row_count": rows,
        "run_id": night.run_id,
        "as_of": night.as_of.isoformat(),
    }
    return dg.MaterializeResult(
        asset_key=key_of(name),
        metadata=made.metadata | own,
        check_results=[
            dg.AssetCheckResult(
                passed=check not in failed,
                check_name=check,
                asset_key=key_of(name),
                description=failed.get(check, ""),
                metadata={"rows": rows} | made.checked.get(check, {}),
            )
            for check in (CONTRACT_CHECK, *checks)
        ],
    )


def time_span(frame: pl.DataFrame) -> dict[str, str]:
    """Return the first and last moment that a table speaks about, where it has a time column."""
    for column, dtype in frame.schema.items():
        if isinstance(dtype, pl.Datetime | pl.Date) and column not in {"as_of_utc", "retrieved_at_utc"} and len(frame):
            return {"data_from": str(frame[column].min()), "data_through": str(frame[column].max())}
    return {}
