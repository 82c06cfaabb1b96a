"""`firstmw releases`: the releases that are kept, the newest first."""

from __future__ import annotations

from typing import Any

import click

from pipelines.cli.output import Column, echo_json, figure, print_table, say
from pipelines.cli.reading import folder_options
from pipelines.settings import Settings
from pipelines.warehouse import list_releases

_EPILOG = """\b
Examples:
  firstmw releases
  firstmw releases --json | jq -r '.releases[] | select(.is_current) | .path'
  firstmw rank --release state-tn-2026-12-01    read another one than the current one
  firstmw verify --all                     are they whole?
  firstmw rollback 20261121-0123456789ab   show an earlier one again

FIRSTMW_KEEP_RELEASES (default 5) says how many nights a publication leaves, FIRSTMW_KEEP_NAMED (20) how many names of
side releases; the current one and those with a name of yours are never deleted. A release that
is held for review is kept beside the others and shown by `firstmw refresh --accept` or `firstmw rollback`.

Exit codes: 0 listed, also where there is none yet; 1 the data folder cannot be read; 2 wrong usage.
"""
_COLUMNS = [
    Column(""),
    Column("Release"),
    Column("As of"),
    Column("Name", least=12),
    Column("Scope", least=10),
    Column("What-if", least=10, keep=3),
    Column("Profile", keep=5),
    Column("Published (UTC)", keep=4),
    Column("MB", is_right=True, keep=6),
    Column("State", least=14),
]


@click.command(epilog=_EPILOG)
@folder_options
def releases(**options: Any) -> int:
    """List the releases that are kept, the newest first."""
    folder = options["data_dir"] or Settings().data_dir
    found = [
        {
            "run_id": info.run_id,
            "is_current": info.is_current,
            "is_base": info.is_base,
            "names": list(info.names),
            "scope": info.scope,
            "what_if": info.what_if,
            "as_of": info.as_of,
            "published_at_utc": info.published_at_utc,
            "profile": info.manifest.get("profile", ""),
            "is_stale": bool(info.manifest.get("is_stale", False)),
            "held": list(info.held),
            "version": info.manifest.get("version", ""),
            "tables": len(info.tables),
            "rows": sum(info.tables.values()),
            "bytes": sum(artefact["bytes"] for artefact in info.manifest["artefacts"].values()),
            "path": str(info.path),
        }
        for info in list_releases(folder)
    ]
    if options["as_json"]:
        echo_json({"data_dir": str(folder), "releases": found})
    elif not found:
        say(f"There is no release under {folder} yet; run `make refresh` or `firstmw refresh`.")
    else:
        print_table(_COLUMNS, [_cells(row) for row in found])
    return 0


def _cells(row: dict[str, Any]) -> list[str]:
    state = [word for word, told in (("current", row["is_current"]), ("stale inputs", row["is_stale"])) if told]
    state += ["held for review"] if row["held"] and row["is_base"] and not row["is_current"] else []
    limits = [*row["scope"].get("states", ()), *row["scope"].get("regions", ())]
    regions = " ".join(row["scope"].get("scope", ["markets"]))
    return [
        "*" if row["is_current"] else "",
        row["run_id"],
        str(row["as_of"]),
        ", ".join(row["names"]) or "-",
        ", ".join(limits) or f"all {regions}",
        ", ".join(row["what_if"]) or "-",
        row["profile"],
        f"{row['published_at_utc']:%Y-%m-%d %H:%M}",
        figure(row["bytes"] / 1e6, 1),
        ", ".join(state),
    ]
