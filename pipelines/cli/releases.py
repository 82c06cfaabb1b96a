"""`firstmw releases`: the releases that are kept, the newest first."""

from __future__ import annotations

from typing import Any

import click

from pipelines.cli.output import Column, echo_json, figure, print_table, say
from pipelines.cli.reading import common_options
from pipelines.settings import Settings
from pipelines.warehouse import list_releases

_EPILOG = """\b
Examples:
  firstmw releases
  firstmw releases --json | jq -r '.releases[] | select(.is_current) | .path'
  firstmw verify --all                     are they whole?
  firstmw rollback 20261121-0123456789ab   show an earlier one again

FIRSTMW_KEEP_RELEASES (default 5) says how many a publication leaves; the current one is never deleted. A release that
is held for review is kept beside the others and shown by `firstmw refresh --accept` or `firstmw rollback`.

Exit codes: 0 listed, also where there is none yet; 1 the data folder cannot be read; 2 wrong usage.
"""
_COLUMNS = [
    Column(""),
    Column("Release"),
    Column("As of"),
    Column("Published (UTC)"),
    Column("Tables", is_right=True, keep=5),
    Column("Rows", is_right=True, keep=4),
    Column("MB", is_right=True, keep=6),
    Column("State", least=20),
]


@click.command(epilog=_EPILOG)
@common_options
def releases(**options: Any) -> int:
    """List the releases that are kept, the newest first."""
    folder = options["data_dir"] or Settings().data_dir
    found = [
        {
            "run_id": info.run_id,
            "is_current": info.is_current,
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
    state += ["held for review"] if row["held"] and not row["is_current"] else []
    return [
        "*" if row["is_current"] else "",
        row["run_id"],
        str(row["as_of"]),
        f"{row['published_at_utc']:%Y-%m-%d %H:%M}",
        str(row["tables"]),
        f"{row['rows']:,}",
        figure(row["bytes"] / 1e6, 1),
        ", ".join(state),
    ]
