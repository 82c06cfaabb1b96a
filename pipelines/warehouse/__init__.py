"""The only room that opens DuckDB: raw bytes, caches, the build database, publication and reading.

Writing, by one process at a time::

    with BuildLock(data_dir), Warehouse(data_dir / "build" / "firstmw.duckdb", run_id=run_id, as_of=day) as warehouse:
        warehouse.write("mart.regions", frame)
        publish(warehouse, data_dir, Publication(run_id, day, published_at_utc=now))

Reading, by any number of processes::

    with open_release(data_dir) as release:
        release.query("select * from ranked_sites order by rank limit 20")

- `RawStore`, `LedgerRow`: fetched bytes by checksum, and the ledger of fetches
- `BuildLock`, `lock_holder`: one writer at a time; `RunMark`, `is_run_alive`: which runs still have a process
- `Cache`: results by what they depend on
- `Warehouse`, `Stamp`, `Follows`: the build database, what is known of each of its tables, and what it follows from
- `run_identity`, `code_hash`: the name of a run
- `publish`, `Publication`, `space_needed`, `package_versions`: an immutable release and the step that shows it
- `require_compatible`, `broken_promises`, `code_version`: what readers may rely on from version to version
- `place`, `Wish`, `Placement`: whether a release becomes `current` or goes beside it under a name
- `release_info`, `list_releases`, `verify_release`, `ReleaseInfo`: what there is
- `make_current`, `roll_back`, `reuse_release`, `retain`: what is shown and kept
- `open_release`, `Release`: reading
- `data_dictionary`, `contract_hash`: the contracts as a page and as a fingerprint
- `write_parquet`, `sorted_by_key`: Parquet whose bytes depend on the rows alone
"""

from pipelines.warehouse.build import Warehouse
from pipelines.warehouse.cache import Cache
from pipelines.warehouse.compatibility import broken_promises, code_version, require_compatible
from pipelines.warehouse.dictionary import contract_hash, data_dictionary
from pipelines.warehouse.files import require_free_space, sha256_file
from pipelines.warehouse.lock import BuildLock, RunMark, is_run_alive, lock_holder
from pipelines.warehouse.parquet import sorted_by_key, write_parquet
from pipelines.warehouse.placement import BASE, Placement, Wish, place, reuse_release
from pipelines.warehouse.publication import Publication, package_versions, publish, space_needed
from pipelines.warehouse.raw import LedgerRow, RawStore
from pipelines.warehouse.reader import Release, open_release
from pipelines.warehouse.refs import check_name
from pipelines.warehouse.releases import (
    ReleaseInfo,
    current_run_id,
    list_releases,
    make_current,
    release_info,
    roll_back,
    verify_release,
)
from pipelines.warehouse.retention import clean_leftovers, retain
from pipelines.warehouse.runs import code_hash, run_identity
from pipelines.warehouse.stamps import Follows, Stamp

__all__ = [
    "BASE",
    "BuildLock",
    "Cache",
    "Follows",
    "LedgerRow",
    "Placement",
    "Publication",
    "RawStore",
    "Release",
    "ReleaseInfo",
    "RunMark",
    "Stamp",
    "Warehouse",
    "Wish",
    "broken_promises",
    "check_name",
    "clean_leftovers",
    "code_hash",
    "code_version",
    "contract_hash",
    "current_run_id",
    "data_dictionary",
    "is_run_alive",
    "list_releases",
    "lock_holder",
    "make_current",
    "open_release",
    "package_versions",
    "place",
    "publish",
    "release_info",
    "require_compatible",
    "require_free_space",
    "retain",
    "reuse_release",
    "roll_back",
    "run_identity",
    "sha256_file",
    "sorted_by_key",
    "space_needed",
    "verify_release",
    "write_parquet",
]
