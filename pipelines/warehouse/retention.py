"""What is kept of the releases, and what is cleared away."""

from __future__ import annotations

import os
from pathlib import Path

from pipelines.warehouse.files import remove_tree
from pipelines.warehouse.refs import (
    NAMED,
    current_name,
    named_releases,
    read_record,
    releases_dir,
    remove_name,
)
from pipelines.warehouse.releases import list_releases


def retain(data_dir: Path, keep: int, keep_named: int = 20) -> list[str]:
    """Delete old releases; what a name or `current` points at stays. Return the names taken away.

    A reader that has a deleted release open keeps reading it: the files go with their last open handle.

    Parameters
    ----------
    data_dir : Path
    keep : int
        Releases of the base line kept, the current one included; what-ifs that were made current are counted apart.
    keep_named : int
        Names kept; above it the names that were made up go, the one set longest ago first.
    """
    made_up = read_record(data_dir).made_up
    surplus = max(len(named_releases(data_dir)) - keep_named, 0)
    # The name set last is the caller's own.
    gone = made_up[:-1][:surplus]
    for name in gone:
        remove_name(data_dir, name)
    pointed = {current_name(data_dir), *named_releases(data_dir).values()}
    found = list_releases(data_dir)
    old = [info for info in found if not info.is_base]
    for is_what_if in (False, True):
        own = [info for info in found if info.is_base and bool(info.what_if) == is_what_if]
        others = [info for info in own if not info.is_current]
        old += others[max(keep - (len(own) - len(others)), 0) :]
    for info in old:
        if info.path.name in pointed:
            continue
        # Out of sight in one step, so that no reader can open a folder that is half deleted.
        doomed = info.path.with_name(f".old-{info.run_id}-{os.getpid()}")
        info.path.rename(doomed)
        remove_tree(doomed)
    return gone


def clean_leftovers(data_dir: Path) -> list[str]:
    """Delete what an interrupted publication, deletion or atomic write left behind; return the names.

    The caller holds the build lock, so nothing that is deleted here belongs to a running publication.
    """
    root = releases_dir(data_dir)
    current = current_name(data_dir)
    scratch = [*root.parent.glob("raw/**/.*.tmp"), *root.parent.glob("cache/*/.*.tmp"), *root.glob(f"{NAMED}/.*")]
    leftovers = [path for path in sorted([*root.glob(".*"), *scratch]) if path.name != current]
    for path in leftovers:
        if path.is_dir() and not path.is_symlink():
            remove_tree(path)
        else:
            path.unlink(missing_ok=True)
    return [path.name for path in leftovers]
