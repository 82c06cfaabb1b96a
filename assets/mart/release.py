"""release: the marts of the night and the page made from them, published as an immutable release."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg

from assets.night import Night
from assets.resources import NightResource
from assets.sql_tables import SQL_DIR
from assets.table_asset import key_of
from assets.timeline import keep_networks
from pipelines.contracts.base import REGISTRY
from pipelines.report import PLACE, build_page
from pipelines.warehouse import Publication, publish

# Every table with a contract in the schema mart is published; a missing one stops the publication.
PUBLISHED = sorted(name for name in REGISTRY if name.startswith("mart."))


def publish_night(night: Night) -> dg.MaterializeResult:
    """Publish the tables of the build."""
    started = datetime.now(UTC).replace(tzinfo=None)
    status = night.read("mart.data_status")
    is_stale = bool(status["is_stale"].any())
    header = {
        "run_id": night.run_id,
        "as_of": night.as_of.isoformat(),
        "profile": night.settings.profile,
        "what_if": list(night.scope.what_if),
    }
    release = publish(
        night.warehouse,
        night.settings.data_dir.absolute(),
        Publication(
            run_id=night.run_id,
            as_of=night.as_of,
            published_at_utc=started,
            macros=sorted((SQL_DIR / "macros").glob("*.sql")),
            artefacts={PLACE: lambda folder: build_page(folder, header, night.cache.frame)},
            details={
                "profile": night.settings.profile,
                "is_stale": is_stale,
                "code": night.code,
                "inputs": night.inputs,
                **({"what_if": list(night.scope.what_if)} if night.scope.what_if else {}),
                "scope": {"regions": list(night.scope.regions), "states": list(night.scope.states)},
            },
        ),
        tables=[name.removeprefix("mart.") for name in PUBLISHED],
        keep=night.settings.keep_releases,
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
        }
    )


@dg.asset(
    key=dg.AssetKey(["release"]),
    deps=[key_of(name) for name in PUBLISHED],
    group_name="release",
    kinds={"duckdb", "parquet"},
    description="The published release: one database, Parquet per mart, a page, a manifest, one link swapped last.",
)
def release(night: NightResource) -> dg.MaterializeResult:
    """Publish the night."""
    return publish_night(night.night)
