"""release: the marts of the night and the page made from them, published as an immutable release."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import polars as pl

from assets.base_line import notify
from assets.night import CHANGELOG, Night, published_tables
from assets.resources import NightResource
from assets.sql_tables import SQL_DIR
from assets.table_asset import FRESH, key_of
from assets.timeline import keep_networks
from pipelines.errors import UsageError, WarehouseError
from pipelines.plant.catalogue import renamed, stacks
from pipelines.ranking.drift import DRIFT_CHECKS, SHIFTED, Finding, drift, no_drift
from pipelines.report import PLACE, build_page
from pipelines.warehouse import Publication, open_release, publish, release_info

# Every table with a contract in the schema mart is published; a missing one stops the publication.
PUBLISHED = [f"mart.{name}" for name in published_tables()]


def publish_night(night: Night) -> dg.MaterializeResult:
    """Publish the tables of the build."""
    started = datetime.now(UTC).replace(tzinfo=None)
    status = night.read("mart.data_status")
    # A snapshot has an age, which `data_status` gives; a release is stale where a source that was asked fell short.
    is_stale = bool(status.filter(pl.col("profile") != "snapshot")["is_stale"].any())
    checked = drift_of(night)
    held = [finding.told for finding in checked.values() if finding.is_held and not night.is_accepted]
    header = {
        "run_id": night.run_id,
        "as_of": night.as_of.isoformat(),
        "profile": night.settings.profile,
        "what_if": list(night.scope.what_if),
        "part": [*night.scope.states, *night.scope.regions],
    }
    release = publish(
        night.warehouse,
        night.settings.data_dir.absolute(),
        Publication(
            run_id=night.run_id,
            as_of=night.as_of,
            published_at_utc=started,
            macros=sorted((SQL_DIR / "macros").glob("*.sql")),
            changelog=CHANGELOG,
            held=held,
            placement=night.placement,
            artefacts={PLACE: lambda folder: build_page(folder, header, night.cache.frame)},
            details={
                "profile": night.settings.profile,
                "is_stale": is_stale,
                "code": night.code,
                "inputs": night.inputs,
                **({"what_if": list(night.scope.what_if)} if night.scope.what_if else {}),
                "scope": night.scope.named(),
            },
        ),
        tables=published_tables(),
        keep=night.settings.keep_releases,
        keep_named=night.settings.keep_named,
        on_removed=_tell_of_removed,
    )
    keep_networks(night)
    night.cache.prune(keep_bytes=int(night.settings.cache_max_gb * 1e9))
    rows = sum(release.tables.values())
    night.finish_step("release", started=started, rows=rows, is_cache_hit=None)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows,
            "run_id": release.run_id,
            "as_of": release.as_of.isoformat(),
            "path": str(release.path),
            "is_stale": is_stale,
            "is_held": bool(held) and night.placement.is_shown,
            "name": night.placement.name,
        },
        check_results=[
            dg.AssetCheckResult(
                passed=not finding.told,
                check_name=name,
                asset_key=dg.AssetKey(["release"]),
                severity=dg.AssetCheckSeverity.ERROR
                if finding.told in held and night.placement.is_shown
                else dg.AssetCheckSeverity.WARN,
                description=finding.told,
                metadata=finding.figures,
            )
            for name, finding in checked.items()
        ],
    )


def _tell_of_removed(names: list[str]) -> None:
    notify(f"FIRSTMW_KEEP_NAMED is reached, removed {', '.join(names)}")


def drift_of(night: Night) -> dict[str, Finding]:
    """Hold the night's tables against those of the release that is shown now; nothing where there is none like it."""
    try:
        before = release_info(night.settings.data_dir.absolute())
    except (UsageError, WarehouseError):
        return no_drift()
    is_what_if = bool(night.scope.what_if or before.what_if)
    if is_what_if or before.scope != night.scope.named():
        return no_drift()
    columns = ["region_id", "stack_id", "region_rank", "is_region_best", *SHIFTED]
    with open_release(night.settings.data_dir.absolute(), before.run_id) as opened:
        known = [name for name in columns if name in before_columns(before.manifest, "ranked_sites")]
        earlier = renamed(opened.table("ranked_sites", known), stacks(night.settings)) if known == columns else None
    built = {row["table_name"].removeprefix("mart."): row["rows"] for row in night.warehouse.tables().to_dicts()}
    return drift(
        before.tables,
        {name: built[name] for name in published_tables() if name in built},
        earlier,
        night.read("mart.ranked_sites", columns),
        night.settings,
        is_same_code=before.manifest.get("code") == night.code,
    )


def before_columns(manifest: Mapping[str, Any], table: str) -> set[str]:
    """Return the columns that a release's manifest gives a table."""
    return {column for entry in manifest["tables"] if entry["name"] == table for column in entry.get("columns", {})}


@dg.asset(
    key=dg.AssetKey(["release"]),
    deps=[key_of(name) for name in PUBLISHED],
    group_name="release",
    kinds={"duckdb", "parquet"},
    description="The published release: one database, Parquet per mart, a page, a manifest, one link swapped last.",
    freshness_policy=FRESH,
    check_specs=[
        dg.AssetCheckSpec(name, asset=dg.AssetKey(["release"]), description=description, blocking=name == "rank_churn")
        for name, description in DRIFT_CHECKS.items()
    ],
)
def release(night: NightResource) -> dg.MaterializeResult:
    """Publish the night."""
    return publish_night(night.night)
