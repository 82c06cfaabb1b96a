"""What readers of a release may rely on: a published column stays, with its type, until a version says otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipelines.contracts.base import REGISTRY
from pipelines.errors import ContractError, UsageError, WarehouseError
from pipelines.warehouse.dictionary import stored_type
from pipelines.warehouse.releases import release_info

_HEADING = re.compile(r"^##\s+v?(\d+(?:\.\d+)*)", re.MULTILINE)


def code_version(changelog: Path) -> str:
    """Return the version that the newest heading of the changelog names.

    Raises
    ------
    UsageError
        If the file is not there or has no heading of the form `## 1.2.3`.
    """
    return _sections(changelog)[0][0]


def require_compatible(data_dir: Path, tables: Iterable[str], changelog: Path) -> None:
    """Refuse to drop or retype a published column unless a newer version of the changelog names it.

    Parameters
    ----------
    data_dir : Path
        The data folder; its current release is what readers hold on to.
    tables : Iterable[str]
        Names to publish, without schema; each is described as `mart.<name>` in the contracts.
    changelog : Path
        CHANGELOG.md; a change is declared where a section newer than the release's version names it as
        `` `table.column` ``, or `` `table` `` for a whole table.

    Raises
    ------
    ContractError
        Names what is dropped or retyped and how to declare it.
    """
    try:
        info = release_info(data_dir)
    except (UsageError, WarehouseError):
        return
    before = str(info.manifest.get("version", ""))
    if not before:
        # A release that names no version made no promise.
        return
    changes = broken_promises(info.manifest["tables"], tables)
    sections = _sections(changelog)
    declared = "\n".join(text for version, text in sections if _order(version) > _order(before))
    hidden = [f"{name} {what}" for name, what in changes.items() if f"`{name}`" not in declared]
    if hidden:
        raise ContractError(
            f"{', '.join(hidden)} since release {info.run_id} (version {before}); readers rely on it: restore it, or "
            f"raise the version in {changelog.name} and pyproject.toml and name it there as `table.column`."
        )


def broken_promises(before: Iterable[Mapping[str, Any]], tables: Iterable[str]) -> dict[str, str]:
    """Return what a release takes away from its readers: table or table.column to what becomes of it.

    Parameters
    ----------
    before : Iterable[Mapping[str, Any]]
        Tables of the last release's manifest, with `name` and `columns` (name to type).
    tables : Iterable[str]
        Names to publish, without schema.
    """
    after = {
        table: {column: stored_type(kind) for column, kind in REGISTRY[f"mart.{table}"].schema.columns().items()}
        for table in tables
        if f"mart.{table}" in REGISTRY
    }
    found: dict[str, str] = {}
    for entry in before:
        name = entry["name"]
        if name not in after:
            found[name] = "is dropped"
            continue
        for column, kind in entry.get("columns", {}).items():
            if column not in after[name]:
                found[f"{name}.{column}"] = "is dropped"
            elif after[name][column] != kind:
                found[f"{name}.{column}"] = f"turns from {kind} into {after[name][column]}"
    return found


def _sections(changelog: Path) -> list[tuple[str, str]]:
    """Return version and text of the changelog's sections, the newest first."""
    try:
        text = Path(changelog).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{changelog} cannot be read ({error.strerror}); restore it from the checkout.") from error
    found = list(_HEADING.finditer(text))
    if not found:
        raise UsageError(f"{changelog}: no heading names a version; begin a section with `## 1.2.3`.")
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [(match.group(1), text[match.end() : end]) for match, end in zip(found, ends, strict=True)]


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
