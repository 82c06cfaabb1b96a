"""`firstmw export`: one published table as a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
import polars as pl

from pipelines.cli.output import echo_json, figure
from pipelines.cli.reading import choose_name, common_options, reading
from pipelines.errors import UsageError

FORMATS = ["csv", "xlsx", "parquet"]
EXCEL_ROWS = 1_048_575
_EPILOG = """\b
Examples:
  firstmw export ranked_sites                        ranked_sites.csv here
  firstmw export ranked_sites --out sites.xlsx       the format follows the name
  firstmw export dispatch_hourly --format parquet --out /tmp/hours.parquet
  firstmw export time_to_power --out - | head        CSV to the pipe
"""


@click.command(epilog=_EPILOG)
@click.argument("table")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="File format; else from --out, else csv.")
@click.option("--out", metavar="FILE", help="File to write, replaced if it exists; - for CSV to stdout.")
@common_options
def export(table: str, kind: str | None, out: str | None, **options: Any) -> int:
    """Write one published TABLE as CSV, Excel or Parquet."""
    kind = _format(kind, out)
    with reading(options) as release:
        name = choose_name("table", list(release.tables), table.lower())
        if out == "-":
            if options["as_json"]:
                raise UsageError("--json and --out - both write to stdout; name a file with --out.")
            click.echo(release.scan(name).collect().write_csv(), nl=False)
            return release.exit_code()
        path = Path(out) if out else Path(f"{name}.{kind}")
        if not path.parent.is_dir():
            raise UsageError(f"the folder {path.parent} does not exist; create it or choose another --out.")
        rows = _write(release.scan(name), name, path, kind)
        size = path.stat().st_size
        if options["as_json"]:
            payload = {"table": name, "path": str(path), "format": kind, "rows": rows, "bytes": size}
            echo_json({"release": release.header(), "export": payload})
        else:
            click.echo(f"{path}: {rows:,} rows of {name}, {figure(size / 1e6, 2)} MB. {release.footer()}")
        return release.exit_code()


def _format(kind: str | None, out: str | None) -> str:
    suffix = Path(out).suffix.lstrip(".").lower() if out and out != "-" else ""
    if out == "-" and kind not in (None, "csv"):
        raise UsageError(f"only CSV goes to stdout; name a file with --out for {kind}.")
    if suffix and kind and suffix != kind:
        raise UsageError(f"--format {kind} and --out {out} disagree; drop one of the two.")
    if suffix and suffix not in FORMATS:
        raise UsageError(f"the name {out} ends in .{suffix}; end it in .csv, .xlsx or .parquet, or give none.")
    return kind or suffix or "csv"


def _write(lazy: pl.LazyFrame, name: str, path: Path, kind: str) -> int:
    """Write beside the target and move into place, so that a reader never sees half a file."""
    rows = int(lazy.select(pl.len()).collect().item())
    if kind == "xlsx" and rows > EXCEL_ROWS:
        raise UsageError(
            f"{name} has {rows:,} rows and an Excel sheet holds {EXCEL_ROWS:,}; "
            "export csv or parquet, or select fewer rows with `firstmw sql --csv`."
        )
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if kind == "csv":
            lazy.sink_csv(part)
        elif kind == "parquet":
            lazy.sink_parquet(part, compression="zstd")
        else:
            _write_excel(lazy.collect(), name, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return rows


def _write_excel(frame: pl.DataFrame, name: str, path: Path) -> None:
    with path.open("wb") as target:
        frame.write_excel(
            target, worksheet=name[:31], freeze_panes=(1, 0), autofit=frame.height <= 10_000, autofilter=True
        )
