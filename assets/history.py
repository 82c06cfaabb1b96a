"""The release before tonight's, as the assets of history read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from assets.night import Night
from pipelines.plant.catalogue import renamed, stacks
from pipelines.ranking.history import compatible_history
from pipelines.warehouse import open_release


def scope_of(night: Night) -> str:
    """Return what the night is about in words."""
    named = {what: values for what, values in night.scope.named().items() if values}
    return "; ".join(f"{what} {', '.join(values)}" for what, values in named.items()) or "all"


def previous_table(night: Night, name: str) -> pl.DataFrame | None:
    """Return a table of the release before under the present ids of stacks, or None where it has none."""
    if night.previous is None:
        return None
    with open_release(night.settings.data_dir.absolute(), night.previous) as release:
        return renamed(release.table(name), stacks(night.settings)) if name in release.tables() else None


def previous_manifest(night: Night) -> Mapping[str, Any] | None:
    """Return the manifest of the release before, if there is one."""
    if night.previous is None:
        return None
    with open_release(night.settings.data_dir.absolute(), night.previous) as release:
        return release.info.manifest


def previous_history(night: Night) -> pl.DataFrame | None:
    """Return the history that the release before carries."""
    return compatible_history(previous_table(night, "ranking_history"))
